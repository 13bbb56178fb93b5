"""The oracle asks as often as the gateway: one batched call per link and level, which what a computed
field reads and what the caller selects share."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.kit.oracle.sides import Sides, agency_files, sides, sides_of

PLANS = Path(__file__).parents[1] / "golden" / "plans"
VARIABLES: dict[str, dict[str, Any]] = {
    "release_queue": {"ports": ["CAVAN", "CAMTR"], "first": 5},
    "shipment_360": {"ccn": "9QRT1001"},
    "person": {"document": {"issuer": "CA", "number": "AB123456"}},
    "permits": {"hs": {"startsWith": "0101"}, "first": 3},
    "permit_shipments": {"issuer": "TRADE_CONTROLS", "number": "GC0000000"},
    "held_containers": {"place": "CAVAN"},
    "skipped": {"full": True},
}


@pytest.mark.parametrize("pushes", [False, True], ids=["whole", "pushed"])
@pytest.mark.parametrize("name", VARIABLES)
async def test_both_sides_ask_the_same_collections_equally_often(name: str, pushes: bool) -> None:
    world = sides_of(agency_files(), sides(1, clean=True).sources, pushes=pushes)
    query = (PLANS / f"{name}.graphql").read_text(encoding="utf-8")
    await world.gateway(query, VARIABLES[name])
    planned = asked(world)
    stock = await world.stock(query, VARIABLES[name])
    again = asked(world)
    assert again == planned
    assert stock.statements == sum(planned.values())
    compared = await world.both(query, VARIABLES[name])
    assert compared.differences == []


def asked(world: Sides) -> Counter[str]:
    """Calls per collection since last asked."""
    counts = Counter(
        f"{source.agency}.{call.spec.collection}" for source in world.sources.values() for call in source.calls
    )
    for source in world.sources.values():
        source.calls.clear()
    return counts
