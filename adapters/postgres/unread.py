"""Values that their type cannot say, as an SQL condition: what reading them would flag."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from adapters.contract import MISSING, CodeMap, Decision, FieldBinding, Lookup
from adapters.errors import Unsupported
from adapters.mapping import PATTERNS
from adapters.postgres.comparisons import FALSE, NUMBERS_AND_TIMES, codes_of, in_list
from adapters.postgres.expressions import as_text, blank, decided, not_true
from adapters.postgres.operands import TEXT, operand, text_element
from adapters.postgres.readable import readable
from adapters.postgres.scope import Column, Context
from adapters.postgres.statement import Element, inline


def unread(context: Context, path: str, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    """A condition that may be null where it is false. Raises ``Unsupported`` where SQL cannot tell."""
    if binding.const is not MISSING:
        return FALSE
    if binding.list:
        return in_list(context, path, binding, columns, lambda one, its: unread(context, path, one, its))
    odd = _odd(context, path, binding, columns)
    tests = [test for test in (blank(*column) for column in columns) if test is not None]
    if binding.format:  # without one of its parts the whole is null
        return sa.and_(odd, not_true(sa.or_(*tests))) if tests else odd
    return sa.and_(odd, not_true(sa.and_(*tests))) if len(tests) == len(columns) else odd


def _odd(context: Context, path: str, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    """The same of values that are there."""
    codes = binding.codes
    if isinstance(codes, CodeMap | Lookup):
        it = operand(context, path, binding, columns)
        return not_true(it.elements[0] == sa.any_(codes_of(context, binding, it, f"codes of {path}", lambda *_: True)))
    if isinstance(codes, Decision):
        return decided(codes, columns).is_(None)
    if binding.json_path:
        raise Unsupported(f"{path}: whether a value inside JSON can be read is not told in SQL")
    if "yyyy" in binding.format:
        valid = readable(binding, [(as_text(*column), TEXT) for column in columns])
        if valid is not None:
            return not_true(valid)
    if binding.type in NUMBERS_AND_TIMES or binding.type == "PartialDate":
        if any(column.textual for _, column in columns):
            raise Unsupported(f"{path}: whether a text is a {binding.type} is not told in SQL")
        return FALSE
    if binding.enum:
        return not_true(sa.func.btrim(_text(path, binding, columns)).in_([inline(one) for one in sorted(binding.enum)]))
    if binding.type in PATTERNS:
        shape = inline(f"^(?:{PATTERNS[binding.type]})$")
        return not_true(sa.func.btrim(_text(path, binding, columns)).op("~", is_comparison=True)(shape))
    return FALSE


def _text(path: str, binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
    text = text_element(path, replace(binding, absent=MISSING), columns)
    if binding.read or binding.type not in ("HsCode", "Locode"):
        return text
    plain = sa.func.regexp_replace(text, inline("[ .]"), inline(""), inline("g"))  # as reading them drops it
    return sa.func.upper(plain) if binding.type == "Locode" else plain
