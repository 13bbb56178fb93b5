"""One collection under one alias of a statement: which columns a path reads, and the joins that they need. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import count
from typing import Any

import sqlalchemy as sa

from adapters.contract import TYPE_KEYS, Child, CollectionSpec, FetchSpec, FieldBinding, Join, Part
from adapters.errors import Unsupported
from adapters.mapping import CodeTables
from adapters.postgres.catalog import JSON, Catalog, ColumnType
from adapters.postgres.expressions import restrictions
from adapters.postgres.statement import Element, Parameters, SqlType, outer

Column = tuple[Element, ColumnType]


@dataclass(slots=True)
class Context:
    """What every piece of one statement shares."""

    collections: Mapping[str, CollectionSpec]
    catalog: Catalog
    tables: CodeTables
    zone_name: str
    zone: tzinfo
    parameters: Parameters = field(default_factory=Parameters)
    _aliases: Iterator[int] = field(default_factory=count)

    def alias(self, letter: str) -> str:
        return f"{letter}{next(self._aliases)}"

    def collection(self, name: str) -> CollectionSpec:
        """By its name or its id (``CUSTOMS.hold``). Raises ``Unsupported``."""
        spec = self.collections.get(name) or self.collections.get(name.rpartition(".")[2])
        if spec is None or ("." in name and spec.id != name):
            raise Unsupported(f"no collection {name} in this source")
        return spec


def table(name: str, columns: Sequence[str], alias: str) -> Any:
    """``cargo.evt`` with the columns that will be used; every part is quoted where it must be."""
    schema, _, bare = name.rpartition(".")
    clause = sa.table(bare, *(sa.column(column) for column in dict.fromkeys(columns)), schema=schema or None)
    return clause.alias(alias)


@dataclass(frozen=True, slots=True)
class Located:
    """A binding and where its columns are: on the collection's own table (``part`` is ``None``) or on a part's."""

    binding: FieldBinding
    part: Part | None = None


def locate(spec: CollectionSpec, path: str) -> Located:
    """Raises ``Unsupported``: the collection does not supply ``path`` outside of a child list."""
    if path in spec.fields:
        return Located(spec.fields[path])
    for part in spec.parts.values():
        if path in part.fields:
            return Located(part.fields[path], part)
    raise Unsupported(f"{spec.id} does not supply {path}")


def shown(element: Element, column: ColumnType) -> Element:
    """As selected, in JSON. What JSON would change goes as text: numbers with decimals, documents (which stay as they
    were written), and ``character(n)`` without the blanks that pad it: they are not data, and compare as nothing."""
    if column.name in _AS_TEXT:
        return sa.cast(element, SqlType("text[]" if column.array else "text"))
    return sa.cast(element, SqlType("text")) if column.name == "bpchar" and not column.array else element


_AS_TEXT = JSON | {"numeric"}


def own_binding(spec: CollectionSpec, path: str) -> FieldBinding:
    """The binding of a path of the collection's own table. Raises ``Unsupported``."""
    located = locate(spec, path)
    if located.part is not None:
        raise Unsupported(f"{spec.id}: {path} is in another table")
    return located.binding


def hung_on(spec: CollectionSpec, joins: Sequence[Join]) -> list[str]:
    """The native columns that joins need of the rows above them."""
    return list(
        dict.fromkeys(name for join in joins for _, ours in join.on for name in own_binding(spec, ours).columns)
    )


def handed_on(spec: CollectionSpec, asked: FetchSpec) -> list[str]:
    """Own columns that a subquery must hand on: those selected, and those that parts, lists and joins hang on."""
    names: dict[str, None] = {}
    for path in asked.columns:
        located = locate(spec, path)
        names.update(dict.fromkeys(located.binding.columns if located.part is None else located.part.on.values()))
    for select in asked.children:
        if select.name in spec.children:
            names.update(dict.fromkeys(child_parent_columns(spec.children[select.name])))
    names.update(dict.fromkeys(hung_on(spec, asked.joins)))
    return list(names)


def key_paths(spec: CollectionSpec) -> tuple[str, ...]:
    """The type's key paths that this collection binds."""
    return tuple(path for path in TYPE_KEYS.get(spec.provides, ()) if path in spec.fields)


def own_columns(spec: CollectionSpec) -> list[str]:
    """Every column of the collection's own table that a statement may name."""
    names: dict[str, None] = {}
    for binding in spec.fields.values():
        names.update(dict.fromkeys(binding.columns))
    names.update(dict.fromkeys([*spec.where, *spec.unless, *spec.newest]))
    for part in spec.parts.values():
        names.update(dict.fromkeys(part.on.values()))
    for child in spec.children.values():
        names.update(dict.fromkeys(child_parent_columns(child)))
    return list(names)


