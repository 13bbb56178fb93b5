"""Row rules of ``roles.toml`` → predicates: data, checked against the schema when the policy loads.

    rows = { portOfArrival = { in = "claims.ports" } }
    rows = { or = [ { at = { gte = "now - 5y" } }, { expectedAt = { gte = "now - 5y" } } ] }

Several keys of one table all hold. A value is a literal, ``claims.x``, or ``now`` with an offset in y, d or h.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from adapters.contract import (
    MULTI_OWNER,
    PUBLISHED,
    AllOf,
    AnyOf,
    Compare,
    Linked,
    Negation,
    Op,
    Operand,
    Param,
    Predicate,
    Unread,
    Value,
)
from gateway.settings.strict import did_you_mean
from resolvers.fields import INNER_LINKS

OPS: frozenset[str] = frozenset(get_args(Op))
LIST_CLAIMS = frozenset({"ports", "bn"})
CLAIMS = LIST_CLAIMS | {
    "carrier",
    "country",
    "nationality",
    "agency",
    "case",
    "document.issuer",
    "document.number",
}
"""Attributes of a token that a row rule may name (``interface.md``); those in ``LIST_CLAIMS`` hold several values."""

OWNER_PATHS = frozenset({"agency", "issuer"})
"""On types with several owners: the code of the agency whose row it is."""

_MOMENT = re.compile(r"now(?:\s*-\s*(\d{1,4})\s*([ydh]))?")
_ORDERED = {"DateTime", "Date", "Int", "Decimal", "Float"}


class RuleError(Exception):
    """A row rule that does not hold together; ``key`` is the path below ``rows``."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}" if key else problem)
        self.key = key
        self.problem = problem


def parse_rows(rule: Any, type_name: str, schema: GraphQLSchema) -> Predicate:
    """The predicate of a ``rows`` table on ``type_name``. Raises :class:`RuleError`."""
    return _table(rule, type_name, schema, "", "")


def _table(rule: Any, type_name: str, schema: GraphQLSchema, prefix: str, key: str) -> Predicate:
    if not isinstance(rule, Mapping) or not rule:
        raise RuleError(key, "is a table: { field = { operator = value } }")
    terms: list[Predicate] = []
    for name, inner in rule.items():
        place = f"{key}.{name}" if key else name
        if name in ("and", "or") and not prefix:
            if not isinstance(inner, list) or not inner:
                raise RuleError(place, "is a list of rules, and not an empty one")
            parts = tuple(_table(each, type_name, schema, "", f"{place}.{i}") for i, each in enumerate(inner))
            terms.append(AllOf(parts) if name == "and" else AnyOf(parts))
        elif name == "not" and not prefix:
            terms.append(Negation(_table(inner, type_name, schema, "", place)))
        else:
            path = f"{prefix}.{name}" if prefix else name
            if isinstance(inner, Mapping) and inner and all(isinstance(each, Mapping) for each in inner.values()):
                terms.append(_table(inner, type_name, schema, path, place))
            else:
                terms += _compares(inner, path, type_name, schema, place)
    return terms[0] if len(terms) == 1 else AllOf(tuple(terms))


def _compares(inner: Any, path: str, type_name: str, schema: GraphQLSchema, key: str) -> list[Predicate]:
    if not isinstance(inner, Mapping) or not inner:
        raise RuleError(key, "is { operator = value }")
    scalar = leaf_at(schema, type_name, path)
    if scalar is None:
        raise RuleError(key, f"{type_name} has no value at {path}{_nearest(schema, type_name, path)}")
    found: list[Predicate] = []
    for op, value in inner.items():
        place = f"{key}.{op}"
        if op not in OPS:
            raise RuleError(place, f"unknown operator{did_you_mean(op, OPS)}")
        if op in ("lt", "lte", "gt", "gte") and scalar not in _ORDERED:
            raise RuleError(place, f"{scalar} has no order")
        found.append(_compare(path, op, value, scalar, place))
    return found


