"""Operations that ask for one record by its key, with links on and on, of fields that are each row's own."""

from __future__ import annotations

import random

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from resolvers.fields import Binding, Bound, Children, Embedded, Enclosing, Link, LinkedValue, Meta, binding_of
from tests.kit.oracle.world import ORGANIZATIONS, PERMITS, SHIPMENTS

OWN_META = ("id", "provenance", "dataFlags", "agency", "issuer", "name")
ROOTS = {
    "shipment": ("Shipment", "query ($k: CargoControlNumber!) { shipment(ccn: $k) %s }"),
    "organization": ("Organization", "query ($k: BusinessNumber!) { organization(businessNumber: $k) %s }"),
    "permit": ("Permit", "query ($i: AgencyCode!, $k: String!) { permit(issuer: $i, number: $k) %s }"),
}
MISSING = {"shipment": "9QRT9999", "organization": "101010104RM0009", "permit": "GC9999999"}
KEYS = {"shipment": SHIPMENTS, "organization": ORGANIZATIONS, "permit": PERMITS}
ISSUERS = ("FOOD", "TRADE_CONTROLS")


def keys(chance: random.Random, root: str, count: int) -> list[dict[str, str]]:
    """The variables of so many requests; some ask for the same, or for nothing that is there."""
    found = []
    for _ in range(count):
        key = {"k": MISSING[root] if chance.random() < 0.1 else chance.choice(KEYS[root])}
        found.append(key | ({"i": chance.choice(ISSUERS)} if root == "permit" else {}))
    return found


def operation(chance: random.Random, schema: GraphQLSchema, root: str) -> str:
    """Of fields of ``schema``, which is a view's."""
    type_name, text = ROOTS[root]
    return text % selection(chance, schema, type_name, chance.choice((1, 2, 3, 4)))


def selection(chance: random.Random, schema: GraphQLSchema, type_name: str, depth: int) -> str:
    kind = schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    parts = ["__typename"]
    for name, definition in kind.fields.items():
        inner = get_named_type(definition.type)
        composite = isinstance(inner, GraphQLObjectType)
        if not of_the_row(binding_of(definition, name)) or (composite and not depth):
            continue
        if chance.random() < (0.6 if composite else 0.4):
            parts.append(f"{name} {selection(chance, schema, inner.name, depth - 1)}" if composite else name)
    return "{ " + " ".join(parts) + " }"


def of_the_row(binding: Binding | Enclosing) -> bool:
    """Whether the field of a row is made of that row, and of those that its keys lead to."""
    match binding:
        case Link(kind="one" | "list", any_of=False, via=()):
            return True
        case Meta(kind=kind):
            return kind in OWN_META
    return isinstance(binding, Bound | Children | Embedded | LinkedValue)
