"""One comparison of one bound path, as an SQL condition that may be null where it is false."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from adapters.contract import (
    MISSING,
    CodeMap,
    CollectionSpec,
    Compare,
    Decision,
    FetchCall,
    FieldBinding,
    Lookup,
    Param,
    Value,
)
from adapters.errors import Unsupported
from adapters.mapping import looked_up, reading
from adapters.postgres.expressions import not_true
from adapters.postgres.operands import Operand, operand, text_element, value_column
from adapters.postgres.readable import readable
from adapters.postgres.scope import Column, Context
from adapters.postgres.statement import Element
from adapters.predicates import Table, compile_predicate

NUMBERS_AND_TIMES = frozenset({"Int", "Float", "Decimal", "Boolean", "DateTime", "Date"})
FALSE: Element = sa.literal_column("false")
TRUE: Element = sa.literal_column("true")
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class KeyList(Param):
    """The values of a lookup by one path, in the place of a parameter."""


def value_of(term: Compare) -> Callable[[FetchCall], Any]:
    operand_ = term.operand
    if isinstance(operand_, KeyList):
        return lambda call: [key[0] for key in call.keys]
    if isinstance(operand_, Param):
        name = operand_.name
        return lambda call: call.params[name]
    value = operand_.value
    return lambda _: value


def label_of(term: Compare) -> str:
    shown = f":{term.operand.name}" if isinstance(term.operand, Param) else repr(term.operand.value)
    return f"{shown} ({term.path} {term.op})"


def compare(
    context: Context, spec: CollectionSpec, term: Compare, binding: FieldBinding, columns: tuple[Column, ...]
) -> Element:
    if binding.const is not MISSING:
        return _constant(context, spec, term, binding)
    if binding.list:
        return in_list(context, term.path, binding, columns, lambda one, its: _element(context, term, one, its))
    return _scalar(context, term, binding, columns)


def _constant(context: Context, spec: CollectionSpec, term: Compare, binding: FieldBinding) -> Element:
    """A constant is compared in the gateway; SQL gets the verdict."""
    column, _ = reading(binding, zone=context.zone_name, tables=context.tables).read([], 1)
    path = binding.path or term.path
    whole = Compare(path, term.op, term.operand)
    single = CollectionSpec(spec.agency, spec.source, spec.name, spec.provides, {path: binding})
    mask = compile_predicate(whole, single)
    known = Table(1, {path: column}, {})
    return context.parameters.one(label_of(term), "boolean", lambda call: mask(known, call.params)[0])


def _scalar(context: Context, term: Compare, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    if term.op == "null":
        return _is_null(context, term, binding, columns)
    it = operand(context, term.path, binding, columns)
    if term.op in ("eq", "in"):
        return equality(context, it, value_of(term), label_of(term), many=term.op == "in")
    if term.op == "ne":
        return not_true(equality(context, it, value_of(term), label_of(term), many=False))
    if term.op == "startsWith":
        return _starts(context, term, binding, columns, it)
    return _ordered(context, term, it, readable(binding, columns))


def equality(context: Context, it: Operand, value: Callable[[FetchCall], Any], label: str, *, many: bool) -> Element:
    """The operand has the value, or one of a list of values when ``many``."""
    width = len(it.elements)

    def natives(call: FetchCall) -> tuple[list[tuple[Any, ...]], bool]:
        return equality_natives(it, value(call), many)

    parameters = context.parameters
    arrays = many or not it.single
    if arrays:
        types = tuple(f"{name}[]" for name in it.binds)
        bound = parameters.many(label, types, lambda call: _columns(natives(call)[0], width))
    else:
        bound = parameters.many(label, it.binds, lambda call: next(iter(natives(call)[0]), (None,) * width))
    if not arrays:
        test = sa.and_(*(element == other for element, other in zip(it.elements, bound, strict=True)))
    elif width == 1:
        test = it.elements[0] == sa.any_(bound[0])
    else:
        test = sa.tuple_(*it.elements).in_(_unnested(context, bound))
    if it.may_blank and it.blank is not None:
        blank = parameters.one(label + " is also null", "boolean", lambda call: natives(call)[1])
        return sa.or_(test, sa.and_(blank, it.blank))
    return test


def equality_natives(it: Operand, given: Any, many: bool) -> tuple[list[tuple[Any, ...]], bool]:
    """Every native tuple that means the value, or one of the values, each once; and whether null does."""
    tuples, empty = it.ask_all(given or ()) if many else it.ask(given)
    return list(tuples), empty


def _columns(tuples: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*tuples, strict=True)] if tuples else [[] for _ in range(width)]


def _unnested(context: Context, arrays: tuple[Element, ...]) -> Any:
    names = [f"k{i}" for i in range(len(arrays))]
    keys = sa.func.unnest(*arrays).table_valued(*names).render_derived(name=context.alias("k"))
    return sa.select(*(keys.c[name] for name in names))


def _ordered(context: Context, term: Compare, it: Operand, valid: Element | None) -> Element:
    """``lt`` … ``gte``. Where a stored value is coarser than the one asked for, the bound is rounded, and whether
    equality counts is decided per request: ``x <= $1 AND (x < $1 OR $2)`` keeps the index."""
    bound = it.bound
    if bound is None:
        raise Unsupported(f"{term.path}: its source does not keep order")
    value, op = value_of(term), term.op
    width = len(it.elements)

    def slots(call: FetchCall) -> tuple[Any, ...]:
        natives, equal = bound(op, value(call))
        return (*(natives or (None,) * width), equal)

    *values, equal = context.parameters.many(label_of(term), (*it.binds, "boolean"), slots)
    left = it.elements[0] if width == 1 else sa.tuple_(*it.elements)
    right = values[0] if width == 1 else sa.tuple_(*values)
    strict, loose = ("lt", "lte") if op in ("lt", "lte") else ("gt", "gte")
    test = sa.and_(_COMPARE[loose](left, right), sa.or_(_COMPARE[strict](left, right), equal))
    if valid is not None:
        return sa.and_(test, valid)
    if strict == "lt" and it.blank is not None and any(column.textual for column in it.types):
        return sa.and_(test, not_true(it.blank))
    return test


def _starts(
    context: Context, term: Compare, binding: FieldBinding, columns: tuple[Column, ...], it: Operand
) -> Element:
    if binding.type in NUMBERS_AND_TIMES:
        raise Unsupported(f"{term.path}: {binding.type} has no prefix")
    value = value_of(term)
    if isinstance(binding.codes, CodeMap | Lookup):
        found = codes_of(context, binding, it, label_of(term), lambda call, code: _begins(code, value(call)))
        return it.elements[0] == sa.any_(found)
    prefix = it.prefix
    element = it.elements[0] if prefix is not None else text_element(term.path, binding, columns)

    def pattern(call: FetchCall) -> str | None:
        given = value(call)
        if given is None or "\x00" in given:
            return None
        return str(given).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"

    bound = context.parameters.one(label_of(term), "text", pattern)
    return element.op("LIKE", is_comparison=True)(bound)


def _begins(code: Any, prefix: Any) -> bool:
    return prefix is not None and str(code).startswith(prefix)


def _is_null(context: Context, term: Compare, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    test = null_test(context, term.path, binding, columns)
    if isinstance(term.operand, Value):
        return test if term.operand.value else not_true(test)
    value = value_of(term)
    asked = context.parameters.one(label_of(term), "boolean", lambda call: bool(value(call)))
    return sa.or_(sa.and_(asked, test), sa.and_(sa.not_(asked), not_true(test)))


def null_test(context: Context, path: str, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    """A condition, never null itself: the harmonised value is null. A code that is not mapped is null; a date or
    number that cannot be read is not told apart from one that can."""
    if binding.absent is not MISSING and binding.codes is None:
        return FALSE
    codes = binding.codes
    if isinstance(codes, Lookup | CodeMap):
        it = operand(context, path, binding, columns)
        mapped = it.elements[0] == sa.any_(codes_of(context, binding, it, f"codes of {path}", lambda *_: True))
        if it.may_blank and it.blank is not None:
            return sa.and_(not_true(mapped), not_true(it.blank))
        return not_true(mapped)
    if isinstance(codes, Decision):
        element, _ = value_column(path, binding, columns)
        return FALSE if binding.absent is not MISSING else element.is_(None)
    if binding.json_path:
        element, _ = value_column(path, binding, columns)
        return sa.func.coalesce(element, sa.literal_column("''")).op("=")(sa.literal_column("''"))
    valid = readable(binding, columns)
    if valid is not None:
        return not_true(valid)
    it = operand(context, path, binding, columns)
    return FALSE if it.blank is None else it.blank


def codes_of(
    context: Context, binding: FieldBinding, it: Operand, label: str, keep: Callable[[FetchCall, Any], bool]
) -> Element:
    """An array of the native codes whose values are kept."""
    codes, tables = binding.codes, context.tables
    assert isinstance(codes, CodeMap | Lookup)

    def natives(call: FetchCall) -> list[Any]:
        if isinstance(codes, CodeMap):
            forward = codes.values
        else:
            forward = looked_up(binding, context.zone_name, tables.forward(codes.name))
        kept = dict.fromkeys(value for value in forward.values() if value is not None and keep(call, value))
        return list(dict.fromkeys(native[0] for value in kept for native in it.ask(value)[0]))

    return context.parameters.one(label, f"{it.binds[0]}[]", natives)


def _element(context: Context, term: Compare, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    """What is blank or cannot be read is no element."""
    test = _scalar(context, term, binding, columns)
    if term.op in ("ne", "null"):
        return sa.and_(test, not_true(null_test(context, term.path, binding, columns)))
    return test


def in_list(
    context: Context,
    path: str,
    binding: FieldBinding,
    columns: tuple[Column, ...],
    leaf: Callable[[FieldBinding, tuple[Column, ...]], Element],
) -> Element:
    """Some element of an array column, or of a separated text, meets ``leaf``."""
    single = replace(binding, list=False, split="", columns=binding.columns[:1])
    tests: list[Element] = []
    for element, column in columns:
        if column.array:
            array, kind = element, replace(column, array=False, not_null=False)
        elif binding.split:
            array = sa.func.string_to_array(element, sa.literal_column("'" + binding.split.replace("'", "''") + "'"))
            kind = replace(column, name="text", not_null=False)
        elif column.json:
            raise Unsupported(f"{path}: a JSON list cannot be compared")
        else:
            array, kind = sa.func.string_to_array(element, sa.null()), replace(column, not_null=False)
            tests.append(leaf(single, ((element, column),)))
            continue
        items = sa.func.unnest(array).table_valued("v").render_derived(name=context.alias("e"))
        item: Element = items.c.v
        if binding.split:
            item = sa.func.btrim(item)
        inside = leaf(single, ((item, kind),))
        tests.append(sa.select(sa.literal_column("1")).select_from(items).where(inside).exists())
    return sa.or_(*tests)