def _compare(path: str, op: Any, value: Any, scalar: str, key: str) -> Compare:
    if op == "null":
        if not isinstance(value, bool):
            raise RuleError(key, "is true or false")
        return Compare(path, op, Value(value))
    if isinstance(value, str) and value.startswith("claims."):
        claim = value.removeprefix("claims.")
        if claim not in CLAIMS:
            raise RuleError(key, f"tokens have no claim {claim}{did_you_mean(claim, CLAIMS)}")
        if claim in LIST_CLAIMS and op != "in":
            raise RuleError(key, f"{value} holds several values: use in")
        # One value and a list of one are the same rule; keeping one form keeps one parameter per claim.
        return Compare(path, "eq" if op == "in" and claim not in LIST_CLAIMS else op, Param(value))
    if isinstance(value, str) and scalar in ("DateTime", "Date") and value.startswith("now"):
        return Compare(path, op, _moment(value, scalar, key))
    if op == "in":
        if not isinstance(value, list) or not all(_is_literal(each) for each in value):
            raise RuleError(key, "is a list of values, or a claim that holds several")
        return Compare(path, op, Value(tuple(value)))
    if not _is_literal(value):
        raise RuleError(key, "is one value")
    return Compare(path, op, Value(value))


def _moment(value: str, scalar: str, key: str) -> Param:
    match = _MOMENT.fullmatch(value)
    if match is None:
        raise RuleError(key, 'is now, or now less years, days or hours: "now - 5y"')
    start = "now" if scalar == "DateTime" else "today"
    if match[1] is None:
        return Param(start)
    if start == "today" and match[2] == "h":
        raise RuleError(key, "is compared with a date: use years or days")
    return Param(f"{start}-{int(match[1])}{match[2]}")


def _is_literal(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)


# ---- paths ------------------------------------------------------------------------------------


def leaf_at(schema: GraphQLSchema, type_name: str, path: str) -> str | None:
    """Name of the scalar or enum at a dotted path (through links and connections, to a published attribute too)."""
    steps = path.split(".")
    name = type_name
    for index, step in enumerate(steps):
        rest = ".".join(steps[index:])
        if name in MULTI_OWNER and rest in OWNER_PATHS:
            return "AgencyCode"
        current = through_connection(schema.type_map.get(name))
        fields = current.fields if isinstance(current, GraphQLObjectType) else {}
        name = current.name if current is not None else name
        if step not in fields and rest in PUBLISHED.get(name, {}):
            return PUBLISHED[name][rest]
        inner = INNER_LINKS.get(name, {}).get(step)
        if inner is not None:
            name = inner.target
        elif step in fields:
            name = get_named_type(fields[step].type).name
        else:
            return None
    return name if is_leaf_type(schema.type_map.get(name)) else None


def through_connection(named: GraphQLNamedType | None) -> GraphQLNamedType | None:
    """The type of a connection's nodes; any other type unchanged."""
    if isinstance(named, GraphQLObjectType) and named.name.endswith("Connection") and "nodes" in named.fields:
        node: GraphQLNamedType = get_named_type(named.fields["nodes"].type)
        return node
    return named


def _nearest(schema: GraphQLSchema, type_name: str, path: str) -> str:
    named = schema.type_map.get(type_name)
    first = path.split(".")[0]
    return did_you_mean(first, named.fields) if isinstance(named, GraphQLObjectType) else ""


# ---- the other way: names and text ------------------------------------------------------------


def params_of(predicate: Predicate) -> frozenset[str]:
    """Names of the values that are bound per request."""
    match predicate:
        case Compare(operand=Param(name)):
            return frozenset({name})
        case AllOf(terms) | AnyOf(terms):
            return frozenset().union(*(params_of(term) for term in terms))
        case Negation(term) | Linked(term=term):
            return params_of(term)
    return frozenset()


def text_of(predicate: Predicate) -> str:
    """The rule as one line, parenthesised where needed. Also its canonical form: equal text, equal rule."""
    match predicate:
        case Compare(path, op, operand):
            return f"{path} {op} {_operand(operand)}"
        case AllOf(terms):
            return " and ".join(_inner(term) for term in terms)
        case AnyOf(terms):
            return " or ".join(_inner(term) for term in terms)
        case Negation(term):
            return f"not ({text_of(term)})"
        case Unread(path):
            return f"{path} unread"
        case Linked(collection, on, term):
            joined = ", ".join(f"{theirs} = {ours}" for theirs, ours in on)
            return f"some {collection} on {joined} with ({text_of(term)})"
    raise AssertionError(predicate)


def _inner(term: Predicate) -> str:
    return f"({text_of(term)})" if isinstance(term, AllOf | AnyOf) else text_of(term)


def _operand(operand: Operand) -> str:
    if isinstance(operand, Param):
        return operand.name
    value = operand.value
    return "[" + ", ".join(map(repr, value)) + "]" if isinstance(value, tuple) else repr(value)
