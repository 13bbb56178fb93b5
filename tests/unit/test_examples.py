"""The example queries of the GraphiQL page are valid against the published schema."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "web" / "src" / "examples").glob("*.graphql"))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_valid(path: Path, schema: GraphQLSchema) -> None:
    assert [error.message for error in validate(schema, parse(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_says_what_it_is_for(path: Path) -> None:
    """A reader meets a purpose line first, and a name that logs and the ledger can show."""
    source = path.read_text(encoding="utf-8")
    operations = [node for node in parse(source).definitions if isinstance(node, OperationDefinitionNode)]
    assert source.startswith("# ")
    assert [operation.name is not None for operation in operations] == [True]


def test_the_page_offers_every_example() -> None:
    catalogue = (ROOT / "web" / "src" / "examples.ts").read_text(encoding="utf-8")
    assert EXAMPLES
    assert [path.name for path in EXAMPLES if f"'./examples/{path.name}?raw'" not in catalogue] == []
