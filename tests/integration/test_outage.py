"""Agencies that are down, slow or garbled: their fields alone are null, the error names them, the rest is there."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.kit.demo import RunningDemo
from tests.kit.truth import Row, Truth

RECOVERS = 12.0
"""Seconds within which a circuit that opened has to have closed again."""

EVERYTHING = """query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) {
  ccn status importer { name businessNumber organization { legalName } } containers { number }
  holds { agency container } inspections { agency } risk { band }
  jointStatus { state blockingAgencies unknownAgencies }
  declarations {
    transactionNumber items { sequence hs citedPermits { issuer number permit { status } verification { verdict } } }
    agencyDecisions { agency status } duties { total { amount } }
  }
  completeness { complete sources { agency outcome } }
} }"""
ORGANIZATION = "query ($bn: BusinessNumber!) { organization(businessNumber: $bn) { legalName } }"
PERMITS = """{ permits(first: 30) {
  totalCount completeness { complete sources { agency outcome } } nodes { issuer { code } number }
} }"""


def ask(demo: RunningDemo, query: str, **variables: Any) -> Row:
    """Whatever happens to an agency, the gateway answers 200."""
    response: httpx.Response = demo.post(demo.token("analyst"), query, variables)
    assert response.status_code == 200, response.text
    answer: Row = response.json()
    return answer


@contextlib.contextmanager
def broken(demo: RunningDemo, agency: str, **faults: Any) -> Iterator[None]:
    demo.fault(agency, **faults)
    try:
        yield
    finally:
        demo.fault(agency)


def recovered(demo: RunningDemo, query: str, **variables: Any) -> Row:
    """The first answer without an error."""
    deadline = time.monotonic() + RECOVERS
    while "errors" in (answer := ask(demo, query, **variables)):
        assert time.monotonic() < deadline, answer["errors"]
        time.sleep(0.1)
    return answer


def outcomes(answer: Row) -> dict[str, str]:
    return {one["agency"]: one["outcome"] for one in answer["extensions"]["completeness"]["sources"]}


@pytest.fixture
def held(demo: RunningDemo, world: dict[str, Any]) -> tuple[str, Row]:
    """A shipment that four agencies have something to say of, and the whole answer."""
    ccn = world["special"]["heldByTwo"]["ccn"]
    return ccn, recovered(demo, EVERYTHING, ccn=ccn)["data"]["shipment"]


def test_an_http_agency_is_down(demo: RunningDemo, held: tuple[str, Row]) -> None:
    ccn, whole = held
    with broken(demo, "food", drop=True):
        answer = ask(demo, EVERYTHING, ccn=ccn)
    found = answer["data"]["shipment"]
    assert {one["extensions"]["agency"] for one in answer["errors"]} == {"FOOD"}
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"SOURCE_UNAVAILABLE"}
    link = [one for one in answer["errors"] if "path" in one]
    assert [one["path"][:2] for one in link] == [["shipment", "declarations"]]
    assert link[0]["path"][-1] == "permit"
    cited = [
        one for declaration in found["declarations"] for item in declaration["items"] for one in item["citedPermits"]
    ]
    assert link[0]["extensions"]["affected"] == len(cited)
    assert sorted(place for one in answer["errors"] for place in one["extensions"].get("at", ())) == [
        "shipment.declarations.agencyDecisions",
        "shipment.holds",
        "shipment.inspections",
    ]
    assert cited
    for one in cited:
        assert (one["issuer"], one["permit"], one["verification"]) == ("FOOD", None, {"verdict": "UNKNOWN"})
        assert one["number"]
    assert outcomes(answer) == {**dict.fromkeys(outcomes(answer), "ANSWERED"), "FOOD": "UNAVAILABLE"}
    assert not found["completeness"]["complete"]
    assert found["jointStatus"]["state"] == "HOLD"
    assert found["jointStatus"]["unknownAgencies"] == ["FOOD"]
    assert without_food(found) == without_food(whole)
    assert recovered(demo, EVERYTHING, ccn=ccn)["data"]["shipment"] == whole


def without_food(shipment: Row) -> Row:
    """What the other agencies say: the very same with and without food."""

    def others(rows: list[Row]) -> list[Row]:
        return [one for one in rows if one["agency"] != "FOOD"]

    return {
        **{name: shipment[name] for name in ("ccn", "status", "importer", "containers", "risk")},
        "holds": others(shipment["holds"]),
        "inspections": others(shipment["inspections"]),
        "declarations": [
            {
                "transactionNumber": one["transactionNumber"],
                "items": [(item["sequence"], item["hs"]) for item in one["items"]],
                "agencyDecisions": others(one["agencyDecisions"]),
                "duties": one["duties"],
            }
            for one in shipment["declarations"]
        ],
    }


@pytest.mark.parametrize(
    ("faults", "code", "outcome"),
    [
        ({"drop": True}, "SOURCE_UNAVAILABLE", "UNAVAILABLE"),
        ({"status": 503}, "SOURCE_UNAVAILABLE", "UNAVAILABLE"),
        ({"status": 500}, "SOURCE_UNAVAILABLE", "UNAVAILABLE"),
        ({"truncate": True}, "SOURCE_UNAVAILABLE", "UNAVAILABLE"),
        ({"reset_after_bytes": 10}, "SOURCE_UNAVAILABLE", "UNAVAILABLE"),
        ({"status": 429}, "SOURCE_REFUSED", "REFUSED"),
        ({"status": 403}, "SOURCE_REFUSED", "REFUSED"),
        ({"malformed": True}, "SOURCE_BAD_DATA", "UNAVAILABLE"),
    ],
    ids=str,
)
def test_one_field_of_one_agency(
    demo: RunningDemo, world: dict[str, Any], faults: dict[str, Any], code: str, outcome: str
) -> None:
    """One error with the path of what is null; its text is fixed."""
    recovered(demo, ORGANIZATION, bn=world["trader_bn"])
    with broken(demo, "revenue", **faults):
        answer = ask(demo, ORGANIZATION, bn=world["trader_bn"])
    assert answer["data"] == {"organization": None}
    (error,) = answer["errors"]
    assert error["path"] == ["organization"]
    assert error["extensions"] == {"code": code, "agency": "REVENUE", "affected": 1}
    assert error["message"].startswith("REVENUE ")
    assert not any(word in error["message"] for word in ("127.0.0.1", "http", "fault", "Error"))
    assert outcomes(answer) == {"REVENUE": outcome}
    recovered(demo, ORGANIZATION, bn=world["trader_bn"])


def test_a_refusal_that_names_a_time_is_waited_for(demo: RunningDemo, world: dict[str, Any]) -> None:
    """429 with ``Retry-After``: the caller notices nothing but the time."""
    recovered(demo, ORGANIZATION, bn=world["trader_bn"])
    with broken(demo, "revenue", status=429, retry_after_s=1):
        healing = threading.Timer(0.4, demo.fault, ["revenue"])
        healing.start()
        answer = ask(demo, ORGANIZATION, bn=world["trader_bn"])
        healing.join()
    assert "errors" not in answer
    assert answer["data"]["organization"]["legalName"]


def test_a_merged_list_without_one_issuer(demo: RunningDemo, truth: Truth) -> None:
    """The other issuer's permits, incomplete, uncounted, and one error that says where."""
    whole = recovered(demo, PERMITS)["data"]["permits"]
    assert {node["issuer"]["code"] for node in whole["nodes"]} == {"FOOD", "TRADE_CONTROLS"}
    with broken(demo, "trade_controls", drop=True):
        answer = ask(demo, PERMITS)
    found = answer["data"]["permits"]
    (error,) = answer["errors"]
    assert "path" not in error
    assert error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "agency": "TRADE_CONTROLS", "at": ["permits"]}
    assert found["totalCount"] is None
    assert found["completeness"] == {
        "complete": False,
        "sources": [{"agency": "FOOD", "outcome": "ANSWERED"}, {"agency": "TRADE_CONTROLS", "outcome": "UNAVAILABLE"}],
    }
    assert len(found["nodes"]) == 30
    assert {node["issuer"]["code"] for node in found["nodes"]} == {"FOOD"}
    food = [node for node in whole["nodes"] if node["issuer"]["code"] == "FOOD"]
    assert found["nodes"][: len(food)] == food
    assert recovered(demo, PERMITS)["data"]["permits"] == whole


