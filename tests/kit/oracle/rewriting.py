"""Generated documents made harder: variables, aliases, fragments, directives, duplicate keys, real ids and cursors.

hypothesis-graphql writes none of these. Its documents are read into a small mutable tree, changed, and printed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
    is_composite_type,
    parse,
)
from graphql.pyutils import Undefined

from tests.kit.oracle.arguments import ABSENT, Arguments

MOST_ALIASES = 40


@dataclass(slots=True)
class Field:
    name: str
    alias: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    directives: str = ""
    below: list[Node] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.alias or self.name


@dataclass(slots=True)
class Group:
    """An inline fragment, or a named one when ``name`` is set."""

    on: str
    below: list[Node]
    name: str = ""
    directives: str = ""


Node = Field | Group


@dataclass(slots=True)
class Rewritten:
    """``cursors``: variable → (response keys to a connection, which end of its ``pageInfo``)."""

    text: str
    variables: dict[str, Any]
    cursors: dict[str, tuple[tuple[str, ...], str]]


class Rewriter:
    def __init__(self, schema: GraphQLSchema, seed: int, ids: Sequence[str]) -> None:
        self.schema = schema
        self.chance = random.Random(seed)
        self.arguments = Arguments(self.chance, ids)
        self.variables: dict[str, Any] = {}
        self.declared: list[str] = []
        self.fragments: list[Group] = []
        self.cursors: dict[str, tuple[tuple[str, ...], str]] = {}
        self.aliases = 0

    def rewrite(self, text: str) -> Rewritten:
        operation = parse(text).definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        query = self.schema.query_type
        assert query is not None
        nodes = self._selections(read(operation.selection_set.selections), query, (), True)
        if self.chance.random() < 0.15:
            nodes.insert(self.chance.randrange(len(nodes) + 1), Field("__schema", "", {}, "", [_query_type()]))
        body = _printed(nodes)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        parts = [f"query Q{declared} {{ {body} }}"]
        parts += [f"fragment {one.name} on {one.on} {{ {_printed(one.below)} }}" for one in self.fragments]
        return Rewritten("\n".join(parts), self.variables, self.cursors)

    # ---- the tree -------------------------------------------------------------------------------

    def _selections(self, nodes: list[Node], parent: Any, path: tuple[str, ...], single: bool) -> list[Node]:
        """``single``: no list lies between here and the root, so a cursor found here belongs here alone."""
        made: list[Node] = []
        for node in nodes:
            if isinstance(node, Group):
                below = self._selections(node.below, self.schema.type_map[node.on], path, False)
                made.append(Group(node.on, below, directives=self._condition()))
                continue
            if node.name == "__typename":
                made.append(node)
                continue
            made += self._field(node, parent, path, single)
        if self.chance.random() < 0.15:
            made.append(Field("__typename", self._alias()))
        return self._grouped(made, parent)

    def _field(self, node: Field, parent: Any, path: tuple[str, ...], single: bool) -> list[Node]:
        definition = parent.fields[node.name]
        made: list[Node] = []
        copies = 2 if definition.args and self.chance.random() < 0.3 else 1
        for copy in range(copies):
            alias = self._alias() if copy or self.chance.random() < 0.2 else ""
            if copy and not alias:
                break
            one = Field(node.name, alias)
            self._arguments(one, definition, path, single)
            named = get_named_type(definition.type)
            if is_composite_type(named):
                plain = not isinstance(_nullable(definition.type), GraphQLList)
                one.below = self._selections(list(node.below), named, (*path, one.key), single and plain)
                if one.key in {keys[-1] for keys, _ in self.cursors.values() if keys == (*path, one.key)}:
                    one.below.append(Field("pageInfo", "", {}, "", [Field("startCursor"), Field("endCursor")]))
            one.directives = self._condition()
            made.append(one)
            if self.chance.random() < 0.15:
                made.append(self._again(one))
        return made

    def _again(self, one: Field) -> Field:
        """The same response key a second time, with part of its selection."""
        below = one.below
        if below:
            below = self.chance.sample(below, self.chance.randint(1, len(below)))
        return Field(one.name, one.alias, one.arguments, "", list(below))

    def _grouped(self, nodes: list[Node], parent: Any) -> list[Node]:
        """Some neighbours moved into a fragment, of this type, of its interface, or without a condition."""
        if len(nodes) < 1 or self.chance.random() > 0.25:
            return nodes
        start = self.chance.randrange(len(nodes))
        end = self.chance.randint(start + 1, len(nodes))
        inside = nodes[start:end]
        on = parent.name
        only_ids = all(isinstance(node, Field) and node.name in ("id", "__typename") for node in inside)
        interfaces = getattr(parent, "interfaces", ())
        if only_ids and interfaces and isinstance(parent, GraphQLObjectType):
            on = interfaces[0].name
        kind = self.chance.choice(("named", "inline", "bare"))
        group = Group("" if kind == "bare" else on, inside, directives=self._condition())
        if kind == "named":
            self.fragments.append(Group(on, inside, f"F{len(self.fragments)}"))
            group = Group(on, [], self.fragments[-1].name, self._condition())
        return [*nodes[:start], group, *nodes[end:]]

    def _alias(self) -> str:
        if self.aliases >= MOST_ALIASES:
            return ""
        self.aliases += 1
        return f"a{self.aliases}"

    def _condition(self) -> str:
        if self.chance.random() > 0.12:
            return ""
        directive = self.chance.choice(("skip", "include"))
        usual = directive == "include"
        value = usual if self.chance.random() < 0.7 else not usual
        if self.chance.random() < 0.3:
            return f" @{directive}(if: {json.dumps(value)})"
        return f" @{directive}(if: ${self._variable('Boolean!', value)})"

    # ---- arguments ------------------------------------------------------------------------------

    def _variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self.declared)}"
        default = ""
        if value is not ABSENT and isinstance(value, bool | int) and self.chance.random() < 0.2:
            default, value = f" = {json.dumps(value)}", ABSENT
        self.declared.append(f"${name}: {type_}{default}")
        if value is not ABSENT:
            self.variables[name] = value
        return name

    def _arguments(self, one: Field, definition: Any, path: tuple[str, ...], single: bool) -> None:
        if not definition.args:
            return
        values = self.arguments.of_field(definition.args)
        for name, value in values.items():
            one.arguments[name] = self._argument(definition.args[name].type, value)
        if single and "after" in definition.args and "after" not in values:
            backward = "last" in values
            if backward or "first" in values or self.chance.random() < 0.5:
                name = self._variable("String", ABSENT)
                one.arguments["before" if backward else "after"] = f"${name}"
                self.cursors[name] = ((*path, one.key), "startCursor" if backward else "endCursor")

    def _argument(self, type_: Any, value: Any) -> str:
        if self.chance.random() < 0.6:
            return f"${self._variable(str(type_), value)}"
        return self._literal(type_, value)

    def _literal(self, type_: Any, value: Any) -> str:
        """As written in the document; inside, variables again."""
        type_ = _nullable(type_)
        if value is None:
            return "null"
        if isinstance(type_, GraphQLInputObjectType):
            fields = [f"{name}: {self._inside(type_.fields[name], item)}" for name, item in value.items()]
            return "{" + ", ".join(fields) + "}"
        if isinstance(type_, GraphQLList):
            return "[" + ", ".join(self._literal(type_.of_type, item) for item in value) + "]"
        if isinstance(type_, GraphQLEnumType):
            return value
        return json.dumps(value, ensure_ascii=False)

    def _inside(self, definition: Any, value: Any) -> str:
        if value is not None and self.chance.random() < 0.3:
            type_ = str(definition.type)
            if definition.default_value is not Undefined and not type_.endswith("!"):
                type_ += "!"
            return f"${self._variable(type_, value)}"
        return self._literal(definition.type, value)


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _query_type() -> Field:
    return Field("queryType", "", {}, "", [Field("name")])


def read(nodes: Sequence[Any]) -> list[Node]:
    made: list[Node] = []
    for node in nodes:
        below = read(node.selection_set.selections) if node.selection_set else []
        if isinstance(node, FieldNode):
            made.append(Field(node.name.value, "", {}, "", below))
        elif isinstance(node, InlineFragmentNode) and node.type_condition:
            made.append(Group(node.type_condition.name.value, below))
    return made


def _printed(nodes: Sequence[Node]) -> str:
    return " ".join(_print(node) for node in nodes)


def _print(node: Node) -> str:
    if isinstance(node, Group):
        if node.name:
            return f"...{node.name}{node.directives}"
        on = f" on {node.on}" if node.on else ""
        return f"...{on}{node.directives} {{ {_printed(node.below)} }}"
    alias = f"{node.alias}: " if node.alias else ""
    arguments = ", ".join(f"{name}: {value}" for name, value in node.arguments.items())
    below = f" {{ {_printed(node.below)} }}" if node.below else ""
    return f"{alias}{node.name}{f'({arguments})' if arguments else ''}{node.directives}{below}"
