"""Deadlines, bulkheads, and work done together."""

from __future__ import annotations

import asyncio

import pytest

from adapters.errors import SourceBusy, SourceTimeout, SourceUnavailable
from adapters.resilience import Bulkhead, together, within


async def _after(seconds: float, value: int = 1) -> int:
    await asyncio.sleep(seconds)
    return value


async def test_within_a_deadline() -> None:
    now = asyncio.get_running_loop().time
    assert await within(lambda: _after(0), deadline=None, seconds=None, what="x") == 1
    assert await within(lambda: _after(0), deadline=now() + 1, seconds=1, what="x") == 1
    with pytest.raises(SourceTimeout, match="x: no answer after"):
        await within(lambda: _after(1), deadline=now() + 5, seconds=0.01, what="x")
    with pytest.raises(SourceTimeout):
        await within(lambda: _after(1), deadline=now() + 0.01, seconds=5, what="x")
    with pytest.raises(SourceBusy, match="before it was asked"):
        await within(lambda: pytest.fail("started"), deadline=now(), seconds=None, what="x")


async def test_the_works_own_timeout_is_not_taken_for_ours() -> None:
    async def fails() -> int:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await within(fails, deadline=None, seconds=1, what="x")


async def test_a_bulkhead_bounds_and_frees() -> None:
    bulkhead = Bulkhead(2, "x")
    running = most = 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    await asyncio.gather(*(bulkhead.run(work) for _ in range(7)))
    assert most == 2

    async def fails() -> None:
        raise SourceUnavailable("down")

    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            await bulkhead.run(fails)
    blocked = [asyncio.create_task(bulkhead.run(lambda: _after(0.2))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(SourceBusy, match="waiting its turn"):
        await bulkhead.run(work, deadline=asyncio.get_running_loop().time() + 0.02)
    await asyncio.gather(*blocked)
    await bulkhead.run(work)


async def test_together_keeps_order_and_ends_what_a_failure_leaves() -> None:
    assert await together([lambda: _after(0.02, 1), lambda: _after(0, 2)]) == [1, 2]
    ended: list[bool] = []

    async def slow() -> int:
        try:
            return await _after(5)
        finally:
            ended.append(True)

    async def fails() -> int:
        await asyncio.sleep(0)
        raise SourceUnavailable("down")

    with pytest.raises(SourceUnavailable):
        await together([slow, fails])
    assert ended == [True]
