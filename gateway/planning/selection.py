"""An operation, or the inner selection of a computed field, as one plain tree of selected fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from gateway.errors import ClientError, ErrorCode
from gateway.planning.arguments import Arguments
from resolvers.fields import INNER_LINKS, Binding, Bound, Enclosing, Link, binding_of

TYPENAME = "__typename"


@dataclass(slots=True)
class Selected:
    """One response key: the field, its binding, where nulls are allowed, its arguments, and what is selected below.

    ``select`` maps each possible object type of the field to its selection; empty for scalars.
    """

    key: str
    name: str
    parent: str
    binding: Binding | Enclosing
    type_name: str
    is_list: bool = False
    nullable: bool = True
    item_nullable: bool = True
    arguments: Arguments | None = None
    select: Mapping[str, tuple[Selected, ...]] = field(default_factory=dict)

    @property
    def coordinate(self) -> str:
        return f"{self.parent}.{self.name}"

    def values(self, variables: VariableValues | None) -> Mapping[str, Any]:
        """The coerced arguments of one request. Raises ``ClientError``."""
        return {} if self.arguments is None else self.arguments.values(variables)

    def only(self) -> tuple[Selected, ...]:
        """The selection of a field with one possible object type."""
        return next(iter(self.select.values()), ())


Selection = tuple[Selected, ...]


class OperationReader:
    """Reads a validated operation against a schema. ``variables`` decide ``@skip`` and ``@include`` only."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.fragments = {name: FragmentDetails(definition) for name, definition in fragments.items()}
        self.variables = variables

    def root(self) -> Selection:
        """Raises ``ClientError`` when a condition's variable is null, which validation lets pass."""
        query = self.schema.query_type
        assert query is not None
        try:
            grouped = collect_fields(self.schema, self.fragments, self.variables, query, self.operation)
            return self._selection(query, grouped.grouped_field_set)
        except GraphQLError as error:
            raise ClientError(ErrorCode.BAD_USER_INPUT, error.message) from None

    def _selection(self, parent: GraphQLObjectType, grouped: Mapping[str, Sequence[Any]]) -> Selection:
        selected = []
        for key, details in grouped.items():
            node = details[0].node
            name = node.name.value
            if name == TYPENAME:
                selected.append(Selected(key, name, parent.name, Bound(TYPENAME), "String", nullable=False))
                continue
            definition = parent.fields.get(name)
            if definition is None:  # __schema and __type stand beside data only at the root; the engine answers them
                selected.append(Selected(key, name, parent.name, Bound(name), "__Introspection"))
                continue
            selected.append(self._field(parent, key, definition, details))
        return tuple(selected)

    def _field(self, parent: GraphQLObjectType, key: str, definition: GraphQLField, details: Sequence[Any]) -> Selected:
        node: FieldNode = details[0].node
        found = _shape_of(definition, Selected(key, node.name.value, parent.name, Bound(), ""))
        found.binding = binding_of(definition, node.name.value)
        found.arguments = Arguments(definition, node)
        named = get_named_type(definition.type)
        if is_abstract_type(named):
            types: Sequence[GraphQLObjectType] = self.schema.get_possible_types(named)
        else:
            types = [named] if is_object_type(named) else []
        found.select = {type_.name: self._below(type_, details) for type_ in types}
        return found

    def _below(self, type_: GraphQLObjectType, details: Sequence[Any]) -> Selection:
        grouped = collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, list(details)
        ).grouped_field_set
        return self._selection(type_, grouped)


def inner_selection(schema: GraphQLSchema, type_name: str, text: str) -> Selection:
    """The selection a computed field ``needs``, over the whole schema and the published attributes beside it."""
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return _inner(schema, type_name, operation.selection_set.selections)


def _inner(schema: GraphQLSchema, type_name: str, nodes: Sequence[Any]) -> Selection:
    selected = []
    graphql_type = schema.type_map.get(type_name)
    fields = graphql_type.fields if isinstance(graphql_type, GraphQLObjectType) else {}
    for node in nodes:
        name = node.name.value
        below = node.selection_set.selections if node.selection_set else ()
        inner_link = INNER_LINKS.get(type_name, {}).get(name)
        definition = fields.get(name)
        if inner_link is not None:
            is_list = isinstance(inner_link, Link) and inner_link.kind == "list"
            item = Selected(name, name, type_name, inner_link, inner_link.target, is_list=is_list)
        elif definition is not None:
            item = _shape_of(definition, Selected(name, name, type_name, binding_of(definition, name), ""))
            item.nullable = item.item_nullable = True
        else:
            item = Selected(name, name, type_name, Bound(name), "")
        if below:
            target = item.binding.target if isinstance(item.binding, Link) else item.type_name
            item.select = {target: _inner(schema, target, below)}
        selected.append(item)
    return tuple(selected)


def _shape_of(definition: GraphQLField, into: Selected) -> Selected:
    type_: Any = definition.type
    if is_non_null_type(type_):
        into.nullable, type_ = False, type_.of_type
    if is_list_type(type_):
        into.is_list, type_ = True, type_.of_type
        if is_non_null_type(type_):
            into.item_nullable, type_ = False, type_.of_type
    into.type_name = get_named_type(type_).name
    return into
