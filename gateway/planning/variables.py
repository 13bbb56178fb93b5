"""The variables of an operation under a view: their types are looked up once, and scalars and enums read at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLLeafType, GraphQLNonNull, GraphQLSchema, VariableDefinitionNode, is_leaf_type
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

MOST_ERRORS = 50


class Variables:
    """graphql-core's coercion. It alone reads lists, input objects, defaults and what is left out, and says what is
    wrong: where every variable is a given scalar or enum, its value is all that changes from request to request."""

    __slots__ = ("_definitions", "_leaves", "_schema")

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._schema, self._definitions = schema, definitions
        signatures = [get_variable_signature(schema, definition) for definition in definitions]
        leaves = [_leaf(signature) for signature in signatures]
        self._leaves = [one for one in leaves if one is not None] if None not in leaves else None

    def values(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """The coerced values, or what is wrong with them."""
        found = self._read(self._leaves, given) if self._leaves is not None else None
        return found or get_variable_values(self._schema, self._definitions, dict(given), MOST_ERRORS)

    @staticmethod
    def _read(
        leaves: Sequence[tuple[GraphQLVariableSignature, GraphQLLeafType]], given: Mapping[str, Any]
    ) -> VariableValues | None:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for signature, leaf in leaves:
            value = given.get(signature.name)
            if value is None:
                return None
            try:
                coerced[signature.name] = leaf.coerce_input_value(value)
            except Exception:  # whatever a scalar raises; the library says it in its own words
                return None
            sources[signature.name] = VariableValueSource(signature, value)
        return VariableValues(sources, coerced)


def _leaf(
    signature: GraphQLVariableSignature | GraphQLError,
) -> tuple[GraphQLVariableSignature, GraphQLLeafType] | None:
    if isinstance(signature, GraphQLError):
        return None
    kind = signature.type
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return (signature, kind) if is_leaf_type(kind) else None
