"""How often agencies are asked: SQL by the query's shape alone, HTTP by distinct keys and the API's own pages."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import Any

import pytest

from tests.kit.demo import RunningDemo
from tests.kit.statements import RequestLog, StatementLog
from tests.kit.truth import Row, Truth
from tests.kit.truth_codes import AGENCY, BUSINESS_NUMBER
from tests.kit.truth_people import PeopleTruth
from tests.kit.truth_permits import PermitTruth

SIZES = (1, 100, 101, 500)
QUERY = """query ($ccns: [CargoControlNumber!]) {
  shipments(filter: {ccn: {in: $ccns}}, first: 500) { nodes {
    ccn status importer { organization { legalName } } containers { number }
    holds { agency } inspections { agency } risk { band }
    declarations {
      items { sequence citedPermits { permit { status } } }
      agencyDecisions { agency status } duties { total { amount } }
    }
  } }
}"""
ASSESSMENTS_A_PAGE = 40
"""However many are asked for: the API's own limit."""


@pytest.fixture(scope="module")
def shipments(truth: Truth, permits: PermitTruth) -> list[Row]:
    """Arrived and declared ones; the first cites permits of both issuers, so that no fetch is without keys."""

    def issuers(row: Row) -> set[str | None]:
        return {AGENCY.get(one["lpco_agy"]) for one in cited(truth, row)}

    rows = [
        row for row in truth.shipments("h.arr_ts IS NOT NULL", order="h.ccn_nbr") if row["ccn"] in truth.declarations
    ]
    first = next(
        row
        for row in rows
        if issuers(row) >= {"FOOD", "TRADE_CONTROLS"} and BUSINESS_NUMBER.fullmatch(row["imp_bn"] or "")
    )
    return [first, *(row for row in rows if row is not first)]


def cited(truth: Truth, shipment: Row) -> list[Row]:
    return [
        one
        for declaration in truth.declarations.get(shipment["ccn"], ())
        for line in truth.lines[declaration["txn"]]
        for one in truth.citations.get((declaration["txn"], line["line_nbr"]), ())
    ]


@pytest.fixture(scope="module", params=SIZES)
def counted(request: pytest.FixtureRequest, demo: RunningDemo, shipments: list[Row]) -> Row:
    """What agencies logged of the query for so many shipments."""
    chosen = shipments[: request.param]
    assert len(chosen) == request.param
    databases = {name: StatementLog(demo, name) for name in ("customs", "trade_controls", "traveller")}
    apis = {name: RequestLog(demo, name) for name in ("revenue", "food", "immigration", "police")}
    demo.ask("analyst", QUERY, {"ccns": [row["ccn"] for row in chosen[:1]]})  # lookups and tokens are fetched once
    for log in (*databases.values(), *apis.values()):
        log.mark()
    answer = demo.ask("analyst", QUERY, {"ccns": [row["ccn"] for row in chosen]})
    assert "errors" not in answer, answer["errors"]
    assert len(answer["data"]["shipments"]["nodes"]) == len(chosen)
    return {
        "chosen": chosen,
        "sql": {name: [one["text"] for one in log.since()] for name, log in databases.items()},
        "http": {name: log.since() for name, log in apis.items()},
    }


STATEMENTS: dict[str, set[tuple[str, ...]]] = {}


def test_statements_depend_on_the_shape_alone(counted: Row) -> None:
    """The very same statements for one shipment as for five hundred."""
    for name, texts in counted["sql"].items():
        STATEMENTS.setdefault(name, set()).add(tuple(sorted(texts)))
    assert {name: len(found) for name, found in STATEMENTS.items()} == dict.fromkeys(STATEMENTS, 1)
    sizes = {name: len(texts) for name, texts in counted["sql"].items()}
    # shipments with containers, risk, declarations, and items with citations; holds; inspections; decisions
    assert sizes["customs"] == 4
    assert sizes["trade_controls"] <= 3  # permits, when those were loaded, decisions
    assert sizes["traveller"] == 0


