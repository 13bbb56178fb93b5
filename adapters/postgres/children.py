"""Child lists: fetched in the same statement, one array per column and row, by a lateral subquery each. Pure.

Arrays arrive within the row's own JSON, so a list costs no statement and no join of rows in the gateway. Nested lists
hang on the outer row too, with the ordinal of the element that each belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from adapters.contract import Child, ChildSelect, CollectionSpec, FieldBinding
from adapters.errors import Unsupported
from adapters.mapping import Reading, parse_path, reading
from adapters.postgres.scope import Context, child_columns, child_parent_columns, shown, table
from adapters.postgres.statement import Element


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """``natives``: where the reading's inputs are, in the order it wants them."""

    path: str
    reading: Reading
    natives: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChildLayout:
    """How one child list is rebuilt.

    Of a table: ``ordinals`` is the record position of the array of enclosing elements' numbers (of ``1``s at the top
    level), ``arrays`` those of the native columns. Of a JSON column: ``document`` is the position in the enclosing
    row's natives, ``inside`` the path to the array, ``paths`` what is read of an element. Of repeated columns:
    ``each``, positions per element."""

    name: str
    columns: tuple[ColumnLayout, ...]
    children: tuple[ChildLayout, ...] = ()
    ordinals: int = -1
    arrays: tuple[int, ...] = ()
    document: int = -1
    inside: tuple[str | int, ...] = ()
    paths: tuple[tuple[str | int, ...], ...] = ()
    each: tuple[tuple[int, ...], ...] = ()


def _selected(child: Child, select: ChildSelect) -> list[tuple[str, FieldBinding]]:
    if child.value is not None:
        return [("", child.value)]
    try:
        return [(path, child.fields[path]) for path in select.columns]
    except KeyError as missing:
        raise Unsupported(f"{child.name} does not supply {missing.args[0]}") from None


OWN = ""
"""The collection's own table, among its parts by name."""


@dataclass(slots=True)
class Selected:
    """What a statement selects, by position; the same native is selected once."""

    elements: list[Element] = field(default_factory=list)
    _known: dict[Any, int] = field(default_factory=dict)

    def add(self, key: Any, make: Callable[[], Element]) -> int:
        if key not in self._known:
            self._known[key] = len(self.elements)
            self.elements.append(make())
        return self._known[key]

    def native(self, context: Context, table: str, key: Any, name: str, of: Callable[[str], Element]) -> int:
        """A column of ``table``, which ``of`` has by name; ``key``: which of the joined tables that is."""
        return self.add((key, name), lambda: shown(of(name), context.catalog.type_of(table, name)))

    def column(
        self, context: Context, path: str, binding: FieldBinding, table: str, key: Any, of: Callable[[str], Element]
    ) -> ColumnLayout:
        read = reading(binding, zone=context.zone_name, tables=context.tables)
        return ColumnLayout(path, read, tuple(self.native(context, table, key, name, of) for name in read.columns))


