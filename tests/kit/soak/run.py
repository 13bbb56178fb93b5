"""The soak itself: sixteen who ask without pause, agencies that break, and a judgement of every answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import orjson

from demo.installation import discard
from demo.launcher import agencies
from tests.kit.faults import Border, Gateway
from tests.kit.soak.breaking import Breaker
from tests.kit.soak.counting import MEGABYTE, Counts, leaks, settled
from tests.kit.soak.judging import Question, faults, silent_in
from tests.kit.soak.questions import questions

CONCURRENCY = 16
DEADLINE_MS = 4_000
LATE = 1.1
RESILIENCE = "resilience = { attempts = 3, wait_s = 0.05, failures = 5, recover_s = 1 }"
LEAVES = 0.04
"""The share of callers who leave before they are answered."""
ROUNDS = 4
RECOVERY_SECONDS = 30.0
GROWTH = 24 * MEGABYTE
MOST_TOLD = 25


@dataclass(slots=True)
class Result:
    """``wrong``: what no answer may be, and how often; ``outcomes``: agency and outcome → answers."""

    seed: int
    seconds: float
    complete: int = 0
    partial: int = 0
    left: int = 0
    latencies: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    before: Counts | None = None
    after: Counts | None = None

    def blame(self, question: str, what: str) -> None:
        told = f"{question}: {what[:600]}"
        self.wrong[told if len(self.wrong) < MOST_TOLD or told in self.wrong else f"more: {what[:10]}"] += 1

    def text(self) -> str:
        ordered = sorted(self.latencies) or [0.0]
        p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
        lines = [
            f"seed {self.seed}, {self.seconds:.0f} s, {CONCURRENCY} at once: {self.complete} complete answers, "
            f"{self.partial} honest ones, {self.left} callers left; p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, "
            f"longest {ordered[-1] * 1000:.0f} ms",
            f"{self.broken.total()} times broken: " + _counted(self.broken),
            "answers by agency: " + _counted(self.outcomes),
        ]
        if self.before and self.after:
            lines += [f"before: {self.before.text()}", f"after:  {self.after.text()}"]
        return "\n".join(lines + [f"WRONG ({times}): {what}" for what, times in self.wrong.items()])


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()))


@asynccontextmanager
async def soaked(directory: Path) -> AsyncIterator[tuple[Border, Gateway]]:
    """Agencies and a gateway of their own."""
    try:
        async with agencies(directory, statement_log=False) as demo, httpx.AsyncClient(timeout=60) as client:
            border = Border(demo, client)
            async with border.gateway("soak", DEADLINE_MS, resilience=RESILIENCE) as gateway:
                yield border, gateway
    finally:
        discard(directory)


async def soak(
    border: Border, gateway: Gateway, seconds: float, seed: int, report: Callable[[str], None] = lambda _: None
) -> Result:
    """Asks, breaks and judges for ``seconds``; counts before and after."""
    result = Result(seed, seconds)
    world = orjson.loads((border.demo.directory / "world.json").read_bytes())
    asked = await asyncio.to_thread(questions, border.demo.info["agencies"], world)
    load = Load(gateway, asked, result)
    await load.whole()
    result.before = await settled(border, gateway, lambda now: not leaks(now, now, 0))
    report(f"before: {result.before.text()}")
    breaker = Breaker(border, seed)
    load.breaker = breaker
    end = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        group.create_task(breaker.run(end))
        group.create_task(load.run(seed, end))
        group.create_task(_tell(border, gateway, result, end, report))
    load.breaker = None
    result.broken.update(f"{one.agency} {one.fault}" for one in breaker.journal.entries)
    await load.recovered()
    await load.whole()
    before = result.before
    result.after = await settled(border, gateway, lambda now: not leaks(before, now, GROWTH))
    for leak in leaks(before, result.after, GROWTH):
        result.blame("afterwards", leak)
    for line in _complaints(gateway.log):
        result.blame("log", line)
    return result


async def _tell(
    border: Border, gateway: Gateway, result: Result, end: float, report: Callable[[str], None], every: float = 30.0
) -> None:
    while (left := end - time.monotonic()) > every:
        await asyncio.sleep(min(every, left))
        memory = (await gateway.metrics())["guichet_memory_bytes"] / MEGABYTE
        report(
            f"{end - time.monotonic():.0f} s left: {result.complete} complete, {result.partial} honest, "
            f"{len(result.wrong)} kinds of wrong, {memory:.1f} MiB"
        )


def _complaints(log: Path) -> list[str]:
    """Lines that are no event, and events that are errors: a task whose failure nobody read, a traceback."""
    found = []
    for line in log.read_text().splitlines():
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            found.append(line)
            continue
        if str(event.get("level")).lower() in ("error", "critical") or event.get("outcome") == "INTERNAL":
            found.append(line)
    return found


class Load:
    """Those who ask. While ``breaker`` is there, an answer may lack what it has broken, and nothing else."""

    def __init__(self, gateway: Gateway, asked: Sequence[Question], result: Result) -> None:
        self.gateway = gateway
        self.asked = asked
        self.result = result
        self.breaker: Breaker | None = None

    async def whole(self) -> None:
        """Every question, several times, by all at once: with nothing broken each answer is complete."""
        turns = iter([one for _ in range(ROUNDS) for one in self.asked])

        async def ask(session: aiohttp.ClientSession) -> None:
            for question in turns:
                await self._answer(session, question)

        async with _session() as session:
            await asyncio.gather(*(ask(session) for _ in range(CONCURRENCY)))

    async def recovered(self) -> None:
        """Waits until all agencies are used again."""
        end = time.monotonic() + RECOVERY_SECONDS
        async with _session() as session:
            for question in self.asked:
                while time.monotonic() < end:
                    status, body = await self._post(session, question)
                    if status == 200 and not silent_in(body):
                        break
                    await asyncio.sleep(0.2)

    async def run(self, seed: int, until: float) -> None:
        async with _session() as session:
            await asyncio.gather(*(self._caller(session, seed, number, until) for number in range(CONCURRENCY)))

    async def _caller(self, session: aiohttp.ClientSession, seed: int, number: int, until: float) -> None:
        chance = random.Random(f"{seed}:caller {number}")
        while time.monotonic() < until:
            question = chance.choice(self.asked)
            if chance.random() < LEAVES:
                await self._leave(session, question, chance.uniform(0.005, 0.5))
            else:
                await self._answer(session, question)

    async def _leave(self, session: aiohttp.ClientSession, question: Question, after: float) -> None:
        try:
            async with asyncio.timeout(after):
                await self._post(session, question)
        except TimeoutError:
            self.result.left += 1

    async def _answer(self, session: aiohttp.ClientSession, question: Question) -> None:
        result = self.result
        began = time.monotonic()
        status, body = await self._post(session, question)
        ended = time.monotonic()
        if status != 200:
            result.blame(question.name, f"status {status} after {ended - began:.2f} s: {body}")
            return
        silent = silent_in(body)
        broken = self.breaker.journal.during(began, ended) if self.breaker is not None else []
        repeating = {one.agency for one in broken if one.fault == "repeated"}
        for problem in faults(question, body, repeating):
            result.blame(question.name, problem)
        told = body.get("extensions", {}).get("completeness", {}).get("sources", ())
        # Whoever is asked after one that hangs may find the time used up.
        hurried = {one["agency"] for one in told if one["outcome"] == "TIMED_OUT"} if broken else set()
        if whole := silent - hurried - {one.agency for one in broken}:
            result.blame(question.name, f"{sorted(whole)} silent, though nothing broke them: {told}")
        if self.breaker is None:
            return
        if ended - began > self.gateway.deadline * LATE:
            result.blame(question.name, f"after {ended - began:.2f} s")
        result.latencies.append(ended - began)
        for source in told:
            result.outcomes[f"{source['agency']} {source['outcome']}"] += 1
        if silent:
            result.partial += 1
        else:
            result.complete += 1

    async def _post(self, session: aiohttp.ClientSession, question: Question) -> tuple[int, Any]:
        body = {"query": question.query, "variables": question.variables}
        headers = self.gateway.headers(question.persona)
        async with session.post(self.gateway.url, json=body, headers=headers) as answer:
            return answer.status, orjson.loads(await answer.read())


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60))
