"""The schema is described in French as in English: every text, nothing but the texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSchema, StringValueNode, Visitor, is_introspection_type, parse, print_ast, visit

from resolvers.french import french, sdl_in_french
from resolvers.schema import master, printed


def descriptions(of: GraphQLSchema) -> Iterator[str | None]:
    """Of every type, field, argument, input, enum value, directive."""
    things: list[Any] = [kind for kind in of.type_map.values() if not is_introspection_type(kind)]
    things += of.directives
    while things:
        thing = things.pop()
        yield thing.description
        for below in ("fields", "args", "values"):
            found = getattr(thing, below, None)
            things += found.values() if isinstance(found, dict) else ()


def test_every_description_has_its_french_and_no_french_is_left_over() -> None:
    assert {text for text in descriptions(master()._schema) if text} == set(french())


def test_french_is_another_text() -> None:
    """A text may be the same in both languages only where there is nothing to translate."""
    assert [text for text, other in french().items() if text == other] == ["ISO 4217."]
    assert all(other and other == other.strip() and other[-1] in ".)" for other in french().values())


def test_what_stands_in_backticks_is_not_translated() -> None:
    """Names and samples of the schema; in dates `YYYY` is `AAAA` in French."""
    for text, other in french().items():
        kept = {piece.replace("A", "Y").replace("J", "D") for piece in other.split("`")[1::2]}
        assert kept <= {piece.replace("A", "Y").replace("J", "D") for piece in text.split("`")[1::2]}, text


def test_the_schema_in_french_is_the_same_schema() -> None:
    sdl = sdl_in_french(printed())
    assert '"""Numéro de contrôle du fret."""' in sdl
    assert "Cargo control number" not in sdl
    assert bare(sdl) == bare(printed())


def bare(sdl: str) -> str:
    """Without its descriptions."""
    return print_ast(visit(parse(sdl), Silent()))


class Silent(Visitor):
    def enter_string_value(self, _: StringValueNode, key: Any, *__: Any) -> Any:
        return StringValueNode(value="") if key == "description" else None
