"""Order and keyset cursors: which branches of a UNION ALL hold what comes after a cursor, in sequence.

Ascending order with nulls last and descending order with nulls first are PostgreSQL's own, so nothing is said of nulls
and plain indexes serve. A cursor is a row comparison where all terms run one way, else one branch per prefix;
null parts are branches of their own, never an OR. Text that is null when blank is a branch too where it leads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from adapters.contract import MISSING, CodeMap, FetchCall, FetchSpec, FieldBinding, OrderTerm
from adapters.errors import Unsupported
from adapters.mapping import asking, effective_steps
from adapters.postgres.catalog import ColumnType, Unbindable, converter
from adapters.postgres.expressions import blank, is_true, not_true, plain, present, stepped
from adapters.postgres.operands import TEXT, value_column
from adapters.postgres.readable import readable
from adapters.postgres.scope import Column, Context, Rows, key_paths
from adapters.postgres.statement import Element, SqlType, inline

_FEW_CODES = 6
_NUMBERS = frozenset({"Int", "Float", "Decimal"})
_NOT_TEXT = _NUMBERS | {"DateTime", "Date", "Boolean"}


@dataclass(frozen=True, slots=True)
class Term:
    """One order term. ``null``/``live``: conditions, ``None`` when the value is never null. ``leads``: text whose
    blanks sort apart from its nulls. ``native``: harmonised cursor value → native tuple."""

    elements: tuple[Element, ...]
    types: tuple[ColumnType, ...]
    descending: bool
    null: Element | None
    live: Element | None
    blanks: bool
    codes: tuple[str, ...]
    native: Callable[[Any], tuple[Any, ...]]
    codepoint: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """A run of the ordered rows. ``fixed``: terms that are null in all of it."""

    conditions: tuple[Element, ...] = ()
    fixed: frozenset[int] = frozenset()

    def sorts(self, terms: Sequence[Term]) -> list[tuple[Element, ColumnType, bool, bool]]:
        """What to order by, one entry a column: expression, type, whether it descends, whether it is constant here.

        A text that is null although it is there sorts as null, which no index knows of: said only where the branch's
        conditions leave such rows in."""
        out: list[tuple[Element, ColumnType, bool, bool]] = []
        for index, term in enumerate(terms):
            settled = not term.blanks or any(condition is term.live for condition in self.conditions)
            for element, column in zip(term.elements, term.types, strict=True):
                value = null_of(column) if index in self.fixed else element
                if index not in self.fixed and not settled and term.live is not None:
                    value = sa.case((term.live, element))
                out.append((value, column, term.descending, index in self.fixed))
        return out


def order_term(rows: Rows, term: OrderTerm) -> Term | None:
    """``None`` for a constant, which orders nothing. Raises ``Unsupported``."""
    binding, columns = rows.field(term.path)
    if binding.const is not MISSING:
        return None
    if binding.list:
        raise Unsupported(f"{term.path}: a list has no order")
    columns, native = _ordered(rows.context, term.path, binding, columns, term.codepoint)
    types = tuple(column for _, column in columns)
    is_key = term.path in key_paths(rows.spec)
    first, kind = columns[0]
    coded = isinstance(binding.codes, CodeMap) and _monotone(binding)
    null: Element | None
    live: Element | None
    if is_key:
        null = live = None
    elif (valid := readable(binding, columns)) is not None:
        null, live = not_true(valid), is_true(valid)
    elif coded:
        null, live = _coded(first, kind, binding)
    elif kind.textual:  # white space alone is null too, but no index finds it
        empty = first == inline("")
        null = empty if kind.not_null else sa.or_(first.is_(None), empty)
        live = first != inline("")
    else:
        null, live = blank(first, kind), present(first, kind)
    return Term(
        tuple(_collated(e, t, term.codepoint) for e, t in columns),
        types,
        term.descending,
        null,
        live,
        null is not None and (kind.textual or coded),
        _codes_in_order(binding, term.descending) if coded else (),
        native,
        term.codepoint,
    )


def _collated(element: Element, column: ColumnType, codepoint: bool) -> Element:
    return sa.collate(element, "C") if codepoint and column.textual else element


def _ordered(
    context: Context, path: str, binding: FieldBinding, columns: tuple[Column, ...], codepoint: bool
) -> tuple[tuple[Column, ...], Callable[[Any], tuple[Any, ...]]]:
    """The columns that sort as the path does, and what a cursor's value is in them."""
    how = asking(binding, zone=context.zone_name, tables=context.tables)
    if not (how.keeps_order or binding.tuple_key or _monotone(binding)):
        element, column = value_column(path, binding, columns)
        if binding.type in _NUMBERS and column.textual and column.name != "unknown":
            raise Unsupported(f"{path}: numbers kept as text have no numeric order")
        convert_value = converter(column, context.zone)
        return ((element, column),), lambda value: (convert_value(plain(value) if column is TEXT else value),)
    if how.via_read:
        steps = effective_steps(binding)
        columns = tuple((stepped(element, column, steps), TEXT) for element, column in columns)
    elif binding.type in _NUMBERS and columns[0][1].textual and columns[0][1].name != "unknown":
        raise Unsupported(f"{path}: numbers kept as text have no numeric order")
    if codepoint and binding.type not in _NOT_TEXT:  # merged with other owners' keys, which are texts
        columns = tuple(
            (element, column)
            if column.textual or column.name == "date"  # sorts as its text does, and an index on it serves
            else (sa.cast(element, SqlType("text")), replace(TEXT, not_null=True))
            for element, column in columns
        )
    convert = [converter(column, context.zone) for _, column in columns]

    def native(value: Any) -> tuple[Any, ...]:
        found = [natives for natives in how.ask(value) if None not in natives] or [(value,) * len(convert)]
        return tuple(fit(one) for fit, one in zip(convert, found[0], strict=True))

    return columns, native


