"""Collections: what a table, view or endpoint supplies, with its parts and child lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.contract import TYPE_KEYS, Child, CollectionSpec, FieldBinding, Part
from gateway.settings.agency_bindings import Scope, binding, column_name, fields, json_path
from gateway.settings.agency_catalog import FieldType, TypeCatalog, TypeShape
from gateway.settings.agency_keys import CHILD, COLLECTION, HTTP_KINDS, PART, SQL_KINDS
from gateway.settings.agency_reader import Table
from gateway.settings.agency_requests import as_of, requests, rows_cross_arrays
from gateway.settings.strict import did_you_mean

OPTIONAL_KEYS: Mapping[str, tuple[str, ...]] = {"AgencyDecision": ("sequence",)}
"""Keys that a row may lack: a decision without an item is about the whole declaration."""

_NO_SHAPE = TypeShape({}, {}, frozenset())


@dataclass(frozen=True, slots=True)
class Context:
    """What a collection may refer to in its file."""

    agency: str
    kinds: Mapping[str, str]
    scope: Scope
    types: TypeCatalog


def collection(table: Table, name: str, context: Context) -> CollectionSpec | None:
    """One ``[collections.name]``; ``None`` when source or type are unknown, so that nothing below makes sense."""
    table.only(COLLECTION)
    source = table.text("source", required=True)
    provides = table.text("provides", required=True)
    if source and source not in context.kinds:
        table.fault("source", f"no source `{source}`{did_you_mean(source, context.kinds)}")
    shape = context.types.types.get(provides) if provides in TYPE_KEYS else None
    if provides and shape is None:
        table.fault("provides", f"no type `{provides}` that an agency can supply{did_you_mean(provides, TYPE_KEYS)}")
    kind = context.kinds.get(source, "")
    if shape is None or not kind:
        return None
    _belongs(table, kind)
    up = rows_cross_arrays(table)
    scope = replace(context.scope, source=source, check=json_path(up=up) if kind in HTTP_KINDS else column_name)
    bound = fields(table.table("fields", required=True), shape, scope)
    if "fields" in table:
        _keys(table, provides, bound)
    parts = {part: _part(inner, part, kind, provides, shape, scope, bound) for part, inner in table.tables("parts")}
    _once(table, parts)
    every = [*bound, *(path for part in parts.values() for path in part.fields)]
    children = {
        child: made
        for child, inner in _children(table)
        if (made := _child(inner, child, kind, shape, scope, context.types)) is not None
    }
    for child in children:
        if child in bound:
            table.faults.add(f"{table.key}.children.{child}", "is bound twice")
    return CollectionSpec(
        agency=context.agency,
        source=source,
        name=name,
        provides=provides,
        fields=bound,
        table=table.text("table"),
        where=_rows(table, "where"),
        unless=_rows(table, "except"),
        newest=table.texts("newest"),
        parts=parts,
        children=children,
        requests=requests(table, provides, shape, lambda: [*every, *children]),
        freshness=table.duration("freshness"),
        as_of=as_of(table),
        filterable=narrowed(table, "filterable", every, children),
        orderable=narrowed(table, "orderable", every, {}),
    )


def narrowed(
    table: Table, name: str, bound: list[str], children: Mapping[str, Child], *, at: str = ""
) -> frozenset[str] | None:
    """Paths that may be filtered or ordered by; only bound ones make sense. ``None`` when nothing is said."""
    if name not in table:
        return None
    known = {*bound, *children}
    for child_name, child in children.items():
        known |= {f"{child_name}.{path}" for path in child.fields}
    paths = table.texts(name)
    for path in paths:
        if path not in known:
            table.fault(at or name, f"{path} is not bound{did_you_mean(path, known)}")
    return frozenset(paths)


def _belongs(table: Table, kind: str) -> None:
    """Databases have tables, APIs have requests."""
    sql = kind in SQL_KINDS
    if sql and "requests" in table:
        table.fault("requests", f"its source is a {kind} database: use `table`")
    if not sql:
        for name in ("table", "where", "except", "newest"):
            if name in table:
                table.fault(name, f"its source is a {kind} API: use `requests`")
    if sql and not table.text("table"):
        table.fault("table", "missing: the table or view is needed here")
    if not sql and not table.data.get("requests"):
        table.fault("requests", "missing: no request says how to ask for it")


def _keys(table: Table, provides: str, bound: Mapping[str, FieldBinding]) -> None:
    for path in TYPE_KEYS[provides]:
        if path not in bound and path not in OPTIONAL_KEYS.get(provides, ()):
            table.faults.add(f"{table.key}.fields", f"missing: {path} is part of the key of {provides}")


def _part(
    table: Table,
    name: str,
    kind: str,
    provides: str,
    shape: TypeShape,
    scope: Scope,
    bound: Mapping[str, FieldBinding],
) -> Part:
    table.only(PART)
    sql = kind in SQL_KINDS
    for key in ("requests",) if sql else ("table", "on", "newest"):
        if key in table:
            table.fault(key, f"has no meaning in a part of a {kind} source")
    if sql:
        for key in ("table", "on"):
            if key not in table:
                table.fault(key, "missing: the other table, and how its rows belong to ours")
    elif "requests" not in table:
        table.fault("requests", "missing: no request says how to ask for it")
    inner = scope if sql else replace(scope, check=json_path(up=rows_cross_arrays(table)))
    own = fields(table.table("fields", required=True), shape, inner, taken=bound)
    return Part(
        name=name,
        table=table.text("table"),
        on=table.text_map("on"),
        newest=table.texts("newest"),
        fields=own,
        requests=requests(table, provides, shape, lambda: [*bound, *own]),
    )


def _once(table: Table, parts: Mapping[str, Part]) -> None:
    seen: set[str] = set()
    for name, part in parts.items():
        for path in part.fields:
            if path in seen:
                table.faults.add(f"{table.key}.parts.{name}.fields.{path}", "is bound twice")
            seen.add(path)


def _children(table: Table) -> list[tuple[str, Table]]:
    return list(table.tables("children"))


def _child(table: Table, name: str, kind: str, shape: TypeShape, scope: Scope, types: TypeCatalog) -> Child | None:
    table.only(CHILD)
    scalars = shape.fields.get(name)
    type_name = shape.children.get(name, "")
    if not type_name and (scalars is None or not scalars.list):
        lists = [*shape.children, *(path for path, type_ in shape.fields.items() if type_.list)]
        table.fault("", f"no list `{name}` here{did_you_mean(name, lists)}")
        return None
    each = _placed(table, kind)
    inner = scope
    if "from" in table and kind in SQL_KINDS:
        inner = replace(scope, check=json_path(up=True))  # elements of a JSON column are JSON rows
    if scalars is not None and not type_name:
        return _scalars(table, name, scalars, each, inner)
    if "value" in table:
        table.fault("value", f"elements are {type_name}: bind their `fields`")
    element = types.types.get(type_name, _NO_SHAPE)
    return Child(
        name=name,
        type=type_name,
        table=table.text("table"),
        on=table.text_map("on"),
        order=table.texts("order"),
        array=table.text("from"),
        each=each,
        fields=fields(table.table("fields", required=True), element, inner),
        children={
            nested: made
            for nested, below in _children(table)
            if (made := _child(below, nested, kind, element, inner, types)) is not None
        },
    )


def _scalars(table: Table, name: str, type_: FieldType, each: tuple[tuple[str, ...], ...], scope: Scope) -> Child:
    """A list of scalars: ``value`` binds the element. Repeated columns and arrays of scalars need none."""
    for key in ("fields", "children"):
        if key in table:
            table.fault(key, f"elements are {type_.name}: bind `value`")
    one = FieldType(type_.name, type_.enum)
    value: FieldBinding | None = None
    if "value" in table:
        value = binding(table, "value", name, one, scope)
    elif each:
        value = FieldBinding(name, type_.name, (each[0][0],), enum=type_.enum)
    elif "from" in table:
        value = FieldBinding(name, type_.name, ("",), enum=type_.enum)
    else:
        table.fault("value", "missing: the column of the element")
    return Child(
        name=name,
        type=type_.name,
        table=table.text("table"),
        on=table.text_map("on"),
        order=table.texts("order"),
        array=table.text("from"),
        each=each,
        value=value,
    )


def _placed(table: Table, kind: str) -> tuple[tuple[str, ...], ...]:
    """Where the elements are: exactly one of ``table``, ``from`` and ``each``. Gives ``each``."""
    given = [key for key in ("table", "from", "each") if key in table]
    if len(given) != 1:
        table.fault("", "needs `table`, `from` or `each`, one of them")
    if "table" in table and kind in HTTP_KINDS:
        table.fault("table", f"its source is a {kind} API: use `from` or `each`")
    for key in ("on", "order"):
        if key in table and "table" not in table:
            table.fault(key, "has a meaning only with `table`")
    if "table" in table and not table.data.get("on"):
        table.fault("on", "missing: how their rows belong to ours")
    return _each(table)


def _each(table: Table) -> tuple[tuple[str, ...], ...]:
    value = table.data.get("each")
    if value is None:
        return ()
    groups = [[item] if isinstance(item, str) else item for item in value] if isinstance(value, list) else []
    good = all(isinstance(group, list) and group and all(isinstance(c, str) and c for c in group) for group in groups)
    if not groups or not good or len({len(group) for group in groups}) != 1:
        table.fault("each", "must be lists of columns, one list per element, all of one length")
        return ()
    return tuple(map(tuple, groups))


def _rows(table: Table, name: str) -> dict[str, tuple[str, ...]]:
    """``column = value`` or a list of values, as texts."""
    inner = table.table(name)
    found: dict[str, tuple[str, ...]] = {}
    for column, value in inner.data.items():
        values: list[Any] = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(item, str | int) for item in values):
            inner.fault(column, "must be a value or a list of values")
            continue
        found[column] = tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in values)
    return found
