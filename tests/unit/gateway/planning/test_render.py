"""A plan as text: whom it asks, by what, and never a value."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Compare, Param, Value
from adapters.errors import Unsupported
from gateway.errors import ClientError
from gateway.policy import View
from tests.kit.memory_world import World, whole

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

    food.prepare = refuse  # type: ignore[method-assign]
    try:
        assert "refused: no order by validTo" in explained("{ permits { nodes { number } } }")
    finally:
        food.prepare = prepare  # type: ignore[method-assign]


def test_explaining_asks_nobody_and_keeps_nothing() -> None:
    calls = sum(len(source.calls) for source in WORLD.sources.values())
    one = explained("{ permits { nodes { number } } }")
    assert explained("{ permits { nodes { number } } }") == one
    assert sum(len(source.calls) for source in WORLD.sources.values()) == calls


def test_a_rule_without_claims_stays_open() -> None:
    view = whole({"Permit": Compare("issuer", "eq", Param("claims.agency"))}, ("claims.agency",), "own")
    assert "fetch Permit from FOOD.permit" in explained("{ permits { nodes { number } } }", view=view)


@pytest.mark.parametrize("query", ["{ bogus }", "{", "query A { viewer { subject } } query B { viewer { subject } }"])
def test_refusals_are_client_errors(query: str) -> None:
    with pytest.raises(ClientError):
        explained(query)


async def test_the_plan_is_shown_with_an_answer_only_where_the_view_says_so() -> None:
    from gateway.request import RequestContext
    from tests.kit.memory_world import MASTER, principal

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
