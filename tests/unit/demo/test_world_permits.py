"""Cited permits: each verification check passes somewhere and fails somewhere; joint status meets every decision."""

from collections import Counter
from datetime import date

import pytest

from demo.world.clock import DAY
from demo.world.declarations import release_chunk
from demo.world.permits import Permit
from demo.world.reference import ALPHA3
from demo.world.scale import SCALES
from demo.world.shipments import cargo_chunk
from demo.world.tables import Batch
from demo.world.world import World

_UNITS = {"KG": "KGM", "T": "TNE", "HD": "HEA"}
_MASS = {"KGM": 1, "TNE": 1000}


@pytest.fixture(scope="module")
def outcomes() -> Counter[tuple[str, bool]]:
    """(check, passed) over the cited permits of a small world."""
    world = World.of(1, SCALES["small"], date(2026, 3, 2))
    permits = {p.key: p for p in map(world.permits.get, range(world.permits.count))}
    batch = Batch()
    found: Counter[tuple[str, bool]] = Counter()
    for declaration in release_chunk(world, 0, cargo_chunk(world, 0, batch), batch):
        shipment = declaration.shipment
        arrival = (shipment.eta if shipment.arrived is None else shipment.arrived) // DAY
        for goods in declaration.lines:
            for cited in goods.citations:
                key = "".join(c for c in cited.number.upper() if c.isalnum())
                permit = permits.get(key)
                found["EXISTS", permit is not None] += 1
                if permit is None:
                    continue
                found.update(
                    checks(permit, shipment.importer, arrival, goods.hs, goods.origin, goods.unit, goods.quantity)
                )
    return found


def checks(
    permit: Permit, importer: int, arrival: int, hs: str, origin: str, unit: str, quantity: int
) -> list[tuple[str, bool]]:
    origins = {ALPHA3[country] for country in permit.origins}
    line = next((line for line in permit.lines if hs.startswith(line.goods.hs)), None)
    results = [
        ("STATUS", permit.state in "AI" and not permit.suspended),
        ("HOLDER", permit.holder == importer),
        ("DATES", permit.first_day <= arrival <= permit.last_day),
        ("HS", line is not None),
        ("ORIGIN", origin in origins),
    ]
    if line is not None:
        theirs = _UNITS.get(line.unit, line.unit)
        same = unit == theirs or (unit in _MASS and theirs in _MASS)
        results.append(("UNIT", same))
        if same:
            asked = quantity * _MASS.get(unit, 1) / _MASS.get(theirs, 1)
            results.append(("BALANCE", asked <= line.authorised - line.used - line.reserved))
    return results


@pytest.mark.parametrize("check", ["EXISTS", "STATUS", "HOLDER", "DATES", "HS", "ORIGIN", "UNIT", "BALANCE"])
def test_each_check_passes_and_fails(outcomes: Counter[tuple[str, bool]], check: str) -> None:
    assert outcomes[check, False] >= 3
    assert outcomes[check, True] > 5 * outcomes[check, False]
