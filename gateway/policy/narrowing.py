"""A view's schema: the master schema without what is not granted, made of copies through graphql-core's public API.

Fields keep ``extensions["strawberry-definition"]``, so their bindings stay readable. A filter or an order on a field
that the view lacks is absent from the input types too, so literals and variables are refused alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
)

from gateway.policy.coordinates import Coordinates, leads_to
from resolvers.fields import FILTER, FilterPath, Link, Listing, binding_of
from resolvers.filters import ORDERS

SHADOWS: Mapping[tuple[str, str], str] = {("Shipment", "held"): "status"}
"""Published attributes that callers may filter or order by, and the field whose grant they need."""

HIDDEN_DIRECTIVES = frozenset({"classified"})


def narrow(
    master: GraphQLSchema,
    visible: Coordinates,
    nodes: Collection[str],
    extensions: Mapping[str, Any],
    *,
    clear: Coordinates | None = None,
    nullable: Collection[str] = (),
) -> GraphQLSchema:
    """A schema with exactly the coordinates of ``visible``, and the inputs, enums and scalars that they still need.

    Types outside ``nodes`` lose their interfaces: ``node(id)`` does not know them. ``clear``: the coordinates that may
    be filtered and ordered by, all of ``visible`` unless given. ``nullable``: those that policy makes null."""
    return _Narrowing(master, visible, nodes, visible if clear is None else clear, nullable).schema(extensions)


class _Narrowing:
    def __init__(
        self,
        master: GraphQLSchema,
        visible: Coordinates,
        nodes: Collection[str],
        clear: Coordinates,
        nullable: Collection[str],
    ) -> None:
        self.master = master
        self.nodes = nodes
        self.visible = visible
        self.clear = clear
        self.nullable = nullable
        self.copies: dict[str, GraphQLNamedType] = {}
        self.inputs, self.orders = self._narrowed_inputs()

    def schema(self, extensions: Mapping[str, Any]) -> GraphQLSchema:
        kwargs = self.master.to_kwargs()
        query = self.master.query_type
        assert query is not None
        kwargs["query"] = self._object(query)
        kwargs["mutation"] = kwargs["subscription"] = None
        implementers = [self._named(self.master.type_map[name]) for name in sorted(self.visible)]
        kwargs["types"] = tuple(each for each in implementers if each is not kwargs["query"])
        kwargs["directives"] = tuple(each for each in kwargs["directives"] if each.name not in HIDDEN_DIRECTIVES)
        kwargs["extensions"] = {**kwargs["extensions"], **extensions}
        kwargs["ast_node"], kwargs["extension_ast_nodes"] = None, ()
        kwargs["assume_valid"] = True
        return GraphQLSchema(**kwargs)

    # ---- output types -------------------------------------------------------------------------

    def _type(self, wrapped: GraphQLType) -> Any:
        if isinstance(wrapped, GraphQLNonNull):
            return GraphQLNonNull(self._type(wrapped.of_type))
        if isinstance(wrapped, GraphQLList):
            return GraphQLList(self._type(wrapped.of_type))
        assert isinstance(wrapped, GraphQLNamedType)
        return self._named(wrapped)

    def _named(self, named: GraphQLNamedType) -> GraphQLNamedType:
        if isinstance(named, GraphQLObjectType):
            return self._object(named)
        if isinstance(named, GraphQLInterfaceType):
            return self._interface(named)
        if isinstance(named, GraphQLInputObjectType):
            return self._input(named)
        if isinstance(named, GraphQLEnumType) and named.name in self.orders:
            return self._enum(named)
        return named

    def _object(self, named: GraphQLObjectType) -> GraphQLObjectType:
        if named.name not in self.copies:
            shown = self.visible[named.name]
            kwargs: dict[str, Any] = dict(named.to_kwargs())
            kwargs["fields"] = lambda: {
                name: self._field(field, nullable=f"{named.name}.{name}" in self.nullable)
                for name, field in named.fields.items()
                if name in shown
            }
            kwargs["interfaces"] = lambda: tuple(
                self._interface(each)
                for each in named.interfaces
                if named.name in self.nodes and shown >= each.fields.keys()
            )
            self.copies[named.name] = GraphQLObjectType(**kwargs)
        copy = self.copies[named.name]
        assert isinstance(copy, GraphQLObjectType)
        return copy

    def _interface(self, named: GraphQLInterfaceType) -> GraphQLInterfaceType:
        if named.name not in self.copies:
            kwargs: dict[str, Any] = dict(named.to_kwargs())
            kwargs["fields"] = lambda: {name: self._field(field) for name, field in named.fields.items()}
            self.copies[named.name] = GraphQLInterfaceType(**kwargs)
        copy = self.copies[named.name]
        assert isinstance(copy, GraphQLInterfaceType)
        return copy

    def _field(self, field: GraphQLField, *, nullable: bool = False) -> GraphQLField:
        kwargs = field.to_kwargs()
        bare = field.type.of_type if nullable and isinstance(field.type, GraphQLNonNull) else field.type
        kwargs["type_"] = self._type(bare)
        kwargs["args"] = {name: self._argument(arg) for name, arg in field.args.items() if self._keeps(arg.type)}
        return GraphQLField(**kwargs)

    # ---- input types --------------------------------------------------------------------------

    def _argument(self, argument: GraphQLArgument) -> GraphQLArgument:
        kwargs = argument.to_kwargs()
        kwargs["type_"] = self._type(argument.type)
        return GraphQLArgument(**kwargs)

    def _keeps(self, wrapped: GraphQLType) -> bool:
        """Whether an argument or input field of this type still has anything to say."""
        name = get_named_type(wrapped).name
        if name in self.inputs:
            return bool(self.inputs[name] - {"and", "or", "not"})
        order = _order_enum(self.master.type_map.get(name))
        return not (order is not None and order.name in self.orders and not self.orders[order.name])

    def _input(self, named: GraphQLInputObjectType) -> GraphQLInputObjectType:
        if named.name not in self.copies:
            shown = self.inputs.get(named.name, named.fields.keys())
            kwargs: dict[str, Any] = dict(named.to_kwargs())
            kwargs["fields"] = lambda: {
                name: self._input_field(field) for name, field in named.fields.items() if name in shown
            }
            self.copies[named.name] = GraphQLInputObjectType(**kwargs)
        copy = self.copies[named.name]
        assert isinstance(copy, GraphQLInputObjectType)
        return copy

    def _input_field(self, field: GraphQLInputField) -> GraphQLInputField:
        kwargs = field.to_kwargs()
        kwargs["type_"] = self._type(field.type)
        return GraphQLInputField(**kwargs)

    def _enum(self, named: GraphQLEnumType) -> GraphQLEnumType:
        if named.name not in self.copies:
            kwargs: dict[str, Any] = dict(named.to_kwargs())
            shown = self.orders[named.name]
            kwargs["values"] = {name: value for name, value in named.values.items() if name in shown}
            definition = named.extensions.get("strawberry-definition")
            if type(named) is not GraphQLEnumType:
                kwargs["enum"] = definition  # Strawberry's own enum type maps Python members by it
            self.copies[named.name] = type(named)(**kwargs)
        copy = self.copies[named.name]
        assert isinstance(copy, GraphQLEnumType)
        return copy

    # ---- closed channels ----------------------------------------------------------------------

    def _narrowed_inputs(self) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        """Filter input → its granted fields, order enum → its granted values, over all connections of the schema."""
        inputs: dict[str, frozenset[str]] = {}
        orders: dict[str, frozenset[str]] = {}
        for owner in self.master.type_map.values():
            if not isinstance(owner, GraphQLObjectType) or owner.name.startswith("__"):
                continue
            for name, field in owner.fields.items():
                binding = binding_of(field, name)
                if not isinstance(binding, Link | Listing):
                    continue
                for argument in field.args.values():
                    named = get_named_type(argument.type)
                    order = _order_enum(named)
                    if order is not None:
                        orders[order.name] = self._ordered(binding.target, order)
                    elif isinstance(named, GraphQLInputObjectType):
                        inputs[named.name] = self._filters(named, binding.target)
        return inputs, orders

    def _filters(self, named: GraphQLInputObjectType, target: str) -> frozenset[str]:
        kept = set()
        for name, field in named.fields.items():
            definition = field.extensions.get("strawberry-definition")
            path = definition.metadata.get(FILTER) if definition is not None else None
            if name in ("and", "or", "not") or (isinstance(path, FilterPath) and self._may(target, path.path)):
                kept.add(name)
        return frozenset(kept)

    def _ordered(self, target: str, order: GraphQLEnumType) -> frozenset[str]:
        paths = ORDERS[target].fields if target in ORDERS else {}
        return frozenset(name for name in order.values if name in paths and self._may(target, paths[name]))

    def _may(self, target: str, path: str) -> bool:
        path = SHADOWS.get((target, path), path)
        return leads_to(self.master, target, path, lambda owner, name: name in self.clear.get(owner, ()))


def _order_enum(named: GraphQLNamedType | None) -> GraphQLEnumType | None:
    """The enum of an order input (``{ field, direction }``), or ``None`` when the type is no such input."""
    if not isinstance(named, GraphQLInputObjectType) or "field" not in named.fields or "direction" not in named.fields:
        return None
    order = get_named_type(named.fields["field"].type)
    return order if isinstance(order, GraphQLEnumType) else None