def _monotone(binding: FieldBinding) -> bool:
    """Codes of equal length, letters or digits only, whose values ascend as they do: an index on the column serves."""
    if not isinstance(binding.codes, CodeMap) or binding.absent is not MISSING or binding.read:
        return False
    pairs = sorted((code, value) for code, value in binding.codes.values.items() if code)
    if len(pairs) < len(binding.codes.values) or len({len(code) for code, _ in pairs}) != 1:
        return False
    codes, values = [code for code, _ in pairs], [value for _, value in pairs]
    alike = all(code.isdigit() for code in codes) or all(code.isalpha() and code.isupper() for code in codes)
    return alike and all(a < b for a, b in pairwise(values))


def _coded(element: Element, column: ColumnType, binding: FieldBinding) -> tuple[Element, Element]:
    """Codes outside of the list's range are null, as blanks are; one in a gap of the list sorts where it stands."""
    assert isinstance(binding.codes, CodeMap)
    codes = sorted(binding.codes.values)
    first, last = inline(codes[0]), inline(codes[-1])
    outside = [element < first, element > last]
    if not column.not_null:
        outside.append(element.is_(None))
    return sa.or_(*outside), sa.and_(element >= first, element <= last)


def _codes_in_order(binding: FieldBinding, descending: bool) -> tuple[str, ...]:
    assert isinstance(binding.codes, CodeMap)
    codes = sorted(binding.codes.values, reverse=descending)
    return tuple(codes) if len(codes) <= _FEW_CODES else ()


def first_page(terms: Sequence[Term]) -> list[Branch]:
    """All rows in order. Text that is null although it is there (blank, no date, no known code) sorts by itself
    elsewhere than nulls do: it is a branch of its own, also below a leading term of a few codes."""
    return _whole(terms, 0, (), frozenset())


def _whole(terms: Sequence[Term], index: int, prefix: tuple[Element, ...], fixed: frozenset[int]) -> list[Branch]:
    """All rows that meet ``prefix``, in the order of the terms from ``index``."""
    if index == len(terms):
        return [Branch(prefix, fixed)]
    term = terms[index]
    if term.null is None or term.live is None or not term.blanks:
        return [Branch(prefix, fixed)]
    nulls = _whole(terms, index + 1, (*prefix, term.null), fixed | {index})
    live = _live(terms, index, (*prefix, term.live), fixed)
    return [*nulls, *live] if term.descending else [*live, *nulls]


