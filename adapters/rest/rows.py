"""JSON answers → rows → harmonised columns. Pure.

``rows`` names where the rows are: an array, or one object for one row; ``*`` crosses an array on the way. In a row's
paths ``^`` is the element of the innermost array crossed by ``*``, ``^.^`` the next one out, and beyond the last the
document itself. Columns are taken a whole level at a time; columns with a common beginning share it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from operator import itemgetter
from typing import Any

import orjson

from adapters.contract import Child, ChildRows, ChildSelect, FieldBinding, RowFlag
from adapters.errors import Unsupported
from adapters.mapping import CodeTables, Reading, parse_path, reading, walk
from adapters.mapping.columns import blank, text
from adapters.mapping.paths import Segment

Segments = tuple[Segment, ...]


@dataclass(slots=True)
class Batch:
    """Rows of one or more answers: each row, what encloses it (innermost first), and the key it was asked by."""

    rows: list[Any] = field(default_factory=list)
    parents: tuple[list[Any], ...] = ()
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, other: Batch) -> None:
        if not self.rows:
            self.rows, self.parents, self.asked = other.rows, other.parents, other.asked
            return
        if not other.rows:
            return
        self.rows += other.rows
        self.asked += other.asked
        for mine, theirs in zip(self.parents, other.parents, strict=True):
            mine += theirs

    def only(self, places: Sequence[int]) -> Batch:
        """The rows at these places, in that order."""
        if len(places) == len(self.rows):
            return self
        asked = [self.asked[i] for i in places] if self.asked else []
        return Batch(
            [self.rows[i] for i in places], tuple([column[i] for i in places] for column in self.parents), asked
        )

    def distinct(self) -> Batch:
        """One key was asked in several spellings: the same row may have come back for each."""
        first: dict[bytes, int] = {}
        for i, row in enumerate(self.rows):
            first.setdefault(orjson.dumps(row), i)
        return self.only(list(first.values()))


class RowsAt:
    """Finds the rows of an answer. ``where`` and ``unless`` keep or drop rows by native values, as the file says."""

    def __init__(
        self,
        path: str,
        where: Mapping[str, tuple[str, ...]] | None = None,
        unless: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._levels: list[Segments] = [()]
        for segment in parse_path(path, star=True):
            if segment == "*":
                self._levels.append(())
            else:
                self._levels[-1] = (*self._levels[-1], segment)
        self.depth = len(self._levels) - 1
        self._tests = [(parse_path(p), values, True) for p, values in (where or {}).items()]
        self._tests += [(parse_path(p), values, False) for p, values in (unless or {}).items()]

    def find(self, document: Any) -> tuple[Batch, int]:
        """The rows, and how many elements the outermost array has (what an API counts and pages by)."""
        nodes: list[Any] = [document]
        chain: list[list[Any]] = [[document]]
        items = 0
        for level, segments in enumerate(self._levels):
            found: list[Any] = []
            origin: list[int] = []
            for i, node in enumerate(nodes):
                target = walk(node, segments) if segments else node
                if target.__class__ is list:
                    found += target
                    origin += [i] * len(target)
                elif target is not None and target != {}:
                    found.append(target)
                    origin.append(i)
            if level == 0:
                items = len(found)
            if level < self.depth:
                chain = [found, *([column[i] for i in origin] for column in chain)]
            elif level:
                chain = [[column[i] for i in origin] for column in chain]
            else:
                chain = [[document] * len(found)]
            nodes = found
        batch = Batch(nodes, tuple(chain))
        return (self._kept(batch) if self._tests else batch), items

    def _kept(self, batch: Batch) -> Batch:
        keep: Sequence[int] = range(len(batch.rows))
        for segments, values, wanted in self._tests:
            column = [walk(row, segments) for row in batch.rows]
            keep = [i for i in keep if _among(column[i], values) is wanted]
        return batch.only(keep)


def _among(value: Any, values: tuple[str, ...]) -> bool:
    return "" in values if blank(value) else text(value).rstrip() in values


class _Level:
    """Columns by path over one list of objects, every prefix taken once."""

    def __init__(self, rows: list[Any], parents: Sequence[list[Any]] = ()) -> None:
        self.rows = rows
        self._parents = parents
        self._taken: dict[Segments, list[Any]] = {(): rows}

    def column(self, path: Segments) -> list[Any]:
        taken = self._taken.get(path)
        if taken is None:
            last = path[-1]
            if last == "^":
                taken = self._parents[len(path) - 1] if len(path) <= len(self._parents) else [None] * len(self.rows)
            else:
                taken = _step(self.column(path[:-1]), last)
            self._taken[path] = taken
        return taken


def _step(column: list[Any], segment: Segment) -> list[Any]:
    if segment.__class__ is str:
        try:
            return list(map(itemgetter(segment), column))  # most APIs name every member in every row
        except (LookupError, TypeError):
            return [value.get(segment) if value.__class__ is dict else None for value in column]
    return [walk(value, (segment,)) for value in column]


@dataclass(frozen=True, slots=True)
class _Field:
    path: str
    reading: Reading
    natives: tuple[Segments, ...]


@dataclass(frozen=True, slots=True)
class _ChildPlan:
    name: str
    array: Segments
    each: tuple[tuple[Segments, ...], ...]
    fields: tuple[_Field, ...]
    children: tuple[_ChildPlan, ...]


class Decoder:
    """Rows → columns for one selection. ``asked``: paths that no field binds, answered by the key that was asked.

    Raises ``Unsupported`` for what is not bound."""

    def __init__(
        self,
        fields: Mapping[str, FieldBinding],
        children: Mapping[str, Child],
        columns: Sequence[str],
        selects: Sequence[ChildSelect],
        *,
        zone: str | None,
        tables: CodeTables,
        asked: Sequence[str] = (),
    ) -> None:
        self.names = tuple(columns)
        self._zone, self._tables = zone, tables
        self._columns: list[_Field | int] = []
        for path in columns:
            if path in fields:
                self._columns.append(self._field(path, fields[path]))
            elif path in asked:
                self._columns.append(asked.index(path))
            else:
                raise Unsupported(f"{path} is not supplied")
        self._children = tuple(self._child(children, select) for select in selects)

    def _field(self, path: str, binding: FieldBinding) -> _Field:
        compiled = reading(binding, zone=self._zone, tables=self._tables)
        return _Field(path, compiled, tuple(parse_path(column, up=True) for column in compiled.columns))

    def _child(self, children: Mapping[str, Child], select: ChildSelect) -> _ChildPlan:
        child = children.get(select.name)
        if child is None or child.table:
            raise Unsupported(f"{select.name} is not supplied")
        array = parse_path(child.array, up=True)
        each = tuple(tuple(parse_path(column, up=True) for column in group) for group in child.each)
        if child.value is not None:
            bindings = {"": child.value if child.value.columns else replace(child.value, columns=("",))}
        else:
            unknown = [path for path in select.columns if path not in child.fields]
            if unknown:
                raise Unsupported(f"{select.name}.{unknown[0]} is not supplied")
            bindings = {path: child.fields[path] for path in select.columns}
        fields = tuple(self._field(path, binding) for path, binding in bindings.items())
        if each:  # columns are named as in the first group: their position is what the groups share
            first = child.each[0]
            fields = tuple(
                replace(item, natives=tuple((first.index(column),) for column in item.reading.columns))
                for item in fields
            )
        nested = tuple(self._child(child.children, below) for below in select.children)
        return _ChildPlan(select.name, array, each, fields, nested)

    def decode(self, batch: Batch) -> tuple[tuple[list[Any], ...], tuple[ChildRows, ...], list[RowFlag]]:
        """Columns, child lists and flags of all rows."""
        count = len(batch.rows)
        level = _Level(batch.rows, batch.parents)
        flags: list[RowFlag] = []
        columns: list[list[Any]] = []
        for plan in self._columns:
            if isinstance(plan, int):
                columns.append([key[plan] for key in batch.asked])
                continue
            values, problems = plan.reading.read([level.column(native) for native in plan.natives], count)
            columns.append(values)
            if problems:
                flags += [RowFlag(row, plan.path, problem) for row, problem in problems]
        children = tuple(_read_child(plan, level, count, flags, _Owner(plan.name)) for plan in self._children)
        return tuple(columns), children, flags


@dataclass(frozen=True, slots=True)
class _Owner:
    """How an element of a child list is named in a flag: its row, and its path from there."""

    name: str
    offsets: Sequence[int] = ()
    above: _Owner | None = None

    def locate(self, element: int) -> tuple[int, str]:
        owner = bisect_right(self.offsets, element) - 1
        here = f"{self.name}[{element - self.offsets[owner]}]"
        if self.above is None:
            return owner, here
        row, path = self.above.locate(owner)
        return row, f"{path}.{here}"


def _read_child(plan: _ChildPlan, level: _Level, count: int, flags: list[RowFlag], owner: _Owner) -> ChildRows:
    lists = _each(plan, level, count) if plan.each else [_elements(value) for value in level.column(plan.array)]
    flat = [element for row in lists for element in row]
    offsets = list(accumulate(map(len, lists), initial=0))
    owner = replace(owner, offsets=offsets)
    own = [level.rows[i] for i, row in enumerate(lists) for _ in row]
    below = _Level(flat, (own,))
    columns: list[list[Any]] = []
    for item in plan.fields:
        values, problems = item.reading.read([below.column(native) for native in item.natives], len(flat))
        columns.append(values)
        for element, problem in problems:
            row, path = owner.locate(element)
            flags.append(RowFlag(row, f"{path}.{item.path}" if item.path else path, problem))
    children = tuple(
        _read_child(nested, below, len(flat), flags, _Owner(nested.name, above=owner)) for nested in plan.children
    )
    return ChildRows(offsets, tuple(columns), children)


def _elements(value: Any) -> Sequence[Any]:
    """An array's elements; one object where an array of one was meant."""
    if value.__class__ is list:
        return value
    return () if value is None else (value,)


def _each(plan: _ChildPlan, level: _Level, count: int) -> list[list[Any]]:
    """Repeated columns as elements: the values of one group, by position; a group without any value is no element."""
    groups = [list(zip(*(level.column(path) for path in group), strict=True)) for group in plan.each]
    return [[list(values) for group in groups if not all(map(blank, values := group[row]))] for row in range(count)]
