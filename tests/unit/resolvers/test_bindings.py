"""Every field says where its value comes from, what it discloses, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_introspection_type,
    parse,
)

from adapters.contract import PUBLISHED, TYPE_KEYS
from resolvers.classified import Classified
from resolvers.enums import Classification
from resolvers.fields import (
    FILTER,
    INNER_LINKS,
    Bound,
    Children,
    Computed,
    Embedded,
    Enclosing,
    FilterPath,
    Link,
    LinkedValue,
    Listing,
    Lookup,
    Meta,
    Special,
    binding_of,
)
from resolvers.filters import ORDERS
from resolvers.schema import master

TYPES = {name: kind for name, kind in master()._schema.type_map.items() if not is_introspection_type(kind)}
OBJECTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))}
INPUTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLInputObjectType)}
FIELDS = [(name, key, field) for name, kind in OBJECTS.items() for key, field in kind.fields.items()]
COORDINATES = [f"{name}.{key}" for name, key, _ in FIELDS]


def known(type_name: str, path: str) -> bool:
    """Whether a harmonised path exists on a type, by the schema, as its key, or published beside it."""
    if path in PUBLISHED.get(type_name, {}) or path in TYPE_KEYS.get(type_name, ()):
        return True
    kind: Any = OBJECTS[type_name]
    for step in path.split("."):
        if step not in getattr(kind, "fields", {}):
            return False
        kind = get_named_type(kind.fields[step].type)
    return True


@pytest.mark.parametrize(("type_name", "name", "field"), FIELDS, ids=COORDINATES)
def test_field_has_binding_class_and_description(type_name: str, name: str, field: Any) -> None:
    binding = binding_of(field, name)
    assert isinstance(binding, (Bound, Embedded, Children, Link, LinkedValue, Computed, Meta, Lookup, Listing, Special))
    if isinstance(binding, (Bound, Embedded, Children)):
        assert binding.path == name
    assert field.description
    assert field.description.endswith(".")
    directives = field.extensions["strawberry-definition"].directives
    assert [type(directive) for directive in directives] == [Classified]
    assert directives[0].as_
    assert all(isinstance(one, Classification) for one in directives[0].as_)
    assert all(argument.description for argument in field.args.values())


def test_every_type_input_and_enum_value_is_described() -> None:
    for name, kind in TYPES.items():
        if name in ("Int", "Float", "String", "Boolean", "ID"):
            continue
        assert kind.description, name
        if isinstance(kind, GraphQLEnumType):
            assert all(value.description for value in kind.values.values()), name
        if isinstance(kind, GraphQLInputObjectType):
            assert all(field.description for field in kind.fields.values()), name


def links() -> Iterator[tuple[str, Link | LinkedValue]]:
    for name, key, field in FIELDS:
        binding = binding_of(field, key)
        if isinstance(binding, (Link, LinkedValue)):
            yield name, binding
    for name, inner in INNER_LINKS.items():
        for one in inner.values():
            if isinstance(one, Link):
                yield name, one


def test_links_name_paths_that_exist() -> None:
    for name, link in links():
        ours = name
        theirs = link.target
        steps = list(link.via) if isinstance(link, Link) else []
        for target, on in [*steps, (theirs, link.on)]:
            for their_path, our_path in on:
                assert target == "RequiredDecision" or known(target, their_path), (name, link)
                assert our_path == "agency" or known(ours, our_path), (name, link)
            ours = target


def test_links_lead_to_the_type_of_their_field() -> None:
    for name, key, field in FIELDS:
        binding = binding_of(field, key)
        if isinstance(binding, Link):
            suffix = "Connection" if binding.kind == "connection" else ""
            assert get_named_type(field.type).name == binding.target + suffix, f"{name}.{key}"


def test_enclosing_rows_hold_the_child() -> None:
    for name, inner in INNER_LINKS.items():
        for one in inner.values():
            if isinstance(one, Enclosing):
                fields = OBJECTS[one.target].fields.values()
                assert name in {get_named_type(field.type).name for field in fields}


def selected(kind: str, selection: SelectionSetNode) -> None:
    """Every name of a rule's selection exists."""
    for node in selection.selections:
        assert isinstance(node, FieldNode)
        name = node.name.value
        inner = INNER_LINKS.get(kind, {}).get(name)
        if inner is not None:
            target = inner.target
        elif kind == "RequiredDecision":
            assert name in PUBLISHED[kind]
            continue
        elif any(path == name or path.startswith(f"{name}.") for path in PUBLISHED.get(kind, {})):
            continue
        else:
            target = get_named_type(OBJECTS[kind].fields[name].type).name
        if node.selection_set is not None:
            selected(target, node.selection_set)


def test_rules_need_fields_that_exist() -> None:
    for name, key, field in FIELDS:
        binding = binding_of(field, key)
        if isinstance(binding, Computed):
            document: DocumentNode = parse(binding.needs)
            operation = document.definitions[0]
            assert isinstance(operation, OperationDefinitionNode)
            selected(name, operation.selection_set)


FILTERED = {"ShipmentFilter": "Shipment", "HoldFilter": "Hold", "PermitFilter": "Permit", "CrossingFilter": "Crossing"}


@pytest.mark.parametrize(("input_name", "target"), FILTERED.items())
def test_filters_name_paths_that_exist(input_name: str, target: str) -> None:
    for name, field in INPUTS[input_name].fields.items():
        found = field.extensions["strawberry-definition"].metadata.get(FILTER)
        if name in ("and", "or", "not"):
            assert found is None
            continue
        assert isinstance(found, FilterPath)
        assert known(target, found.path), (input_name, name)
        bare = not isinstance(get_named_type(field.type), GraphQLInputObjectType)
        assert bool(found.op) == bare


def test_orders_cover_their_enums_and_name_paths_that_exist() -> None:
    for target, order in ORDERS.items():
        enum = TYPES.get(f"{target}OrderField")
        values = set(enum.values) if isinstance(enum, GraphQLEnumType) else set()
        assert set(order.fields) == values
        for path in [*order.fields.values(), *(path for path, _ in order.default)]:
            assert known(target, path), (target, path)


def test_names_are_camel_case() -> None:
    assert all(re.fullmatch(r"[a-z][a-zA-Z0-9]*", name) for _, name, _ in FIELDS)