class Children:
    """Builds the laterals of one statement's child lists."""

    def __init__(self, context: Context, selected: Selected) -> None:
        self.context = context
        self.selected = selected
        self.laterals: list[Any] = []

    def top(self, spec: CollectionSpec, select: ChildSelect, ours: Callable[[str], Element]) -> ChildLayout:
        """``ours``: a column of the enclosing row, by name. Raises ``Unsupported``."""
        child = spec.children.get(select.name)
        if child is None:
            raise Unsupported(f"{spec.id} has no list {select.name}")
        if child.table:
            return self._table(child, select, ours, None)
        return self._within(child, select, lambda name: self.selected.native(self.context, spec.table, OWN, name, ours))

    def _table(
        self, child: Child, select: ChildSelect, ours: Callable[[str], Element], chain: _Level | None
    ) -> ChildLayout:
        """The elements and, beside them, those of nested lists."""
        level = _Level(self.context, child, ours, chain)
        fields = _selected(child, select)
        wanted: dict[str, None] = dict.fromkeys(name for _, binding in fields for name in binding.columns)
        nested_tables = []
        for sub in select.children:
            nested = _nested(child, sub)
            if nested.table:
                nested_tables.append((nested, sub))
            else:
                wanted.update(dict.fromkeys(child_parent_columns(nested)))
        names = list(wanted)
        rows = level.rows([*names], ordered=True).subquery(self.context.alias("s"))
        gathered: list[Element] = [sa.func.json_agg(rows.c["parent"]).label("parent")]
        for name in names:
            column = self.context.catalog.type_of(child.table, name)
            gathered.append(sa.func.json_agg(shown(rows.c[name], column)).label(name))
        lateral = sa.select(*gathered).select_from(rows).lateral(self.context.alias("l"))
        self.laterals.append(lateral)
        ordinals = self.selected.add(object(), lambda: lateral.c["parent"])
        arrays = tuple(self.selected.add(object(), partial(lateral.c.__getitem__, name)) for name in names)
        position = {name: i for i, name in enumerate(names)}
        children: list[ChildLayout] = []
        for sub in select.children:
            nested = _nested(child, sub)
            if nested.table:
                children.append(self._table(nested, sub, ours, level))
            else:
                children.append(self._within(nested, sub, position.__getitem__))
        return ChildLayout(
            child.name,
            tuple(self._column(path, binding, position.__getitem__) for path, binding in fields),
            tuple(children),
            ordinals=ordinals,
            arrays=arrays,
        )

    def _within(self, child: Child, select: ChildSelect, place: Callable[[str], int]) -> ChildLayout:
        """Elements inside a column of the enclosing row, or spread over several."""
        fields = _selected(child, select)
        if child.each:
            if select.children:
                raise Unsupported(f"{child.name}: repeated columns have no lists")
            first = child.each[0]

            def where(name: str) -> int:
                return first.index(name) if name in first else int(name)

            return ChildLayout(
                child.name,
                tuple(self._column(path, binding, where) for path, binding in fields),
                each=tuple(tuple(place(name) for name in element) for element in child.each),
            )
        column, *inside = parse_path(child.array)
        return self._json(child, select, place(str(column)), tuple(inside))

    def _json(self, child: Child, select: ChildSelect, document: int, inside: tuple[str | int, ...]) -> ChildLayout:
        fields = _selected(child, select)
        names = list(dict.fromkeys(name for _, binding in fields for name in binding.columns))
        position = {name: i for i, name in enumerate(names)}
        children = []
        for sub in select.children:
            nested = _nested(child, sub)
            if nested.table or nested.each:
                raise Unsupported(f"{child.name}.{sub.name}: below a JSON array only JSON arrays can be read")
            children.append(self._json(nested, sub, -1, parse_path(nested.array)))
        return ChildLayout(
            child.name,
            tuple(self._column(path, binding, position.__getitem__) for path, binding in fields),
            tuple(children),
            document=document,
            inside=inside,
            paths=tuple(parse_path(name) for name in names),
        )

    def _column(self, path: str, binding: FieldBinding, place: Callable[[str], int]) -> ColumnLayout:
        read = reading(binding, zone=self.context.zone_name, tables=self.context.tables)
        return ColumnLayout(path, read, tuple(place(name) for name in read.columns))


def _nested(child: Child, select: ChildSelect) -> Child:
    try:
        return child.children[select.name]
    except KeyError:
        raise Unsupported(f"{child.name} has no list {select.name}") from None


@dataclass(slots=True)
class _Level:
    """The rows of one child table below the outer row, numbered from 1 when lists hang on them."""

    context: Context
    child: Child
    ours: Callable[[str], Element]
    above: _Level | None

    def rows(self, names: Sequence[str], *, ordered: bool) -> sa.Select[Any]:
        """Columns ``names`` and ``parent``: the number of the enclosing element (1 at the top level)."""
        child = self.child
        inner = table(child.table, [*child_columns(child), "ctid"], self.context.alias("c"))
        columns = [inner.c[name] for name in dict.fromkeys(names)]
        order: list[Any] = [inner.c[name] for name in child.order]
        if self.above is None:
            query = sa.select(sa.literal_column("1").label("parent"), *columns).select_from(inner)
            query = query.where(*(inner.c[theirs] == self.ours(name) for theirs, name in child.on.items()))
        else:
            outer = self.above.numbered(list(child.on.values())).subquery(self.context.alias("n"))
            query = sa.select(outer.c["number"].label("parent"), *columns)
            query = query.select_from(
                outer.join(inner, sa.and_(*(inner.c[theirs] == outer.c[name] for theirs, name in child.on.items())))
            )
            order.insert(0, outer.c["number"])
        return query.order_by(*order) if ordered and order else query

    def numbered(self, names: Sequence[str]) -> sa.Select[Any]:
        """The level's rows with their ``number`` in the order that ``rows`` gives."""
        rows = self.rows([*names, *self.child.order], ordered=False).subquery(self.context.alias("s"))
        number = sa.func.row_number().over(order_by=[rows.c["parent"], *(rows.c[name] for name in self.child.order)])
        return sa.select(number.label("number"), *(rows.c[name] for name in dict.fromkeys(names)))
