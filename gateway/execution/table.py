"""Rows as execution holds them: columns by the index of ``Needs``, whoever supplied them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any
from weakref import ReferenceType, ref

from adapters.contract import READ, ChildRows, Rows, coordinate_path
from gateway.execution.layouts import Layout
from gateway.planning.catalog import Owner
from gateway.planning.shapes import Needs
from resolvers.identifiers import Identifier

Part = Sequence[int]
"""Some rows of a table, by their numbers: a range where they lie together."""


@dataclass(slots=True)
class Origin:
    """Who vouches for a row, and for which moment. ``owner`` is ``None`` for rows the gateway made itself."""

    agency: str
    as_of: datetime
    stale: bool
    owner: Owner | None = None


@dataclass(slots=True)
class Children:
    """Row ``i`` of the parent owns rows ``offsets[i]`` to ``offsets[i + 1]`` of ``table``. ``bearer``: the type of its
    objects when they show their own flags; those of other children are shown with their parent. ``ruled``: a row rule
    left some out."""

    offsets: list[int]
    table: Table
    bearer: str = ""
    ruled: bool = False

    def below(self, rows: Part) -> Part:
        """The rows that belong to these above."""
        if len(rows) == 1:
            return range(self.offsets[rows[0]], self.offsets[rows[0] + 1])
        if isinstance(rows, range):
            return range(self.offsets[rows.start], self.offsets[rows.stop]) if rows else rows
        return [row for above in rows for row in range(self.offsets[above], self.offsets[above + 1])]

    def parents(self) -> list[int]:
        """For each row below, the row it belongs to."""
        return [row for row, (a, b) in enumerate(pairwise(self.offsets)) for _ in range(a, b)]


@dataclass(slots=True, weakref_slot=True)
class Table:
    """``origin``: index into ``origins`` per row, ``None`` when all rows are of the first. ``flags``: per row, what was
    noticed, as (path from the row, problem). ``identifiers``: columns shown whose check digits can be told, as (path,
    index, which). ``reports``: of the fetches that made the rows themselves, where they count as theirs (a person);
    ``lacking``: the failed ones without which not all keys of the rows are known (a person's documents).
    ``grants``: per row the groups that grant it, as bits, where a view's grants see different rows.
    ``clean``: the agency's answer was flagged nowhere. ``unread``: per row the paths where something could not be
    read, shown or not: it may be anything. ``joined``: rows that links lead to and that came with these, by the link's
    identity."""

    count: int
    columns: list[list[Any]]
    children: dict[str, Children] = field(default_factory=dict)
    origins: Sequence[Origin] = ()
    origin: list[int] | None = None
    flags: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    identifiers: tuple[tuple[str, int, Identifier], ...] = ()
    reports: Sequence[Any] = ()
    lacking: Sequence[Any] = ()
    _parent: ReferenceType[Table] | None = None
    grants: list[int] | None = None
    unread: dict[int, frozenset[str]] = field(default_factory=dict)
    joined: dict[int, Children] = field(default_factory=dict)
    clean: bool = False

    @property
    def parent(self) -> Table | None:
        """The table whose rows hold these. Known for as long as that is held itself: a table and its children would
        else keep each other, and with them all columns of a request until the next collection of garbage."""
        return self._parent() if self._parent is not None else None

    def per_row(self, values: Sequence[Any]) -> list[Any]:
        """One value per origin, spread over the rows."""
        if self.origin is None:
            return [values[0]] * self.count if values else []
        return [values[index] for index in self.origin]

    @property
    def flagged(self) -> bool:
        """Whether something was noticed of what is shown, here or below."""
        if self.clean:
            return False
        return bool(self.flags) or any(below.table.flagged for below in self.children.values())

    def flag_coordinates(self, bearer: str, part: Part | None = None) -> list[str]:
        """For every flag, here and below, the type that bears it and the path from there, without element numbers.
        ``part``: of these rows alone."""
        if self.clean:
            return []
        flagged = self.flags if part is None else [row for row in part if row in self.flags]
        found = [f"{bearer}.{coordinate_path(path)}" for row in flagged for path, _ in self.flags[row]]
        for name, below in self.children.items():
            theirs = None if part is None else below.below(part)
            found += below.table.flag_coordinates(below.bearer or f"{bearer}.{name}", theirs)
        return found


_NOTHING = ChildRows([], (), ())


def from_rows(rows: Rows, how: Layout, origin: Origin) -> Table:
    """An agency's answer as a table, with what was joined if it was. Columns it does not supply are null."""
    table = _answer(rows.count, rows.columns, rows.children, how, origin, clean=not rows.flags)
    for flag in rows.flags:
        _note(table, how, flag.row, flag.path, flag.problem)
    return table


def _answer(
    count: int,
    columns: Sequence[list[Any]],
    children: Sequence[ChildRows],
    how: Layout,
    origin: Origin,
    *,
    clean: bool,
) -> Table:
    """Rows of one origin. After their lists come the rows that were joined, where they were asked for."""
    table = _table(count, columns, children, how, (origin,))
    table.clean = clean
    for one, rows in zip(how.joins, children[len(how.selects) :], strict=False):
        own = Origin(one.owner.agency, origin.as_of, origin.stale, one.owner)
        below = _answer(rows.offsets[-1], rows.columns, rows.children, one.how, own, clean=clean)
        ruled = one.fetch.predicates.get(one.owner.id) is not None
        table.joined[id(one.item)] = Children(rows.offsets, below, ruled=ruled)
    return table


def _note(table: Table, how: Layout, row: int, path: str, problem: str) -> None:
    if path.startswith("@"):  # of the list of a join
        place, _, rest = path.partition("].")
        number, _, element = place[1:].partition("[")
        one = how.joins[int(number)]
        below = table.joined[id(one.item)]
        _note(below.table, one.how, below.offsets[row] + int(element), rest, problem)
        return
    name = coordinate_path(path)
    if problem not in READ:
        table.unread[row] = table.unread.get(row, frozenset()) | {name}
    if name in how.shown:  # a flag on a value that the caller does not see is not his to know
        _place_flag(table, row, path, problem)


_ELEMENT = re.compile(r"([^.\[]+)\[(\d+)\]\.(.+)")


def _place_flag(table: Table, row: int, path: str, problem: str) -> None:
    element = _ELEMENT.fullmatch(path)
    if element is not None and element[1] in table.children and table.children[element[1]].bearer:
        below = table.children[element[1]]
        below.table.flags.setdefault(below.offsets[row] + int(element[2]), []).append((element[3], problem))
    else:
        table.flags.setdefault(row, []).append((path, problem))


def _table(
    count: int, columns: Sequence[list[Any]], children: Sequence[ChildRows], how: Layout, origins: tuple[Origin]
) -> Table:
    nothing: list[Any] = [None] * count if -1 in how.sources else []
    placed = [columns[source] if source >= 0 else nothing for source in how.sources]
    for index, source in how.lists:
        found = children[source]
        values, offsets = found.columns[0], found.offsets
        placed[index] = [values[start:end] for start, end in pairwise(offsets)]
    table = Table(count, placed, origins=origins, identifiers=how.identifiers)
    for name, position, below in how.children:
        found = _NOTHING if position is None else children[position]
        offsets = found.offsets or [0] * (count + 1)
        made = _table(offsets[-1], found.columns, found.children, below, origins)
        _adopt(table, name, Children(offsets, made, below.bearer))
    return table


def _adopt(table: Table, name: str, children: Children) -> None:
    table.children[name] = children
    children.table._parent = ref(table)


def empty(needs: Needs) -> Table:
    table = Table(0, [[] for _ in needs.columns])
    table.children = {name: Children([0], empty(below)) for name, below in needs.children.items()}
    return table


def concat(needs: Needs, tables: Sequence[Table]) -> Table:
    """The rows of several tables with the same needs, one after the other."""
    if len(tables) == 1:
        return tables[0]
    if not tables:
        return empty(needs)
    columns = [[value for table in tables for value in table.columns[i]] for i in range(len(needs.columns))]
    joined = Table(sum(table.count for table in tables), columns, identifiers=tables[0].identifiers)
    joined.clean = all(table.clean for table in tables)
    origins: list[Origin] = []
    rows: list[int] = []
    start = 0
    for table in tables:
        base = len(origins)
        origins += table.origins
        rows += [base] * table.count if table.origin is None else [base + index for index in table.origin]
        joined.flags |= {row + start: found for row, found in table.flags.items()}
        joined.unread |= {row + start: paths for row, paths in table.unread.items()}
        start += table.count
    joined.origins, joined.origin = origins, rows
    if any(table.grants is not None for table in tables):
        joined.grants = [bits for table in tables for bits in table.grants or [0] * table.count]
    for name, below in needs.children.items():
        _adopt(joined, name, _concat_children(below, [table.children[name] for table in tables]))
    return joined


def _concat_children(needs: Needs, parts: Sequence[Children]) -> Children:
    offsets = [0]
    for part in parts:
        base = offsets[-1]
        offsets += [base + offset for offset in part.offsets[1:]]
    return Children(offsets, concat(needs, [part.table for part in parts]), parts[0].bearer)


def take(table: Table, rows: Sequence[int]) -> Table:
    """The rows at these positions, in this order."""
    if isinstance(rows, range) and rows.start == 0 and rows.step == 1:
        columns = [column[: rows.stop] for column in table.columns]
        flagged = [(row, row) for row in (table.flags.keys() | table.unread.keys()) if row < rows.stop]
    else:
        columns = [[column[row] for row in rows] for column in table.columns]
        odd = table.flags.keys() | table.unread.keys()
        flagged = [(new, row) for new, row in enumerate(rows) if row in odd] if odd else []
    picked = Table(len(rows), columns)
    picked.origins, picked.clean = table.origins, table.clean
    picked.identifiers, picked.reports, picked.lacking = table.identifiers, table.reports, table.lacking
    picked.origin = None if table.origin is None else [table.origin[row] for row in rows]
    if table.grants is not None:
        picked.grants = [table.grants[row] for row in rows]
    for new, row in sorted(flagged):
        if row in table.flags:
            picked.flags[new] = table.flags[row]
        if row in table.unread:
            picked.unread[new] = table.unread[row]
    for name, below in table.children.items():
        _adopt(picked, name, pick(below, rows))
    for link, below in table.joined.items():
        picked.joined[link] = pick(below, rows)
    return picked


def pick(below: Children, rows: Sequence[int], kept: Sequence[bool] | None = None) -> Children:
    """Of these rows above, in this order; of those that are not ``kept``, nothing."""
    if isinstance(rows, range) and rows.start == 0 and rows.step == 1 and kept is None:
        offsets = below.offsets[: rows.stop + 1]
        return Children(offsets, take(below.table, range(offsets[-1])), below.bearer, below.ruled)
    offsets, inner = [0], list[int]()
    for row in rows:
        if kept is None or kept[row]:
            inner += range(below.offsets[row], below.offsets[row + 1])
        offsets.append(len(inner))
    return Children(offsets, take(below.table, inner), below.bearer, below.ruled)


def from_dicts(needs: Needs, rows: Sequence[Mapping[str, Any]], now: datetime) -> Table:
    """Rows that the gateway made itself, nested as in the response. ``agency`` and ``provenance`` tell their origin."""
    table = Table(len(rows), [[_value(row, path) for row in rows] for path in needs.columns])
    table.origins = [_made_origin(row, now) for row in rows]
    table.origin = list(range(len(rows)))
    for name, below in needs.children.items():
        lists = [_value(row, name) or [] for row in rows]
        offsets = [0]
        for items in lists:
            offsets.append(offsets[-1] + len(items))
        _adopt(table, name, Children(offsets, from_dicts(below, [item for items in lists for item in items], now)))
    return table


def _made_origin(row: Mapping[str, Any], now: datetime) -> Origin:
    told = row.get("provenance") or {}
    return Origin(row.get("agency", ""), told.get("asOf") or now, bool(told.get("stale")))


def _value(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row.get(path)
    if value is None and "." in path:
        value = row
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    return value
