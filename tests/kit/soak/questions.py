"""What is asked under load, and what the agencies' own stores say to it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.ca import bn

from tests.kit.answers import CITED, VERIFICATION
from tests.kit.soak.judging import Question, joint_status, of, verification
from tests.kit.soak.questions_people import arrivals, people
from tests.kit.truth import Row, Truth, plain
from tests.kit.truth_codes import AGENCY
from tests.kit.truth_people import PeopleTruth
from tests.kit.truth_permits import PermitTruth, verify

CHECKED = VERIFICATION.partition(" ")[2]
PORTS = {"officer-vancouver": "CAVAN", "officer-montreal": "CAMTR"}
OFFICER_SEES = {"CUSTOMS", "FOOD", "REVENUE", "TRADE_CONTROLS"}
DOSSIERS, SHIPMENTS_EACH = 12, 6


def questions(agencies: Mapping[str, Mapping[str, Any]], world: Mapping[str, Any]) -> list[Question]:
    """``agencies``: of ``demo.json``; ``world``: ``world.json``. Reads whole stores; blocks."""
    truth = Truth(agencies)
    permits = PermitTruth(truth)
    return [
        *_queues(truth),
        *_dossiers(truth, permits),
        *_own_permits(permits, world["trader_bn"]),
        *_verifications(permits),
        *people(PeopleTruth(truth), world),
        *arrivals(PeopleTruth(truth)),
        *_organizations(truth),
    ]


def _accounts(truth: Truth) -> dict[str, Row]:
    rows = truth.stores.rows("revenue", "SELECT * FROM account")
    return {row["bn15"]: {"legalName": row["legal_name"]} for row in rows}


def _queues(truth: Truth) -> Iterator[Question]:
    """Each port's release queue, held first, with the joint status."""
    query = """query ($first: Int) { shipments(orderBy: [{field: HELD, direction: DESC}, {field: ETA}], first: $first) {
      totalCount nodes { ccn status eta importer { name organization { legalName } }
        jointStatus { state blockingAgencies unknownAgencies } } } }"""
    accounts = _accounts(truth)
    for persona, port in PORTS.items():
        rows = truth.shipments("p.unlocode = $1", port)
        for first in (5, 25):
            nodes = [
                {
                    "ccn": row["ccn"],
                    "status": row["status"],
                    "eta": row["eta"],
                    "importer": {"name": row["imp_nm"], "organization": accounts.get(row["imp_bn"] or "")},
                    "jointStatus": {**_seen(truth.joint_status(row)), "required": _required(truth, row)},
                }
                for row in rows[:first]
            ]
            yield Question(
                f"queue of {first} at {port}",
                persona,
                query,
                {"first": first},
                {"shipments": {"totalCount": len(rows), "nodes": nodes}},
                {
                    "shipments": of("CUSTOMS"),
                    "shipments.nodes": of("CUSTOMS", key=("ccn",)),
                    "shipments.nodes.importer.organization": of("REVENUE"),
                    "shipments.nodes.jointStatus": of(rule=joint_status),
                },
            )


def _seen(status: Row) -> Row:
    """Agencies outside a view are not named in it."""
    return {
        name: [code for code in value if code in OFFICER_SEES] if isinstance(value, list) else value
        for name, value in status.items()
    }


def _required(truth: Truth, shipment: Row) -> list[str]:
    """Whose decision the joint status needs, of those that decide at all."""
    declarations = truth.declarations.get(shipment["ccn"], ())
    found = {AGENCY.get(one["ogd_cd"], "") for each in declarations for one in truth.required.get(each["txn"], ())}
    return sorted(found & OFFICER_SEES)


def _dossiers(truth: Truth, permits: PermitTruth) -> Iterator[Question]:
    """A few shipments with all that is declared, decided, held, owed and cited."""
    query = f"""query ($ccns: [CargoControlNumber!]) {{ shipments(
        filter: {{ccn: {{in: $ccns}}}}, orderBy: [{{field: CCN}}], first: 50
      ) {{ nodes {{ ccn status containers {{ number sizeType }} holds {{ agency scope reasonCode placedAt }}
      declarations {{ transactionNumber version
        items {{ sequence hs {CITED} }}
        agencyDecisions {{ agency sequence status }}
        duties {{ sequence duty {{ amount }} due paid }} }} }} }} }}"""
    nodes = "shipments.nodes"
    parts = {
        "shipments": of("CUSTOMS"),
        nodes: of("CUSTOMS", key=("ccn",)),
        f"{nodes}.holds": of("CUSTOMS", "FOOD", owned=_agency),
        f"{nodes}.declarations": of("CUSTOMS", key=("transactionNumber",)),
        f"{nodes}.declarations.items": of("CUSTOMS", key=("sequence",)),
        f"{nodes}.declarations.items.citedPermits": of("CUSTOMS", key=("issuer", "number")),
        f"{nodes}.declarations.items.citedPermits.permit": of("FOOD", "TRADE_CONTROLS"),
        f"{nodes}.declarations.items.citedPermits.verification": of(rule=verification),
        f"{nodes}.declarations.agencyDecisions": of("CUSTOMS", "FOOD", "TRADE_CONTROLS", owned=_agency),
        f"{nodes}.declarations.duties": of("REVENUE"),
    }
    owed: dict[str, list[Row]] = {}
    for row in truth.stores.rows("revenue", "SELECT l.*, a.* FROM line l JOIN assessment a USING (txn, version)"):
        duty = {"duty": {"amount": Decimal(row["duty"])}, "due": row["due"], "paid": row["state"] == "PAID"}
        owed.setdefault(row["txn"], []).append({"sequence": row["line_no"], **duty})
    declared = truth.shipments("EXISTS (SELECT FROM rlse.b3_hdr b WHERE b.ccn_nbr = h.ccn_nbr)", order="h.ccn_nbr")
    chosen = random.Random(1).sample(range(len(declared)), DOSSIERS * SHIPMENTS_EACH)
    for number in range(DOSSIERS):
        rows = [declared[index] for index in sorted(chosen[number::DOSSIERS])]
        yield Question(
            f"dossiers {number}",
            "analyst",
            query,
            {"ccns": [row["ccn"] for row in rows]},
            {"shipments": {"nodes": [_dossier(truth, permits, owed, row) for row in rows]}},
            parts,
        )