def test_a_database_is_out_of_reach(demo: RunningDemo, held: tuple[str, Row]) -> None:
    """Customs owns the shipment: it is null, with one error; what others own is there."""
    ccn, whole = held
    query = EVERYTHING.replace("{ shipment(", "{ permits(first: 1) { nodes { number } } shipment(", 1)
    with broken(demo, "customs", drop=True):
        answer = ask(demo, query, ccn=ccn)
    assert answer["data"]["shipment"] is None
    assert answer["data"]["permits"]["nodes"]
    (error,) = answer["errors"]
    assert error["path"] == ["shipment"]
    assert error["extensions"] == {"code": "SOURCE_UNAVAILABLE", "agency": "CUSTOMS", "affected": 1}
    assert recovered(demo, EVERYTHING, ccn=ccn)["data"]["shipment"] == whole


def test_a_database_is_restarted(demo: RunningDemo, held: tuple[str, Row]) -> None:
    """No request fails afterwards, though every pooled connection has gone."""
    ccn, whole = held
    demo.fault("customs", restart=True)
    demo.fault("trade_controls", restart=True)
    for _ in range(4):
        answer = ask(demo, EVERYTHING, ccn=ccn)
        assert "errors" not in answer, answer["errors"]
        assert answer["data"]["shipment"] == whole


