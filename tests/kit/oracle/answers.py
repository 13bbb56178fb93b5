"""The oracle itself: the schema of a view rebuilt with resolvers, and one method that answers a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    is_list_type,
    is_non_null_type,
    parse,
    print_schema,
    validate,
)

from gateway.execution.node_ids import NodeIds
from gateway.planning.catalog import Catalog
from gateway.planning.rows import RowRules
from gateway.policy import bind_params
from gateway.policy.view import View
from gateway.request import Principal
from resolvers.fields import binding_of
from tests.kit.oracle.asking import Asking
from tests.kit.oracle.resolving import resolver
from tests.kit.oracle.roots import made, objects

BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})


@dataclass(slots=True)
class OracleAnswer:
    """``loose``: response keys leading to what is not comparable. ``refused``: the gateway must refuse as a whole."""

    data: dict[str, Any] | None
    errors: Sequence[GraphQLError]
    loose: set[tuple[Any, ...]]
    refused: list[str]
    statements: int


@dataclass(slots=True)
class Oracle:
    """``master`` is the whole schema, ``pushes`` asks sources for pages (for those too large to be read whole)."""

    master: GraphQLSchema
    catalog: Catalog
    keys: Sequence[bytes]
    page_size: int = 1_000
    default_page: int = 25
    pushes: bool = False
    _schemas: dict[str, GraphQLSchema] = field(default_factory=dict)
    _prepared: dict[Any, Any] = field(default_factory=dict)

    async def execute(
        self, query: str, variables: Mapping[str, Any] | None, view: View, principal: Principal
    ) -> OracleAnswer:
        schema = self._schemas.get(view.fingerprint)
        if schema is None:
            schema = self._schemas[view.fingerprint] = resolving_schema(view.schema)
        document = parse(query)
        problems = validate(schema, document)
        if problems:
            return OracleAnswer(None, problems, set(), [str(problem) for problem in problems], 0)
        now = datetime.now(UTC)
        asking = Asking(
            self.master,
            self.catalog,
            RowRules(self.master, self.catalog, view.rows),
            bind_params(view, principal, now) if view.params else {},
            NodeIds(self.keys),
            principal,
            view,
            now,
            self.page_size,
            self.default_page,
            self._prepared,
            self.pushes,
        )
        result: Any = execute(schema, document, variable_values=dict(variables or {}), context_value=asking)
        if isawaitable(result):
            result = await result
        return OracleAnswer(result.data, result.errors or [], asking.loose, asking.refused, asking.statements)


def resolving_schema(view: GraphQLSchema) -> GraphQLSchema:
    """A schema with nothing of Strawberry in it: printed, built again, with a resolver per field."""
    schema = build_schema(print_schema(view))
    for name, built in schema.type_map.items():
        known = view.type_map.get(name)
        if name.startswith("__"):
            continue
        if isinstance(built, GraphQLScalarType) and name not in BUILT_IN and isinstance(known, GraphQLScalarType):
            built.parse_value, built.parse_literal = known.parse_value, known.parse_literal
            built.coerce_input_value = known.coerce_input_value
            built.coerce_input_literal = known.coerce_input_literal
        elif isinstance(built, GraphQLInterfaceType):
            built.resolve_type = lambda value, *_: value.row.type
        elif isinstance(built, GraphQLObjectType) and isinstance(known, GraphQLObjectType):
            _give_resolvers(name, built, known)
    return schema


def _give_resolvers(name: str, built: GraphQLObjectType, known: GraphQLObjectType) -> None:
    for field_name, definition in built.fields.items():
        type_: Any = definition.type
        nullable = not is_non_null_type(type_)
        lists = is_list_type(type_.of_type if not nullable else type_)
        binding = binding_of(known.fields[field_name], field_name)
        if name == "HeldContainer":
            definition.resolve = _held_container(field_name)
            continue
        if _only_made(known):
            definition.resolve = _made(field_name)
            continue
        definition.resolve = resolver(name, field_name, get_named_type(type_).name, binding, nullable, lists)


def _only_made(known: GraphQLObjectType) -> bool:
    return known.name.endswith(("Connection", "Edge")) or known.name == "PageInfo"


def _made(name: str) -> Any:
    def resolve(parent: Any, info: Any) -> Any:
        if name == "completeness" and parent.get("nested"):
            info.context.loosen(info)
        return made(parent, name, {})

    return resolve


def _held_container(name: str) -> Any:
    async def shipment(parent: Any, info: Any) -> Any:
        asking: Asking = info.context
        ccn = parent.read("shipment.ccn")
        if ccn is None:
            return None
        found = await asking.by_keys("Shipment", [(ccn,)], ("ccn",))
        if found.failed:
            raise found.error()
        return objects(found.rows[0]) if found.rows else None

    if name == "shipment":
        return shipment
    if name == "holds":
        return lambda parent, _info: objects(parent.row.children["holds"])
    return lambda parent, _info: parent.read(name)
