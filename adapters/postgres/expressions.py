"""SQL expressions for what an agency file says about columns: ``read`` steps, blanks, ``where``, decisions, JSON paths.

Literals are written into the text, so that an agency's expression index and partial index match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from adapters.contract import Decision, Step
from adapters.mapping import parse_path
from adapters.postgres.catalog import ColumnType
from adapters.postgres.statement import Element, SqlType, inline

TEXT_TYPE = SqlType("text")


def as_text(element: Element, column: ColumnType) -> Element:
    """The column as text, cast only when it is not text already."""
    return element if column.textual else sa.cast(element, TEXT_TYPE)


def stepped(element: Element, column: ColumnType, steps: Sequence[Step]) -> Element:
    """``read`` steps as SQL, as an agency would write them in an index:
    ``left(regexp_replace(txn_nbr, '[^0-9]', '', 'g'), 14)``."""
    value = as_text(element, column)
    for name, argument in steps:
        value = _step(value, name, argument)
    return value


def _step(value: Element, name: str, argument: str) -> Element:
    if name == "trim":
        return sa.func.btrim(value)
    if name == "upper":
        return sa.func.upper(value)
    if name in ("digits", "alnum"):
        dropped = "[^0-9]" if name == "digits" else "[^0-9A-Za-z]"
        return sa.func.regexp_replace(value, inline(dropped), inline(""), inline("g"))
    if name == "left":
        return sa.func.left(value, _number(argument))
    if name == "lstrip0":
        return sa.func.ltrim(value, inline("0"))
    if name == "lpad0":
        present = sa.func.nullif(sa.func.btrim(value), inline(""))
        return sa.func.lpad(present, sa.func.greatest(sa.func.length(present), _number(argument)), inline("0"))
    lengths = [int(length) for length in argument.split("-")]
    pieces: list[Element] = []
    start = 1
    for length in lengths:
        pieces.append(sa.func.substr(value, _number(start), _number(length)))
        start += length
    joined = pieces[0]
    for piece in pieces[1:]:
        joined = joined.op("||")(inline("-")).op("||")(piece)
    return sa.case((sa.func.length(value) == _number(sum(lengths)), joined), else_=value)


def _number(value: int | str) -> Element:
    return sa.literal_column(str(int(value)), SqlType("integer"))


def present(element: Element, column: ColumnType) -> Element | None:
    """A condition: neither null nor blank; ``None`` when the column cannot be either."""
    if column.textual:
        return _unpadded(element, column) != inline("")
    return None if column.not_null else element.is_not(None)


def blank(element: Element, column: ColumnType) -> Element | None:
    """A condition: null or blank; ``None`` when the column cannot be either."""
    if not column.textual:
        return None if column.not_null else element.is_(None)
    empty = _unpadded(element, column) == inline("")
    return empty if column.not_null else sa.or_(element.is_(None), empty)


def _unpadded(element: Element, column: ColumnType) -> Element:
    """``character(n)`` compares without its trailing blanks; of other text they are cut."""
    return element if column.name in ("bpchar", "unknown") else sa.func.btrim(element)


def one_of(element: Element, column: ColumnType, literals: Sequence[str]) -> Element:
    """The column has one of the literals of ``where``; ``""`` is null or blank. May be null for a null column."""
    given = [literal for literal in literals if literal != ""]
    tests: list[Element] = []
    if len(given) == 1:
        tests.append(element == inline(given[0]))
    elif given:
        tests.append(element.in_([inline(literal) for literal in given]))
    if len(given) < len(literals):
        empty = blank(element, column)
        if empty is not None:
            tests.append(empty)
    if not tests:
        return sa.literal_column("false")
    return sa.or_(*tests) if len(tests) > 1 else tests[0]


def restrictions(
    columns: Mapping[str, tuple[Element, ColumnType]],
    where: Mapping[str, tuple[str, ...]],
    unless: Mapping[str, tuple[str, ...]],
) -> list[Element]:
    """The conditions of ``where`` and ``except``. A null is not one of the excluded values."""
    conditions = [one_of(*columns[name], literals) for name, literals in where.items()]
    for name, literals in unless.items():
        element, column = columns[name]
        test = one_of(element, column, literals)
        conditions.append(sa.not_(test) if column.not_null and "" not in literals else not_true(test))
    return conditions


def is_true(condition: Element) -> Element:
    """The condition as one expression, which statistics and indexes of the agency can be about."""
    return condition.self_group().op("IS", is_comparison=True)(sa.true())


def not_true(condition: Element) -> Element:
    """The two-valued complement."""
    return condition.self_group().op("IS NOT", is_comparison=True)(sa.true())


def decided(decision: Decision, columns: Sequence[tuple[Element, ColumnType]]) -> Element:
    """A decision as ``CASE``; its value as text, null when no row matches."""
    whens: list[tuple[Element, Element]] = []
    for patterns, value in decision.rows:
        tests: list[Element] = []
        for pattern, (element, column) in zip(patterns, columns, strict=True):
            test = _matches(pattern, element, column)
            if test is not None:
                tests.append(test)
        outcome = inline(plain(value))
        whens.append((sa.and_(*tests) if tests else sa.true(), outcome))
    return sa.cast(sa.case(*whens), TEXT_TYPE)


def _matches(pattern: str, element: Element, column: ColumnType) -> Element | None:
    if pattern == "*":
        return None
    if pattern == "":
        empty = blank(element, column)
        return sa.false() if empty is None else empty
    if pattern == "+":
        return present(element, column)
    return as_text(element, column) == inline(pattern)


def plain(value: Any) -> str:
    """A harmonised value as the text that SQL expressions of this module give."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def inside_json(element: Element, path: str) -> Element:
    """The text at a path of a JSON column."""
    document = sa.cast(element, SqlType("jsonb"))
    return document.op("#>>")(_path(path))


def json_elements(element: Element, path: str) -> Any:
    """A set-returning expression: the elements of the array at ``path``; nothing when there is no array."""
    document: Element = sa.cast(element, SqlType("jsonb"))
    if path:
        document = document.op("#>")(_path(path))
    kind = sa.func.jsonb_typeof(document)
    array = sa.case((kind == inline("array"), document), else_=sa.cast(inline("[]"), SqlType("jsonb")))
    return sa.func.jsonb_array_elements(array)


def _path(path: str) -> Element:
    parts: Iterable[str] = (str(segment) for segment in parse_path(path))
    escaped = ",".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)
    return sa.cast(inline("{" + escaped + "}"), SqlType("text[]"))
