"""A plan as text: whom it asks, by what, and never a value."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Compare, Param, Value
from adapters.errors import Unsupported
from gateway.errors import ClientError
from gateway.policy import View
from gateway.request import RequestContext
from tests.kit.memory_world import MASTER, World, principal, whole
from tests.kit.policy.withholding import policy

WORLD = World({})


def explained(query: str, variables: dict[str, Any] | None = None, view: View | None = None) -> str:
    return WORLD.engine.explain(query=query, operation_name=None, variables=variables, view=view or whole())


def test_a_lookup_its_links_and_what_is_held_by_the_row() -> None:
    text = explained(
        'query Mine { shipment(ccn: "1234PARS00001") { ccn holds { place } importer { organization '
        "{ businessNumber } } jointStatus { state } } }"
    )
    assert text.startswith("query Mine\n  shipment: Query.shipment looks up\n")
    assert "    fetch Shipment by (ccn) from CUSTOMS.shipment\n" in text
    assert "holds: Shipment.holds links to list" in text
    assert "fetch Hold by (shipment.ccn) from FOOD.hold" in text
    assert "organization: Party.organization is answered by the linking row's own key" in text
    assert "jointStatus: Shipment.jointStatus computed from" in text
    assert "1234PARS00001" not in text


def test_pages_introspection_and_runners() -> None:
    text = explained(
        '{ permits(filter: {issuer: {eq: "FOOD"}}) { nodes { number } } __schema { description } '
        'people(search: {familyName: "Secret"}) { nodes { records { key: familyName } } } }'
    )
    assert "permits: Query.permits pages" in text
    assert "people: Query.people runs people" in text
    assert "__schema: introspection" in text
    assert "not asked: the filter leaves no row of it" in text
    assert "Secret" not in text


def test_nodes_have_a_fetch_a_type() -> None:
    text = explained("query($i: ID!) { node(id: $i) { ... on Hold { place } ... on Permit { number } } }", {"i": "x"})
    assert "node: Query.node runs node" in text
    assert "fetch Permit by (number) from TRADE_CONTROLS.permit" in text
    assert "fetch Hold by (key) from CUSTOMS.hold" in text


def test_what_a_source_cannot_do_is_told() -> None:
    food = WORLD.sources["FOOD"]
    prepare = food.prepare

    def refuse(spec: Any) -> Any:
        raise Unsupported("no order by validTo")

    food.prepare = refuse  # type: ignore[method-assign]  # a stand-in
    try:
        assert "refused: no order by validTo" in explained("{ permits { nodes { number } } }")
    finally:
        food.prepare = prepare  # type: ignore[method-assign]  # a stand-in


def test_explaining_asks_nobody_and_keeps_nothing() -> None:
    calls = sum(len(source.calls) for source in WORLD.sources.values())
    one = explained("{ permits { nodes { number } } }")
    assert explained("{ permits { nodes { number } } }") == one
    assert sum(len(source.calls) for source in WORLD.sources.values()) == calls


def test_a_rule_without_claims_stays_open() -> None:
    view = whole({"Permit": Compare("issuer", "eq", Param("claims.agency"))}, ("claims.agency",), "own")
    assert "fetch Permit from FOOD.permit" in explained("{ permits { nodes { number } } }", view=view)


ROLES = """
[roles.all]
query = ["holds", "person", "shipments"]
[roles.all.types]
Shipment = { fields = ["ccn", "holds", "carrierCode"], mask = { carrierCode = "PARTIAL" } }
Hold = { fields = ["reasonCode"], rows = { shipment.portOfArrival = { in = "claims.ports" } } }
Person = { fields = ["records"], rows = { not = { records.familyName = { eq = "ROE" } } } }
PersonRecord = { fields = ["familyName"] }
[roles.agency]
query = ["shipments"]
[roles.agency.types]
Shipment = { fields = ["ccn", "holds", "carrierCode"], mask = { carrierCode = "PRESENCE" } }
Hold = { fields = ["agency"], rows = { agency = { eq = "claims.agency" } } }
"""
HOLDS = "{ shipments { nodes { carrierCode holds { reasonCode } } } }"


def test_rules_that_the_gateway_decides_masks_and_what_agencies_keep_back(tmp_path: Path) -> None:
    view = policy(tmp_path, ROLES, {"FOOD": "Hold.reasonCode"}).view_of(["all"])
    text = explained(HOLDS, view=view)
    assert "      fetch Hold by (shipment.ccn) from FOOD.hold\n" in text
    assert "shows the rows that this finds\n          fetch Shipment by (ccn) from CUSTOMS.shipment" in text
    assert "carrierCode: Shipment.carrierCode PARTIAL\n" in text
    assert "reasonCode: Hold.reasonCode null on rows from FOOD\n" in text
    person = explained('{ person(document: {issuer: "CA", number: "X"}) { records { familyName } } }', view=view)
    assert "persons: not (records.familyName eq 'ROE')" in person


def test_where_grants_see_different_rows_the_plan_tells_them_apart(tmp_path: Path) -> None:
    text = explained(HOLDS, view=policy(tmp_path, ROLES).view_of(["all", "agency"]))
    assert "rows of role:all\n    Hold: shipment.portOfArrival in claims.ports\n" in text
    assert "rows of role:agency\n    Hold: agency eq claims.agency\n" in text
    assert "PARTIAL on rows of role:all; PRESENCE on rows of role:agency" in text
    assert "reasonCode: Hold.reasonCode shows on rows of role:all\n" in text
    assert "is of role:all where this finds it\n          fetch Shipment by (ccn) from CUSTOMS.shipment" in text


async def test_with_an_answer_the_plan_asks_only_whom_the_claims_leave(tmp_path: Path) -> None:
    """Of two roles one names the agency by a claim, the other shows no list; no claim's value is in the text."""
    roles = ROLES.replace('["holds", "person", "shipments"]', '["person", "shipments"]')
    roles = roles.replace('[roles.agency]\nquery = ["shipments"]', '[roles.agency]\nexplain = true\nquery = ["holds"]')
    view = policy(tmp_path, roles).view_of(["all", "agency"])
    claims = {"agency": "FOOD", "ports": ["CAVAN"]}
    answer = await WORLD.engine.execute(
        query="{ holds { nodes { agency } } }",
        operation_name=None,
        variables=None,
        view=view,
        context=RequestContext("r", principal(claims), asyncio.get_running_loop().time() + 5, explain=True),
    )
    assert answer.errors == []
    plan = answer.extensions["plan"]
    assert plan.count("not asked: no row of it can be in the view") == 2
    assert "fetch Hold from FOOD.hold\n      | " in plan
    assert "CAVAN" not in plan


@pytest.mark.parametrize("query", ["{ bogus }", "{", "query A { viewer { subject } } query B { viewer { subject } }"])
def test_refusals_are_client_errors(query: str) -> None:
    with pytest.raises(ClientError):
        explained(query)


async def test_the_plan_is_shown_with_an_answer_only_where_the_view_says_so() -> None:
    def view(explain: bool) -> View:
        return View("e" if explain else "n", MASTER, {"Permit": Compare("issuer", "eq", Value("FOOD"))}, (), explain)

    for allowed in (True, False):
        for asked in (True, False):
            answer = await WORLD.engine.execute(
                query="{ permits { nodes { number } } }",
                operation_name=None,
                variables=None,
                view=view(allowed),
                context=RequestContext("r", principal(), 1e12, explain=asked),
            )
            assert ("plan" in answer.extensions) is (allowed and asked)
