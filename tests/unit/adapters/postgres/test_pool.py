"""The pool's turns: whoever waits for a connection gets one, or leaves without harm to those behind."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from adapters.errors import SourceBusy
from adapters.postgres.pool import Connection, Pool
from adapters.postgres.settings import PostgresSettings


class Wire:
    """A connection that nothing is sent over. It is closed when ``ending`` is set; ``ended`` when it is."""

    def __init__(self, ending: asyncio.Event) -> None:
        self.ending = ending
        self.ended = False

    def is_closed(self) -> bool:
        return self.ended

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 - asyncpg's own
        async with asyncio.timeout(timeout):
            await self.ending.wait()
        self.ended = True

    def terminate(self) -> None:
        self.ended = True


class OneWire(Pool):
    """At most one connection, opened without a server."""

    def __init__(self) -> None:
        dsn = SecretStr("postgresql://nowhere/x")
        super().__init__(PostgresSettings(kind="postgres", dsn=dsn, max_connections=1), "test")
        self.ending = asyncio.Event()
        self.made = 0

    async def _connect(self) -> Connection:
        self.made += 1
        return Wire(self.ending)


async def _waiting(pool: Pool, count: int) -> list[asyncio.Task[Connection]]:
    tasks = [asyncio.create_task(pool.acquire()) for _ in range(count)]
    await asyncio.sleep(0)
    assert pool.load.waiting == count
    return tasks


async def test_a_caller_leaves_before_a_connection_comes_free() -> None:
    pool = OneWire()
    held = await pool.acquire()
    (leaving,) = await _waiting(pool, 1)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    pool.release(held)
    assert (pool.load.open, pool.load.busy, pool.load.waiting) == (1, 0, 0)
    assert await pool.acquire() is held


async def test_a_caller_leaves_just_as_a_connection_comes_free() -> None:
    """Cancelled, but not yet told: the connection passes it over, and it must not mind."""
    pool = OneWire()
    held = await pool.acquire()
    leaving, behind = await _waiting(pool, 2)
    leaving.cancel()
    pool.release(held)
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await behind is held
    assert (pool.load.open, pool.load.busy, pool.load.waiting) == (1, 1, 0)


async def test_a_caller_leaves_just_as_its_place_is_freed() -> None:
    """The same, when what comes free is leave to open a connection."""
    pool = OneWire()
    await pool.acquire()
    (leaving,) = await _waiting(pool, 1)
    leaving.cancel()
    pool._freed()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (pool.load.open, pool.load.waiting) == (0, 0)
    assert isinstance(await pool.acquire(), Wire)


@pytest.mark.parametrize("handed", [True, False])
async def test_what_was_handed_to_a_caller_who_leaves_goes_to_the_next(handed: bool) -> None:
    pool = OneWire()
    held = await pool.acquire()
    leaving, behind = await _waiting(pool, 2)
    if handed:
        pool.release(held)
    else:
        pool._freed()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (await behind is held) is handed
    assert (pool.load.open, pool.load.busy) == (1, 1)


async def test_who_gets_no_turn_in_time_is_told_so() -> None:
    pool = OneWire()
    held = await pool.acquire()
    with pytest.raises(SourceBusy):
        await pool.acquire(asyncio.get_running_loop().time() + 0.01)
    assert (pool.load.open, pool.load.busy, pool.load.waiting) == (1, 1, 0)
    pool.release(held)
    assert await pool.acquire() is held


async def test_a_connection_has_its_place_until_it_is_closed() -> None:
    """Else a client who leaves again and again has the agency run any number of statements that are not ended yet."""
    pool = OneWire()
    pool.discard(await pool.acquire())
    (behind,) = await _waiting(pool, 1)
    assert (pool.load.open, pool.load.busy, pool.made) == (1, 0, 1)
    pool.ending.set()
    assert await behind is not None
    assert (pool.load.open, pool.load.busy, pool.made) == (1, 1, 2)


async def test_one_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.postgres.pool._CLOSE_SECONDS", 0.01)
    pool = OneWire()
    held = await pool.acquire()
    pool.discard(held)
    assert await pool.acquire() is not held
    assert held.is_closed()


async def test_those_that_a_restart_has_ended_leave_their_places_at_once() -> None:
    pool = OneWire()
    held = await pool.acquire()
    pool.release(held)
    held.terminate()
    assert await pool.acquire() is not held
    assert (pool.load.open, pool.load.busy) == (1, 1)


async def test_closing_waits_for_what_is_ending() -> None:
    pool = OneWire()
    held = await pool.acquire()
    pool.discard(held)
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    assert not closing.done()
    pool.ending.set()
    await closing
    assert (pool.load.open, held.is_closed()) == (0, True)
