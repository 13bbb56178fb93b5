"""What no agency can serve of the schema is listed; keys of an API that lists nothing are found at others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adapters.contract import TYPE_KEYS, Capabilities, CollectionCapabilities, CollectionSpec, Request
from adapters.harmonised import LINKED
from adapters.memory import MemorySource
from gateway.planning.catalog import AgencyName, Catalog, Owner, catalog
from gateway.planning.serving import SEARCH, questions, unserved
from gateway.planning.shared_keys import shared_keys
from tests.kit.memory_world import COLLECTIONS, MASTER, collection


def known(*specs: CollectionSpec) -> Catalog:
    """An API for each collection with requests: it does what they say. The others can do everything."""
    owners = []
    for spec in specs:
        source = MemorySource("db", spec.agency, [spec], {})
        if spec.requests:
            lookups = frozenset(request.by for request in spec.requests if request.by)
            lists = any(not request.by for request in spec.requests)
            can = CollectionCapabilities(lookups, {}, frozenset(), lists=lists)
            source.capabilities = Capabilities({spec.name: can})
        owners.append(Owner(spec.agency, spec, source))
    return catalog([AgencyName(spec.agency, "", "") for spec in specs], owners)


def told(specs: Sequence[CollectionSpec]) -> list[str]:
    return [f"{agency} {one.key}: {one.problem}" for agency, one in unserved(MASTER, known(*specs)) if one.note]


WORLD = [spec for specs in COLLECTIONS.values() for spec in specs]
PERMIT = "number holder.businessNumber:BusinessNumber"
BY_NUMBER = Request("GET", "/p", ("number",), many="comma")
BY_HOLDER = Request("GET", "/p", ("holder.businessNumber",))
BY_HOLDERS = Request("GET", "/p", ("holder.businessNumber",), many="comma")
LIST = Request("GET", "/p")


def permits(*requests: Request) -> list[CollectionSpec]:
    """A world where one agency's permits are behind an API with these requests."""
    return [one for one in WORLD if one.provides != "Permit"] + [
        collection("FOOD", "Permit", PERMIT, requests=requests)
    ]


def of_permits(*requests: Request) -> list[str]:
    return [line.removeprefix("FOOD collections.permit: ") for line in told(permits(*requests)) if "permit:" in line]


def test_types_that_nobody_supplies() -> None:
    lines = told(WORLD)
    assert " agencies: none supplies Lookout: nothing in Person.lookouts" in lines
    assert " agencies: none supplies TravelDocument.reportedLostOrStolen: nothing in" in " ".join(lines)
    assert not [line for line in lines if "Permit" in line or "Shipment:" in line]
    without = told([spec for spec in WORLD if spec.provides != "RequiredDecision"])
    assert set(without) - set(lines) == {" agencies: none supplies RequiredDecision: nothing in Shipment.jointStatus"}


CALLS = "is looked up by one holder.businessNumber a call: in a list, as many calls as rows for Organization.permits"
SINGLE = "CitedPermit.permit, Query.node, Query.permit, Query.verifyPermit"


def test_lookups_that_an_api_has_not() -> None:
    assert of_permits(BY_NUMBER, BY_HOLDERS, LIST) == []
    assert of_permits(BY_HOLDERS, LIST) == [f"cannot be looked up by number: nothing of it in {SINGLE}"]
    assert of_permits(BY_NUMBER, BY_HOLDERS) == ["cannot be listed: nothing of it in Query.permits"]
    assert of_permits(BY_NUMBER, LIST) == [
        "cannot be looked up by holder.businessNumber: nothing of it in Organization.permits"
    ]


def test_pages_that_cost_a_call_each() -> None:
    assert of_permits(BY_NUMBER, BY_HOLDER, LIST) == [CALLS]


@pytest.mark.parametrize(
    ("requests", "silent"),
    [
        ((Request("GET", "/r", ("searchName", "birthYear")),), True),
        ((Request("GET", "/r"),), True),
        ((Request("GET", "/r", ("key",)),), False),
    ],
)
def test_people_are_searched_or_listed(requests: tuple[Request, ...], silent: bool) -> None:
    """What is searched by need not be in the answer."""
    records = collection("POLICE", "PersonRecord", "key familyName", requests=requests)
    line = "cannot be looked up by searchName, birthYear or listed: nothing of it in Query.people"
    assert any(line in one for one in told([records])) is not silent


def test_one_alternative_is_enough() -> None:
    """A person's seizures are found by document or by record."""
    seizures = collection("POLICE", "EnforcementAction", "key document.issuer:CountryCode document.number")
    assert not [line for line in told([seizures]) if "Person.enforcement" in line]


def test_what_links_look_up_by_is_what_the_adapters_know() -> None:
    asked: dict[str, set[tuple[str, ...]]] = {}
    for question in questions(MASTER):
        keys = {way for way in question.ways if way and way not in (SEARCH, TYPE_KEYS[question.target])}
        asked.setdefault(question.target, set()).update(keys)
    assert {name: keys for name, keys in asked.items() if keys} == {name: set(keys) for name, keys in LINKED.items()}


def test_keys_that_another_agency_names() -> None:
    lookup = Request("GET", "/a", ("businessNumber",))
    [key] = shared_keys(
        known(*WORLD[:5], collection("REVENUE", "Organization", "businessNumber:BusinessNumber", requests=(lookup,)))
    )
    assert (key.owner.id, key.giver.id, key.paths) == (
        "REVENUE.organization",
        "CUSTOMS.declaration",
        ("importer.businessNumber",),
    )


def test_keys_that_nobody_else_can_know() -> None:
    """A list tells keys itself; a bare text may be anybody's key."""
    assert not list(shared_keys(known(*permits(BY_NUMBER))))
    document = "issuer:CountryCode number"
    by = Request("GET", "/d", ("issuer", "number"), many="body")
    listed = collection("IMMIGRATION", "TravelDocument", document, requests=(by, LIST))
    assert not list(shared_keys(known(*WORLD[:5], listed)))
