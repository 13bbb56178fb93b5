"""The part of an operation that graphql-core answers: cut out with its conditions."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode, parse, print_ast

from gateway.planning.introspection import only_introspection


def reduced(text: str) -> str:
    document = parse(text)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    found = only_introspection(document, operation)
    return " ".join(print_ast(found.definitions[0]).split())


# As a table: a question over its answer.
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{ a __type(name: "A") { name } b }', '{ __type(name: "A") { name } }'),
        ("{ s: __schema { types { name } } __typename }", "{ s: __schema { types { name } } }"),
        ('query Q($n: String!) { ...F x } fragment F on Query { __type(name: $n) { name } y }',
         "query Q($n: String!) { __type(name: $n) { name } }"),
        ("{ ... @include(if: $a) { __schema { description } y } }", "{ __schema @include(if: $a) { description } }"),
        ("{ ...F @skip(if: $a) } fragment F on Query { ... { __schema @include(if: $b) { description } } }",
         "{ __schema @include(if: $b) @skip(if: $a) { description } }"),
    ],
)  # fmt: skip
def test_roots(text: str, wanted: str) -> None:
    assert reduced(text) == wanted


def test_the_document_is_not_changed_and_fragments_below_stay() -> None:
    text = "{ __schema { ...S } ...R } fragment S on __Schema { description } fragment R on Query { a }"
    document = parse(text)
    before = print_ast(document)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    found = only_introspection(document, operation)
    assert print_ast(document) == before
    assert len(found.definitions) == 3
    assert " ".join(print_ast(found.definitions[0]).split()) == "{ __schema { ...S } }"
