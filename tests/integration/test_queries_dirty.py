"""Dirty values of agencies: shown, flagged on the object and counted, and everything beside them intact."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.demo import RunningDemo
from tests.kit.truth import Row, Truth, plain

QUERY = """query ($ccn: CargoControlNumber!) {
  shipment(ccn: $ccn) {
    ccn status eta arrivedAt importer { name businessNumber organization { businessNumber } }
    containers { number sizeType dataFlags { field problem } }
    declarations {
      transactionNumber
      items { sequence citedPermits { issuer permit { number } verification { verdict } } dataFlags { field problem } }
    }
    jointStatus { state }
    dataFlags { field problem }
  }
}"""


def asked(demo: RunningDemo, ccn: str) -> tuple[Row, dict[str, int]]:
    answer = demo.ask("analyst", QUERY, {"ccn": ccn})
    assert "errors" not in answer, answer
    assert answer["extensions"]["completeness"]["complete"]
    return answer["data"]["shipment"], answer["extensions"].get("dataFlags", {})


def expected(truth: Truth, ccn: str) -> Row:
    """The row in the store, and its containers."""
    (row,) = truth.shipments("h.ccn_nbr = $1", ccn)
    return row


def intact(shipment: Row, row: Row, truth: Truth) -> None:
    """What is not dirty."""
    assert shipment["ccn"] == row["ccn"]
    assert shipment["arrivedAt"] == row["arrived"] is not None
    assert shipment["importer"]["name"] == row["imp_nm"]
    boxes = truth.containers[row["ccd_id"]]
    assert [(box["number"], box["sizeType"]) for box in shipment["containers"]] == [
        (plain(box["eqp_nbr"]), box["iso_typ"]) for box in boxes
    ]
    numbers = [one["txn"] for one in truth.declarations[row["ccn"]]]
    assert sorted(one["transactionNumber"] for one in shipment["declarations"]) == numbers
    for one in shipment["declarations"]:
        assert [item["sequence"] for item in one["items"]] == [
            line["line_nbr"] for line in truth.lines[one["transactionNumber"]]
        ]
    assert shipment["jointStatus"]["state"] == truth.joint_status(row)["state"]


def test_an_unmapped_status(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    row = expected(truth, world["special"]["unmappedStatus"]["ccn"])
    assert row["sts_cd"] == "Q"
    shipment, counts = asked(demo, row["ccn"])
    intact(shipment, row, truth)
    assert shipment["status"] is None
    assert shipment["eta"] == row["eta"] is not None
    assert shipment["dataFlags"] == [{"field": "status", "problem": "unmapped code"}]
    assert counts == {"Shipment.status": 1}
    assert shipment["jointStatus"]["state"] not in ("MAY_PROCEED", "RELEASED", "MOVE_DETAIN_AT_DESTINATION")


def test_a_container_number_with_a_wrong_check_digit(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    row = expected(truth, world["special"]["wrongContainer"]["ccn"])
    shipment, counts = asked(demo, row["ccn"])
    intact(shipment, row, truth)
    first, *others = shipment["containers"]
    assert first["number"] == truth.containers[row["ccd_id"]][0]["eqp_nbr"].strip()
    assert first["dataFlags"] == [{"field": "number", "problem": "check digit"}]
    assert all(box["dataFlags"] == [] for box in others)
    assert shipment["dataFlags"] == []
    assert counts == {"TransportEquipment.number": 1}


def test_both_beside_clean_ones(demo: RunningDemo, world: dict[str, Any]) -> None:
    """In a list the other rows have no flags, and the counts are those of the two."""
    special = [
        world["special"][name]["ccn"] for name in ("unmappedStatus", "wrongContainer", "untidyContainer", "seized")
    ]
    query = """query ($ccns: [CargoControlNumber!]) { shipments(filter: {ccn: {in: $ccns}}) { nodes {
      ccn status containers { number dataFlags { field } } dataFlags { field } } } }"""
    answer = demo.ask("officer-vancouver", query, {"ccns": special})
    assert "errors" not in answer
    nodes = {node["ccn"]: node for node in answer["data"]["shipments"]["nodes"]}
    assert set(nodes) == set(special)
    flags = {
        ccn: [*node["dataFlags"], *(f for box in node["containers"] for f in box["dataFlags"])]
        for ccn, node in nodes.items()
    }
    assert [len(flags[ccn]) for ccn in special] == [1, 1, 0, 0]
    assert answer["extensions"]["dataFlags"] == {"Shipment.status": 1, "TransportEquipment.number": 1}


def test_an_untidy_container_number_is_read(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    """Lower case and spaces are no fault; the number finds the shipment."""
    case = world["special"]["untidyContainer"]
    row = expected(truth, case["ccn"])
    assert truth.containers[row["ccd_id"]][0]["eqp_nbr"].strip() != case["container"]
    shipment, counts = asked(demo, case["ccn"])
    intact(shipment, row, truth)
    assert shipment["containers"][0] == {
        "number": case["container"],
        "sizeType": truth.containers[row["ccd_id"]][0]["iso_typ"],
        "dataFlags": [],
    }
    assert counts == {}
    query = "query ($n: ContainerNumber) { shipments(filter: {container: $n}) { nodes { ccn } } }"
    answer = demo.ask("officer-vancouver", query, {"n": case["container"]})
    assert answer["data"] == {"shipments": {"nodes": [{"ccn": case["ccn"]}]}}


@pytest.mark.parametrize(
    ("name", "field", "problem"),
    [("badEta", "eta", "not a date"), ("invalidImporter", "importer.businessNumber", "pattern")],
)
def test_other_dirty_values(
    demo: RunningDemo, truth: Truth, world: dict[str, Any], name: str, field: str, problem: str
) -> None:
    row = expected(truth, world["special"][name]["ccn"])
    shipment, counts = asked(demo, row["ccn"])
    intact(shipment, row, truth)
    assert shipment["dataFlags"] == [{"field": field, "problem": problem}]
    assert counts == {f"Shipment.{field}": 1}
    assert shipment["importer"]["businessNumber"] == row["imp_bn"]
    if name == "badEta":
        assert shipment["eta"] is None
    else:
        assert shipment["importer"]["organization"] is None


def test_a_permit_of_an_unknown_issuer(demo: RunningDemo, truth: Truth, world: dict[str, Any]) -> None:
    row = expected(truth, world["special"]["unknownPermitIssuer"]["ccn"])
    shipment, counts = asked(demo, row["ccn"])
    intact(shipment, row, truth)
    items = [item for one in shipment["declarations"] for item in one["items"] if item["citedPermits"]]
    assert items
    for item in items:
        assert item["citedPermits"] == [{"issuer": None, "permit": None, "verification": {"verdict": "UNKNOWN"}}]
        assert item["dataFlags"] == [{"field": "citedPermits[0].issuer", "problem": "unmapped code"}]
    assert counts == {"GoodsItem.citedPermits.issuer": len(items)}


def test_a_wrong_check_digit_in_an_argument_is_refused(demo: RunningDemo, world: dict[str, Any]) -> None:
    """What is only flagged in data is refused in a question."""
    number = world["special"]["wrongContainer"]["container"]
    wrong = number[:10] + str((int(number[10]) + 1) % 10)
    query = "query ($n: ContainerNumber) { shipments(filter: {container: $n}) { nodes { ccn } } }"
    answer = demo.ask("officer-vancouver", query, {"n": wrong})
    assert "data" not in answer or answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
