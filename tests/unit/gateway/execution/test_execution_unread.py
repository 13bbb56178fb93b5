"""A row whose value could not be read is not shown by a rule that this value might break."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.contract import RowFlag
from gateway.policy import Policy
from tests.kit.memory_world import MASTER, World, day

ROLES = """
[roles.elsewhere]
query = ["shipments", "shipment"]
types.Shipment = { fields = ["ccn"], rows = { not = { portOfArrival = { eq = "CAVAN" } } } }
[roles.other]
query = ["shipments", "shipment"]
types.Shipment = { fields = ["ccn"], rows = { portOfArrival = { ne = "CAVAN" } } }
[roles.here]
query = ["shipments", "shipment"]
types.Shipment = { fields = ["ccn", "eta"], rows = { portOfArrival = { eq = "CAVAN" } } }
"""
PORTS = {"SHIP1": "CAVAN", "SHIP2": "CAMTR", "SHIP3": None, "SHIP4": None}


def world() -> World:
    """Nothing is known of where SHIP3 arrives; of SHIP4 something that could not be read."""
    rows = [{"ccn": ccn, "portOfArrival": port, "eta": day(1)} for ccn, port in PORTS.items()]
    flags = {"CUSTOMS": {"shipment": [RowFlag(3, "portOfArrival", "unmapped code")]}}
    return World({"CUSTOMS": {"shipment": rows}}, flags=flags)


@pytest.mark.parametrize(
    ("roles", "shown"),
    [
        (("elsewhere",), {"SHIP2", "SHIP3"}),
        (("other",), {"SHIP2", "SHIP3"}),
        (("here",), {"SHIP1"}),
        (("elsewhere", "here"), {"SHIP1", "SHIP2", "SHIP3"}),
    ],
)
async def test_in_lists_and_by_key(roles: tuple[str, ...], shown: set[str], tmp_path: Path) -> None:
    (tmp_path / "roles.toml").write_text(ROLES)
    view, here = Policy.load(tmp_path, MASTER).view_of(roles), world()
    listed = await here.data_of("{ shipments(first: 9) { totalCount nodes { ccn } } }", view=view)
    assert {one["ccn"] for one in listed["shipments"]["nodes"]} == shown
    assert listed["shipments"]["totalCount"] == len(shown)
    for ccn in PORTS:
        found = await here.data_of(
            "query($c: CargoControlNumber!) { shipment(ccn: $c) { ccn } }", {"c": ccn}, view=view
        )
        assert (found["shipment"] is not None) == (ccn in shown)
