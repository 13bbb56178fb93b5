"""Random queries over what a schema has, as trees that can be printed in many ways: aliases, fragments, directives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema

from adapters.memory import Row
from tests.kit.policy.harmonised import FIELDS, LEAF, LINK, ROOTS
from tests.kit.policy.marked import Marked

KEY = "_key"
"""The alias under which the full answer has every row's node id."""


@dataclass(frozen=True)
class Pick:
    """One response key. ``kind`` as in ``FIELDS``; ``owner`` has the field, ``target`` is what it leads to."""

    key: str
    name: str
    kind: str
    owner: str
    target: str = ""
    below: tuple[Pick, ...] = ()
    arguments: str = ""


def query_of(rng: Random, schema: GraphQLSchema, marked: Marked) -> tuple[Pick, ...]:
    """A few roots that the schema has; none when it has none that this knows."""
    assert schema.query_type is not None
    known = [(root, owner) for owner, roots in ROOTS.items() for root in roots if root in schema.query_type.fields]
    known += [("node", owner) for owner in ROOTS if owner in _nodes(schema)]
    return tuple(
        _root(rng, schema, marked, f"q{n}", *rng.choice(known)) for n in range(rng.randint(1, 3) if known else 0)
    )


def _nodes(schema: GraphQLSchema) -> set[str]:
    node = schema.type_map.get("Node")
    return {each.name for each in schema.get_possible_types(node)} if node is not None else set()  # type: ignore[arg-type]


def _root(rng: Random, schema: GraphQLSchema, marked: Marked, key: str, root: str, owner: str) -> Pick:
    below = _below(rng, schema, owner, 3)
    row_id, (agency, row) = rng.choice([each for each in marked.rows.items() if _is(marked, each[0], owner)])
    match root:
        case "node":
            arguments = f'(id: "{row_id}")'
        case "shipment":
            arguments = f'(ccn: "{row["ccn"]}")'
        case "declaration":
            arguments = f'(transactionNumber: "{row["transactionNumber"]}")'
        case "permit":
            arguments = f'(issuer: "{agency}", number: "{row["number"]}")'
        case "organization":
            arguments = f'(businessNumber: "{row["businessNumber"]}")'
        case _:
            return Pick(key, root, "list", "Query", owner, below, _arguments(rng, schema, root, row))
    return Pick(key, root, root, "Query", owner, below, arguments)


def _is(marked: Marked, row_id: str, owner: str) -> bool:
    agency, row = marked.rows[row_id]
    return any(row is one for one in marked.world.data[agency].get(owner.lower(), ()))


FILTERS: Mapping[tuple[str, str], Callable[[Row], str]] = {
    ("shipments", "portOfArrival"): lambda row: f'portOfArrival: {{ eq: "{row["portOfArrival"]}" }}',
    ("shipments", "importer"): lambda row: f'importer: {{ eq: "{row["importer.businessNumber"]}" }}',
    ("shipments", "status"): lambda row: f"not: {{ status: {{ eq: {row['status']} }} }}",
    ("shipments", "ccn"): lambda row: f'ccn: {{ startsWith: "{row["ccn"][:8]}" }}',
    ("holds", "place"): lambda row: f'place: {{ eq: "{row["place"]}" }}',
    ("holds", "open"): lambda _: "open: true",
    ("permits", "holder"): lambda row: f'holder: {{ eq: "{row["holder.businessNumber"]}" }}',
    ("permits", "status"): lambda row: f"status: {{ eq: {row['status']} }}",
}


def _arguments(rng: Random, schema: GraphQLSchema, root: str, row: Any) -> str:
    """All rows there are, perhaps under a filter on what the view shows."""
    assert schema.query_type is not None
    filters = schema.query_type.fields[root].args.get("filter")
    names = filters.type.fields if filters is not None else ()
    able = [made for (of, name), made in FILTERS.items() if of == root and name in names]
    chosen = f", filter: {{ {rng.choice(able)(row)} }}" if able and rng.random() < 0.4 else ""
    return f"(first: 100{chosen})"


def _below(rng: Random, schema: GraphQLSchema, owner: str, depth: int) -> tuple[Pick, ...]:
    named = schema.type_map[owner]
    assert isinstance(named, GraphQLObjectType)
    picks = []
    for name, (kind, target) in FIELDS[owner].items():
        if name not in named.fields or (target and (depth == 0 or target not in schema.type_map)):
            continue
        if rng.random() < (0.5 if target else 0.7):
            below = _below(rng, schema, target, depth - 1) if target else ()
            picks.append(Pick(name, name, kind, owner, target, below))
            if not target and rng.random() < 0.1:
                picks.append(Pick(f"also_{name}", name, kind, owner, target, below))
    if "id" in named.fields and rng.random() < 0.2:
        picks.append(Pick("id", "id", LEAF, owner))
    if not picks or rng.random() < 0.2:
        picks.append(Pick("kind", "__typename", LEAF, owner))
    return tuple(picks)


NAMED = "_named_"
"""Before the key of a link: what it leads to as our own row names it, whether it is there or not."""
NAMES = {"Shipment": "ccn", "Organization": "businessNumber"}
"""What a row that links to the type knows of it."""


class Printer:
    """One text of a tree. ``keyed``: rows tell their id besides."""

    def __init__(self, rng: Random, *, keyed: bool) -> None:
        self.rng = rng
        self.keyed = keyed
        self.fragments: list[str] = []

    def text(self, roots: Sequence[Pick]) -> str:
        body = " ".join(self._field(root) for root in roots)
        return "\n".join([f"{{ {body} }}", *self.fragments])

    def _field(self, pick: Pick) -> str:
        head = pick.name if pick.key == pick.name else f"{pick.key}: {pick.name}"
        if pick.kind == "list":
            inner = self._selection(pick)
            return f"{head}{pick.arguments} {{ totalCount nodes {{ {inner} }} edges {{ node {{ {inner} }} }} }}"
        if pick.kind == "node":
            return f"{head}{pick.arguments} {{ ... on {pick.target} {{ {self._selection(pick)} }} }}"
        text = f"{head}{pick.arguments} {{ {self._selection(pick)} }}" if pick.below else head + pick.arguments
        if self.keyed and pick.kind == LINK and pick.target in NAMES:
            text += f" {NAMED}{pick.key}: {pick.name} {{ id {NAMES[pick.target]} __typename }}"
        return text

    def _selection(self, pick: Pick) -> str:
        texts = [self._field(below) for below in pick.below]
        if not self.keyed:
            texts = [self._wrapped(text, pick.target) for text in texts]
        elif pick.target in ROOTS:
            texts.append(f"{KEY}: id")
        return " ".join(texts)

    def _wrapped(self, text: str, owner: str) -> str:
        chance = self.rng.random()
        if chance < 0.1:
            return f"... on {owner} {{ {text} }}"
        if chance < 0.15:
            return f"... @include(if: true) {{ {text} }}"
        if chance < 0.2:
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {owner} {{ {text} }}")
            return f"...{name}"
        return text
