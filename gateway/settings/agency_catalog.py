"""What an agency file may bind: the paths of every harmonised type, taken from the schema and the adapter contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from adapters.contract import PUBLISHED, TYPE_KEYS

MADE_HERE = frozenset(
    {"Agency", "Completeness", "DataFlag", "JointStatus", "Match", "PermitVerification", "Provenance", "SourceReport"}
)
"""Object types whose values the gateway makes: no agency file can bind them."""

OWNER = ("agency", "required")
"""Fields of keyed types that follow from whose file it is, unless the contract publishes them."""

KEY_ONLY = frozenset({"CustomsOffice"})
"""Keyed types of which another type holds the key alone; its other fields are the owner's."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """A scalar or enum at a path. ``enum``: its legal values, empty for scalars. ``list``: a list of them."""

    name: str
    enum: frozenset[str] = frozenset()
    list: bool = False


@dataclass(frozen=True, slots=True)
class TypeShape:
    """``fields``: bindable path → type. ``children``: list of objects at a path → element type.
    ``names``: every field the schema shows, which is what terms can withhold."""

    fields: Mapping[str, FieldType]
    children: Mapping[str, str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class TypeCatalog:
    """The shapes of the types that collections provide, and of the child lists below them."""

    types: Mapping[str, TypeShape]


def type_catalog(schema: GraphQLSchema) -> TypeCatalog:
    """Walk the schema's types and add what the contract publishes beside it (``RequiredDecision`` wholly)."""
    shapes: dict[str, TypeShape] = {}
    pending = list(TYPE_KEYS)
    while pending:
        name = pending.pop()
        if name in shapes:
            continue
        shapes[name] = shape = _shape(schema, name)
        pending.extend(shape.children.values())
    return TypeCatalog(shapes)


def _shape(schema: GraphQLSchema, name: str) -> TypeShape:
    fields: dict[str, FieldType] = {}
    children: dict[str, str] = {}
    shown: frozenset[str] = frozenset()
    published = PUBLISHED.get(name, {})
    type_ = schema.get_type(name)
    if isinstance(type_, GraphQLObjectType):
        shown = frozenset(type_.fields)
        _walk(type_, "", fields, children)
        if name in TYPE_KEYS:
            for owner in OWNER:
                fields.pop(owner, None)
    for path, scalar in published.items():
        fields[path] = _named(schema, scalar)
    return TypeShape(fields, children, shown)


def _walk(type_: GraphQLObjectType, prefix: str, fields: dict[str, FieldType], children: dict[str, str]) -> None:
    for name, definition in type_.fields.items():
        path = prefix + name
        target = get_named_type(definition.type)
        many = _is_list(definition)
        if definition.args or name == "id":
            continue
        if isinstance(target, GraphQLEnumType):
            fields[path] = FieldType(target.name, frozenset(target.values), many)
        elif isinstance(target, GraphQLScalarType):
            fields[path] = FieldType(target.name, list=many)
        elif not isinstance(target, GraphQLObjectType) or target.name in MADE_HERE or "id" in target.fields:
            continue
        elif many:
            if target.name not in TYPE_KEYS and "edges" not in target.fields:
                children[path] = target.name
        elif "edges" not in target.fields:
            _embedded(target, path, fields, children)


def _embedded(target: GraphQLObjectType, path: str, fields: dict[str, FieldType], children: dict[str, str]) -> None:
    if target.name in KEY_ONLY:
        inner: dict[str, FieldType] = {}
        _walk(target, f"{path}.", inner, {})
        fields.update({f"{path}.{key}": inner[f"{path}.{key}"] for key in TYPE_KEYS[target.name]})
    elif target.name not in TYPE_KEYS or target.name == "TravelDocument":
        _walk(target, f"{path}.", fields, children)


def _is_list(definition: GraphQLField) -> bool:
    type_ = definition.type
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)


def _named(schema: GraphQLSchema, name: str) -> FieldType:
    type_ = schema.get_type(name)
    if isinstance(type_, GraphQLEnumType):
        return FieldType(name, frozenset(type_.values))
    return FieldType(name)
