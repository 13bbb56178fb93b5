"""Rows of others: not shown, not counted, not found, and not told from rows that do not exist."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kit.demo import RunningDemo
from tests.kit.statements import StatementLog
from tests.kit.truth import Row, Truth
from tests.kit.truth_people import PeopleTruth

ABSENT = "9999PARS9999999"
MOMENT = re.compile(rb'"\d{4}-\d\d-\d\dT[0-9:.]+Z"')


def answer(demo: RunningDemo, persona: str, query: str, **variables: Any) -> tuple[int, bytes]:
    """Status and bytes, but for the moments at which agencies answered."""
    response = demo.post(demo.token(persona), query, variables)
    return response.status_code, MOMENT.sub(b'"now"', response.content)


@pytest.fixture(scope="module")
def ids(demo: RunningDemo, foreign: Row) -> Row:
    """Node ids of the foreign shipment and what belongs to it."""
    query = """query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) {
      id declarations { id } holds { id agency } inspections { id } } }"""
    found = demo.ask("developer", query, {"ccn": foreign["ccn"]})["data"]["shipment"]
    return {
        "shipment": found["id"],
        "declaration": found["declarations"][0]["id"],
        **{f"hold of {one['agency']}": one["id"] for one in found["holds"]},
    }


@pytest.fixture
def deleted(truth: Truth, foreign: Row) -> Iterator[None]:
    """The foreign shipment does not exist for a while, nor what belongs to it."""
    change = "UPDATE cargo.ccd_hdr SET del_flg = $2 WHERE ccd_id = $1 RETURNING ccd_id"
    assert truth.stores.rows("customs", change, foreign["ccd_id"], "Y")
    yield
    assert truth.stores.rows("customs", change, foreign["ccd_id"], foreign["del_flg"])


SHIPMENT = "query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { id ccn jointStatus { state } holds { agency } } }"
NODE = "query ($id: ID!) { node(id: $id) { __typename id ... on Shipment { ccn } } }"


def test_counts_are_of_the_own_port(demo: RunningDemo, truth: Truth) -> None:
    query = "{ shipments(first: 1000) { totalCount nodes { ccn portOfArrival } } }"
    for persona, port in (("officer-vancouver", "CAVAN"), ("officer-montreal", "CAMTR")):
        found = demo.ask(persona, query)["data"]["shipments"]
        expected = {row["ccn"] for row in truth.shipments("p.unlocode = $1", port)}
        assert found["totalCount"] == len(expected)
        assert {node["ccn"] for node in found["nodes"]} == expected
        assert {node["portOfArrival"] for node in found["nodes"]} == {port}


@pytest.mark.parametrize(
    "condition",
    [
        '{portOfArrival: {eq: "CAMTR"}}',
        '{ccn: {eq: "%(ccn)s"}}',
        '{ccn: {startsWith: "%(ccn)s"}}',
        '{or: [{ccn: {eq: "%(ccn)s"}}, {portOfArrival: {in: ["CAMTR"]}}]}',
        '{not: {portOfArrival: {eq: "CAVAN"}}}',
    ],
)
def test_a_filter_does_not_reach_further(demo: RunningDemo, foreign: Row, condition: str) -> None:
    filter = condition % foreign
    found = demo.ask("officer-vancouver", f"{{ shipments(filter: {filter}) {{ totalCount nodes {{ ccn }} }} }}")
    assert found["data"] == {"shipments": {"totalCount": 0, "nodes": []}}, found


def test_a_forbidden_shipment_is_as_good_as_absent(demo: RunningDemo, foreign: Row) -> None:
    forbidden = answer(demo, "officer-vancouver", SHIPMENT, ccn=foreign["ccn"])
    assert forbidden == answer(demo, "officer-vancouver", SHIPMENT, ccn=ABSENT)
    assert forbidden[0] == 200
    assert b'"shipment":null' in forbidden[1]
    assert b"errors" not in forbidden[1]
    own = demo.ask("officer-montreal", SHIPMENT, {"ccn": foreign["ccn"]})
    assert own["data"]["shipment"]["ccn"] == foreign["ccn"]


def test_a_forbidden_declaration_is_as_good_as_absent(demo: RunningDemo, foreign: Row) -> None:
    query = "query ($n: TransactionNumber!) { declaration(transactionNumber: $n) { id items { hs } shipment { ccn } } }"
    forbidden = answer(demo, "officer-vancouver", query, n=foreign["txn"])
    assert forbidden == answer(demo, "officer-vancouver", query, n="99999999999999")
    assert b'"declaration":null' in forbidden[1]


def test_nodes_by_id(demo: RunningDemo, ids: Row, foreign: Row) -> None:
    """The same id finds the row for one officer and nothing for the other."""
    for kind, opaque in ids.items():
        assert demo.ask("officer-montreal", NODE, {"id": opaque})["data"]["node"]["id"] == opaque, kind
        hidden = demo.ask("officer-vancouver", NODE, {"id": opaque})
        assert hidden["data"] == {"node": None}, kind
        assert "errors" not in hidden
    many = demo.ask(
        "officer-vancouver", "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": list(ids.values())}
    )
    assert many["data"] == {"nodes": [None] * len(ids)}


def test_a_forbidden_node_is_as_good_as_absent(
    demo: RunningDemo, ids: Row, foreign: Row, request: pytest.FixtureRequest
) -> None:
    """The row is deleted: nothing changes for the one who might not see it."""
    before = answer(demo, "officer-vancouver", NODE, id=ids["shipment"])
    shipment = answer(demo, "officer-vancouver", SHIPMENT, ccn=foreign["ccn"])
    request.getfixturevalue("deleted")
    assert demo.ask("developer", NODE, {"id": ids["shipment"]})["data"] == {"node": None}
    assert answer(demo, "officer-vancouver", NODE, id=ids["shipment"]) == before
    assert answer(demo, "officer-vancouver", SHIPMENT, ccn=foreign["ccn"]) == shipment


def test_holds_of_the_own_port(demo: RunningDemo, truth: Truth, foreign: Row) -> None:
    query = "{ holds(first: 1000) { totalCount nodes { agency place container shipment { ccn portOfArrival } } } }"
    found = demo.ask("officer-vancouver", query)["data"]["holds"]
    own = [one for holds in truth.holds.values() for one in holds if one["place"] == "CAVAN"]
    assert found["totalCount"] == len(found["nodes"]) == len(own)
    assert {node["place"] for node in found["nodes"]} == {"CAVAN"}
    assert {node["shipment"]["portOfArrival"] for node in found["nodes"] if node["shipment"]} == {"CAVAN"}
    query = "query ($c: ContainerNumber) { holds(filter: {container: $c}) { totalCount nodes { agency } } }"
    boxed = next(one for holds in truth.holds.values() for one in holds if one["place"] != "CAVAN" and one["container"])
    forbidden = answer(demo, "officer-vancouver", query, c=boxed["container"])
    assert forbidden == answer(demo, "officer-vancouver", query, c="MSCU1234566")
    assert b'"totalCount":0' in forbidden[1]
    nothing = demo.ask("officer-vancouver", '{ heldContainers(place: "CAMTR") { totalCount nodes { number } } }')
    assert nothing["data"] == {"heldContainers": {"totalCount": 0, "nodes": []}}


def test_links_back_do_not_lead_out(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    """Over declarations, holds and containers a vessel's other shipments stay out of sight."""
    query = """{ shipments(first: 400) { nodes { declarations { shipment { portOfArrival } } } }
      holds(first: 400) { nodes { shipment { portOfArrival } } }
      heldContainers(place: "CAVAN") { nodes { shipment { portOfArrival } } } }"""
    found = demo.ask("officer-vancouver", query)
    assert "errors" not in found
    assert ports(found["data"]) == {"CAVAN"}


