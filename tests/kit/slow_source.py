"""A source that answers when it is let: what happens meanwhile is what is tested."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from adapters.contract import FetchCall, FetchSpec, PreparedFetch, Rows
from tests.kit.idle_source import IdleSource

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Slow(IdleSource):
    """A source whose calls end when they are let go; it answers two rows a key, and none for ``missing``."""

    def __init__(self) -> None:
        self.calls: list[FetchCall] = []
        self.gates: list[asyncio.Event] = []
        self.cancelled = 0
        self.error: Exception | None = None

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        return SlowFetch(self)


class SlowFetch:
    def __init__(self, source: Slow) -> None:
        self.source = source

    async def run(self, call: FetchCall) -> Rows:
        gate = asyncio.Event()
        self.source.calls.append(call)
        self.source.gates.append(gate)
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.source.cancelled += 1
            raise
        if self.source.error is not None:
            raise self.source.error
        keys = [key for (key,) in call.keys if key != "missing" for _ in range(2)]
        return Rows(len(keys), (keys, [f"{key}-{i % 2}" for i, key in enumerate(keys)]), NOW)

    def explain(self) -> str:
        return "slow"


def lookup(fetch: PreparedFetch, *keys: str, scope: Hashable | None = "view", **more: Any) -> asyncio.Task[Rows]:
    return asyncio.ensure_future(fetch.run(FetchCall([(key,) for key in keys], scope=scope, **more)))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def keys_asked(slow: Slow) -> list[list[str]]:
    return [[key for (key,) in call.keys] for call in slow.calls]


async def finish(slow: Slow, *tasks: asyncio.Task[Rows]) -> list[Rows]:
    while not all(task.done() for task in tasks):
        for gate in slow.gates:
            gate.set()
        await settle()
    return [task.result() for task in tasks]
