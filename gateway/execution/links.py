"""Following a link: the distinct keys of all rows in one fetch per owner, the answers put back by key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from adapters.contract import TYPE_KEYS
from adapters.rows import places_of
from gateway.execution.answered import Answered, Report
from gateway.execution.answered import cause as cause_of
from gateway.execution.assembly import settle_lists
from gateway.execution.failing import Failing, partial
from gateway.execution.nulls import Null
from gateway.execution.order import sorted_rows
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.shaping import build
from gateway.execution.table import Children, Origin, Table, concat, pick, take
from gateway.planning.plan import Fetch
from gateway.planning.shapes import LinkField, Needs

Key = Any
"""What an answer is found by: the key tuple, after the agency's code where the link is routed."""


async def follow(runner: Services, run: Run, item: LinkField, table: Table) -> list[Any]:
    """One value per row of ``table``: an object, a list, or a value."""
    if item.kind == "any_of":
        return await _alternatives(runner, run, item, table)
    fetch = item.fetch
    assert fetch is not None
    if item.held:
        return await _held(runner, run, item, fetch, wanted_keys(item, table))
    if (joined := table.joined.get(id(item))) is not None:
        return await _beside(runner, run, item, table, joined)
    found = await _followed(runner, run, item, fetch, table)
    if item.kind == "list":
        lists: list[Any] = [[found.objects[place] for place in places] for places in found.places()]
        if not item.inner:
            _cut(run, item, lists, table, runner.list_items)
        marked = found.failing.mark(settle_lists(run, item.item_nullable, lists), found.wanted)
        return _unknown(run, item, fetch, table, marked)
    one = dict(zip(reversed(found.keys), reversed(found.objects), strict=True))
    if item.many:
        made = [next((one[key] for key in row if key in one), None) for row in found.wanted]
    else:
        made = [one.get(row) for row in found.wanted]
    return found.failing.mark(made, found.wanted)


async def _beside(runner: Services, run: Run, item: LinkField, table: Table, joined: Children) -> list[Any]:
    """The rows came with ours. Those of a key that is not to be followed were not asked for."""
    wanted = wanted_keys(item, table)
    if None in wanted:
        joined = pick(joined, range(table.count), [key is not None for key in wanted])
    below, owner = joined.table, joined.table.origins[0]
    outcome = "STALE" if owner.stale else "ANSWERED"
    report = Report(owner.agency, outcome, owner.as_of, below.count, ruled=joined.ruled)
    if run.parts is not None:
        run.parts.beside(table, wanted, joined, report)
    reports = [report] if wanted.count(None) < len(wanted) else []
    run.reports += reports
    run.answered(item, reports)
    objects = await build(runner, run, item.shape, below) if item.shape is not None else []
    if item.kind == "one":
        return [objects[start] if end > start else None for start, end in pairwise(joined.offsets)]
    lists: list[Any] = [objects[start:end] for start, end in pairwise(joined.offsets)]
    _cut(run, item, lists, table, runner.list_items)
    return settle_lists(run, item.item_nullable, lists)


def _unknown(run: Run, item: LinkField, fetch: Fetch, table: Table, lists: list[Any]) -> list[Any]:
    """A list is null, not empty, when the agencies that might have its rows did not say which records to ask for."""
    lost = {report.agency: report for report in table.reports if report.code is not None}
    if not lost or not item.many or not item.routed or not {owner.agency for owner in fetch.owners} <= lost.keys():
        return lists
    run.nulls = True
    null = Null(item.coordinate, tuple(cause_of(agency, report.code) for agency, report in lost.items()))
    return [value or null for value in lists]


@dataclass(slots=True)
class Followed:
    """A link's answer: ``wanted`` keys per row of ours; of the rows found, in the list's order, keys and objects."""

    wanted: list[Any]
    table: Table
    keys: list[Key]
    objects: list[Any]
    failing: Failing

    def places(self) -> list[Sequence[int]]:
        """Per row of ours, where in ``table`` its rows are."""
        groups = places_of(self.keys)
        if self.wanted and type(self.wanted[0]) is list:
            return [_places(groups, row) for row in self.wanted]
        return [groups.get(row, ()) for row in self.wanted]