def ports(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {one for inner in value.values() for one in ports(inner)}
    if isinstance(value, list):
        return {one for inner in value for one in ports(inner)}
    return {value} if isinstance(value, str) else set()


def test_the_predicate_is_in_the_statement(demo: RunningDemo, truth: Truth) -> None:
    """Customs' own log shows that rows of other ports were not even read."""
    log = StatementLog(demo, "customs")
    numbers = {
        row["port_no"] for row in truth.stores.rows("customs", "SELECT * FROM ref.port_loc WHERE unlocode = 'CAVAN'")
    }
    for query in (
        "{ shipments(first: 3) { totalCount nodes { ccn } } }",
        '{ shipment(ccn: "9095PARS0000000") { ccn } }',
        "{ holds(first: 3) { nodes { agency } } }",
        '{ declaration(transactionNumber: "22340000000000") { version } }',
    ):
        log.mark()
        demo.ask("officer-vancouver", query)
        read = [one for one in log.since() if re.search(r"ccd_hdr|cargo\.evt|b3_hdr", one["text"])]
        assert read, query
        for statement in read:
            assert re.search(r"port_(arr_)?no", statement["text"]), statement
            assert numbers <= set(re.findall(r"\d{4}", " ".join(filter(None, statement["parameters"])))), statement


def test_a_trader_sees_only_its_own(
    demo: RunningDemo, truth: Truth, world: dict[str, Any], ids: Row, foreign: Row
) -> None:
    assert foreign["imp_bn"] != world["trader_bn"]
    query = """{
      shipments(first: 1000) { totalCount nodes { importer { businessNumber } } }
      permits(first: 1000) { nodes {
        holder { businessNumber } shipments(first: 5) { nodes { importer { businessNumber } } }
      } }
    }"""
    found = demo.ask("trader-acme", query)
    assert "errors" not in found
    assert found["data"]["shipments"]["totalCount"] == len(truth.shipments("h.imp_bn = $1", world["trader_bn"]))
    assert ports(found["data"]) == {world["trader_bn"]}
    shipment = "query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { id ccn jointStatus { state } } }"
    forbidden = answer(demo, "trader-acme", shipment, ccn=foreign["ccn"])
    assert forbidden == answer(demo, "trader-acme", shipment, ccn=ABSENT)
    for kind, opaque in ids.items():
        assert demo.ask("trader-acme", NODE, {"id": opaque})["data"] == {"node": None}, kind


def test_a_carrier_sees_only_its_own(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    found = demo.ask("carrier", "{ shipments(first: 1000) { totalCount nodes { ccn carrierCode } } }")["data"][
        "shipments"
    ]
    own = {row["ccn"] for row in truth.shipments("h.carr_cd = $1", world["carrier"])}
    assert {node["ccn"] for node in found["nodes"]} == own
    assert found["totalCount"] == len(own)
    assert {node["carrierCode"] for node in found["nodes"]} == {world["carrier"]}
    other = truth.shipments("h.carr_cd <> $1", world["carrier"])[0]["ccn"]
    query = "query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { ccn jointStatus { state } } }"
    assert answer(demo, "carrier", query, ccn=other) == answer(demo, "carrier", query, ccn=ABSENT)


def test_a_traveller_sees_only_herself(demo: RunningDemo, people: PeopleTruth, world: dict[str, Any]) -> None:
    query = """query ($d: TravelDocumentKey!) { person(document: $d) {
      id records { agency familyName } documents { number } authorizations { kind } crossings(first: 3) { totalCount }
    } }"""
    own = demo.ask("traveller-anna", query, {"d": world["traveller_document"]})
    assert {one["familyName"] for one in own["data"]["person"]["records"]} == {"Eriksson"}
    other = answer(demo, "traveller-anna", query, d=world["specimen_document"])
    assert other == answer(demo, "traveller-anna", query, d={"issuer": "SE", "number": "NOBODY123"})
    assert b'"person":null' in other[1]
    assert b"errors" not in other[1]
    theirs = demo.ask("analyst", query, {"d": world["specimen_document"]})["data"]["person"]["id"]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert demo.ask("traveller-anna", node, {"id": theirs})["data"] == {"node": None}
    assert demo.ask("traveller-anna", node, {"id": own["data"]["person"]["id"]})["data"]["node"]


@pytest.mark.parametrize("field", ["shipments", "crossings", "people", "holds", "permits", "heldContainers"])
def test_the_police_liaison_has_no_lists(demo: RunningDemo, field: str) -> None:
    found = demo.ask("police-liaison", f"{{ {field} {{ __typename }} }}")
    assert "data" not in found
    assert {one["extensions"]["code"] for one in found["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    ("persona", "agreement"), [("partner-us", "us-customs-2024"), ("partner-us-immigration", "us-immigration-2024")]
)
def test_partners_ask_under_their_agreement(demo: RunningDemo, persona: str, agreement: str) -> None:
    answer = demo.ask(persona, "{ viewer { agreement { id caveat } access { coordinate } } }")
    viewer = answer["data"]["viewer"]
    assert viewer["agreement"]["id"] == agreement
    assert viewer["agreement"]["caveat"]
    coordinates = {one["coordinate"] for one in viewer["access"]}
    assert not {"Query.shipments", "Query.people", "Query.crossings", "Shipment.risk", "Person.lookouts"} & coordinates


def test_an_agreement_that_has_ended_refuses_at_once(demo: RunningDemo) -> None:
    response = demo.post(demo.token("partner-expired"), "{ viewer { subject } }")
    assert response.status_code == 403
    assert [one["extensions"]["code"] for one in response.json()["errors"]] == ["AGREEMENT_EXPIRED"]


def test_a_partner_is_shown_no_national_of_the_asking_state_nor_who_may_be_one(
    demo: RunningDemo, people: PeopleTruth
) -> None:
    query = """query ($d: TravelDocumentKey!) { person(document: $d) { records { citizenships } } }"""
    shown = refused = 0
    now = datetime.now(UTC)
    arrivals = people.expected("CAVAN", now - timedelta(days=3), now + timedelta(days=3))
    for document in sorted({row["document"] for row in arrivals})[:40]:
        variables = {"d": {"issuer": document[0], "number": document[1]}}
        answer = demo.ask("partner-us-immigration", query, variables)
        assert len(answer["extensions"]["caveats"]) == 1
        seen = answer["data"]["person"]
        whole = demo.ask("developer", query.replace("citizenships", "citizenships dataFlags { field }"), variables)
        records = (whole["data"]["person"] or {"records": []})["records"]
        known = {code for record in records for code in record["citizenships"] or ()}
        unread = any(flag["field"] == "citizenships" for record in records for flag in record["dataFlags"])
        assert (seen is not None) == (bool(known) and "US" not in known and not unread)
        shown, refused = shown + (seen is not None), refused + (seen is None)
    assert shown
    assert refused


def test_nor_one_of_whom_a_citizenship_could_not_be_read(demo: RunningDemo, people: PeopleTruth, truth: Truth) -> None:
    """XXX is nobody's country; who has it beside another may be of any."""
    query = """query ($d: TravelDocumentKey!) { person(document: $d) { records { citizenships } } }"""
    now = datetime.now(UTC)
    arrivals = people.expected("CAVAN", now - timedelta(days=3), now + timedelta(days=3))
    clients = "SELECT c.uci_key, c.citizenships FROM document d JOIN client c USING (uci_key) WHERE d.no = ?"
    for issuer, number in sorted({row["document"] for row in arrivals}):
        known = truth.stores.rows("immigration", clients, number)
        variables = {"d": {"issuer": issuer, "number": number}}
        if known and demo.ask("partner-us-immigration", query, variables)["data"]["person"] is not None:
            break
    else:
        pytest.fail("nobody is shown")
    change = "UPDATE client SET citizenships = ? WHERE uci_key = ?"
    with closing(sqlite3.connect(demo["agencies"]["immigration"]["store"])) as store:
        for odd, shown in ((",XXX", False), ("", True)):
            with store:
                store.executemany(change, [(one["citizenships"] + odd, one["uci_key"]) for one in known])
            seen = demo.ask("partner-us-immigration", query, variables)["data"]["person"]
            assert (seen is not None) is shown