def _live(terms: Sequence[Term], index: int, prefix: tuple[Element, ...], fixed: frozenset[int]) -> list[Branch]:
    """Rows that meet ``prefix`` and are not null in the term at ``index``."""
    term = terms[index]
    if not term.codes or not any(later.blanks for later in terms[index + 1 :]):
        return [Branch(prefix, fixed)]
    return [
        branch
        for code in term.codes
        for branch in _whole(terms, index + 1, (*prefix, term.elements[0] == inline(code)), fixed)
    ]


def after_cursor(
    context: Context, spec: FetchSpec, terms: Sequence[Term], positions: Sequence[int], nulls: Sequence[bool]
) -> list[Branch]:
    """What follows the cursor. ``positions``: the index in ``FetchCall.cursor`` of each term."""
    values = [
        None if null else _cursor_values(context, spec, term, position)
        for term, position, null in zip(terms, positions, nulls, strict=True)
    ]
    return _after(terms, values, 0, (), frozenset())


def _cursor_values(context: Context, spec: FetchSpec, term: Term, position: int) -> tuple[Element, ...]:
    native, width = term.native, len(term.elements)

    def bind(call: FetchCall) -> tuple[Any, ...]:
        value = None if call.cursor is None else call.cursor[position]
        if value is None:
            return (None,) * width
        try:
            return native(value)
        except Unbindable:
            return (None,) * width

    label = f":cursor[{position}] ({spec.order[position].path})"
    return context.parameters.many(label, [column.bind for column in term.types], bind, ("cursor", position))


def _after(
    terms: Sequence[Term],
    values: Sequence[tuple[Element, ...] | None],
    index: int,
    prefix: tuple[Element, ...],
    fixed: frozenset[int],
) -> list[Branch]:
    if index == len(terms):
        return []
    term, value = terms[index], values[index]
    if value is not None and _runs(terms, values, index):
        elements = [element for other in terms[index:] for element in other.elements]
        bounds = [bound for other in values[index:] if other is not None for bound in other]
        here = [_beyond(term.descending, elements, bounds)]
        if term.live is not None and (term.descending or term.blanks):
            here.append(term.live)
        return [Branch((*prefix, *here), fixed), *_nulls_after(terms, index, prefix, fixed)]
    if value is None:
        if term.null is None or term.live is None:
            return []
        same = _after(terms, values, index + 1, (*prefix, term.null), fixed | {index})
        return [*same, *_live(terms, index, (*prefix, term.live), fixed)] if term.descending else same
    equal = [element == bound for element, bound in zip(term.elements, value, strict=True)]
    if term.blanks and term.live is not None:
        equal.append(term.live)
    same = _after(terms, values, index + 1, (*prefix, *equal), fixed)
    beyond: tuple[Element, ...] = (_beyond(term.descending, term.elements, value),)
    if term.live is not None and (term.descending or term.blanks):
        beyond = (*beyond, term.live)
    live = _live(terms, index, (*prefix, *beyond), fixed)
    return [*same, *live, *_nulls_after(terms, index, prefix, fixed)]


def _runs(terms: Sequence[Term], values: Sequence[tuple[Element, ...] | None], index: int) -> bool:
    """One row comparison serves: all one way, no null in the cursor, and no null can follow within equal rows."""
    rest = range(index, len(terms))
    return all(
        values[i] is not None
        and terms[i].descending == terms[index].descending
        and (i == index or terms[i].null is None)
        for i in rest
    )


def _beyond(descending: bool, elements: Sequence[Element], bounds: Sequence[Element]) -> Element:
    left = elements[0] if len(elements) == 1 else sa.tuple_(*elements)
    right = bounds[0] if len(bounds) == 1 else sa.tuple_(*bounds)
    return left < right if descending else left > right


def _nulls_after(terms: Sequence[Term], index: int, prefix: tuple[Element, ...], fixed: frozenset[int]) -> list[Branch]:
    term = terms[index]
    if term.descending or term.null is None:
        return []
    return _whole(terms, index + 1, (*prefix, term.null), fixed | {index})


def null_of(column: ColumnType) -> Element:
    return sa.cast(sa.null(), SqlType(column.bind))


__all__ = ["Branch", "Term", "after_cursor", "first_page", "not_true", "null_of", "order_term"]
