"""The planned executor against graphql-core's own: the same data, the same nulls, for generated operations.

``ORACLE_EXAMPLES`` sets how many documents are generated per view. Each is executed in a healthy world, again for the
next page where it has one, and again with some collections down.
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.policy.view import View
from tests.kit.oracle.comparing import Compared
from tests.kit.oracle.documents import ids_of, queries
from tests.kit.oracle.dropped import DROPPED
from tests.kit.oracle.rewriting import Rewriter, Rewritten
from tests.kit.oracle.sides import EVERYTHING, Sides, agency_files, sides, view_of

pytestmark = DROPPED

EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "40"))
WORLDS = 4
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
VIEWS = {
    "everything": EVERYTHING,
    "border-officer": view_of("border-officer"),
    "trader": view_of("trader"),
}


class Tally:
    """What was executed, so that a run that compared nothing is noticed."""

    def __init__(self) -> None:
        self.executions = self.values = self.refused = self.paged = 0


def cursors(compared: Compared, document: Rewritten) -> tuple[dict[str, Any], dict[str, Any]]:
    """The next page of each connection that can have one: our cursors, and the oracle's at the same places."""
    ours, theirs = {}, {}
    for name, (path, end) in document.cursors.items():
        one, other = compared.answer.data, compared.stock.data
        for key in (*path, "pageInfo", end):
            one = one.get(key) if isinstance(one, dict) else None
            other = other.get(key) if isinstance(other, dict) else None
        if isinstance(one, str) and isinstance(other, str):
            ours[name], theirs[name] = one, other
    return ours, theirs


async def check(world: Sides, ids: list[str], text: str, seed: int, view: View, tally: Tally) -> None:
    chance = random.Random(seed)
    document = Rewriter(view.schema, seed, ids).rewrite(text)
    world.fail()
    compared = await one(world, document, view, tally)
    if compared.answer.executed and document.cursors:
        ours, theirs = cursors(compared, document)
        if ours:
            tally.paged += 1
            await one(world, document, view, tally, ours, theirs)
    every = [spec.id for agency in agency_files() for spec in agency.collections]
    world.fail(*chance.sample(every, chance.choice((1, 2, 6))))
    await one(world, document, view, tally)


async def one(
    world: Sides,
    document: Rewritten,
    view: View,
    tally: Tally,
    ours: dict[str, Any] | None = None,
    theirs: dict[str, Any] | None = None,
) -> Compared:
    variables = {**document.variables, **(ours or {})}
    compared = await world.both(document.text, variables, view, {**document.variables, **(theirs or {})})
    assert not compared.differences, "\n".join([*compared.differences[:10], document.text, repr(variables)])
    tally.executions += 1
    tally.values += compared.values
    tally.refused += not compared.answer.executed
    return compared


@pytest.mark.timeout(240 + 20 * EXAMPLES)  # as long as it takes on a busy machine
@pytest.mark.parametrize("name", VIEWS)
def test_generated_operations_agree(name: str) -> None:
    view = VIEWS[name]
    tally = Tally()
    loop = asyncio.new_event_loop()
    worlds = [sides(seed) for seed in range(WORLDS)]
    ids = [loop.run_until_complete(ids_of(world)) for world in worlds]

    @PROFILE
    @given(queries(view), st.integers(0, 2**32))
    def run(text: str, seed: int) -> None:
        seed ^= crc32(text.encode())  # hypothesis likes the same few numbers
        index = seed % WORLDS
        loop.run_until_complete(check(worlds[index], ids[index], text, seed, view, tally))

    try:
        run()
    finally:
        loop.close()
    print(f"{name}: {tally.executions} executions, {tally.values} values, {tally.refused} refused, {tally.paged} paged")
    assert tally.executions > EXAMPLES
    assert tally.refused < tally.executions / 2
