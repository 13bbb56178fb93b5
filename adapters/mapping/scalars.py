"""Native → harmonised for each scalar of the schema: a whole column at once where it is clean, value by value where
it is not. What fails its pattern is shown and flagged; what the type cannot represent is null and flagged."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from adapters.contract import ROUNDED
from adapters.mapping.columns import (
    MOST_DIGITS,
    TEXT,
    TEXT_OR_NULL,
    Column,
    Convert,
    Flags,
    all_match,
    each_value,
    on_live,
    text,
    texts,
    without_blanks,
)
from adapters.mapping.dates import date_converter, datetime_converter, partial_dates

PATTERN = "pattern"
NOT_A_NUMBER = "not a number"
NOT_A_BOOLEAN = "not a boolean"
NOT_A_TEXT = "not a text"
UNMAPPED = "unmapped code"

PATTERNS: dict[str, str] = {
    "AgencyCode": r"[A-Z][A-Z0-9_]*",
    "CargoControlNumber": r"[A-Z0-9]{4}[A-Z0-9-]{1,21}",
    "TransactionNumber": r"[0-9]{14}",
    "BusinessNumber": r"[0-9]{9}R[CMPT][0-9]{4}",
    "ContainerNumber": r"[A-Z]{3}[UJZ][0-9]{7}",
    "HsCode": r"[0-9]{6}(?:[0-9]{2}){0,2}",
    "Locode": r"[A-Z]{2}[A-Z2-9]{3}",
    "CountryCode": r"(?:[A-Z]{2}|UTO)",
    "CurrencyCode": r"[A-Z]{3}",
}
"""What an identifier or code looks like, without its check digit (`domain.md`); it is followed when it matches."""

DECIMAL = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,6})?"
"""A decimal in plain notation, as the schema has it."""
_SIX = Decimal(1).scaleb(-6)
_INT_MAX = 2**31 - 1
_NULL = type(None)
MEMO = 20_000
"""Values of a column that is not clean, kept with what became of them: the same ones come again."""


def _pattern(name: str) -> Convert:
    clean = all_match(PATTERNS[name])
    one = re.compile(PATTERNS[name])

    @lru_cache(MEMO)
    def fix(value: str) -> tuple[Any, str]:
        stripped = value.strip()
        return stripped, "" if one.fullmatch(stripped) else PATTERN

    def convert(column: Column) -> tuple[Column, Flags]:
        column = texts(column)
        live = column if None not in column else [value for value in column if value is not None]
        return (column, []) if clean(live) else each_value(fix, column)

    return convert


def _string(column: Column) -> tuple[Column, Flags]:
    kinds = set(map(type, column))
    if kinds <= TEXT_OR_NULL:
        return column, []
    if dict in kinds or list in kinds:
        return each_value(
            lambda value: (None, NOT_A_TEXT) if isinstance(value, dict | list) else (text(value), ""), column
        )
    return texts(column), []


def _enum(legal: frozenset[str]) -> Convert:
    known = legal | {None}

    def convert(column: Column) -> tuple[Column, Flags]:
        column = texts(column)
        if known.issuperset(column):
            return column, []
        return each_value(lambda value: (value.strip(), "") if value.strip() in legal else (None, UNMAPPED), column)

    return convert


def _one_int(value: Any) -> tuple[Any, str]:
    try:
        if isinstance(value, bool):
            return None, NOT_A_NUMBER
        number = int(value) if isinstance(value, int) else Decimal(text(value).strip())
        if not -_INT_MAX - 1 <= number <= _INT_MAX or number != int(number):
            return None, NOT_A_NUMBER
        return int(number), ""
    except (InvalidOperation, ValueError, OverflowError):
        return None, NOT_A_NUMBER


def _clean_ints(column: Column) -> bool:
    return set(map(type, column)) == {int} and min(column) >= -_INT_MAX and max(column) <= _INT_MAX


def _int(column: Column) -> tuple[Column, Flags]:
    if set(map(type, column)) == TEXT:
        try:
            column = list(map(int, column))
        except ValueError:
            return each_value(_one_int, column)
    return (column, []) if _clean_ints(column) else each_value(_one_int, column)


def _one_float(value: Any) -> tuple[Any, str]:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None, NOT_A_NUMBER
    return (number, "") if math.isfinite(number) else (None, NOT_A_NUMBER)


def _float(column: Column) -> tuple[Column, Flags]:
    if set(map(type, column)) == {float} and all(map(math.isfinite, column)):
        return column, []
    return each_value(_one_float, column)


def decimal_text(number: Decimal) -> tuple[Any, str]:
    """Plain notation with at most six decimals; trailing zeros stay as the source gives them."""
    if not number.is_finite():
        return None, NOT_A_NUMBER
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if abs(exponent) > MOST_DIGITS:
        return None, NOT_A_NUMBER
    problem = ""
    if exponent < -6:
        rounded = number.quantize(_SIX) if number.adjusted() < 20 else number
        problem = "" if rounded == number else ROUNDED
        number = rounded
    return format(number, "f"), problem


def _one_decimal(value: Any) -> tuple[Any, str]:
    if isinstance(value, bool):
        return None, NOT_A_NUMBER
    try:
        return decimal_text(value if isinstance(value, Decimal) else Decimal(str(value).strip()))
    except InvalidOperation:
        return None, NOT_A_NUMBER


_plain_decimals = all_match(DECIMAL)


def _decimal(column: Column) -> tuple[Column, Flags]:
    if set(map(type, column)) <= {Decimal, int, float, str, _NULL}:
        plain = on_live(lambda live: list(map(str, live)), column)
        if _plain_decimals(plain if None not in plain else [value for value in plain if value is not None]):
            return plain, []
    return each_value(_one_decimal, column)


_BOOLEANS = {"true": True, "false": False}


def _boolean(column: Column) -> tuple[Column, Flags]:
    if set(map(type, column)) <= {bool, _NULL}:
        return column, []

    def one(value: Any) -> tuple[Any, str]:
        answer = _BOOLEANS.get(text(value).strip().lower())
        return answer, "" if answer is not None else NOT_A_BOOLEAN

    return each_value(one, column)


_FIXED: dict[str, Convert] = {
    "String": _string,
    "ID": _string,
    "Int": _int,
    "Float": _float,
    "Decimal": _decimal,
    "Boolean": _boolean,
    "PartialDate": partial_dates,
}
SCALARS = frozenset({*_FIXED, *PATTERNS, "Date", "DateTime"})
"""Names of the scalars that a binding can have; any other type name is an enum."""


def converter(type_name: str, enum: frozenset[str], zone: str | None) -> Convert:
    """Native values → harmonised values of a scalar. Blank texts are null already."""
    if type_name == "Date":
        return date_converter(zone)
    if type_name == "DateTime":
        return datetime_converter(zone)
    if type_name in PATTERNS:
        return _pattern(type_name)
    if type_name in _FIXED:
        return _FIXED[type_name]
    return _enum(enum) if enum else _string


def _clean_texts(column: Column) -> bool:
    return all(map(str.strip, column if None not in column else [value for value in column if value is not None]))


_CLEAN: dict[str, Callable[[Column], bool]] = {"String": _clean_texts, "ID": _clean_texts, "Int": _clean_ints}
"""Whether a column is what the scalar makes of it, as most are; ``TypeError`` where it is something else."""


def as_it_is(type_name: str, convert: Convert) -> Convert:
    """``convert``, for columns that are not what it would make of them."""
    clean = _CLEAN.get(type_name)
    if clean is None:
        return convert

    def run(column: Column) -> tuple[Column, Flags]:
        try:
            if clean(column):
                return column, []
        except TypeError:
            pass
        return convert(column)

    return run


def nulling_blanks(convert: Convert) -> Convert:
    """``convert`` over a column whose blank texts are null first; columns without texts are not looked at."""

    def run(column: Column) -> tuple[Column, Flags]:
        kinds = set(map(type, column))
        if str in kinds:
            column = (
                without_blanks(column)
                if kinds <= {str, _NULL}
                else [None if isinstance(value, str) and not value.strip() else value for value in column]
            )
        return convert(column)

    return run
