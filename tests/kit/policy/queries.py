"""Random queries over what a schema has, as trees that can be printed in many ways: aliases, fragments, directives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from adapters.memory import Row
from tests.kit.policy.harmonised import COMPUTED, FIELDS, IDENTIFIED, LEAF, LINK, PAGE, ROOTS, SHOWN
from tests.kit.policy.marked import Marked

KEY, AGENCY = "_key", "_agency"
"""The aliases under which the full answer has every row's node id, or the agency of one that has none."""


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
    known += [("node", owner) for owner in IDENTIFIED if owner in _nodes(schema)]
    known += [("verifyPermit", "Permit")] if "verifyPermit" in schema.query_type.fields else []
    return tuple(
        _root(rng, schema, marked, f"q{n}", *rng.choice(known)) for n in range(rng.randint(1, 3) if known else 0)
    )


LISTS = ("shipments", "holds", "permits", "crossings")


def list_of(rng: Random, schema: GraphQLSchema, marked: Marked) -> Pick | None:
    """One list that the schema has, half of the time in an order that the view offers."""
    assert schema.query_type is not None
    known = [(root, owner) for owner, roots in ROOTS.items() for root in roots if root in LISTS]
    known = [(root, owner) for root, owner in known if root in schema.query_type.fields]
    if not known:
        return None
    pick = _root(rng, schema, marked, "q", *rng.choice(known))
    orders = schema.query_type.fields[pick.name].args.get("orderBy")
    if orders is None or rng.random() < 0.5:
        return pick
    by = get_named_type(orders.type).fields["field"].type  # type: ignore[union-attr]  # there, or the test fails
    chosen = f"{{ field: {rng.choice(sorted(get_named_type(by).values))}, direction: {rng.choice(('ASC', 'DESC'))} }}"
    return replace(pick, arguments=f"{pick.arguments[:-1]}, orderBy: {chosen})")


def _nodes(schema: GraphQLSchema) -> set[str]:
    node = schema.type_map.get("Node")
    # Node is an interface.
    return {each.name for each in schema.get_possible_types(node)} if node is not None else set()  # type: ignore[arg-type]


def _root(rng: Random, schema: GraphQLSchema, marked: Marked, key: str, root: str, owner: str) -> Pick:
    below = _below(rng, schema, owner, 3) if owner in schema.type_map else ()
    rows = [each for each in marked.rows.items() if _is(marked, each[0], owner)]
    row_id, (agency, row) = rng.choice(rows) if rows else ("nobody", ("", {}))
    match root:
        case "verifyPermit":
            return Pick(key, root, COMPUTED, "Query", arguments=_import(agency, row) + SHOWN[root])
        case "person":
            issuer, number = row["anchor"]
            arguments = f'(document: {{ issuer: "{issuer}", number: "{number}" }})'
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
    if not agency:
        return owner == "Person"
    return any(row is one for one in marked.world.data[agency].get(owner.lower(), ()))


def _import(agency: str, row: Row) -> str:
    """An import under a permit: half of the importers are its holder."""
    return (
        f'(input: {{ issuer: "{agency}", number: "{row["number"]}", importer: "{row["holder.businessNumber"]}", '
        'hs: "080000", originCountry: "CA", quantity: { value: "1", unit: "KGM" }, arrival: "2020-01-05" })'
    )


FILTERS: Mapping[tuple[str, str], Callable[[Row], str]] = {
    ("shipments", "portOfArrival"): lambda row: f'portOfArrival: {{ eq: "{row["portOfArrival"]}" }}',
    ("shipments", "importer"): lambda row: f'importer: {{ eq: "{row["importer.businessNumber"]}" }}',
    ("shipments", "status"): lambda row: f"not: {{ status: {{ eq: {row['status']} }} }}",
    ("shipments", "ccn"): lambda row: f'ccn: {{ startsWith: "{row["ccn"][:8]}" }}',
    ("holds", "place"): lambda row: f'place: {{ eq: "{row["place"]}" }}',
    ("holds", "open"): lambda _: "open: true",
    ("permits", "holder"): lambda row: f'holder: {{ eq: "{row["holder.businessNumber"]}" }}',
    ("crossings", "place"): lambda row: f'place: {{ eq: "{row["place"]}" }}',
    ("crossings", "direction"): lambda row: f"direction: {{ eq: {row['direction']} }}",
    ("permits", "status"): lambda row: f"status: {{ eq: {row['status']} }}",
}


def _arguments(rng: Random, schema: GraphQLSchema, root: str, row: Any) -> str:
    """All rows there are, perhaps under a filter on what the view shows."""
    assert schema.query_type is not None
    filters = schema.query_type.fields[root].args.get("filter")
    names = filters.type.fields if filters is not None and row else ()
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
            arguments = "(first: 100)" if kind == PAGE else SHOWN.get(name, "")
            picks.append(Pick(name, name, kind, owner, target, below, arguments))
            if not target and rng.random() < 0.1:
                picks.append(Pick(f"also_{name}", name, kind, owner, target, below, arguments))
    if "id" in named.fields and rng.random() < 0.2:
        picks.append(Pick("id", "id", LEAF, owner))
    if not picks or rng.random() < 0.2:
        picks.append(Pick("typename", "__typename", LEAF, owner))
    return tuple(picks)


NAMED = "_named_"
"""Before the key of a link: what it leads to as our own row names it, whether it is there or not."""
NAMES = {"Shipment": "ccn", "Organization": "businessNumber"}
"""What a row that links to the type knows of it."""


PAGE_INFO = "hasNextPage hasPreviousPage startCursor endCursor"


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
        if pick.kind in ("list", PAGE):
            inner = self.selection(pick)
            return f"{head}{pick.arguments} {{ totalCount nodes {{ {inner} }} edges {{ node {{ {inner} }} }} }}"
        if pick.kind == "node":
            return f"{head}{pick.arguments} {{ ... on {pick.target} {{ {self.selection(pick)} }} }}"
        text = f"{head}{pick.arguments} {{ {self.selection(pick)} }}" if pick.below else head + pick.arguments
        if self.keyed and pick.kind == LINK and pick.target in NAMES:
            text += f" {NAMED}{pick.key}: {pick.name} {{ id {NAMES[pick.target]} __typename }}"
        return text

    def page(self, pick: Pick, *arguments: str) -> str:
        """A list's rows under further arguments in the place of ``first: 100``."""
        given = pick.arguments.replace("first: 100", ", ".join(arguments))
        text = f"{pick.name}{given} {{ totalCount nodes {{ {self.selection(pick)} }} pageInfo {{ {PAGE_INFO} }} }}"
        return "\n".join([f"{{ {pick.key}: {text} }}", *self.fragments])

    def selection(self, pick: Pick) -> str:
        texts = [self._field(below) for below in pick.below]
        if not self.keyed:
            texts = [self._wrapped(text, pick.target) for text in texts]
        elif pick.target in IDENTIFIED:
            texts.append(f"{KEY}: id")
        elif pick.target == "PersonRecord":
            texts.append(f"{AGENCY}: agency")
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