def test_requests_follow_from_distinct_keys(counted: Row, truth: Truth) -> None:
    chosen = counted["chosen"]
    declarations = [one for row in chosen for one in truth.declarations[row["ccn"]]]
    numbers = {row["imp_bn"] for row in chosen if BUSINESS_NUMBER.fullmatch(row["imp_bn"] or "")}
    food = {
        one["lpco_nbr"].upper().replace("-", "").replace(" ", "")
        for row in chosen
        for one in cited(truth, row)
        if AGENCY.get(one["lpco_agy"]) == "FOOD"
    }
    http = counted["http"]
    assert http["immigration"] == http["police"] == []
    asked = Counter(one["path"] for name in ("revenue", "food") for one in http[name])
    searches = asked.pop("/v1/assessments/search")
    assert asked == {
        "/v1/accounts": ceil(len(numbers) / 100),
        "/holds": ceil(len(chosen) / 50),
        "/inspections": ceil(len(chosen) / 50),
        "/decisions/query": ceil(len(declarations) / 100),
        "/permits": ceil(len(food) / 50),
    }
    batches = distinct_batches(http["revenue"])
    assert len(batches) == ceil(len(declarations) / 50)
    assert searches == sum(pages_of(truth, batch) for batch in batches)
    assert Counter(key for batch in batches for key in batch) == Counter(one["txn"] for one in declarations)


def distinct_batches(requests: list[Row]) -> set[tuple[str, ...]]:
    return {tuple(one["body"]["transactions"]) for one in requests if one["path"] == "/v1/assessments/search"}


def pages_of(truth: Truth, numbers: tuple[str, ...]) -> int:
    marks = ",".join("?" * len(numbers))
    rows = truth.stores.rows("revenue", f"SELECT 1 FROM assessment WHERE txn IN ({marks})", *numbers)
    return max(1, ceil(len(rows) / ASSESSMENTS_A_PAGE))


def test_no_key_is_asked_twice_within_a_fetch(counted: Row) -> None:
    for name, requests in counted["http"].items():
        for path in {one["path"] for one in requests} - {"/v1/assessments/search"}:
            keys = Counter(key for one in requests if one["path"] == path for key in one["keys"])
            assert set(keys.values()) == {1}, (name, path)


ARRIVALS = """query ($n: Int!) {
  crossings(filter: {state: {eq: EXPECTED}}, orderBy: [{field: EXPECTED_AT}], first: $n) { nodes {
    document { issuer number reportedLostOrStolen } person { authorizations { kind } lookouts { refer } }
  } }
}"""


@pytest.mark.parametrize("size", [1, 20, 50])
def test_the_inspection_list_is_batched_where_the_api_can(demo: RunningDemo, people: PeopleTruth, size: int) -> None:
    """Immigration takes twenty documents or fifty clients a call; the police one document or person."""
    immigration, police, traveller = (
        RequestLog(demo, "immigration"),
        RequestLog(demo, "police"),
        StatementLog(demo, "traveller"),
    )
    demo.ask("traveller-officer", ARRIVALS, {"n": 1})
    for log in (immigration, police, traveller):
        log.mark()
    answer = demo.ask("traveller-officer", ARRIVALS, {"n": size})
    assert "errors" not in answer
    documents = {
        (node["document"]["issuer"], node["document"]["number"]) for node in answer["data"]["crossings"]["nodes"]
    }
    everything = [people.known(document) for document in documents]
    clients = {one["uci_key"] for known in everything for one in known.clients}
    all_documents = {document for known in everything for document in known.documents}
    suspects = {one["id"] for known in everything for one in known.suspects}
    assert len(traveller.since()) <= 3  # both tables of crossings, last names
    asked = Counter(shape(one["path"]) for one in immigration.since())
    renewed = all_documents - documents
    assert asked.pop("/clients/by-document") == ceil(len(documents) / 20) + ceil(len(renewed) / 20)
    assert asked.pop("/applications", 0) == pages(len(clients), 50)
    assert asked.pop("/documents", 0) == pages(len(clients), 50)
    assert not asked
    asked = Counter(shape(one["path"]) for one in police.since())
    assert asked.pop("/sltd/check") == ceil(len(documents) / 100)
    assert asked.pop("/persons") == len(all_documents)
    assert asked.pop("/persons/:key/lookouts", 0) == len(suspects)
    assert not asked


def pages(keys: int, most: int) -> int:
    return ceil(keys / most)


def shape(path: str) -> str:
    parts: list[Any] = path.split("/")
    return "/".join(":key" if part[:1] == "P" and part[1:].isdigit() else part for part in parts)
