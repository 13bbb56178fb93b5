"""Arguments of one request → what is asked: a predicate with parameters, an order, a page.

Predicates name their values ``f0``, ``f1``, … in order of appearance, so that requests that differ in values alone
share one call shape, and with it the prepared statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLSchema

from adapters.contract import TYPE_KEYS, AllOf, AnyOf, Compare, Negation, Param, Predicate
from gateway.errors import ClientError, ErrorCode
from gateway.planning.rows import AGENCY
from resolvers.fields import FILTER, FilterPath
from resolvers.filters import ORDERS

Order = tuple[tuple[str, bool], ...]

FILTER_DEPTH = 20
"""Levels of ``and``, ``or``, ``not``: sources translate predicates by recursion, a dozen frames a level."""


@dataclass(slots=True)
class PageCall:
    """A connection's arguments, settled. ``size`` rows are wanted, from ``cursor`` on (its text), ``forward`` or back.
    The first ``terms`` of ``order`` were asked for (or are the default); the key that follows only breaks ties."""

    filter: Predicate | None
    params: Mapping[str, Any]
    order: Order
    size: int
    forward: bool
    cursor: str | None
    terms: int = 0


class CallReader:
    """Turns coerced arguments into calls. Raises ``ClientError`` (BAD_USER_INPUT, PAGE_SIZE_LIMIT)."""

    def __init__(self, schema: GraphQLSchema, default_page: int, page_size: int) -> None:
        self.schema = schema
        self.default_page = default_page
        self.page_size = page_size

    def page(self, node_type: str, arguments: Mapping[str, Any], default: Order | None = None) -> PageCall:
        """``default``: the order when none is asked for, if not the type's own."""
        params: dict[str, Any] = {}
        given = arguments.get("filter")
        condition = self._filter(f"{node_type}Filter", given, params) if given else None
        first, last = arguments.get("first"), arguments.get("last")
        after, before = arguments.get("after"), arguments.get("before")
        if first is not None and last is not None:
            raise bad_input("`first` and `last` exclude each other")
        if (before is not None and (first is not None or after is not None)) or (
            last is not None and after is not None
        ):
            raise bad_input("`after` goes with `first`, `before` with `last`")
        forward = last is None and before is None
        asked = first if forward else last
        size: int = self.default_page if asked is None else asked
        if size < 0:
            raise bad_input("a page cannot have fewer than 0 rows")
        if size > self.page_size:
            raise ClientError(
                ErrorCode.PAGE_SIZE_LIMIT,
                f"a page has at most {self.page_size} rows",
                extensions={"limit": self.page_size, "measured": size},
            )
        terms = self._order(node_type, arguments.get("orderBy"), default)
        named = {path for path, _ in terms}
        order = (*terms, *((path, False) for path in TYPE_KEYS.get(node_type, ()) if path not in named))
        return PageCall(condition, params, order, size, forward, after if forward else before, len(terms))

    def _order(self, node_type: str, given: Sequence[Mapping[str, Any]] | None, default: Order | None) -> Order:
        known = ORDERS.get(node_type)
        if known is None or not given:
            return default if default is not None else known.default if known is not None else ()
        terms: dict[str, bool] = {}
        for term in given:
            terms.setdefault(known.fields[name_of(term["field"])], name_of(term["direction"]) == "DESC")
        return tuple(terms.items())

    def _filter(
        self, input_name: str, given: Mapping[str, Any], params: dict[str, Any], depth: int = 1
    ) -> Predicate | None:
        if depth > FILTER_DEPTH:
            raise bad_input(f"a filter nests at most {FILTER_DEPTH} levels")
        graphql_type = self.schema.type_map[input_name]
        assert isinstance(graphql_type, GraphQLInputObjectType)
        terms: list[Predicate] = []
        for name, value in given.items():
            if value is None:
                raise bad_input(f"`{name}` cannot be null; leave it out")
            if name in ("and", "or"):
                below = [self._filter(input_name, item, params, depth + 1) or AllOf(()) for item in value]
                terms.append(AllOf(tuple(below)) if name == "and" else AnyOf(tuple(below)))
            elif name == "not":
                terms.append(Negation(self._filter(input_name, value, params, depth + 1) or AllOf(())))
            else:
                terms += self._compare(graphql_type.fields[name], name, value, params)
        if not terms:
            return None
        return terms[0] if len(terms) == 1 else AllOf(tuple(terms))

    def _compare(self, definition: GraphQLInputField, name: str, value: Any, params: dict[str, Any]) -> list[Predicate]:
        how: FilterPath = definition.extensions["strawberry-definition"].metadata[FILTER]
        path = AGENCY if how.agency else how.path
        if not isinstance(value, dict):
            if how.op == "null":  # `open: true` asks that `liftedAt` is null
                return [Compare(path, "null", _param(params, bool(value)))]
            # The operators of filters are those of the contract.
            return [Compare(path, how.op or "eq", _param(params, plain(value)))]  # type: ignore[arg-type]
        found: list[Predicate] = []
        for op, operand in value.items():
            if operand is None:
                raise bad_input(f"`{name}.{op}` cannot be null; leave it out")
            found.append(Compare(path, op, _param(params, plain(operand))))
        return found


def _param(params: dict[str, Any], value: Any) -> Param:
    name = f"f{len(params)}"
    params[name] = value
    return Param(name)


def plain(value: Any) -> Any:
    """An argument as harmonised value: enum members by name."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def name_of(value: Any) -> str:
    return value.name if isinstance(value, Enum) else str(value)


def bad_input(message: str) -> ClientError:
    return ClientError(ErrorCode.BAD_USER_INPUT, message)
