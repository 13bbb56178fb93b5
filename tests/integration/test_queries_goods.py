"""Queries 2, 3 and 8 of the domain against SQL on the agencies' stores."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.kit.answers import CITED, pages
from tests.kit.demo import RunningDemo
from tests.kit.truth import Row, Truth, alpha2, exact, in_order, instant, plain
from tests.kit.truth_codes import BUSINESS_NUMBER, KIND
from tests.kit.truth_permits import PermitTruth

VANCOUVER = "p.unlocode = 'CAVAN'"
OFFICER_SEES = {"CUSTOMS", "FOOD", "REVENUE", "TRADE_CONTROLS"}
PARTY = "{ name businessNumber organization { businessNumber legalName trustedTrader } }"


def accounts(truth: Truth) -> dict[str, Row]:
    return {
        row["bn15"]: {
            "businessNumber": row["bn15"],
            "legalName": row["legal_name"],
            "trustedTrader": row["pip_status"] == "ACTIVE",
        }
        for row in truth.stores.rows("revenue", "SELECT * FROM account")
    }


def party(name: str | None, number: str | None, organizations: dict[str, Row]) -> Row:
    known = number is not None and BUSINESS_NUMBER.fullmatch(number) is not None
    return {"name": name, "businessNumber": number, "organization": organizations.get(number or "") if known else None}


def seen_by_officer(status: Row) -> Row:
    """Agencies outside a view are not named in it."""
    return {
        name: [code for code in value if code in OFFICER_SEES] if isinstance(value, list) else value
        for name, value in status.items()
    }


def test_release_queue_held_first(demo: RunningDemo, truth: Truth) -> None:
    """Query 2: every shipment of the port, in order, with importer, joint status and containers."""
    organizations = accounts(truth)
    query = f"""query ($after: String) {{
      shipments(orderBy: [{{field: HELD, direction: DESC}}, {{field: ETA}}], first: 300, after: $after) {{
        totalCount pageInfo {{ hasNextPage endCursor }}
        nodes {{
          ccn status eta arrivedAt importer {PARTY}
          jointStatus {{ state blockingAgencies unknownAgencies }}
          containers {{ number sizeType seals }}
        }}
      }}
    }}"""
    expected = [
        {
            "ccn": row["ccn"],
            "status": row["status"],
            "eta": row["eta"],
            "arrivedAt": row["arrived"],
            "importer": party(row["imp_nm"], row["imp_bn"], organizations),
            "jointStatus": seen_by_officer(truth.joint_status(row)),
            "containers": [
                {
                    "number": plain(box["eqp_nbr"]),
                    "sizeType": box["iso_typ"],
                    "seals": box["seal_lst"].split(",") if box["seal_lst"] else [],
                }
                for box in truth.containers.get(row["ccd_id"], ())
            ],
        }
        for row in truth.shipments(VANCOUVER)
    ]
    nodes, total = pages(demo, "officer-vancouver", query)
    assert [node["ccn"] for node in nodes] == [row["ccn"] for row in expected]
    assert total == len(expected)
    wrong = [(found, right) for found, right in zip(nodes, expected, strict=True) if found != right]
    assert not wrong, (len(wrong), wrong[0])
    states = {node["jointStatus"]["state"] for node in nodes}
    assert {"SEIZED", "HOLD", "RELEASED", "UNKNOWN", "UNDER_REVIEW", "MAY_PROCEED", "DOCUMENTS_REQUIRED"} <= states


def test_shipment_360(demo: RunningDemo, truth: Truth, permits: PermitTruth, world: dict[str, Any]) -> None:
    """Query 3: everything about the special shipments and all shipments of forty more, for one who may see it all."""
    special = [case["ccn"] for case in world["special"].values()]
    some = truth.shipments(f"{VANCOUVER} OR h.ccn_nbr = ANY($1)", special, order="h.arr_ts DESC NULLS LAST, h.ccn_nbr")
    chosen = [row for row in some if row["ccn"] in special] + [row for row in some if row["ccn"] not in special][:40]
    query = f"""query ($ccns: [CargoControlNumber!]) {{
      shipments(filter: {{ccn: {{in: $ccns}}}}, first: 100) {{ nodes {{
        ccn status
        declarations {{
          transactionNumber version type importer {{ name businessNumber }} acceptedAt invoiceTotal {{ amount }}
          items {{ sequence hs description originCountry quantity {{ value unit }} customsValue {{ amount currency }}
            lot intendedUse {CITED} }}
          agencyDecisions {{ agency sequence status reasonCode at }}
          duties {{ sequence version duty {{ amount }} gst {{ amount }} total {{ amount currency }} due paid }}
        }}
        holds {{ agency scope reasonCode placedAt liftedAt canMove place container }}
        inspections {{ agency kind place scheduledAt result }}
        risk {{ band score rules }}
      }} }}
    }}"""
    answer = demo.ask("analyst", query, {"ccns": [row["ccn"] for row in chosen]})
    assert "errors" not in answer, answer.get("errors")
    found = {node["ccn"]: exact(node) for node in answer["data"]["shipments"]["nodes"]}
    assert len(found) == len(chosen)
    duties, inspections, risks = duty_lines(truth), all_inspections(truth), newest_risk(truth)
    for row in chosen:
        node = found[row["ccn"]]
        assert node["status"] == row["status"]
        assert in_order(node["holds"]) == in_order(without(one, "ccn") for one in truth.holds.get(row["ccn"], ()))
        assert in_order(node["inspections"]) == in_order(inspections.get(row["ccn"], ()))
        assert node["risk"] == risks.get(row["ccn"])
        declarations = truth.declarations.get(row["ccn"], [])
        assert {one["transactionNumber"] for one in node["declarations"]} == {one["txn"] for one in declarations}
        by_number = {one["transactionNumber"]: one for one in node["declarations"]}
        for declaration in declarations:
            one = by_number[declaration["txn"]]
            assert one == {
                "transactionNumber": declaration["txn"],
                "version": declaration["ver_nbr"],
                "type": declaration["b3_typ"],
                "importer": {"name": declaration["imp_nm"], "businessNumber": declaration["imp_bn"]},
                "acceptedAt": instant(declaration["acpt_ts"]),
                "invoiceTotal": {"amount": Decimal(declaration["inv_amt"]) / 100},
                "items": [item(row, declaration, line, permits) for line in truth.lines[declaration["txn"]]],
                "agencyDecisions": one["agencyDecisions"],
                "duties": one["duties"],
            }
            assert in_order(one["duties"]) == in_order(duties.get(declaration["txn"], ()))
            assert in_order(one["agencyDecisions"]) == in_order(
                {
                    "agency": decision["agency"],
                    "sequence": decision["line"],
                    "status": decision["status"],
                    "reasonCode": decision["reason"],
                    "at": decision["at"],
                }
                for decision in truth.decisions.get(declaration["txn"], ())
            )
    assert sum(len(one["duties"]) for node in found.values() for one in node["declarations"]) > 50


def item(shipment: Row, declaration: Row, line: Row, permits: PermitTruth) -> Row:
    return {
        "sequence": line["line_nbr"],
        "hs": line["hs_cd"],
        "description": line["gds_desc"],
        "originCountry": alpha2(line["org_ctry"]),
        "quantity": {"value": line["qty"], "unit": line["uom_cd"]},
        "customsValue": {"amount": Decimal(line["cst_val"]) / 100, "currency": "CAD"},
        "lot": line["lot_nbr"],
        "intendedUse": line["attrs"].split('"')[3] if line["attrs"] else None,
        "citedPermits": permits.cited(shipment, declaration, line),
    }


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def duty_lines(truth: Truth) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in truth.stores.rows("revenue", "SELECT l.*, a.* FROM line l JOIN assessment a USING (txn, version)"):
        found.setdefault(row["txn"], []).append(
            {
                "sequence": row["line_no"],
                "version": row["version"],
                "duty": {"amount": Decimal(row["duty"])},
                "gst": {"amount": Decimal(row["gst"])},
                "total": {"amount": Decimal(row["total"]), "currency": row["currency"]},
                "due": row["due"],
                "paid": row["state"] == "PAID",
            }
        )
    return found


def all_inspections(truth: Truth) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    sql = """SELECT trim(ccn_nbr) AS ccn, sub_typ AS kind, unlocode, beg_ts AS at, rslt_txt AS result
        FROM cargo.evt LEFT JOIN ref.port_loc USING (port_no) WHERE evt_typ = 'EXM'"""
    for agency, rows in (
        ("CUSTOMS", truth.stores.rows("customs", sql)),
        ("FOOD", truth.stores.rows("food", "SELECT * FROM inspection")),
    ):
        for row in rows:
            found.setdefault(row["ccn"], []).append(
                {
                    "agency": agency,
                    "kind": KIND[row["kind"]],
                    "place": row["unlocode"],
                    "scheduledAt": row["at"] if isinstance(row["at"], str) else instant(row["at"]),
                    "result": row["result"],
                }
            )
    return found


def newest_risk(truth: Truth) -> dict[str, Row]:
    sql = "SELECT DISTINCT ON (ccn_nbr) *, trim(ccn_nbr) AS ccn FROM cargo.trgt_rslt ORDER BY ccn_nbr, asmt_ts DESC"
    bands = {"L": "LOW", "M": "MEDIUM", "H": "HIGH"}
    return {
        row["ccn"]: {"band": bands.get(row["rsk_bnd"]), "score": row["rsk_scr"], "rules": row["rule_arr"]}
        for row in truth.stores.rows("customs", sql)
    }


def test_containers_held_by_two_agencies(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    """Query 8: containers to open once."""
    held: dict[str, list[Row]] = {}
    for rows in truth.holds.values():
        for hold in rows:
            if hold["liftedAt"] is None and hold["container"] and hold["place"] == "CAVAN":
                held.setdefault(hold["container"], []).append(hold)
    expected = {
        number: {
            "place": "CAVAN",
            "agencies": sorted({hold["agency"] for hold in holds}),
            "holds": in_order({"agency": hold["agency"], "placedAt": hold["placedAt"]} for hold in holds),
            "shipment": {"ccn": holds[0]["ccn"]},
        }
        for number, holds in held.items()
        if len({hold["agency"] for hold in holds}) > 1
    }
    query = """{ heldContainers(place: "CA VAN", first: 500) {
      totalCount nodes { number place agencies holds { agency placedAt } shipment { ccn } } completeness { complete }
    } }"""
    answer = demo.ask("officer-vancouver", query)
    assert "errors" not in answer, answer
    found = answer["data"]["heldContainers"]
    assert {node.pop("number"): {**node, "holds": in_order(node["holds"])} for node in found["nodes"]} == expected
    assert found["totalCount"] == len(expected)
    assert world["special"]["heldByTwo"]["container"] in expected