def _dossier(truth: Truth, permits: PermitTruth, owed: Mapping[str, list[Row]], row: Row) -> Row:
    return {
        "ccn": row["ccn"],
        "status": row["status"],
        "containers": [
            {"number": plain(box["eqp_nbr"]), "sizeType": box["iso_typ"]}
            for box in truth.containers.get(row["ccd_id"], ())
        ],
        "holds": [
            {name: hold[name] for name in ("agency", "scope", "reasonCode", "placedAt")}
            for hold in truth.holds.get(row["ccn"], ())
        ],
        "declarations": [
            {
                "transactionNumber": one["txn"],
                "version": one["ver_nbr"],
                "items": [
                    {
                        "sequence": line["line_nbr"],
                        "hs": line["hs_cd"],
                        "citedPermits": [
                            {**cited, "verification": {**cited["verification"], "issuer": cited["issuer"]}}
                            for cited in permits.cited(row, one, line)
                        ],
                    }
                    for line in truth.lines[one["txn"]]
                ],
                "agencyDecisions": [
                    {"agency": said["agency"], "sequence": said["line"], "status": said["status"]}
                    for said in truth.decisions.get(one["txn"], ())
                ],
                "duties": owed.get(one["txn"], []),
            }
            for one in truth.declarations.get(row["ccn"], ())
        ],
    }


def _agency(row: Row) -> set[str]:
    return {row["agency"]}


def _own_permits(permits: PermitTruth, holder: str) -> Iterator[Question]:
    """One importer's permits of both issuers in one list, by the day they end."""
    query = """query ($first: Int) { permits(
        filter: {status: {eq: ISSUED}}, orderBy: [{field: VALID_TO}], first: $first
      ) { totalCount nodes { issuer { code } number type status validTo } } }"""
    rows = [
        {"issuer": {"code": one["issuer"]}, "number": one["number"], "type": one["type"], "status": one["status"]}
        | {"validTo": one["to"]}
        for one in sorted(permits.permits.values(), key=lambda one: (one["to"], one["issuer"], one["number"]))
        if one["holder"] == holder and one["status"] == "ISSUED"
    ]
    both = ("FOOD", "TRADE_CONTROLS")
    for first in (3, 20):
        yield Question(
            f"{first} permits",
            "trader-acme",
            query,
            {"first": first},
            {"permits": {"totalCount": len(rows), "nodes": rows}},
            {
                "permits": of(*both),
                "permits.nodes": of(*both, page=first, owned=lambda row: {row["issuer"]["code"]}),
            },
        )


def _verifications(permits: PermitTruth) -> Iterator[Question]:
    """Goods that are not declared yet, under a permit of each issuer: as much as remains, and a little more."""
    query = f"query ($input: VerifyPermitInput!) {{ verifyPermit(input: $input) {CHECKED} }}"
    for issuer in ("FOOD", "TRADE_CONTROLS"):
        permit = next(
            one
            for one in permits.permits.values()
            if one["issuer"] == issuer and one["status"] == "ISSUED" and one["origins"] and one["lines"][0]["hs"]
        )
        line = permit["lines"][0]
        left = line["authorized"] - line["reserved"] - line["used"]
        for more in (Decimal(0), Decimal("0.001")):
            asked = {
                "issuer": issuer,
                "number": permit["number"],
                "importer": permit["holder"],
                "hs": line["hs"] + "1000",
                "originCountry": permit["origins"][0],
                "quantity": {"value": str(left + more), "unit": line["unit"]},
                "arrival": permit["to"],
            }
            case = {"importer": permit["holder"], "hs": asked["hs"], "origin": permit["origins"][0]}
            case |= {"value": left + more, "unit": line["unit"], "arrival": date.fromisoformat(permit["to"])}
            yield Question(
                f"permit of {issuer}, {'more than ' if more else ''}what remains",
                "officer-vancouver",
                query,
                {"input": asked},
                {"verifyPermit": {**verify(issuer, permit, case), "issuer": issuer}},
                {"verifyPermit": of(rule=verification)},
            )


def _organizations(truth: Truth) -> Iterator[Question]:
    query = "query ($bn: BusinessNumber!) { organization(businessNumber: $bn) { legalName } }"
    accounts = _accounts(truth)
    sound = sorted(number for number in accounts if bn.is_valid(number[:9]))
    for number in random.Random(2).sample(sound, 6):
        right, asked = {"organization": accounts[number]}, {"bn": number}
        yield Question(f"organization {number}", "developer", query, asked, right, {"organization": of("REVENUE")})
