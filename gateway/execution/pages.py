"""Connections: each owner's next rows from its own position, merged into one order, cut to a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.contract import FetchCall, Rows
from adapters.rows import places_of
from gateway.execution.answered import Answered, Report, collect
from gateway.execution.call_shapes import OwnerShape
from gateway.execution.connections import Paged, Slice, connections
from gateway.execution.cursors import EDGE, Position, Values, binding
from gateway.execution.failing import partial
from gateway.execution.links import distinct, wanted_keys
from gateway.execution.nulls import Null
from gateway.execution.order import sorted_rows
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import Table, concat, empty, take
from gateway.planning.calls import PageCall
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch, Page, RootField
from gateway.planning.rows import for_owner
from gateway.planning.shapes import LinkField


async def root_page(runner: Services, run: Run, root: RootField) -> Any:
    """A listing: one connection over every owner of its type."""
    page, fetch = root.page, root.fetch
    assert page is not None
    assert fetch is not None
    call = runner.page_call(run, page, fetch.target)
    paged = await _fetch_pages(runner, run, page, fetch, call, None, (root.key,))
    if isinstance(paged, Null):
        return paged
    return (await connections(runner, run, paged))[0]


async def link_pages(runner: Services, run: Run, item: LinkField, table: Table) -> list[Any]:
    """A connection per row: one fetch per owner for the pages of all rows. Whoever did not say which keys to ask for
    is missed in it too, and nobody knows its total."""
    page, fetch = item.page, item.fetch
    assert page is not None
    assert fetch is not None
    call = runner.page_call(run, page, fetch.target)
    wanted = wanted_keys(item, table)
    if not item.many:
        wanted = [[] if key is None else [key] for key in wanted]
    paged = await _fetch_pages(runner, run, page, fetch, call, wanted, fetch.at)
    if isinstance(paged, Null):
        unknown = Slice([], [], False, None if table.lacking else 0)
        nothing = Paged(page, call, empty(fetch.needs), list(table.lacking), [unknown])
        without = (await connections(runner, run, nothing))[0]
        return [paged if keys else without for keys in wanted]
    if table.lacking:
        paged.reports += table.lacking
        for cut in paged.slices:
            cut.total = None
    run.answered(item, paged.reports)
    return await connections(runner, run, paged)


async def _fetch_pages(
    runner: Services,
    run: Run,
    page: Page,
    fetch: Fetch,
    call: PageCall,
    wanted: Sequence[list[Any]] | None,
    at: Sequence[str],
) -> Paged | Null:
    bound = b""
    if page.wants_cursors or call.cursor is not None:
        rights = run.view.fingerprint, run.claims()
        bound = binding(fetch.coordinate, repr(call.filter), call.params, call.order, *rights, wanted)
    start = runner.cursors.decode(bound, call.cursor) if call.cursor is not None else {}
    keys = distinct(wanted) if wanted is not None else ()
    results = []
    if wanted is None or keys:
        results = await together(
            [_ask_owner(run, page, fetch, owner, call, start.get(owner.id), keys) for owner in fetch.owners]
        )
    answered = collect([(table, report, rows) for table, report, rows in results])
    if answered.failed and len(answered.failed) == len(answered.reports):
        run.nulls = True
        return Null(fetch.coordinate, answered.causes())
    partial(run, answered.causes(), at)
    table = _merge(fetch, call, answered)
    totals = _Totals(page.wants_total, bool(answered.failed), [rows for _, _, rows in results])
    owners = tuple(owner.id for owner in fetch.owners)
    missed = frozenset(id_ for id_, (_, report, _) in zip(owners, results, strict=False) if report.code is not None)
    lacking = any(_from(call, start.get(id_)) != EDGE for id_ in missed)
    if wanted is None:
        slices = [_slice(range(table.count), call, totals.root(), lacking)]
    else:
        columns = [table.columns[fetch.needs.columns[path]] for path in fetch.keys]
        groups = places_of(zip(*columns, strict=True))
        slices = [
            _slice(
                sorted(row for key in dict.fromkeys(parent) for row in groups.get(key, ())),
                call,
                totals.of(parent),
                lacking and bool(parent),
            )
            for parent in wanted
        ]
    return Paged(page, call, table, answered.reports, slices, bound, start, owners, missed)


async def _ask_owner(
    run: Run, page: Page, fetch: Fetch, owner: Owner, call: PageCall, at: Position | None, keys: Sequence[Any]
) -> tuple[Table | None, Report, Rows | None]:
    condition = True if call.filter is None else for_owner(call.filter, owner, call.params)
    if condition is False:
        report = Report(owner.agency, "ANSWERED", run.now)
        run.reports.append(report)
        return None, report, None
    order = call.order if call.forward else tuple((path, not down) for path, down in call.order)
    values = _from(call, at)
    cursor = None
    if values:
        cursor = tuple(value for value, (path, _) in zip(values, call.order, strict=True) if owner.spec.supplies(path))
    shape = OwnerShape(
        filter=None if condition is True else condition,
        order=order,
        limit=True,
        per_key=bool(fetch.keys),
        after=None if cursor is None else tuple(value is None for value in cursor),
        count=page.wants_total,
    )
    params = dict(call.params) if condition is not True else {}
    table, report, rows = await run.ask_owner(fetch, owner, FetchCall(keys, params, call.size + 1, cursor), shape)
    if values == EDGE and table is not None:
        table = empty(fetch.needs)  # asked for its count alone
    return table, report, rows


def _from(call: PageCall, at: Position | None) -> Values | None:
    """The order values from which an owner goes on, in the direction of the page."""
    return None if at is None else at.last if call.forward else at.next


def _merge(fetch: Fetch, call: PageCall, answered: Answered) -> Table:
    """All owners' rows in the list's forward order."""
    tables = answered.tables if call.forward else answered.tables[::-1]
    table = concat(fetch.needs, tables)
    order = call.order[: call.terms] or call.order
    if sum(1 for one in tables if one.count) > 1 or fetch.keys:
        way = order if call.forward else tuple((path, not down) for path, down in order)
        table = take(table, sorted_rows(table, fetch.needs, [term for term in way if term[0] in fetch.needs.columns]))
    return table


def _slice(known: Sequence[int], call: PageCall, total: int | None, missed: bool) -> Slice:
    rows, more = known[: call.size], len(known) > call.size
    if not call.forward:
        return Slice(rows[::-1], known[::-1], more, total, missed)
    return Slice(rows, known, more, total, missed)


@dataclass(slots=True)
class _Totals:
    """Counts summed over owners; unknown as soon as one owner's is."""

    asked: bool
    failed: bool
    answers: Sequence[Rows | None]

    def root(self) -> int | None:
        counts = [0 if rows is None else rows.total for rows in self.answers]
        return self._sum(counts)

    def of(self, keys: Sequence[Any]) -> int | None:
        counts: list[int | None] = []
        for rows in self.answers:
            if rows is not None:
                counts += [None if rows.totals is None else rows.totals.get(key, 0) for key in keys]
        return self._sum(counts)

    def _sum(self, counts: Sequence[int | None]) -> int | None:
        known = [count for count in counts if count is not None]
        return sum(known) if self.asked and not self.failed and len(known) == len(counts) else None
