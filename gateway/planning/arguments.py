"""The arguments of a field: what no variable touches is coerced once, the rest is filled in at each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, Node, VariableNode
from graphql.execution.values import VariableValues, coerce_argument, get_argument_values

from gateway.errors import ClientError, ErrorCode


@dataclass(frozen=True, slots=True)
class _Hole:
    """Where a variable's value goes."""

    name: str


class Arguments:
    """``constant``: the coerced arguments in which no variable occurs, those with defaults among them; ``variables``:
    the names of those that occur."""

    __slots__ = ("_definition", "_node", "_open", "constant", "variables")

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        """Raises ``GraphQLError`` for a literal that is not of its type."""
        self._definition, self._node = definition, node
        given = {argument.name.value: argument for argument in node.arguments or ()}
        used = {name: tuple(_variables(argument.value)) for name, argument in given.items()}
        self.variables = frozenset(name for names in used.values() for name in names)
        holes = VariableValues({}, {name: _Hole(name) for name in self.variables})
        self.constant: dict[str, Any] = {}
        self._open: dict[str, Any] = {}
        for name, argument in definition.args.items():
            into = self._open if used.get(name) else self.constant
            coerce_argument(into, node, name, argument, given.get(name), holes, None)

    def varies(self, name: str) -> bool:
        """Whether a variable occurs in an argument."""
        return name in self._open

    def values(self, variables: VariableValues | None) -> Mapping[str, Any]:
        """All coerced arguments of one request. Raises ``ClientError``: validation lets a variable that may be null
        stand where an argument with a default may not be."""
        if not self.variables:
            return self.constant
        known = variables.coerced if variables is not None else {}
        if all(known.get(name) is not None for name in self.variables):
            filled: dict[str, Any] = _filled(self._open, known)
            return self.constant | filled
        try:
            return get_argument_values(self._definition, self._node, variables)
        except GraphQLError as error:
            raise ClientError(ErrorCode.BAD_USER_INPUT, error.message) from None


def _filled(value: Any, known: Mapping[str, Any]) -> Any:
    kind = type(value)
    if kind is _Hole:
        return known[value.name]
    if kind is dict:
        return {key: _filled(one, known) for key, one in value.items()}
    return [_filled(one, known) for one in value] if kind is list else value


def _variables(node: Node) -> Iterator[str]:
    """The names of the variables in a value."""
    if isinstance(node, VariableNode):
        yield node.name.value
    for key in ("value", "values", "fields"):
        below = getattr(node, key, None)
        for one in below if isinstance(below, list | tuple) else (below,):
            if isinstance(one, Node):
                yield from _variables(one)
