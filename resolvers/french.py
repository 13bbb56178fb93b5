"""The schema's descriptions in French. The types declare the English; ``french.toml`` has the French of each text."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLResolveInfo, StringValueNode, Visitor, parse, print_ast, visit


@cache
def french() -> Mapping[str, str]:
    """English text → French text, of every description."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def sdl_in_french(sdl: str) -> str:
    """The same schema, described in French."""
    return print_ast(visit(parse(sdl, no_location=True), _InFrench())) + "\n"


class _InFrench(Visitor):
    def enter_string_value(self, node: StringValueNode, key: Any, *_: Any) -> StringValueNode | None:
        if key != "description":
            return None
        return StringValueNode(value=french().get(node.value, node.value), block=node.block)


def described_in_french(
    resolve: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
) -> Any:
    """Middleware for introspection: which types and fields there are is the schema's, the words are French."""
    value = resolve(source, info, **arguments)
    if info.field_name == "description" and info.parent_type.name.startswith("__"):
        return french().get(value, value)
    return value
