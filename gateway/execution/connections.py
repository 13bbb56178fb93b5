"""A page of rows as a connection: nodes, edges, cursors, page info, counts, who answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.execution.answered import Report
from gateway.execution.cursors import EDGE, Position
from gateway.execution.nulls import Null
from gateway.execution.reports import count_shown, pick_completeness
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.shaping import build
from gateway.execution.table import Table, take
from gateway.planning.calls import PageCall
from gateway.planning.plan import Page, PagePart
from gateway.planning.selection import TYPENAME


@dataclass(slots=True)
class Slice:
    """One connection's page: ``rows`` shown and ``known`` fetched, as positions in the table, in the list's order.
    ``missed``: an owner that did not answer may have more, here or later. ``cursor``: of a row, or of the page's
    beginning, where the gateway made the list itself and it has no owners."""

    rows: Sequence[int]
    known: Sequence[int]
    more: bool
    total: int | None
    missed: bool = False
    cursor: Callable[[int | None], str] | None = None


@dataclass(slots=True)
class Paged:
    """Everything a connection is printed from. ``start``: each owner's position in the cursor that was given.
    ``made``: by the gateway itself, from rows that were counted before."""

    page: Page
    call: PageCall
    table: Table
    reports: list[Report]
    slices: list[Slice]
    binding: bytes = b""
    start: Mapping[str, Position] = field(default_factory=dict)
    owner_ids: tuple[str, ...] = ()
    failed_owners: frozenset[str] = frozenset()
    made: bool = False

    def failed_position(self, owner: str) -> Position | None:
        """A source that missed this page stands where it stood: at first, at the edge where the list was begun."""
        if owner not in self.failed_owners:
            return None
        stood = self.start.get(owner)
        if stood is not None:
            return stood
        return Position(None, EDGE) if self.call.forward else Position(EDGE, None)


async def connections(runner: Services, run: Run, paged: Paged) -> list[Any]:
    """One connection object per slice. Each node shape is built once, over the rows of all of them."""
    place: Mapping[int, int] | None = None
    if len(paged.slices) == 1:
        chosen = paged.slices[0].rows
    else:
        chosen = sorted({row for cut in paged.slices for row in cut.rows})
        place = {row: index for index, row in enumerate(chosen)}
    table = paged.table if chosen == range(paged.table.count) else take(paged.table, chosen)
    shapes = paged.page.node_shapes()
    built = (
        dict(zip(map(id, shapes), await together([build(runner, run, shape, table) for shape in shapes]), strict=True))
        if shapes
        else {}
    )
    if not paged.made:
        _count_shown(paged)
    return [_connection(runner, run, paged, cut, built, place) for cut in paged.slices]


def _count_shown(paged: Paged) -> None:
    """``rows`` of a report are those shown, not the one more that was fetched to see whether there is more."""
    codes = [origin.agency for origin in paged.table.origins]
    if len(codes) == 1:
        shown = {codes[0]: sum(len(cut.rows) for cut in paged.slices)}
    else:
        of_row = paged.table.per_row(codes)
        shown = Counter(of_row[row] for cut in paged.slices for row in cut.rows)
    count_shown(paged.reports, shown)


def _connection(
    runner: Services,
    run: Run,
    paged: Paged,
    cut: Slice,
    built: Mapping[int, list[Any]],
    place: Mapping[int, int] | None,
) -> Any:
    """``built``: the objects of each shape; ``place``: where in them a row's is, unless they are just the slice's."""
    made: dict[str, Any] = {}
    for part in paged.page.parts:
        value = _part(runner, run, paged, cut, part, built, place)
        if type(value) is Null:
            return value.raised(part.key)
        made[part.key] = value
    return made


def _part(
    runner: Services,
    run: Run,
    paged: Paged,
    cut: Slice,
    part: PagePart,
    built: Mapping[int, list[Any]],
    place: Mapping[int, int] | None,
) -> Any:
    match part.name:
        case "nodes":
            nodes = _of_slice(built[id(part.shape)], cut, place)
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


def _of_slice(objects: list[Any], cut: Slice, place: Mapping[int, int] | None) -> list[Any]:
    return objects if place is None else [objects[place[row]] for row in cut.rows]


def _first_null(values: Sequence[Any], key: str | None = None) -> Null | None:
    for index, value in enumerate(values):
        if type(value) is Null:
            return (value if key is None else value.raised(key)).raised(index)
    return None


def _edges(
    runner: Services,
    run: Run,
    paged: Paged,
    cut: Slice,
    part: PagePart,
    built: Mapping[int, list[Any]],
    place: Mapping[int, int] | None,
) -> Any:
    keys, columns = [], []
    for below in part.below:
        keys.append(below.key)
        if below.name == "node":
            nodes = _of_slice(built[id(below.shape)], cut, place)
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


def _page_info(runner: Services, paged: Paged, cut: Slice, part: PagePart) -> dict[str, Any]:
    made: dict[str, Any] = {}
    given = paged.call.cursor is not None
    for item in part.selection:
        match item.name:
            case "hasNextPage":
                made[item.key] = (cut.more or cut.missed) if paged.call.forward else given
            case "hasPreviousPage":
                made[item.key] = given if paged.call.forward else cut.more or cut.missed
            case "startCursor":
                made[item.key] = _edge_cursor(runner, paged, cut, cut.rows[:1])
            case "endCursor":
                made[item.key] = _edge_cursor(runner, paged, cut, cut.rows[-1:])
            case _:
                made[item.key] = TYPE_PAGE_INFO if item.name == TYPENAME else None
    return made


TYPE_PAGE_INFO = "PageInfo"


def _edge_cursor(runner: Services, paged: Paged, cut: Slice, row: Sequence[int]) -> str | None:
    """An empty page that an owner missed has a cursor too: the list goes on from there once the owner is back."""
    if row:
        return cursors_of(runner, paged, cut, row)[0]
    if not cut.missed:
        return None
    if cut.cursor is not None:
        return cut.cursor(None)
    everyone = dict.fromkeys([*paged.start, *paged.owner_ids])
    at = {owner: paged.failed_position(owner) or paged.start.get(owner, Position()) for owner in everyone}
    return runner.cursors.encode(paged.binding, at)


def cursors_of(runner: Services, paged: Paged, cut: Slice, rows: Sequence[int]) -> list[str]:
    """The cursors of some rows of a page: a walk over the known rows with each owner's neighbours."""
    if cut.cursor is not None:
        return [cut.cursor(row) for row in rows]
    table, needs = paged.table, paged.page.needs
    indices = [needs.columns.get(path) for path, _ in paged.call.order]
    owners = table.per_row([origin.owner.id if origin.owner else "" for origin in table.origins])

    def values(row: int) -> tuple[Any, ...]:
        return tuple(None if index is None else table.columns[index][row] for index in indices)

    everyone = dict.fromkeys([*paged.start, *paged.owner_ids])
    wanted = set(rows)
    before = _nearest(cut.known, owners, wanted)
    after = _nearest(cut.known[::-1], owners, wanted)
    found = []
    for row in rows:
        at: dict[str, Position] = {}
        for owner in everyone:
            if owner == owners[row]:
                own = values(row)
                at[owner] = Position(own, own)
                continue
            start = paged.start.get(owner, Position())
            last, following = before[row].get(owner), after[row].get(owner)
            at[owner] = paged.failed_position(owner) or Position(
                values(last) if last is not None else (start.last if paged.call.forward else None),
                values(following) if following is not None else (None if paged.call.forward else start.next),
            )
        found.append(runner.cursors.encode(paged.binding, at))
    return found


def _nearest(known: Sequence[int], owners: Sequence[str], wanted: set[int]) -> dict[int, dict[str, int]]:
    """For each wanted row, the last row of every owner that was passed on the way to it."""
    passed: dict[str, int] = {}
    found = {}
    for row in known:
        if row in wanted:
            found[row] = dict(passed)
        passed[owners[row]] = row
    return found
