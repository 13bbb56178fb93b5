"""Requests that are answered by one run get what each would have got by itself: data, errors, completeness, flags."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.coalescing import CoalescingSource
from adapters.contract import RowFlag
from gateway.execution import coalescing
from gateway.execution.joint import Asked
from gateway.policy.view import View
from gateway.request import Answer
from tests.kit.oracle.records import ROOTS, keys, operation
from tests.kit.oracle.sides import EVERYTHING, Sides, agency_files, sides_of, view_of
from tests.kit.oracle.world import memory_sources

EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "60"))
WORLDS = 3
TOGETHER = 6
VIEWS = {"everything": EVERYTHING, "border-officer": view_of("border-officer"), "trader": view_of("trader")}


@dataclass
class Joining:
    """A world whose sources let lookups wait for each other. ``runs``: how many requests each joint run had."""

    world: Sides
    fail: Callable[..., None]
    delay: Callable[[float], None]
    runs: list[int] = field(default_factory=list)


@pytest.fixture(scope="module", params=range(WORLDS))
def joining(request: pytest.FixtureRequest) -> Joining:
    files = agency_files()
    sources = memory_sources(files, request.param)
    chance = random.Random(request.param)
    for source in sources.values():
        source.flags = {name: _flags(chance, rows, source.collections[name]) for name, rows in source.data.items()}
    inner = Sides(sources, None, None)  # type: ignore[arg-type]  # its sources alone are told to fail
    world = sides_of(files, {name: CoalescingSource(source, 60) for name, source in sources.items()})

    def delay(seconds: float) -> None:
        for source in sources.values():
            source.delay(seconds)

    made = Joining(world, inner.fail, delay)
    as_one = world.engine.coalescer.as_one

    async def counted(asked: Sequence[Asked]) -> Sequence[Any]:
        made.runs.append(len(asked))
        return await as_one(asked)

    world.engine.coalescer.as_one = counted  # type: ignore[method-assign]  # of this one world
    return made


def _flags(chance: random.Random, rows: Sequence[Any], spec: Any) -> list[RowFlag]:
    """One row in three is dirty."""
    paths = list(spec.fields) + [f"{name}[0].{path}" for name, child in spec.children.items() for path in child.fields]
    dirty = [row for row in range(len(rows)) if chance.random() < 0.3]
    found = [RowFlag(row, chance.choice(paths), "unmapped") for row in dirty]
    return [flag for flag in found if "[" not in flag.path or rows[flag.row].get(flag.path.partition("[")[0])]


async def alone_and_together(
    joining: Joining, text: str, variables: Sequence[dict[str, Any]], view: View
) -> tuple[list[Answer], list[Answer]]:
    """Each by itself; then all behind one that is under way, so that they go together."""
    world = joining.world
    joining.delay(0)
    alone = [await world.gateway(text, one, view) for one in variables]
    joining.delay(0.001)
    first = asyncio.ensure_future(world.gateway(text, variables[0], view))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    together = await asyncio.gather(*(world.gateway(text, one, view) for one in variables))
    await first
    return alone, together


def told(answer: Answer) -> Any:
    return (
        answer.data,
        sorted(map(repr, answer.errors)),
        answer.extensions,
        answer.log,
        answer.executed,
        answer.status,
    )


@pytest.mark.parametrize("name", VIEWS)
async def test_each_gets_what_it_would_have_got_by_itself(
    joining: Joining, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(*_: Any, **about: Any) -> None:
        raise AssertionError(about)

    monkeypatch.setattr(coalescing.log, "exception", failed)
    view, every = VIEWS[name], [spec.id for agency in agency_files() for spec in agency.collections]
    joined = values = flagged = partial = 0
    joining.runs.clear()
    for example in range(EXAMPLES):
        chance = random.Random(f"{name} {example}")
        root = chance.choice([one for one in ROOTS if view.schema.query_type and one in view.schema.query_type.fields])
        text, variables = operation(chance, view.schema, root), keys(chance, root, TOGETHER)
        joining.fail(*(chance.sample(every, chance.choice((1, 4))) if chance.random() < 0.5 else ()))
        alone, together = await alone_and_together(joining, text, variables, view)
        for key, one, other in zip(variables, alone, together, strict=True):
            assert told(other) == told(one), (text, key)
            values += len(repr(one.data))
            flagged += "dataFlags" in one.extensions
            partial += bool(one.errors)
    joined = joining.runs.count(TOGETHER)
    print(f"{name}: {joined} joined, {values} bytes, {flagged} flagged, {partial} with errors")
    assert joined > EXAMPLES // 2
    assert flagged
    assert partial
