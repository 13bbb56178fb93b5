"""The stock contender answers as the gateway does, over sources in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench.agreement import difference
from bench.stock import StockEngine
from gateway.request import RequestContext
from tests.kit.oracle.sides import EVERYTHING, Sides, sides
from tests.kit.oracle.world import SHIPMENTS

QUERIES = Path(__file__).parents[3] / "bench" / "queries"
VARIABLES: dict[str, list[dict[str, Any]]] = {
    "q1": [{"port": port, "since": "2026-11-01T00:00:00Z"} for port in ("CAVAN", "CAMTR", "CATOR")],
    "q2": [{"ccn": ccn} for ccn in (*SHIPMENTS[:6], "9QRT9999")],
    "q3": [{"port": "CAVAN", "since": "2026-11-01T00:00:00Z"}],
    "q4": [{"from": "2026-01-01"}, {"from": "2027-01-01"}],
}


def test_every_query_has_variables_and_both_variants() -> None:
    names = {file.name for file in QUERIES.iterdir()}
    assert names == {f"{name}{suffix}.graphql" for name in VARIABLES for suffix in ("", ".bare")}


@pytest.mark.parametrize("query", [name + suffix for name in VARIABLES for suffix in ("", ".bare")])
async def test_the_same_answer(query: str) -> None:
    text = (QUERIES / f"{query}.graphql").read_text()
    for seed in range(3):
        world: Sides = sides(seed, clean=True)
        stock = StockEngine(world.engine)
        for variables in VARIABLES[query.partition(".")[0]]:
            ours = await world.gateway(text, variables)
            context = RequestContext("r1", world.principal, asyncio.get_running_loop().time() + 30)
            theirs = await stock.execute(
                query=text, operation_name=None, variables=variables, view=EVERYTHING, context=context
            )
            assert not ours.errors
            assert difference(ours.data, theirs.data) is None
