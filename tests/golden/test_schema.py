"""The printed schema is the one in the repository, and has the agreed names, arguments and nullability."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
    print_ast,
)

from resolvers.schema import printed

ROOT = Path(__file__).parents[2]
AGREED = Path(__file__).with_name("structure.txt")


def _input(name: str, value: GraphQLArgument | GraphQLInputField) -> str:
    node = value.ast_node
    default = f" = {print_ast(node.default_value)}" if node is not None and node.default_value is not None else ""
    return f"{name}: {value.type}{default}"


def _fields(word: str, kind: GraphQLObjectType | GraphQLInterfaceType) -> list[str]:
    found = [f"{word} {kind.name} implements {interface.name}" for interface in kind.interfaces]
    for key, field in kind.fields.items():
        arguments = ", ".join(_input(name, value) for name, value in field.args.items())
        found.append(f"{word} {kind.name}.{key}{f'({arguments})' if arguments else ''}: {field.type}")
    return found


def lines(sdl: str) -> list[str]:
    """Sorted, so that the order of definition does not matter."""
    schema: GraphQLSchema = build_schema(sdl)
    found: list[str] = []
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        if isinstance(kind, GraphQLScalarType):
            found.append(f"scalar {name}")
        elif isinstance(kind, GraphQLEnumType):
            found.append(f"enum {name} {' '.join(kind.values)}")
        elif isinstance(kind, GraphQLInputObjectType):
            found += [f"input {name}.{_input(key, value)}" for key, value in kind.fields.items()]
        elif isinstance(kind, GraphQLInterfaceType):
            found += _fields("interface", kind)
        elif isinstance(kind, GraphQLObjectType):
            found += _fields("type", kind)
    for directive in schema.directives:
        if is_specified_directive(directive):
            continue
        arguments = ", ".join(_input(name, value) for name, value in directive.args.items())
        locations = " | ".join(location.name for location in directive.locations)
        found.append(f"directive @{directive.name}({arguments}) on {locations}")
    return sorted(found)


def test_schema_file_is_the_printed_schema() -> None:
    written = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    assert written == printed(), "print it again: python -m resolvers.schema > schema.graphql"


def test_structure_is_the_agreed_one() -> None:
    agreed = AGREED.read_text(encoding="utf-8").splitlines()
    found = lines(printed())
    assert [line for line in agreed if line not in found] == [], "agreed, but not in the schema"
    assert [line for line in found if line not in agreed] == [], "in the schema, but not agreed"


def test_module_prints_the_schema() -> None:
    done = run([sys.executable, "-m", "resolvers.schema"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == printed()
