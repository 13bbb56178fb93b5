"""The clock of `guichet bench --profile`: every function that it names is there, and what each spends is its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from bench.stages import MAKERS, SOURCES, STAGES, Clock, awaited, found, made, profiling, timed

PLACES = [place for places in STAGES.values() for place in places]


def spend(milliseconds: float) -> None:
    until = time.thread_time() + milliseconds / 1000
    while time.thread_time() < until:
        pass


@pytest.mark.parametrize("place", PLACES)
def test_what_a_stage_names_is_there(place: str) -> None:
    owner, name = found(place)
    assert callable(getattr(owner, name))


def test_no_function_belongs_to_two_stages() -> None:
    assert len(set(PLACES)) == len(PLACES)
    assert set(SOURCES) | MAKERS <= set(PLACES)


def test_nothing_is_wrapped_outside_of_a_profile() -> None:
    def functions() -> list[Callable[..., object]]:
        return [getattr(owner, name) for owner, name in map(found, PLACES)]

    before = functions()
    with profiling():
        assert all(one is not other for one, other in zip(functions(), before, strict=True))
    assert functions() == before


async def test_a_stage_has_its_own_time_and_not_that_of_those_below_or_between() -> None:
    clock = Clock()

    async def inner() -> None:
        spend(4)
        await asyncio.sleep(0.02)
        spend(4)

    below = timed(inner, "below", clock)

    async def outer() -> str:
        spend(4)
        await below()
        spend(4)
        return "done"

    async def other() -> None:
        await asyncio.sleep(0.005)
        spend(20)

    answers = await asyncio.gather(timed(outer, "above", clock)(), other())
    assert answers[0] == "done"
    assert clock.spent["below"] / 1e6 == pytest.approx(8, abs=4)
    assert clock.spent["above"] / 1e6 == pytest.approx(8, abs=4)
    assert set(clock.spent) == {"above", "below"}


async def test_a_cancelled_coroutine_is_told_and_leaves_the_clock_balanced() -> None:
    clock = Clock()
    told = []

    async def waiting() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    task = asyncio.ensure_future(timed(waiting, "waiting", clock)())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == ["cancelled"]
    clock.enter("next")
    clock.leave()
    assert set(clock.spent) == {"waiting", "next"}


def test_what_a_maker_makes_is_timed_not_the_making() -> None:
    clock = Clock()
    decode = made(lambda milliseconds: lambda: spend(milliseconds), "mapping", clock)(3)
    assert not clock.spent
    decode()
    assert clock.spent["mapping"] / 1e6 == pytest.approx(3, abs=1.5)


async def test_waits_are_counted_by_source() -> None:
    class Source:
        agency = "CUSTOMS"

        async def fetch(self) -> int:
            await asyncio.sleep(0.01)
            return 7

    clock = Clock()
    fetch = awaited(Source.fetch, lambda source: str(source.agency), clock)
    assert [await fetch(Source()) for _ in range(2)] == [7, 7]
    count, seconds = clock.waits["CUSTOMS"]
    assert count == 2
    assert seconds >= 0.02
