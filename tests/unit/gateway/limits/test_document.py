"""Depth and aliases, whatever shape the document gives them."""

from __future__ import annotations

import pytest
from graphql import get_introspection_query, parse

from gateway.errors import ClientError
from gateway.limits import DocumentLimits, check_document


def refusal(text: str, **limits: int) -> tuple[str, int, int] | None:
    try:
        check_document(parse(text), DocumentLimits(**limits))
    except ClientError as error:
        return str(error.code), error.extensions["limit"], error.extensions["measured"]
    return None


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("{ a }", 1),
        ("{ a { b { c } } d }", 3),
        ("{ ... on Query { a { ... on A { b } } } }", 2),
        ("{ a { ...F } } fragment F on A { b { c } }", 3),
        ("{ ...F } fragment F on Q { a { ...G } } fragment G on A { b }", 2),
        ("query A { a } query B { a { b } }", 2),
        ("{ ...F } fragment F on Q { a { ...F } }", 1),
        ("{ ...Missing }", 0),
    ],
)
def test_depth(text: str, depth: int) -> None:
    assert refusal(text, depth=max(depth, 1)) is None
    if depth > 1:
        assert refusal(text, depth=depth - 1) == ("DEPTH_LIMIT", depth - 1, depth)


def test_introspection_is_not_too_deep() -> None:
    assert refusal(get_introspection_query(), depth=5) is None
    assert refusal("{ __schema { a { b { c } } } x { y { z } } }", depth=2) == ("DEPTH_LIMIT", 2, 3)


def test_aliases_are_counted_where_they_are_written() -> None:
    text = "{ a: x b: x ... { c: x { d: y } } ...F } fragment F on Q { e: x }"
    assert refusal(text, aliases=5) is None
    assert refusal(text, aliases=4) == ("ALIAS_LIMIT", 4, 5)


def test_fragments_that_double_are_measured_once_each() -> None:
    chain = " ".join(f"fragment F{n} on Q {{ ...F{n + 1} ...F{n + 1} a {{ ...F{n + 1} }} }}" for n in range(60))
    assert refusal("{ ...F0 } " + chain + " fragment F60 on Q { a }", depth=10) == ("DEPTH_LIMIT", 10, 61)