async def _followed(runner: Services, run: Run, item: LinkField, fetch: Fetch, table: Table) -> Followed:
    wanted = wanted_keys(item, table)
    answered = await (_ask_once(run, item, fetch, wanted) if fetch.shared else ask(run, item, fetch, wanted))
    found = gathered(fetch, answered, many=item.many)
    keys = answer_keys(item, fetch, found)
    run.answered(item, answered.reports)
    if run.parts is not None:
        run.parts.followed(table, wanted, found, keys, answered.reports, routed=item.routed)
    objects = (
        found.columns[item.value]
        if item.value is not None
        else await build(runner, run, item.shape, found)
        if item.shape is not None
        else []
    )
    return Followed(wanted, found, keys, objects, Failing(run, item, answered))


async def _alternatives(runner: Services, run: Run, item: LinkField, table: Table) -> list[Any]:
    """The rows that several links lead to as one list, in its order, each once. One that failed does not hide the
    others."""
    steps = [(step, step.fetch) for step in item.steps if step.fetch is not None]
    parts: list[Followed] = await together([_followed(runner, run, step, fetch, table) for step, fetch in steps])
    run.reports_of[id(item)] = [report for step, _ in steps for report in run.reports_of.get(id(step), [])]
    order = steps[0][1].order
    needs = Needs()
    for path, _ in order:
        needs.column(path)
    values = [
        [
            value
            for part, (_, fetch) in zip(parts, steps, strict=True)
            for value in part.table.columns[fetch.needs.columns[path]]
        ]
        for path in needs.columns
    ]
    objects = [made for part in parts for made in part.objects]
    ranks = {place: rank for rank, place in enumerate(sorted_rows(Table(len(objects), values), needs, order))}
    owners = [one.owner for part in parts for one in part.table.per_row(part.table.origins)]
    key = [needs.columns[path] for path in TYPE_KEYS[steps[0][1].target]]
    names = [(owner, *(values[index][place] for index in key)) for place, owner in enumerate(owners)]
    starts = [sum(part.table.count for part in parts[:index]) for index in range(len(parts))]
    found = [part.places() for part in parts]
    lists: list[Any] = []
    for row in range(table.count):
        places = sorted(
            (start + p for start, of in zip(starts, found, strict=True) for p in of[row]), key=ranks.__getitem__
        )
        lists.append([objects[place] for place in {names[place]: place for place in reversed(places)}.values()][::-1])
    _cut(run, item, lists, table, runner.list_items)
    return _some_failed(run, item, parts, settle_lists(run, item.item_nullable, lists))


def _some_failed(run: Run, item: LinkField, parts: Sequence[Followed], lists: list[Any]) -> list[Any]:
    """Null where every alternative that a row has failed; otherwise a list that lacks some owners."""
    causes = {(cause.agency, cause.code): cause for part in parts for cause in part.failing.causes}
    if not causes:
        return lists
    null = Null(item.coordinate, tuple(causes.values()))
    nulled = False
    for row in range(len(lists)):
        asked = [part for part in parts if part.wanted[row]]
        if asked and all(part.failing.all_failed for part in asked):
            lists[row], nulled = null, True
    if nulled:
        run.nulls = True
    else:
        fetch = item.steps[0].fetch
        partial(run, null.causes, fetch.at if fetch is not None else ())
    return lists


def _cut(run: Run, item: LinkField, lists: list[Any], table: Table, limit: int) -> None:
    """Plain lists have an end, and say so where they meet it."""
    if max(map(len, lists), default=0) <= limit:
        return
    for row, items in enumerate(lists):
        if len(items) > limit:
            lists[row] = items[:limit]
            table.flags.setdefault(row, []).append((item.key, f"cut at {limit} items"))
            run.note_cut(item, table, row)


