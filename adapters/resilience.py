"""What every source that does I/O shares: deadlines, and a bound on what it asks at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adapters.errors import SourceBusy, SourceTimeout

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Load:
    """What a source holds at this moment: connections ``open``, those ``busy``, and calls ``waiting`` for one."""

    open: int
    busy: int
    waiting: int


async def within(work: Callable[[], Awaitable[T]], *, deadline: float | None, seconds: float | None, what: str) -> T:
    """The result of ``work()``, which ends at ``deadline`` (event loop clock) or after ``seconds``, whichever is first.

    ``work`` is not started when the deadline has passed; when it is reached, ``work`` is cancelled. Raises
    ``SourceBusy`` or ``SourceTimeout`` for these, naming ``what``; other exceptions, a ``TimeoutError`` of the work's
    own included, pass."""
    now = asyncio.get_running_loop().time()
    end = deadline if seconds is None else now + seconds if deadline is None else min(deadline, now + seconds)
    if end is None:
        return await work()
    if end <= now:
        raise SourceBusy(f"{what}: the deadline passed before it was asked")
    try:
        async with asyncio.timeout_at(end) as scope:
            return await work()
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise SourceTimeout(f"{what}: no answer after {end - now:.3f} s") from error


class Bulkhead:
    """At most ``limit`` pieces of work at once towards one source; the rest wait, each until its own deadline."""

    def __init__(self, limit: int, what: str) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._what = what
        self._busy = 0
        self._waiting = 0

    @property
    def load(self) -> Load:
        return Load(self._busy, self._busy, self._waiting)

    async def run(self, work: Callable[[], Awaitable[T]], *, deadline: float | None = None) -> T:
        """``work()``, when there is room. Raises ``SourceBusy`` when there is none before ``deadline``."""
        slots = self._slots
        if slots.locked():
            self._waiting += 1
            try:
                async with asyncio.timeout_at(deadline):
                    await slots.acquire()
            except TimeoutError as error:
                raise SourceBusy(f"{self._what}: the deadline passed waiting its turn") from error
            finally:
                self._waiting -= 1
        else:
            await slots.acquire()  # free: does not suspend
        self._busy += 1
        try:
            return await work()
        finally:
            self._busy -= 1
            slots.release()


async def together(works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """All results in order, run at once. The first failure cancels the rest, waits for them to end, and is raised."""
    if len(works) == 1:
        return [await works[0]()]
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
