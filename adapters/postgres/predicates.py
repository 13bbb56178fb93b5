"""Predicates as SQL conditions, exact and two-valued.

Inside, a condition may be null where the contract says false: AND, OR and WHERE treat both alike. Only a complement
tells them apart, and that is always written ``(…) IS NOT TRUE``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from adapters.contract import AllOf, AnyOf, Child, Compare, FieldBinding, Linked, Negation, Predicate, Unread
from adapters.errors import Unsupported
from adapters.postgres.comparisons import FALSE, NUMBERS_AND_TIMES, TRUE, compare
from adapters.postgres.expressions import inside_json, json_elements, not_true
from adapters.postgres.operands import TEXT, value_column
from adapters.postgres.scope import Column, Context, Rows, child_columns, table
from adapters.postgres.statement import Element, SqlType
from adapters.postgres.unread import unread

Leaf = Callable[[FieldBinding, tuple[Column, ...]], Element]


def condition(rows: Rows, predicate: Predicate) -> Element:
    """``predicate`` over ``rows``; null counts as false. Raises ``Unsupported``."""
    match predicate:
        case AllOf(terms=terms):
            return sa.and_(TRUE, *(condition(rows, term) for term in terms)) if terms else TRUE
        case AnyOf(terms=terms):
            return sa.or_(*(condition(rows, term) for term in terms)) if terms else FALSE
        case Negation(term=term):
            return not_true(condition(rows, term))
        case Linked():
            return _linked(rows, predicate)
        case Compare():
            return _compare(rows, predicate)
        case Unread(path=path):
            return within(rows, path, lambda binding, columns: unread(rows.context, path, binding, columns))


def _linked(rows: Rows, term: Linked) -> Element:
    other = Rows(rows.context, rows.context.collection(term.collection))
    inside = condition(other, term.term)
    same: list[Element] = []
    for theirs, ours in term.on:
        same.extend(equal(other, theirs, rows, ours))
    query: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(other.joined())
    return query.where(*same, *other.restrictions(), inside).exists()


class Fields(Protocol):
    """Rows whose columns can be named by path."""

    def field(self, path: str) -> tuple[FieldBinding, tuple[Column, ...]]: ...


def equal(inner: Fields, theirs: str, outer: Fields, ours: str) -> list[Element]:
    """The inner side stays as its index has it; the outer one is cast when the types differ."""
    left_binding, left = inner.field(theirs)
    right_binding, right = outer.field(ours)
    if left_binding.codes is None and right_binding.codes is None and len(left) == len(right) > 1:
        pairs = list(zip(left, right, strict=True))
    else:
        pairs = [(value_column(theirs, left_binding, left), value_column(ours, right_binding, right))]
    out: list[Element] = []
    for (a, a_type), (b, b_type) in pairs:
        alike = a_type.bind == b_type.bind
        out.append(a == (b if alike else sa.cast(b, SqlType(a_type.bind))))
    return out


def _compare(rows: Rows, term: Compare) -> Element:
    return within(rows, term.path, lambda binding, columns: compare(rows.context, rows.spec, term, binding, columns))


def within(rows: Rows, path: str, leaf: Leaf) -> Element:
    """``leaf`` over the columns of ``path``: of the row, or of some element of a child list that it crosses."""
    try:
        binding, columns = rows.field(path)
    except Unsupported:
        return _in_child(
            rows.context, f"{rows.spec.id} does not supply {path}", path, rows.spec.children, rows.own, leaf
        )
    return leaf(binding, columns)


def _in_child(
    context: Context,
    missing: str,
    path: str,
    children: Mapping[str, Child],
    column: Callable[[str], Column],
    leaf: Leaf,
) -> Element:
    name = next((n for n in sorted(children, key=len, reverse=True) if path == n or path.startswith(n + ".")), None)
    if name is None:
        raise Unsupported(missing)
    child, rest = children[name], path[len(name) + 1 :]
    if not child.table:
        return _inside(context, missing, child, rest, column, leaf)
    inner = table(child.table, child_columns(child), context.alias("c"))

    def theirs(column_name: str) -> Column:
        return inner.c[column_name], context.catalog.type_of(child.table, column_name)

    binding = child.value if not rest else child.fields.get(rest)
    if binding is not None:
        inside = leaf(binding, tuple(theirs(n) for n in binding.columns))
    else:
        inside = _in_child(context, missing, rest, child.children, theirs, leaf)
    on = [inner.c[their] == column(our)[0] for their, our in child.on.items()]
    return sa.select(sa.literal_column("1")).select_from(inner).where(*on, inside).exists()


def _inside(
    context: Context, missing: str, child: Child, rest: str, column: Callable[[str], Column], leaf: Leaf
) -> Element:
    """Some element of repeated columns, or of an array in a JSON column whose elements are texts, meets ``leaf``."""
    binding = child.value if not rest else child.fields.get(rest)
    if binding is None:
        raise Unsupported(f"{missing} where it can be compared")
    if child.each:
        first = child.each[0]
        places = [first.index(name) if name in first else int(name) for name in binding.columns]
        return sa.or_(*(leaf(binding, tuple(column(element[i]) for i in places)) for element in child.each))
    if binding.type in NUMBERS_AND_TIMES or binding.list:
        raise Unsupported(f"{child.name}: of values inside JSON only texts can be compared")
    name, _, path = child.array.partition(".")
    document, kind = column(name)
    if kind.array:
        raise Unsupported(f"{child.name}: JSON in an array cannot be compared")
    items = json_elements(document, path).table_valued("v").render_derived(name=context.alias("e"))
    columns = tuple((inside_json(items.c.v, path), TEXT) for path in binding.columns)
    return sa.select(sa.literal_column("1")).select_from(items).where(leaf(binding, columns)).exists()
