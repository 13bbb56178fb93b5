"""Query 5 of the domain, the verification of permits, against SQL on the agencies' stores."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.kit.answers import CITED, pages
from tests.kit.demo import RunningDemo
from tests.kit.truth import Truth, exact
from tests.kit.truth_permits import PermitTruth, arrival

VANCOUVER = "p.unlocode = 'CAVAN'"


def test_every_cited_permit_is_verified(demo: RunningDemo, truth: Truth, permits: PermitTruth) -> None:
    """Query 5, over every line of goods at the port."""
    query = f"""query ($after: String) {{
      shipments(first: 400, after: $after) {{
        totalCount pageInfo {{ hasNextPage endCursor }}
        nodes {{ ccn declarations {{ transactionNumber items {{ sequence {CITED} }} }} }}
      }}
    }}"""
    nodes, _ = pages(demo, "officer-vancouver", query)
    found = {
        (one["transactionNumber"], line["sequence"]): line["citedPermits"]
        for node in nodes
        for one in node["declarations"]
        for line in one["items"]
    }
    expected = {
        (declaration["txn"], line["line_nbr"]): permits.cited(row, declaration, line)
        for row in truth.shipments(VANCOUVER)
        for declaration in truth.declarations.get(row["ccn"], ())
        for line in truth.lines[declaration["txn"]]
    }
    assert found.keys() == expected.keys()
    wrong = [(key, found[key], expected[key]) for key in found if found[key] != expected[key]]
    assert not wrong, (len(wrong), wrong[0])
    cited = [one for line in found.values() for one in line]
    failed = {check["kind"] for one in cited for check in one["verification"]["checks"] if check["outcome"] == "FAILED"}
    assert len(cited) > 200
    assert failed == {"EXISTS", "STATUS", "HOLDER", "DATES", "HS", "ORIGIN", "UNIT", "BALANCE"}


def test_verify_permit_on_request(demo: RunningDemo, truth: Truth, permits: PermitTruth) -> None:
    """Query 5 for goods that are not declared yet: as much as remains, then a thousandth more."""
    query = """query ($input: VerifyPermitInput!) {
      verifyPermit(input: $input) { verdict checks { kind outcome } remaining { value unit } }
    }"""
    good = [
        one
        for one in permits.permits.values()
        if one["status"] == "ISSUED" and one["origins"] and one["lines"][0]["hs"]
    ]
    assert {one["issuer"] for one in good} == {"FOOD", "TRADE_CONTROLS"}
    for permit in (good[0], good[-1]):
        line = permit["lines"][0]
        left = line["authorized"] - line["reserved"] - line["used"]
        for more, verdict in ((Decimal(0), "VALID"), (Decimal("0.001"), "INVALID")):
            asked = {
                "issuer": permit["issuer"],
                "number": permit["number"],
                "importer": permit["holder"],
                "hs": line["hs"] + "1000",
                "originCountry": permit["origins"][0],
                "quantity": {"value": str(left + more), "unit": line["unit"]},
                "arrival": permit["to"],
            }
            answer = demo.ask("officer-vancouver", query, {"input": asked})
            assert "errors" not in answer, answer
            found = exact(answer["data"]["verifyPermit"])
            assert found["verdict"] == verdict
            assert found["remaining"] == {"value": left, "unit": line["unit"]}
            outcomes = {one["kind"]: one["outcome"] for one in found["checks"]}
            assert outcomes.pop("BALANCE") == ("PASSED" if verdict == "VALID" else "FAILED")
            assert set(outcomes.values()) == {"PASSED"}


def test_arrival_is_the_day_at_the_port(truth: Truth) -> None:
    """The check of dates above sees days on which Vancouver and Toronto differ."""
    rows = [row for row in truth.shipments(VANCOUVER) if row["arr_ts"]]
    assert any(arrival(row) != row["arr_ts"].date() for row in rows)


@pytest.mark.parametrize("issuer", ["FOOD", "TRADE_CONTROLS"])
def test_a_permit_number_as_people_write_it(demo: RunningDemo, permits: PermitTruth, issuer: str) -> None:
    """Small letters, blanks and hyphens are read as the issuer's file reads its own numbers; nothing is cut off."""
    query = """query ($issuer: AgencyCode!, $number: String!) {
      permit(issuer: $issuer, number: $number) { number }
      verifyPermit(input: {issuer: $issuer, number: $number, importer: "123456782RM0001", hs: "040110",
        originCountry: "US", quantity: {value: "1", unit: "KGM"}, arrival: "2026-01-01"}) { checks { kind outcome } }
    }"""
    number = next(one["number"] for one in permits.permits.values() if one["issuer"] == issuer)
    spellings = (number.lower(), f" {number[:2]}-{number[2:6]} {number[6:]} ", f"{number}1")
    for spelling, known in zip(spellings, (True, True, False), strict=True):
        data = demo.ask("officer-vancouver", query, {"issuer": issuer, "number": spelling})["data"]
        assert data["permit"] == ({"number": number} if known else None)
        outcomes = {check["kind"]: check["outcome"] for check in data["verifyPermit"]["checks"]}
        assert outcomes["EXISTS"] == ("PASSED" if known else "FAILED")