def _places(groups: Mapping[Key, list[int]], row: Any) -> Sequence[int]:
    """Where the rows of a key are; those of several keys are in the list's own order, each once."""
    if isinstance(row, list):
        return sorted({place for key in row for place in groups.get(key, ())})
    return groups.get(row, ())


def wanted_keys(item: LinkField, table: Table) -> list[Any]:
    """Per row the key to follow, ``None`` when there is none; a list of keys with ``many``."""
    columns = [table.columns[index] for index in item.local]
    agencies: Sequence[Any] | None = None
    if item.own_agency:
        agencies = table.per_row([origin.agency for origin in table.origins])
    elif item.agency is not None:
        agencies = table.columns[item.agency]
    if item.many:
        return [
            [key for key in zip(*([agency] if agencies is not None else []), *lists, strict=False) if None not in key]
            for agency, *lists in zip(
                agencies or [None] * table.count, *([v or [] for v in c] for c in columns), strict=True
            )
        ]
    parts = [agencies, *columns] if agencies is not None else columns
    keys: list[Any] = list(zip(*parts, strict=True))
    for column in parts:
        if column is columns[-1] and item.unfit is not None:
            lost: Iterable[int] = item.unfit(column)
        else:
            lost = [row for row, value in enumerate(column) if value is None] if None in column else ()
        for row in lost:
            keys[row] = None
    return keys


def distinct(wanted: Sequence[Any]) -> list[tuple[Any, ...]]:
    found: dict[tuple[Any, ...], None] = {}
    for row in wanted:
        if type(row) is list:
            found |= dict.fromkeys(row)
        elif row is not None:
            found[row] = None
    return list(found)


async def ask(run: Run, item: LinkField, fetch: Fetch, wanted: Sequence[Any]) -> Answered:
    keys = distinct(wanted)
    if not keys:
        return Answered([], [])
    if not item.routed:
        return await run.ask(fetch, keys=keys)
    agencies = dict.fromkeys([key[0] for key in keys])
    by_agency = {agency: [key[1:] for key in keys if key[0] == agency] for agency in agencies}
    return await run.ask(fetch, keys_of=by_agency)


async def _ask_once(run: Run, item: LinkField, fetch: Fetch, wanted: Sequence[Any]) -> Answered:
    """What several links over the same rows follow: the first of them asks."""
    name = id(fetch), tuple(distinct(wanted))
    asked: asyncio.Task[Answered] | None = run.asked.get(name)
    if asked is None:
        asked = run.asked[name] = asyncio.ensure_future(ask(run, item, fetch, wanted))
    return await asked


def gathered(fetch: Fetch, answered: Answered, *, many: bool = False) -> Table:
    """All owners' rows as one table, in the list's order. ``many``: a list may have rows of several keys."""
    found = concat(fetch.needs, answered.tables)
    if not fetch.order or (not many and sum([table.count > 0 for table in answered.tables]) < 2):
        return found
    return take(found, sorted_rows(found, fetch.needs, fetch.order))


def answer_keys(item: LinkField, fetch: Fetch, found: Table) -> list[Key]:
    columns = [found.columns[fetch.needs.columns[path]] for path in fetch.keys]
    if item.routed:
        columns = [found.per_row([origin.agency for origin in found.origins]), *columns]
    return list(zip(*columns, strict=True))


async def _held(runner: Services, run: Run, item: LinkField, fetch: Fetch, wanted: Sequence[Any]) -> list[Any]:
    """The linking rows hold the key, and the key is all that is selected."""
    assert item.shape is not None
    keys = distinct(wanted)
    origin = Origin(fetch.owners[0].agency, run.now, False, fetch.owners[0])
    found = Table(len(keys), [[key[fetch.keys.index(path)] for key in keys] for path in fetch.needs.columns])
    found.origins = (origin,)
    objects = dict(zip(keys, await build(runner, run, item.shape, found), strict=True))
    return [objects.get(key) for key in wanted]
