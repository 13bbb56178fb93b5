"""Whether one agency that hangs slows the others: `python -m bench.hanging`.

Pairs of turns, healthy and hanging, in one run, either first in turn. In both the same queries are measured, which do
not touch the agency, and others keep asking for what only it has: they are answered, or its connections are taken and
they wait. A ratio is one pair's: p99 while it hangs over p99 while it does not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import orjson
import uvloop

from bench.load import Own, Refused, Request, answers
from bench.measure import percentile
from bench.processes import contenders
from demo.installation import discard
from demo.launcher import DemoError, agencies
from demo.running import Demo
from demo.world.parties import importer

LIMIT = 1.2
SEED = 1
ASKERS = 12
"""Who ask for the agency: more than its source has connections."""
EVERY_SECONDS = 0.5
WARM = 200
BUSY_SECONDS = 0.5
"""From the order to hang until its connections are taken."""
RECOVERY_SECONDS = 30.0

PERMITS = "query ($n: Int!) { permits(first: $n) { nodes { number } } }"
ASKED = {
    "revenue": "query ($bn: BusinessNumber!) { organization(businessNumber: $bn) { legalName } }",
    "food": PERMITS,
    "trade_controls": PERMITS,
    "traveller": "query ($n: Int!) { crossings(first: $n) { nodes { at } } }",
}
"""Agencies that may hang, and what is asked of each: by everyone something else, since equal reads are one."""

MEASURED = {
    "shipments": """query ($n: Int!) { shipments(first: $n, orderBy: [{field: HELD, direction: DESC}, {field: ETA}]) {
        nodes { ccn status eta importer { name } containers { number sizeType } } } }""",
    "declarations": """query ($n: Int!) { shipments(first: $n) { nodes { ccn
        declarations { transactionNumber items { sequence hs quantity { value unit } } } } } }""",
}
"""They touch customs alone."""

LEAST = {"shipments": 16, "declarations": 2}
SIZES = 8
"""Their lists are so long at least, and have so many lengths."""


@dataclass(slots=True)
class Pairs:
    """p99 of each turn, in milliseconds."""

    healthy: list[float] = field(default_factory=list)
    hanging: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.hanging, self.healthy, strict=True)]

    def text(self, agency: str) -> str:
        ratios = self.ratios
        return (
            f"{agency}: p99 {median(self.healthy):.1f} ms healthy, {median(self.hanging):.1f} ms while it hangs; "
            f"ratio {median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}), {len(ratios)} pairs"
        )


def request(token: str, query: str, **variables: Any) -> Request:
    return Request("/graphql", orjson.dumps({"query": query, "variables": variables}), token)


def asked_by(asker: int, query: str, token: str) -> Request:
    """One asker's question of an agency."""
    return request(token, query, **({"bn": importer(SEED, asker).bn} if "$bn" in query else {"n": 1 + asker}))


@contextlib.asynccontextmanager
async def asking(port: int, requests: Sequence[Request]) -> AsyncIterator[None]:
    """Others, who ask for the agency again and again, each his own, whatever they are answered."""

    async def ask(session: aiohttp.ClientSession, asked: Request) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + EVERY_SECONDS
            async with session.post(
                f"http://127.0.0.1:{port}{asked.path}", data=asked.body, headers=asked.headers()
            ) as got:
                await got.read()
            await asyncio.sleep(max(0.0, due - clock()))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks = [asyncio.ensure_future(ask(session, asked)) for asked in requests]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()  # it ended early: fewer waited than should have


class Bench:
    def __init__(self, demo: Demo, port: int, concurrency: int, requests: int) -> None:
        self.demo = demo
        self.port = port
        self.concurrency = concurrency
        self.requests = requests
        token = demo.keys.token("developer")
        self.measured = [request(token, MEASURED[name], n=n + i) for i in range(SIZES) for name, n in LEAST.items()]
        self.asked = {name: [asked_by(asker, query, token) for asker in range(ASKERS)] for name, query in ASKED.items()}

    async def pairs(self, agency: str, rounds: int) -> Pairs:
        found = Pairs()
        await Own().load(self.port, self.measured, self.concurrency, WARM)
        for turn in range(rounds):
            for hangs in (False, True) if turn % 2 else (True, False):
                p99 = await self.turn(agency, hangs)
                (found.hanging if hangs else found.healthy).append(p99)
        return found

    async def turn(self, agency: str, hangs: bool) -> float:
        """p99 of one load, in milliseconds. Raises ``Refused``."""
        await self._order(agency, hang=hangs)
        try:
            async with asking(self.port, self.asked[agency]):
                await asyncio.sleep(BUSY_SECONDS)
                made = await Own().load(self.port, self.measured, self.concurrency, self.requests)
        finally:
            await self._order(agency, hang=False)
        await self._recovered(agency)
        return percentile(made.latencies, 0.99) * 1000

    async def _recovered(self, agency: str) -> None:
        """Until the agency is asked again: a circuit that is open would spare the next turn its work."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while True:
                with contextlib.suppress(Refused):
                    (answer,) = await answers(self.port, self.asked[agency][:1])
                    if "errors" not in orjson.loads(answer):
                        return
                await asyncio.sleep(0.2)

    async def _order(self, agency: str, *, hang: bool) -> None:
        control = self.demo.info["agencies"][agency]["control"]
        async with aiohttp.ClientSession() as session, session.post(control, json={"hang": hang}) as answer:
            answer.raise_for_status()


async def run(asked: argparse.Namespace, directory: Path) -> dict[str, Pairs]:
    """Raises ``DemoError``, ``Refused``."""
    async with agencies(directory, seed=SEED, statement_log=False) as demo:
        known = demo.environment()
        known.pop("GUICHET_GATEWAY_ADMIN_PORT")
        async with contenders(("gateway",), known, demo.logs) as running:
            bench = Bench(demo, running["gateway"].port, asked.concurrency, asked.requests)
            return {
                name: await bench.pairs(name, asked.rounds) for name in asked.agency or ("revenue", "trade_controls")
            }


def options(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hanging", description=__doc__)
    parser.add_argument("--agency", action="append", choices=ASKED, help="which hangs; may be repeated")
    parser.add_argument("--rounds", type=int, default=10, help="pairs of turns")
    parser.add_argument("--requests", type=int, default=3000, help="measured in one turn")
    parser.add_argument("--concurrency", type=int, default=4)
    return parser.parse_args(argv)


def main() -> int:
    asked = options()
    with tempfile.TemporaryDirectory(prefix="guichet-hanging-") as name:
        try:
            found = uvloop.run(run(asked, Path(name)))
        except (DemoError, Refused) as failure:
            print(f"bench: {failure}", file=sys.stderr)
            return 1
        except (KeyboardInterrupt, asyncio.CancelledError):
            return 130
        finally:
            discard(Path(name))
    for agency, pairs in found.items():
        print(pairs.text(agency))
    return 1 if any(median(pairs.ratios) > LIMIT for pairs in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
