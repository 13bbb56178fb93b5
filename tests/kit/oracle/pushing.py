"""A caller's filter as a predicate with its values inside: for sources too large to be read whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.contract import AllOf, AnyOf, Compare, Negation, Predicate, Value
from gateway.planning.rows import AGENCY
from resolvers.fields import FILTER, FilterPath
from tests.kit.oracle.asking import Asking


def predicate(asking: Asking, target: str, given: Mapping[str, Any]) -> Predicate:
    graphql_type: Any = asking.schema.type_map[f"{target}Filter"]
    terms: list[Predicate] = []
    for name, value in given.items():
        if name == "and":
            terms.append(AllOf(tuple(predicate(asking, target, one) for one in value)))
        elif name == "or":
            terms.append(AnyOf(tuple(predicate(asking, target, one) for one in value)))
        elif name == "not":
            terms.append(Negation(predicate(asking, target, value)))
        else:
            how: FilterPath = graphql_type.fields[name].extensions["strawberry-definition"].metadata[FILTER]
            operators = value if isinstance(value, Mapping) else {how.op or "eq": value}
            for op, operand in operators.items():
                plain = tuple(operand) if isinstance(operand, list) else operand
                # Drawn or listed as plain values.
                terms.append(Compare(AGENCY if how.agency else how.path, op, Value(plain)))  # type: ignore[arg-type]
    return AllOf(tuple(terms))