def child_parent_columns(child: Child) -> list[str]:
    """The columns of the enclosing row that a child list needs."""
    if child.table:
        return list(child.on.values())
    if child.each:
        return [column for element in child.each for column in element]
    return [child.array.partition(".")[0]]


def child_columns(child: Child) -> list[str]:
    """Every column of a child's own table that a statement may name."""
    names: dict[str, None] = dict.fromkeys([*child.on, *child.order])
    for binding in [child.value] if child.value is not None else child.fields.values():
        names.update(dict.fromkeys(binding.columns))
    for nested in child.children.values():
        names.update(dict.fromkeys(child_parent_columns(nested)))
    return list(names)


class Rows:
    """The rows of a collection under an alias; parts are joined once they are asked for."""

    def __init__(self, context: Context, spec: CollectionSpec) -> None:
        if not spec.table:
            raise Unsupported(f"{spec.id} has no table")
        self.context = context
        self.spec = spec
        self.alias = context.alias("t")
        names = own_columns(spec)
        self.from_ = table(spec.table, [*names, "ctid"], self.alias)
        self.parts: dict[str, Any] = {}

    def own(self, name: str) -> Column:
        return self.from_.c[name], self.context.catalog.type_of(self.spec.table, name)

    def field(self, path: str) -> tuple[FieldBinding, tuple[Column, ...]]:
        """The binding of ``path`` and its columns. Raises ``Unsupported``."""
        located = locate(self.spec, path)
        part = located.part
        if part is None:
            return located.binding, tuple(self.own(name) for name in located.binding.columns)
        joined = self.part(part)
        return located.binding, tuple(
            (joined.c[name], self.context.catalog.type_of(part.table, name)) for name in located.binding.columns
        )

    def part(self, part: Part) -> Any:
        if part.name not in self.parts:
            own = {name: outer(self.alias, name) for name in part.on.values()}
            self.parts[part.name] = part_lateral(self.context, part, own)
        return self.parts[part.name]

    def joined(self, onto: Any = None) -> Any:
        """The FROM clause: ``onto`` (or the table itself) with the parts that were asked for."""
        clause = self.from_ if onto is None else onto
        for lateral in self.parts.values():
            clause = clause.outerjoin(lateral, sa.true())
        return clause

    def restrictions(self) -> list[Element]:
        """``where``, ``except`` and ``newest``."""
        columns = {name: self.own(name) for name in [*self.spec.where, *self.spec.unless]}
        conditions = restrictions(columns, self.spec.where, self.spec.unless)
        if self.spec.newest:
            conditions.append(self._is_newest())
        return conditions

    def _is_newest(self) -> Element:
        """No newer row with the same key: an anti-join, so that every other condition stays outside of it."""
        from adapters.postgres.operands import key_elements

        other = Rows(self.context, self.spec)
        columns = {name: other.own(name) for name in [*self.spec.where, *self.spec.unless]}
        same = [theirs == ours for theirs, ours in zip(key_elements(other), key_elements(self), strict=True)]
        later = [other.from_.c[name] for name in self.spec.newest]
        current = [self.from_.c[name] for name in self.spec.newest]
        if self.spec.table in self.context.catalog.plain:  # of two rows equally new, one
            later.append(other.from_.c.ctid)
            current.append(self.from_.c.ctid)
        newer = sa.tuple_(*later) > sa.tuple_(*current) if len(later) > 1 else later[0] > current[0]
        conditions = [*same, *restrictions(columns, self.spec.where, self.spec.unless), newer]
        return sa.not_(sa.select(sa.literal_column("1")).select_from(other.from_).where(*conditions).exists())


def part_lateral(context: Context, part: Part, ours: Mapping[str, Element]) -> Any:
    """``LEFT JOIN LATERAL``: the part's newest row. ``ours``: the enclosing row's columns by name."""
    used = list(dict.fromkeys(name for binding in part.fields.values() for name in binding.columns))
    alias = context.alias("p")
    inner = table(part.table, [*part.on, *part.newest, *used], alias)
    query = sa.select(*(inner.c[name] for name in used)).select_from(inner)
    query = query.where(*(inner.c[theirs] == ours[name] for theirs, name in part.on.items()))
    query = query.order_by(*(newest_first(context, part.table, inner, name) for name in part.newest))
    return query.limit(sa.literal_column("1")).lateral(context.alias("j"))


def newest_first(context: Context, name: str, clause: Any, column: str) -> Any:
    """Descending, nulls last; they are only mentioned where the column can be null, so that an index serves."""
    order = clause.c[column].desc()
    return order if context.catalog.type_of(name, column).not_null else order.nulls_last()
