"""Links that walk through other types (``Permit.shipments``): keys go from hop to hop, the last is paged here."""

from __future__ import annotations

from typing import Any

from adapters.contract import Compare, FetchCall, Param
from gateway.execution.answered import Answered, Report, collect
from gateway.execution.call_shapes import OwnerShape
from gateway.execution.links import distinct, wanted_keys
from gateway.execution.local_pages import Made, OneList, local_pages
from gateway.execution.nulls import Null
from gateway.execution.order import sorted_rows
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import Table, concat, take
from gateway.planning.plan import Fetch
from gateway.planning.shapes import LinkField

Reached = dict[Any, set[Any]]
"""Key of a hop → the rows of ours that lead there."""


async def walk(runner: Services, run: Run, item: LinkField, table: Table) -> list[Any]:
    fetch, page = item.fetch, item.page
    assert fetch is not None
    assert page is not None
    call = runner.page_call(run, page, fetch.target)
    wanted = wanted_keys(item, table)
    reports: list[Report] = []
    reached = await _first_hop(run, item.steps[0], wanted, reports)
    for step in item.steps[1:]:
        reached = await _hop(run, step, reached, reports)
    answered = await run.ask(fetch, keys=list(reached)) if reached else Answered([], [])
    reports += answered.reports
    run.answered(item, reports)
    causes = Answered([], reports).causes()
    if causes and not answered.tables:
        run.nulls = True
        return [None if key is None else Null(item.coordinate, causes) for key in wanted]
    runner.partial(run, causes, fetch.at)
    rows = concat(fetch.needs, answered.tables)
    order = [term for term in call.order if term[0] in fetch.needs.columns]
    rows = take(rows, sorted_rows(rows, fetch.needs, order))
    columns = [rows.columns[fetch.needs.columns[path]] for path in fetch.keys]
    by_parent: dict[int, list[int]] = {}
    for row, key in enumerate(zip(*columns, strict=True)):
        for parent in reached.get(key, ()):
            by_parent.setdefault(parent, []).append(row)
    places = list(zip(*(rows.columns[fetch.needs.columns[path]] for path, _ in order), strict=True))
    names = [str(place[-1]) for place in places]  # the key: every order ends in it
    made = Made(rows, names, places, [down for _, down in order])
    lists = [
        OneList(by_parent.get(parent, []), (key, call.order), key is not None and bool(causes))
        for parent, key in enumerate(wanted)
    ]
    return await local_pages(runner, run, page, call, made, reports, lists)


async def _first_hop(run: Run, step: LinkField, wanted: list[Any], reports: list[Report]) -> Reached:
    """Items that cite one of these permits: found by number, matched with the issuer here."""
    fetch = step.fetch
    assert fetch is not None
    ((_, below),) = fetch.needs.children.items()
    parents: dict[Any, list[int]] = {}
    for row, key in enumerate(wanted):
        if key is not None:
            parents.setdefault(key, []).append(row)
    if not parents:
        return {}
    shape = citing(fetch)
    params = {"numbers": sorted({str(key[-1]) for key in distinct(list(parents))})}
    answered = collect(
        await together([run.ask_owner(fetch, owner, FetchCall(params=params), shape) for owner in fetch.owners])
    )
    reports += answered.reports
    reached: Reached = {}
    for table in answered.tables:
        (inside,) = table.children.values()
        cited = zip(*(inside.table.columns[index] for index in below.columns.values()), strict=True)
        onward = list(zip(*(table.columns[index] for index in step.local), strict=True))
        for row, key in zip(inside.parents(), cited, strict=True):
            if key in parents and None not in onward[row]:
                reached.setdefault(onward[row], set()).update(parents[key])
    return reached


def citing(fetch: Fetch) -> OwnerShape:
    """What the first step asks: items whose list cites one of the numbers."""
    ((child, below),) = fetch.needs.children.items()
    number = next(path for path in below.columns if path != "issuer")
    return OwnerShape(filter=Compare(f"{child}.{number}", "in", Param("numbers")))


async def _hop(run: Run, step: LinkField, reached: Reached, reports: list[Report]) -> Reached:
    fetch = step.fetch
    assert fetch is not None
    if not reached:
        return {}
    answered = await run.ask(fetch, keys=list(reached))
    reports += answered.reports
    found: Reached = {}
    for table in answered.tables:
        keys = zip(*(table.columns[fetch.needs.columns[path]] for path in fetch.keys), strict=True)
        onward = zip(*(table.columns[index] for index in step.local), strict=True)
        for key, following in zip(keys, onward, strict=True):
            if None not in following:
                found.setdefault(following, set()).update(reached.get(key, ()))
    return found
