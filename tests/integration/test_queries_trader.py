"""Query 6 of the domain, the trader's portal, against SQL on the agencies' stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.kit.answers import pages
from tests.kit.demo import RunningDemo
from tests.kit.truth import Row, Truth, exact, in_order
from tests.kit.truth_permits import PermitTruth

SHIPMENTS = """query ($after: String) {
  shipments(orderBy: [{field: ETA}], first: 200, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes {
      ccn status importer { businessNumber }
      declarations { transactionNumber version duties { sequence version total { amount currency } due paid } }
    }
  }
}"""
ETA = "CASE WHEN h.eta_dt <> '20261399' THEN h.eta_dt || h.eta_tm END, h.ccn_nbr"


def test_own_shipments_with_their_duties(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    """Every shipment of the importer in the token, by arrival, with what is owed on each declaration."""
    number = world["trader_bn"]
    owed: dict[str, list[Row]] = {}
    for row in truth.stores.rows("revenue", "SELECT l.*, a.* FROM line l JOIN assessment a USING (txn, version)"):
        owed.setdefault(row["txn"], []).append(
            {
                "sequence": row["line_no"],
                "version": row["version"],
                "total": {"amount": Decimal(row["total"]), "currency": row["currency"]},
                "due": row["due"],
                "paid": row["state"] == "PAID",
            }
        )
    expected = [
        {
            "ccn": row["ccn"],
            "status": row["status"],
            "importer": {"businessNumber": number},
            "declarations": [
                {
                    "transactionNumber": one["txn"],
                    "version": one["ver_nbr"],
                    "duties": in_order(owed.get(one["txn"], ())),
                }
                for one in truth.declarations.get(row["ccn"], ())
                if one["imp_bn"] == number
            ],
        }
        for row in truth.shipments("h.imp_bn = $1", number, order=ETA)
    ]
    nodes, total = pages(demo, "trader-acme", SHIPMENTS)
    assert total == len(expected) > 100
    assert [node["ccn"] for node in nodes] == [row["ccn"] for row in expected]
    for node in nodes:
        for one in node["declarations"]:
            one["duties"] = in_order(one["duties"])
        node["declarations"].sort(key=lambda one: one["transactionNumber"])
    wrong = [(found, right) for found, right in zip(nodes, expected, strict=True) if found != right]
    assert not wrong, (len(wrong), wrong[0])


def test_own_permits_that_expire_soon(demo: RunningDemo, permits: PermitTruth, world: dict[str, Any]) -> None:
    """Permits of both issuers in one list by the day they end, page by page, with what remains on each line."""
    today = datetime.now(UTC).date()
    until = (today + timedelta(days=90)).isoformat()
    query = """query ($from: Date, $to: Date, $after: String) {
      permits(
        filter: {status: {eq: ISSUED}, validTo: {gte: $from, lte: $to}},
        orderBy: [{field: VALID_TO}], first: 7, after: $after
      ) {
        totalCount pageInfo { hasNextPage endCursor } completeness { complete }
        nodes {
          issuer { code } number type status validTo holder { businessNumber }
          lines { line hs remaining { value unit } }
        }
      }
    }"""
    expected = [
        {
            "issuer": {"code": one["issuer"]},
            "number": one["number"],
            "type": one["type"],
            "status": "ISSUED",
            "validTo": one["to"],
            "holder": {"businessNumber": one["holder"]},
            "lines": [
                {
                    "line": line["line"],
                    "hs": line["hs"],
                    "remaining": {
                        "value": line["authorized"] - line["reserved"] - line["used"],
                        "unit": line["unit"],
                    },
                }
                for line in one["lines"]
            ],
        }
        for one in sorted(permits.permits.values(), key=lambda one: (one["to"], one["issuer"], one["number"]))
        if one["holder"] == world["trader_bn"] and one["status"] == "ISSUED" and today.isoformat() <= one["to"] <= until
    ]
    assert {one["issuer"]["code"] for one in expected} == {"FOOD", "TRADE_CONTROLS"}
    nodes: list[Row] = []
    after, more = None, True
    while more:
        answer = demo.ask("trader-acme", query, {"from": today.isoformat(), "to": until, "after": after})
        assert "errors" not in answer, answer
        page = answer["data"]["permits"]
        assert page["totalCount"] == len(expected)
        assert page["completeness"] == {"complete": True}
        nodes += exact(page["nodes"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert nodes == expected


def test_permits_of_the_own_organization(demo: RunningDemo, permits: PermitTruth, world: dict[str, Any]) -> None:
    """The link brings what every issuer holds for the number, an issuer that is asked for one number a call too."""
    query = """query ($bn: BusinessNumber!, $after: String) {
      organization(businessNumber: $bn) { permits(orderBy: [{field: VALID_TO}], first: 50, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } completeness { complete } nodes { issuer { code } number validTo }
      } }
    }"""
    own = [one for one in permits.permits.values() if one["holder"] == world["trader_bn"]]
    expected = sorted((one["to"], one["issuer"], one["number"]) for one in own if one["to"])
    found, after, more = [], None, True
    while more:
        answer = demo.ask("trader-acme", query, {"bn": world["trader_bn"], "after": after})
        page = answer["data"]["organization"]["permits"]
        assert (page["totalCount"], page["completeness"]) == (len(own), {"complete": True})
        found += [(one["validTo"], one["issuer"]["code"], one["number"]) for one in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert {issuer for _, issuer, _ in expected} == {"FOOD", "TRADE_CONTROLS"}
    assert [one for one in found if one[0]] == expected


def test_the_number_is_the_token_s(demo: RunningDemo, world: dict[str, Any]) -> None:
    """The business number is not asked for: another one finds nothing, in no way."""
    query = "query ($bn: BusinessNumber!) { organization(businessNumber: $bn) { businessNumber legalName } }"
    own = demo.ask("trader-acme", query, {"bn": world["trader_bn"]})
    assert own["data"]["organization"]["businessNumber"] == world["trader_bn"]
    other = demo.ask("trader-acme", query, {"bn": "100012269RM0002"})
    assert other["data"] == {"organization": None}
    assert "errors" not in other
    listed = demo.ask(
        "trader-acme",
        "query ($bn: BusinessNumber) { shipments(filter: {importer: {eq: $bn}}) { totalCount nodes { ccn } } }",
        {"bn": "100012269RM0002"},
    )
    assert listed["data"] == {"shipments": {"totalCount": 0, "nodes": []}}
