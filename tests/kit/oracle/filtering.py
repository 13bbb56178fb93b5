"""A caller's filter on one row, in plain Python: two-valued, and a list holds when some element does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resolvers.fields import FILTER, FilterPath
from tests.kit.oracle.asking import Asking
from tests.kit.oracle.rows import Row


def refuse_nulls(asking: Asking, given: Any) -> None:
    if given is None:
        raise asking.bad("null in a filter")
    if isinstance(given, Mapping):
        for value in given.values():
            refuse_nulls(asking, value)
    elif isinstance(given, list):
        for value in given:
            refuse_nulls(asking, value)


def matches(asking: Asking, target: str, given: Mapping[str, Any], row: Row) -> bool:
    """Whether all that is given holds for a row."""
    graphql_type: Any = asking.schema.type_map[f"{target}Filter"]
    for name, value in given.items():
        if name == "and":
            holds = all(matches(asking, target, one, row) for one in value)
        elif name == "or":
            holds = any(matches(asking, target, one, row) for one in value)
        elif name == "not":
            holds = not matches(asking, target, value, row)
        else:
            how: FilterPath = graphql_type.fields[name].extensions["strawberry-definition"].metadata[FILTER]
            operators = value if isinstance(value, Mapping) else {how.op or "eq": value}
            holds = all(_holds(row, how, op, operand) for op, operand in operators.items())
        if not holds:
            return False
    return True


def _holds(row: Row, how: FilterPath, op: str, operand: Any) -> bool:
    if how.agency:
        return _test(row.agency, op, operand)
    return any(_test(value, op, operand) for value in row.candidates(how.path))


def _test(value: Any, op: str, operand: Any) -> bool:
    if op == "null":
        return (value is None) == operand
    if op == "ne":
        return bool(value != operand)
    if value is None:
        return False
    if op == "eq":
        return bool(value == operand)
    if op == "in":
        return value in operand
    if op == "startsWith":
        return str(value).startswith(operand)
    return bool({"lt": value < operand, "lte": value <= operand, "gt": value > operand, "gte": value >= operand}[op])
