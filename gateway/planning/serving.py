"""What the agencies' collections cannot serve of the schema: root fields and links. For ``guichet check``; pure.

None of it is a fault: an agency has the lookups that it has. It is listed so that nobody takes nothing for an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import GraphQLObjectType, GraphQLSchema

from adapters.contract import TYPE_KEYS, Finding
from gateway.planning.catalog import Catalog, Owner
from resolvers.fields import Binding, Link, LinkedValue, Listing, Lookup, Special, binding_of

Keys = tuple[str, ...]

LIST: Keys = ()
SEARCH: Keys = ("searchName", "birthYear")
PERSON: Mapping[str, tuple[Keys, ...]] = {
    "PersonRecord": (("document.issuer", "document.number"),),
    "TravelDocument": (("personKey",),),
}
SPECIAL: Mapping[str, Mapping[str, tuple[Keys, ...]]] = {
    "person": PERSON,
    "crossing_person": PERSON,
    "people": {"PersonRecord": (SEARCH, LIST)},
    "heldContainers": {"Hold": (LIST,)},
    "verifyPermit": {"Permit": (("number",),)},
}
"""What fields with a runner of their own ask: type → the ways to ask it, of which one is enough."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a field asks of the collections of a type: by one of these sets of keys; an empty set is a list.
    ``path``: of those alone that supply it. ``paged``: a page for each key."""

    coordinate: str
    target: str
    ways: tuple[Keys, ...]
    path: str = ""
    paged: bool = False


def unserved(schema: GraphQLSchema, catalog: Catalog) -> Iterator[tuple[str, Finding]]:
    """Notes, each with the agency whose file it is about; ``""``: about all of them together."""
    said: dict[tuple[str, str, str], set[str]] = {}
    for question in questions(schema):
        owners = [
            one for one in catalog.owners(question.target) if not question.path or one.spec.supplies(question.path)
        ]
        if not owners:
            what = ".".join(filter(None, (question.target, question.path)))
            said.setdefault(("", "agencies", f"none supplies {what}: nothing in"), set()).add(question.coordinate)
        for owner in owners:
            if problem := _problem(owner, question):
                place = (owner.agency, f"collections.{owner.spec.name}", problem)
                said.setdefault(place, set()).add(question.coordinate)
    for (agency, key, problem), coordinates in said.items():
        yield agency, Finding(key, f"{problem} {', '.join(sorted(coordinates))}", note=True)


def _problem(owner: Owner, question: Question) -> str:
    """To be followed by coordinates; empty when all is well."""
    found = next((way for way in question.ways if _answers(owner, way)), None)
    if found is None:
        ways = " or ".join(f"looked up by {', '.join(way)}" if way else "listed" for way in question.ways)
        return f"cannot be {ways}: nothing of it in"
    single = [request for request in owner.spec.requests if set(request.by) == set(found)]
    if question.paged and single and not any(request.many for request in single):
        return f"is looked up by one {', '.join(found)} a call: in a list, as many calls as rows for"
    return ""


def _answers(owner: Owner, way: Keys) -> bool:
    if way == SEARCH:  # what is searched by need not be in the answer
        return way in owner.capabilities.lookups
    return owner.answers_keys(way) if way else owner.capabilities.lists


def questions(schema: GraphQLSchema) -> Iterator[Question]:
    """In the order of the schema."""
    yield Question("Shipment.jointStatus", "RequiredDecision", (("transactionNumber",),))
    for name, type_ in schema.type_map.items():
        if not isinstance(type_, GraphQLObjectType) or name.startswith("__"):
            continue
        if name in TYPE_KEYS and any(one.name == "Node" for one in type_.interfaces):
            yield Question("Query.node", name, (TYPE_KEYS[name],))
        for field, definition in type_.fields.items():
            yield from _asked(f"{name}.{field}", binding_of(definition, field))


def _asked(coordinate: str, binding: Binding) -> Iterator[Question]:
    match binding:
        case Lookup(target=target, on=on):
            yield Question(coordinate, target, (_theirs(on),))
        case Listing(target=target):
            yield Question(coordinate, target, (LIST,))
        case Link(target=target, on=on, via=via):
            if via:
                yield Question(coordinate, via[0][0], (LIST,))
            yield from (Question(coordinate, name, (_theirs(pairs),)) for name, pairs in via[1:])
            groups = dict.fromkeys(ours.split(".")[0] if binding.any_of else "" for _, ours in on)
            ways = (tuple(theirs for theirs, ours in on if ours.startswith(group)) for group in groups)
            yield Question(coordinate, target, tuple(ways), paged=binding.kind == "connection")
        case LinkedValue(target=target, on=on, path=path):
            yield Question(coordinate, target, (_theirs(on),), path)
        case Special(name=name):
            yield from (Question(coordinate, target, ways) for target, ways in SPECIAL.get(name, {}).items())


def _theirs(on: tuple[tuple[str, str], ...]) -> Keys:
    return tuple(theirs for theirs, _ in on)