def test_agencies_that_hang_are_not_waited_for(demo: RunningDemo, world: dict[str, Any]) -> None:
    """Neither an API nor a database keeps the answer beyond the request's deadline of ten seconds."""
    recovered(demo, PERMITS)
    query = ORGANIZATION.rstrip(" }") + " } permits(first: 30) { nodes { issuer { code } } } }"
    started = time.monotonic()
    with broken(demo, "revenue", hang=True), broken(demo, "trade_controls", hang=True):
        answer = ask(demo, query, bn=world["trader_bn"])
    assert time.monotonic() - started < 10
    assert {(one["extensions"]["agency"], one["extensions"]["code"]) for one in answer["errors"]} == {
        ("REVENUE", "SOURCE_TIMEOUT"),
        ("TRADE_CONTROLS", "SOURCE_TIMEOUT"),
    }
    assert outcomes(answer) == {"FOOD": "ANSWERED", "REVENUE": "TIMED_OUT", "TRADE_CONTROLS": "TIMED_OUT"}
    assert answer["data"]["organization"] is None
    assert {node["issuer"]["code"] for node in answer["data"]["permits"]["nodes"]} == {"FOOD"}
    recovered(demo, query, bn=world["trader_bn"])


PERSON = """query ($document: TravelDocumentKey!) { person(document: $document) {
  records { agency familyName } authorizations { kind } crossings(first: 3) { nodes { place } }
  completeness { complete }
} }"""


def test_a_killed_server(demo: RunningDemo, world: dict[str, Any]) -> None:
    """The traveller agency's server process dies: a person is what the others know, until it is back."""
    document = world["traveller_document"]
    whole = recovered(demo, PERSON, document=document)["data"]["person"]
    os.kill(demo.pid("traveller"), signal.SIGKILL)
    try:
        answer = ask(demo, PERSON, document=document)
    finally:
        demo.fault("traveller", restart=True)
    assert {one["extensions"]["agency"] for one in answer["errors"]} == {"TRAVELLER"}
    found = answer["data"]["person"]
    assert found["crossings"] is None
    assert found["authorizations"] == whole["authorizations"]
    assert found["records"] == [one for one in whole["records"] if one["agency"] != "TRAVELLER"]
    assert not found["completeness"]["complete"]
    assert recovered(demo, PERSON, document=document)["data"]["person"] == whole
