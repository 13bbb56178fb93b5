"""The column tools that every stage shares: texts of natives, blanks, work done once per distinct value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Flags = list[tuple[int, str]]
Column = list[Any]
Convert = Callable[[Column], tuple[Column, Flags]]
Stages = Callable[[Sequence[Column]], tuple[Column, Flags]]
"""Native columns → the harmonised one, and what was odd."""

MOST_DIGITS = 400
TEXT = frozenset({str})
TEXT_OR_NULL = frozenset({str, type(None)})
TRUTH_OR_NULL = frozenset({bool, type(None)})
_TRUTHS = {None: None, True: "true", False: "false"}


def text(value: Any) -> str:
    """The text of one native value, as code lists and keys spell it: ``1``, ``true``, ``2026-01-02``, ``12.50``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        written = repr(value)
        return plain(Decimal(written)) if "e" in written or "n" in written else written
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def plain(number: Decimal) -> str:
    """Without exponent, unless that would take more than a few hundred digits: such a number is no amount."""
    exponent = number.as_tuple().exponent
    return format(number, "f") if isinstance(exponent, int) and abs(exponent) <= MOST_DIGITS else str(number)


def texts(column: Sequence[Any]) -> Column:
    """The column as texts, ``None`` kept; a column of texts is handed back untouched."""
    kinds = set(map(type, column))
    if kinds <= TEXT_OR_NULL:
        return column if isinstance(column, list) else list(column)
    if kinds == {int}:
        return list(map(str, column))
    if kinds <= TRUTH_OR_NULL:
        return list(map(_TRUTHS.__getitem__, column))
    return [None if value is None else text(value) for value in column]


def blank(value: Any) -> bool:
    """Null, or text of nothing but white space."""
    return value is None or (isinstance(value, str) and (not value or value.isspace()))


def without_blanks(column: Column) -> Column:
    """Blank texts become ``None``; untouched when there are none (a pass in C)."""
    if all(map(str.strip, column if None not in column else [value for value in column if value is not None])):
        return column
    return [None if value is None or not value or value.isspace() else value for value in column]


def on_live(function: Callable[[Column], Column], column: Column) -> Column:
    """``function`` over the values that are not null; it keeps length and order."""
    if None not in column:
        return function(column)
    done = iter(function([value for value in column if value is not None]))
    return [None if value is None else next(done) for value in column]


def each_value(function: Callable[[Any], tuple[Any, str]], column: Column) -> tuple[Column, Flags]:
    """The slow way: ``function`` once per distinct value gives (harmonised, problem or ``""``). Nulls stay null."""
    seen: dict[Any, tuple[Any, str]] = {}
    out: Column = []
    flags: Flags = []
    for row, value in enumerate(column):
        if value is None:
            out.append(None)
            continue
        if type(value) is not str and type(value) is not int:
            answer: tuple[Any, str] | None = function(value)  # not worth keeping, or not hashable
        else:
            answer = seen.get(value)
            if answer is None:
                answer = seen[value] = function(value)
        assert answer is not None
        out.append(answer[0])
        if answer[1]:
            flags.append((row, answer[1]))
    return out, flags


def apart(column: Column, rows: Sequence[int], natives: Sequence[Column], convert: Stages) -> tuple[Column, Flags]:
    """``column``, which is changed, with ``rows`` as ``convert`` has them."""
    found, flags = convert([[native[row] for row in rows] for native in natives])
    for row, value in zip(rows, found, strict=True):
        column[row] = value
    return column, [(rows[place], problem) for place, problem in flags]


def all_match(pattern: str) -> Callable[[Column], bool]:
    """Whether every value of a column is a text that matches."""
    find = misfits(pattern)
    return lambda column: next(find(column), None) is None


def misfits(pattern: str, flags: int = 0) -> Callable[[Column], Iterator[int]]:
    """The rows of a column whose value is no text that matches, one after the other: one run of the regex engine over
    the joined column, that goes on after each of them. No pattern may match the empty text."""
    whole = re.compile(rf"(?:(?:{pattern})\n)*+", flags)
    one = re.compile(pattern, flags)

    def find(column: Column) -> Iterator[int]:
        try:
            joined = "\n".join(column) + "\n"
        except TypeError:
            joined = "\n".join([value if type(value) is str else "" for value in column]) + "\n"
        if len(column) == 1 or joined.count("\n") != len(column):
            for row, value in enumerate(column):
                if type(value) is not str or one.fullmatch(value) is None:
                    yield row
            return
        at = row = 0
        while (matched := whole.match(joined, at)) is not None and (end := matched.end()) < len(joined):
            row += joined.count("\n", at, end)
            yield row
            row += 1
            at = joined.index("\n", end) + 1

    return find
