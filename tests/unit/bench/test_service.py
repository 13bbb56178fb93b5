"""The Strawberry service declares the harmonised schema, as far as it goes: one client's query fits both."""

from __future__ import annotations

from pathlib import Path

import pytest
import strawberry
from graphql import GraphQLObjectType, get_named_type, parse, validate

from bench.processes import ROOT
from bench.service_types import Query
from resolvers.schema import config, master

SERVICE = strawberry.Schema(Query, config=config())._schema


def test_types_and_fields_are_those_of_the_harmonised_schema() -> None:
    known = master()._schema.type_map
    for name, declared in SERVICE.type_map.items():
        if not isinstance(declared, GraphQLObjectType) or name.startswith("__"):
            continue
        harmonised = known[name]
        assert isinstance(harmonised, GraphQLObjectType)
        for field_name, field in declared.fields.items():
            theirs = harmonised.fields[field_name]
            assert get_named_type(field.type).name == get_named_type(theirs.type).name, f"{name}.{field_name}"
            assert field.args.keys() <= theirs.args.keys(), f"{name}.{field_name}"


@pytest.mark.parametrize("query", sorted((ROOT / "bench" / "queries").glob("*.graphql")), ids=lambda file: file.stem)
def test_the_benchmark_s_queries_are_valid(query: Path) -> None:
    assert not validate(SERVICE, parse(query.read_text()))
