"""Fills every agency's store. Same seed, scale and day, same rows; only the nightly load log has the real time."""

import asyncio
import json
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from demo.world.chunks import GENERATOR_VERSION, Task, make, prepare, tasks
from demo.world.load import Packed, PostgresStore, SqliteStore
from demo.world.scale import scale_named
from demo.world.summary import summary
from demo.world.world import World

Progress = Callable[[str, int, int], None]
_PARALLEL_FROM = 50_000
_WORKERS = 2
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Targets:
    """Where the world goes: DSNs of roles that may create schemas in existing databases, and files."""

    customs: str
    traveller: str
    trade_controls: str
    revenue: Path
    immigration: Path
    food: Path
    police: Path
    world_json: Path


async def seed(scale: str, seed: int, targets: Targets, progress: Progress, *, today: date | None = None) -> None:
    """Replaces whatever the targets hold. `progress(step, done, total)` is called as rows go in.

    `today` (default: the current UTC date) is the day around which arrivals cluster.
    Raises ValueError for an unknown scale.
    """
    day = today or datetime.now(UTC).date()
    size = scale_named(scale)
    databases = {
        name: PostgresStore(name, getattr(targets, name)) for name in ("customs", "traveller", "trade_controls")
    }
    files = {name: SqliteStore(name, getattr(targets, name)) for name in ("revenue", "immigration", "food", "police")}
    async with AsyncExitStack() as stack:
        for file in files.values():
            stack.callback(file.close)
        for database in databases.values():
            stack.push_async_callback(database.close)
            await database.open()
        plan = tasks(size)
        done = 0
        async for packed in _packed(scale, seed, day, plan):
            await _write(packed, databases, files)
            done += 1
            progress("rows", done, len(plan))
        progress("indexes", 0, 1)
        await asyncio.gather(
            *(database.index() for database in databases.values()),
            *(asyncio.to_thread(file.index) for file in files.values()),
        )
        await databases["trade_controls"].connection.execute(
            "INSERT INTO lic.load_log VALUES (1, now(), (SELECT count(*) FROM lic.permit))"
        )
        progress("indexes", 1, 1)
    world = World.of(seed, size, day)
    targets.world_json.parent.mkdir(parents=True, exist_ok=True)
    targets.world_json.write_text(
        json.dumps({"generator": GENERATOR_VERSION, **summary(world)}, indent=2, ensure_ascii=False) + "\n", "utf-8"
    )


async def _write(packed: Packed, databases: dict[str, PostgresStore], files: dict[str, SqliteStore]) -> None:
    async def copy(database: PostgresStore) -> None:
        for (agency, table), data in packed.items():
            if agency == database.agency and isinstance(data, bytes):
                await database.write(table, data)

    def insert() -> None:
        for (agency, table), rows in packed.items():
            if isinstance(rows, list):
                files[agency].write(table, rows)

    await asyncio.gather(asyncio.to_thread(insert), *(copy(database) for database in databases.values()))


def _begin(scale: str, seed: int, day: date) -> None:
    """A worker's start. It ends with its parent, however that ends: a killed one cannot tell it."""
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    prepare(scale, seed, day)


async def _packed(scale: str, seed: int, day: date, plan: list[Task]) -> AsyncIterator[Packed]:
    """Chunks in the order of `plan`, made a few ahead in other processes when the world is big."""
    if scale_named(scale).shipments < _PARALLEL_FROM:
        prepare(scale, seed, day)
        for task in plan:
            yield make(task)
        return
    context = multiprocessing.get_context("spawn")
    pool: Executor = ProcessPoolExecutor(_WORKERS, mp_context=context, initializer=_begin, initargs=(scale, seed, day))
    try:
        waiting = [asyncio.wrap_future(pool.submit(make, task)) for task in plan[:_AHEAD]]
        upcoming = iter(plan[_AHEAD:])
        while waiting:
            packed = await waiting.pop(0)
            waiting.extend(asyncio.wrap_future(pool.submit(make, task)) for task in islice(upcoming, 1))
            yield packed
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
