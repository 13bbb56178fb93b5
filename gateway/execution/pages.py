"""Connections: each owner's next rows from its own position, merged into one order, cut to a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.contract import FetchCall, Rows
from gateway.execution.cursors import Position, binding
from gateway.execution.links import distinct, partial, wanted_keys
from gateway.execution.nulls import Null
from gateway.execution.order import sorted_rows
from gateway.execution.run import Answered, OwnerShape, Report, Run, collect, together
from gateway.execution.shaping import build, pick_completeness
from gateway.execution.table import Table, concat, take
from gateway.planning.calls import PageCall
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch, LinkField, Page, PagePart, RootField
from gateway.planning.rows import for_owner
from gateway.planning.selection import TYPENAME

if TYPE_CHECKING:
    from gateway.execution.runner import Runner


@dataclass(slots=True)
class Slice:
    """One connection's page: ``rows`` shown and ``known`` fetched, as positions in the table, in the list's order."""

    rows: list[int]
    known: list[int]
    more: bool
    total: int | None


@dataclass(slots=True)
class Paged:
    """Everything a connection is printed from. ``start``: each owner's position in the cursor that was given.
    ``places``: order values per row of a list that the gateway made itself, which has no owners."""

    page: Page
    call: PageCall
    table: Table
    reports: list[Report]
    slices: list[Slice]
    binding: bytes = b""
    start: Mapping[str, Position] = field(default_factory=dict)
    owner_ids: tuple[str, ...] = ()
    failed_owners: frozenset[str] = frozenset()
    places: Sequence[tuple[Any, ...]] | None = None

    def failed_position(self, owner: str) -> Position | None:
        """A source that missed this page stands where it stood."""
        return self.start.get(owner, Position()) if owner in self.failed_owners else None


async def root_page(runner: Runner, run: Run, root: RootField) -> Any:
    """A listing: one connection over every owner of its type."""
    page, fetch = root.page, root.fetch
    assert page is not None and fetch is not None
    call = runner.page_call(run, page, fetch.target)
    paged = await _fetch_pages(runner, run, page, fetch, call, None, (root.key,))
    if isinstance(paged, Null):
        return paged
    return (await connections(runner, run, paged))[0]


async def link_pages(runner: Runner, run: Run, item: LinkField, table: Table) -> list[Any]:
    """A connection per row: one fetch per owner for the pages of all rows."""
    page, fetch = item.page, item.fetch
    assert page is not None and fetch is not None
    call = runner.page_call(run, page, fetch.target)
    wanted = wanted_keys(item, table)
    if not item.many:
        wanted = [[] if key is None else [key] for key in wanted]
    paged = await _fetch_pages(runner, run, page, fetch, call, wanted, fetch.at)
    if isinstance(paged, Null):
        return [paged] * table.count
    run.reports_of[id(item)] = paged.reports
    return await connections(runner, run, paged)


async def _fetch_pages(
    runner: Runner,
    run: Run,
    page: Page,
    fetch: Fetch,
    call: PageCall,
    wanted: Sequence[list[Any]] | None,
    at: Sequence[str],
) -> Paged | Null:
    claims = sorted((name, str(value)) for name, value in run.params.items())
    bound = binding(fetch.coordinate, repr(call.filter), call.params, call.order, run.view.fingerprint, claims, wanted)
    start = runner.cursors.decode(bound, call.cursor) if call.cursor else {}
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
    if wanted is None:
        slices = [_slice(list(range(table.count)), call, totals.root())]
    else:
        groups: dict[Any, list[int]] = {}
        columns = [table.columns[fetch.needs.columns[path]] for path in fetch.keys]
        for row, key in enumerate(zip(*columns, strict=True)):
            groups.setdefault(key, []).append(row)
        slices = [
            _slice(sorted(row for key in dict.fromkeys(parent) for row in groups.get(key, ())), call, totals.of(parent))
            for parent in wanted
        ]
    owners = tuple(owner.id for owner in fetch.owners)
    missed = frozenset(id_ for id_, (_, report, _) in zip(owners, results, strict=False) if report.code is not None)
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
    values = None if at is None else (at.last if call.forward else at.next)
    cursor = None
    if values is not None:
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
    return await run.ask_owner(fetch, owner, FetchCall(keys, params, call.size + 1, cursor), shape)


def _merge(fetch: Fetch, call: PageCall, answered: Answered) -> Table:
    """All owners' rows in the list's forward order."""
    tables = answered.tables if call.forward else answered.tables[::-1]
    table = concat(fetch.needs, tables)
    order = call.order[: call.terms] or call.order
    if sum(1 for one in tables if one.count) > 1 or fetch.keys:
        way = order if call.forward else tuple((path, not down) for path, down in order)
        table = take(table, sorted_rows(table, fetch.needs, [term for term in way if term[0] in fetch.needs.columns]))
    return table


def _slice(known: list[int], call: PageCall, total: int | None) -> Slice:
    rows, more = known[: call.size], len(known) > call.size
    if not call.forward:
        return Slice(rows[::-1], known[::-1], more, total)
    return Slice(rows, known, more, total)


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


# ---- printing connections -------------------------------------------------------------------------


async def connections(runner: Runner, run: Run, paged: Paged) -> list[Any]:
    """One connection object per slice. Each node shape is built once, over the rows of all of them."""
    chosen = sorted({row for cut in paged.slices for row in cut.rows})
    place = {row: index for index, row in enumerate(chosen)}
    table = paged.table if len(chosen) == paged.table.count else take(paged.table, chosen)
    shapes = paged.page.node_shapes()
    built = (
        dict(zip(map(id, shapes), await together([build(runner, run, shape, table) for shape in shapes]), strict=True))
        if shapes
        else {}
    )
    if paged.places is None:
        _count_shown(paged)
    return [_connection(runner, run, paged, cut, built, place) for cut in paged.slices]


def _count_shown(paged: Paged) -> None:
    """``rows`` of a report are those shown, not the one more that was fetched to see whether there is more."""
    codes = paged.table.per_row([origin.agency for origin in paged.table.origins])
    shown = Counter(codes[row] for cut in paged.slices for row in cut.rows)
    for agency in {report.agency for report in paged.reports}:
        left = shown[agency]
        for report in paged.reports:
            if report.agency == agency and report.rows is not None:
                report.rows = min(report.rows, left)
                left -= report.rows


def _connection(
    runner: Runner, run: Run, paged: Paged, cut: Slice, built: Mapping[int, list[Any]], place: Mapping[int, int]
) -> Any:
    made: dict[str, Any] = {}
    for part in paged.page.parts:
        value = _part(runner, run, paged, cut, part, built, place)
        if type(value) is Null:
            return value.raised(part.key)
        made[part.key] = value
    return made


def _part(
    runner: Runner,
    run: Run,
    paged: Paged,
    cut: Slice,
    part: PagePart,
    built: Mapping[int, list[Any]],
    place: Mapping[int, int],
) -> Any:
    match part.name:
        case "nodes":
            objects = built[id(part.shape)]
            nodes = [objects[place[row]] for row in cut.rows]
            return _first_null(nodes) or nodes if run.nulls else nodes
        case "edges":
            return _edges(runner, run, paged, cut, part, built, place)
        case "pageInfo":
            return _page_info(runner, paged, cut, part)
        case "totalCount":
            return cut.total
        case "completeness":
            return pick_completeness(part.selection, paged.reports)
        case _:
            return paged.page.selected.type_name


def _first_null(values: Sequence[Any], key: str | None = None) -> Null | None:
    for index, value in enumerate(values):
        if type(value) is Null:
            return (value if key is None else value.raised(key)).raised(index)
    return None


def _edges(
    runner: Runner,
    run: Run,
    paged: Paged,
    cut: Slice,
    part: PagePart,
    built: Mapping[int, list[Any]],
    place: Mapping[int, int],
) -> Any:
    keys, columns = [], []
    for below in part.below:
        keys.append(below.key)
        if below.name == "node":
            objects = built[id(below.shape)]
            nodes = [objects[place[row]] for row in cut.rows]
            failed = _first_null(nodes, below.key) if run.nulls else None
            if failed is not None:
                return failed
            columns.append(nodes)
        elif below.name == "cursor":
            columns.append(cursors_of(runner, paged, cut, cut.rows))
        elif below.name == "score":
            scores = paged.table.columns[paged.page.needs.columns["@score"]]
            columns.append([scores[row] for row in cut.rows])
        else:
            columns.append([paged.page.selected.type_name.removesuffix("Connection") + "Edge"] * len(cut.rows))
    if not keys:
        return [{} for _ in cut.rows]
    return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]


def _page_info(runner: Runner, paged: Paged, cut: Slice, part: PagePart) -> dict[str, Any]:
    made: dict[str, Any] = {}
    given = paged.call.cursor is not None
    for item in part.selection:
        match item.name:
            case "hasNextPage":
                made[item.key] = cut.more if paged.call.forward else given
            case "hasPreviousPage":
                made[item.key] = given if paged.call.forward else cut.more
            case "startCursor":
                made[item.key] = cursors_of(runner, paged, cut, cut.rows[:1])[0] if cut.rows else None
            case "endCursor":
                made[item.key] = cursors_of(runner, paged, cut, cut.rows[-1:])[0] if cut.rows else None
            case _:
                made[item.key] = TYPE_PAGE_INFO if item.name == TYPENAME else None
    return made


TYPE_PAGE_INFO = "PageInfo"


def cursors_of(runner: Runner, paged: Paged, cut: Slice, rows: Sequence[int]) -> list[str]:
    """The cursors of some rows of a page: a walk over the known rows with each owner's neighbours."""
    table, needs = paged.table, paged.page.needs
    if paged.places is not None:
        positions = [Position(paged.places[row], paged.places[row]) for row in rows]
        return [runner.cursors.encode(paged.binding, {"gateway": position}) for position in positions]
    indices = [needs.columns.get(path) for path, _ in paged.call.order]
    owners = table.per_row([origin.owner.id if origin.owner else "" for origin in table.origins])

    def values(row: int) -> tuple[Any, ...]:
        return tuple(None if index is None else table.columns[index][row] for index in indices)

    everyone = dict.fromkeys([*paged.start, *paged.owner_ids])
    found = []
    order = {row: index for index, row in enumerate(cut.known)}
    for row in rows:
        at: dict[str, Position] = {}
        for owner in everyone:
            if owner == owners[row]:
                own = values(row)
                at[owner] = Position(own, own)
                continue
            before = next((r for r in reversed(cut.known[: order[row]]) if owners[r] == owner), None)
            after = next((r for r in cut.known[order[row] + 1 :] if owners[r] == owner), None)
            start = paged.start.get(owner, Position())
            last = values(before) if before is not None else (start.last if paged.call.forward else None)
            following = values(after) if after is not None else (None if paged.call.forward else start.next)
            at[owner] = paged.failed_position(owner) or Position(last, following)
        found.append(runner.cursors.encode(paged.binding, at))
    return found
