"""What is broken when: a plan made from a seed, carried out on real processes, and a journal of what was done."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from demo.running import HTTP_AGENCIES, POSTGRES_AGENCIES
from tests.kit.faults import Border, process_of

GRACE_SECONDS = 4.0
"""How long after an agency has recovered it may still be missed: a breaker probes, a call that began before ends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``order``: what the agency is told; without one ``name`` says what is done to its processes."""

    name: str
    order: Mapping[str, Any] = field(default_factory=dict)


EVERYWHERE = (
    Fault("hang", {"hang": True}),
    Fault("slow", {"latency_ms": 120}),
    Fault("late", {"latency_ms": 5_000}),
    Fault("drop", {"drop": True}),
    Fault("reset at once", {"reset_after_bytes": 0}),
    Fault("reset in the body", {"reset_after_bytes": 400}),
    Fault("kill"),
    Fault("freeze"),
)
OVER_HTTP = (
    Fault("500", {"status": 500}),
    Fault("503 at once again", {"status": 503, "retry_after_s": 0}),
    Fault("429 in a second", {"status": 429, "retry_after_s": 1}),
    Fault("429 in a minute", {"status": 429, "retry_after_s": 60}),
    Fault("401", {"status": 401}),
    Fault("truncated", {"truncate": True}),
    Fault("malformed", {"malformed": True}),
    Fault("repeated", {"repeat_rows": 10}),
)
AT_DATABASES = (Fault("restart"), Fault("terminate"))
LANES = {
    "databases": [(name, fault) for name in POSTGRES_AGENCIES for fault in (*EVERYWHERE, *AT_DATABASES)],
    "APIs": [(name, fault) for name in HTTP_AGENCIES for fault in (*EVERYWHERE, *OVER_HTTP)],
}
"""One fault at a time in each, so two at once at most: a merged list loses one of its agencies, or both."""


@dataclass(frozen=True, slots=True)
class Step:
    """After ``rest`` seconds the agency breaks, for ``hold`` seconds."""

    rest: float
    agency: str
    fault: Fault
    hold: float


def plan(seed: int, lane: str) -> Iterator[Step]:
    """Without end. All faults in a random order, then all in another."""
    chance = random.Random(f"{seed}:{lane}")
    while True:
        for agency, fault in chance.sample(LANES[lane], len(LANES[lane])):
            yield Step(chance.uniform(0.1, 1.0), agency, fault, chance.uniform(0.3, 2.5))


@dataclass(slots=True)
class Breakage:
    """``ended``: when the agency had recovered; infinity until then. Seconds of ``time.monotonic``."""

    agency: str
    fault: str
    began: float
    ended: float = float("inf")


class Journal:
    """What was broken when."""

    def __init__(self) -> None:
        self.entries: list[Breakage] = []

    def during(self, began: float, ended: float) -> list[Breakage]:
        """What a request of that time may have met."""
        return [one for one in self.entries if one.began <= ended and began <= one.ended + GRACE_SECONDS]


class Breaker:
    """Carries out the plans of all lanes until it is told to stop; then everything is whole again."""

    def __init__(self, border: Border, seed: int) -> None:
        self.border = border
        self.seed = seed
        self.journal = Journal()

    async def run(self, until: float) -> None:
        """``until``: of ``time.monotonic``."""
        async with asyncio.TaskGroup() as lanes:
            for lane in LANES:
                lanes.create_task(self._lane(plan(self.seed, lane), until))

    async def _lane(self, steps: Iterable[Step], until: float) -> None:
        for step in steps:
            await asyncio.sleep(step.rest)
            if time.monotonic() + step.hold > until:
                return
            entry = Breakage(step.agency.upper(), step.fault.name, time.monotonic())
            self.journal.entries.append(entry)
            await self._break(step.agency, step.fault, step.hold)
            entry.ended = time.monotonic()

    async def _break(self, name: str, fault: Fault, hold: float) -> None:
        border = self.border
        if fault.order:
            await border.order(name, **fault.order)
            await asyncio.sleep(hold)
            await border.order(name)
        elif fault.name == "kill":
            await border.kill(name)
            await asyncio.sleep(hold)
            await border.revive(name)
        elif fault.name == "restart":
            await border.order(name, restart=True)
        elif fault.name == "terminate":
            await terminate(border.agency(name)["store"])
        else:
            pid = border.demo.supervisor.pid(process_of(name, border.agency(name)))
            os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(hold)
            finally:
                os.kill(pid, signal.SIGCONT)


async def terminate(dsn: str) -> None:
    """Ends the gateway's sessions, as an administrator would."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'guichet %'"
        )
    finally:
        await connection.close()
