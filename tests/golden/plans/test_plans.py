"""Plans of the operations that matter, as text: a change of what is asked of whom shows in review.

``UPDATE_PLANS=1`` writes the files anew. The sources are in memory: a statement is what was asked of them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = str(HERE.parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.kit.oracle.explaining import ExplainingSource  # noqa: E402 - the kit is found from the root
from tests.kit.oracle.sides import EVERYTHING, Sides, agency_files, sides_of, view_of  # noqa: E402 - the kit is found from the root
from tests.kit.oracle.world import memory_sources  # noqa: E402 - the kit is found from the root

VARIABLES: dict[str, dict[str, Any]] = {
    "release_queue": {"ports": ["CAVAN", "CAPRR"], "first": 50},
    "shipment_360": {"ccn": "9QRT1001"},
    "person": {"document": {"issuer": "CA", "number": "AB123456"}},
    "permits": {"hs": {"startsWith": "0101"}, "first": 20},
    "permit_shipments": {"issuer": "TRADE_CONTROLS", "number": "GC0000000"},
    "node": {"id": "x", "ids": ["y"]},
    "held_containers": {"place": "CAVAN"},
    "skipped": {"full": False},
    "two_roles": {"ccn": "9QRT1001"},
    "own_lists": {"first": 5},
}


@pytest.fixture(scope="module")
def world() -> Sides:
    files = agency_files()
    return sides_of(files, memory_sources(files, 0, kind=ExplainingSource))


@pytest.mark.parametrize("name", [name for name in VARIABLES if name != "two_roles"])
def test_plan_is_the_reviewed_one(name: str, world: Sides) -> None:
    plan = explained(world, name, EVERYTHING)
    compare(name, plan)


def test_a_row_rule_shows_in_the_plan(world: Sides) -> None:
    """What a border officer asks is asked with the rule of that role; without a request's claims it stays open."""
    plan = explained(world, "release_queue", view_of("border-officer"))
    assert "rule portOfArrival in $claims.ports" in plan
    compare("release_queue.border-officer", plan)


def test_rows_and_cells_of_each_role_show_in_the_plan(world: Sides) -> None:
    plan = explained(world, "two_roles", view_of("border-officer", "trader"))
    assert "Shipment: importer.businessNumber in claims.bn" in plan
    assert "risk: Shipment.risk shows on rows of role:border-officer" in plan
    compare("two_roles", plan)


def test_no_plan_shows_a_value(world: Sides) -> None:
    for name, variables in VARIABLES.items():
        plan = explained(world, name, EVERYTHING)
        for value in ("CAVAN", "CAPRR", "9QRT1001", "AB123456", "GC0000000"):
            assert value not in plan, (name, variables)


def explained(world: Sides, name: str, view: Any) -> str:
    query = (HERE / f"{name}.graphql").read_text(encoding="utf-8")
    return world.engine.explain(query=query, operation_name=None, variables=VARIABLES[name], view=view)


def compare(name: str, plan: str) -> None:
    file = HERE / f"{name}.txt"
    if os.environ.get("UPDATE_PLANS"):
        file.write_text(plan, encoding="utf-8")
    assert plan == file.read_text(encoding="utf-8"), "set UPDATE_PLANS=1 to accept"
