"""Ways round a gateway's authorization that were found in others: interfaces, fragments, aliases, directives."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.kit.demo import RunningDemo
from tests.kit.statements import RequestLog, StatementLog

OFFICER = "officer-vancouver"
REFUSED = "GRAPHQL_VALIDATION_FAILED"


@pytest.fixture(scope="module")
def ids(demo: RunningDemo) -> dict[str, str]:
    """A shipment and a declaration that the officer may see."""
    query = "{ shipments(first: 50) { nodes { id declarations { id } } } }"
    nodes = demo.ask(OFFICER, query)["data"]["shipments"]["nodes"]
    one = next(node for node in nodes if node["declarations"])
    return {"shipment": one["id"], "declaration": one["declarations"][0]["id"]}


HIDDEN = {
    "below an interface": "query ($d: ID!) { node(id: $d) { ... on Declaration { invoiceTotal { amount } } } }",
    "below an interface in itself": """query ($d: ID!) { node(id: $d) {
        ... on Node { ... on Node { ... on Declaration { duties { paid } } } } } }""",
    "in a list of an interface": """query ($d: ID!) { nodes(ids: [$d]) {
        id ... on Declaration { invoiceTotal { amount } } } }""",
    "in a fragment on the interface": """query ($d: ID!) { node(id: $d) { ...F } }
        fragment F on Node { id ...G } fragment G on Declaration { invoiceTotal { amount } }""",
    "in a sibling fragment": """query ($d: ID!) { node(id: $d) {
        ... on Declaration { transactionNumber } ... on Declaration { invoiceTotal { amount } } } }""",
    "below a key that a sibling shares": """{ shipments(first: 1) { nodes {
        declarations { transactionNumber } ... on Shipment { declarations { duties { paid } } } } } }""",
    "under another name": "{ shipments(first: 1) { nodes { ccn: risk { band: score } } } }",
    "under the name of a field that is shown": """{ shipments(first: 1) { nodes {
        risk { band } ... on Shipment { also: risk { band: rules } } } } }""",
    "where it is left out": """query ($d: ID!) { node(id: $d) {
        id ... on Declaration { invoiceTotal @include(if: false) { amount } } } }""",
    "where it is skipped by a variable": """query ($d: ID!, $no: Boolean = true) { node(id: $d) {
        id ... on Declaration @skip(if: $no) { invoiceTotal { amount } } } }""",
    "on a type that the view lacks": "query ($d: ID!) { node(id: $d) { id ... on Person { records { key } } } }",
    "on the root, in a fragment": """{ ...F } fragment F on Query {
        people(search: { familyName: "A" }) { totalCount } }""",
    "on the root, under another name": "{ shipments: crossings(first: 1) { nodes { id } } }",
    "in an operation that does not run": "query A { shipments { totalCount } } query B { crossings { totalCount } }",
}


@pytest.mark.parametrize("how", HIDDEN)
def test_what_is_hidden_is_refused_however_it_is_written(
    demo: RunningDemo, ids: dict[str, str], customs: StatementLog, how: str
) -> None:
    text = HIDDEN[how]
    body = {
        "query": text,
        "variables": {"d": ids["declaration"]} if "$d" in text else {},
        "operationName": "A" if "query A" in text else None,
    }
    customs.mark()
    response = httpx.post(demo.url, json=body, headers=demo.headers(OFFICER), timeout=30)
    answer: dict[str, Any] = response.json()
    assert "data" not in answer, answer
    assert {one["extensions"]["code"] for one in answer["errors"]} == {REFUSED}
    assert customs.since() == []


def test_what_is_shown_is_shown_by_the_same_routes(demo: RunningDemo, ids: dict[str, str]) -> None:
    """Or the refusals above would prove nothing."""
    query = """query ($d: ID!, $s: ID!) {
      node(id: $d) { ... on Node { ... on Node { ... on Declaration { transactionNumber } } } }
      nodes(ids: [$d, $s]) { ...F }
      ...R
    }
    fragment F on Node { id ...G } fragment G on Shipment { number: ccn ... on Shipment { ccn: status } }
    fragment R on Query { crossings: shipments(first: 1) { nodes { risk { score: band } } } }"""
    answer = demo.ask(OFFICER, query, {"d": ids["declaration"], "s": ids["shipment"]})
    assert "errors" not in answer, answer
    declaration, shipment = answer["data"]["nodes"]
    assert declaration == {"id": ids["declaration"]}
    assert shipment["number"]
    assert answer["data"]["node"]["transactionNumber"]
    assert answer["data"]["crossings"]["nodes"]


DIRECTIVES = {
    "classified": '{ shipments(first: 1) { nodes { ccn @classified(as: ["COMMERCIAL"]) } } }',
    "policy": "{ shipments(first: 1) { nodes { risk { score @policy(policies: []) } } } }",
    "authenticated": "{ shipments(first: 1) @authenticated { nodes { ccn } } }",
}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_no_directive_decides_what_is_shown(demo: RunningDemo, customs: StatementLog, name: str) -> None:
    """Rights are no part of the schema that a caller sees: there is no directive to rename, to repeat or to forge."""
    answer = demo.ask(OFFICER, DIRECTIVES[name])
    assert {one["extensions"]["code"] for one in answer["errors"]} == {REFUSED}
    assert customs.since() == []


def test_a_view_tells_of_no_directive_of_rights(demo: RunningDemo) -> None:
    told = demo.ask(OFFICER, "{ __schema { directives { name } } }")["data"]["__schema"]["directives"]
    assert {one["name"] for one in told} <= {"include", "skip", "deprecated", "specifiedBy", "oneOf"}
    assert "@classified" not in demo.read("/schema.graphql", OFFICER).text


def test_the_type_of_a_forbidden_node_is_not_told(demo: RunningDemo) -> None:
    people = '{ people(search: { familyName: "Eriksson" }, first: 1) { nodes { id } } }'
    (person,) = demo.ask("developer", people)["data"]["people"]["nodes"]
    logs = [RequestLog(demo, name) for name in ("immigration", "police")]
    for log in logs:
        log.mark()
    query = "query ($i: ID!) { a: node(id: $i) { __typename } b: nodes(ids: [$i]) { ... on Node { __typename } } }"
    answer = demo.ask(OFFICER, query, {"i": person["id"]})
    assert answer["data"] == {"a": None, "b": [None]}
    assert [log.since() for log in logs] == [[], []]
