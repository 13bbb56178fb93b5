"""Documents for the comparison: generated ones over a view, and whole selections that make large answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import hypothesis_graphql
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type, is_object_type, print_schema
from hypothesis import strategies as st
from hypothesis_graphql import nodes

from gateway.policy.view import View
from tests.kit.oracle.sides import MASTER, Sides

NOT_HERE = frozenset({"people"})
"""Searched by what agencies publish for searching alone; ``MemorySource`` has no search of its own."""


@cache
def plain_schema(view: View) -> GraphQLSchema:
    return build_schema(print_schema(view.schema))


def queries(view: View) -> st.SearchStrategy[str]:
    """What hypothesis-graphql writes for a view. Scalars are replaced by the rewriter."""
    schema = plain_schema(view)
    assert schema.query_type is not None
    roots = tuple(name for name in schema.query_type.fields if name not in NOT_HERE)
    scalars: Any = {
        name: st.just(nodes.String("x"))
        for name, type_ in schema.type_map.items()
        if type(type_).__name__ == "GraphQLScalarType" and name not in ("Int", "Float", "String", "Boolean", "ID")
    }
    return hypothesis_graphql.queries(schema, fields=roots, custom_scalars=scalars)


def whole(type_name: str, depth: int, schema: GraphQLSchema = MASTER, without: Sequence[str] = ()) -> str:
    """Every field of a type down to ``depth`` objects below it."""
    graphql_type = schema.type_map[type_name]
    assert isinstance(graphql_type, GraphQLObjectType)
    parts = []
    for name, definition in graphql_type.fields.items():
        named = get_named_type(definition.type)
        if name in without:
            continue
        if not is_object_type(named):
            parts.append(name)
        elif depth:
            parts.append(f"{name} {whole(named.name, depth - 1, schema, without)}")
    return "{ " + " ".join(parts or ["__typename"]) + " }"


async def ids_of(sides: Sides) -> list[str]:
    """Node ids of every type in the world."""
    answer = await sides.gateway(
        """{
          shipments(first: 9) { nodes { id declarations { id } inspections { id } } }
          holds(first: 9) { nodes { id } }
          permits(first: 9) { nodes { id } }
          crossings(first: 9) { nodes { id person { id authorizations { id } enforcement { id } } } }
          organization(businessNumber: "123456782RM0001") { id }
        }"""
    )
    found: dict[str, None] = {}

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "id":
                    found[item] = None
                else:
                    collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)

    collect(answer.data)
    return list(found)
