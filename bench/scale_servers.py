"""What whole servers show: `python -m bench.scale_servers workers|memory|worlds|start`.

`workers`: CPU per request with two workers beside one. `memory`: resident after every tenth of many requests. `worlds`:
CPU per request before a large world beside a small one, the same pages. `start`: from the command until `/readyz`, and
the first requests of a document beside its thousandth.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

import aiohttp
import uvloop

from bench.load import Generator, Own, Refused, Request, generator
from bench.measure import Cell, Rounds
from bench.processes import ROOT, WORKERS_2, Contender, contenders, cpu_seconds, free_port
from bench.report import cpu, spread
from bench.requests import environment, requests_of
from bench.variables import Variables, variables
from demo.launcher import DemoError, agencies
from demo.running import Demo

GUICHET = Path(sys.executable).with_name("guichet")
QUERIES = ("q1", "q2", "q3")
PERSONA = "developer"
IN_FLIGHT = 16
BESIDE = ("gateway", "floor")
SHARES = 10
LATER = 1000
START_SECONDS = 60.0
MIXTURE = ("q1", *("q2",) * 16, "q3", "q4", "q4")
"""Of every so many requests of a long run, which are which."""

PORTION = 1000
"""Requests that the generator is told at once: it keeps what it measures."""


def _ratio(cell: Cell, name: str, one: str, other: str) -> None:
    print(f"- {name}: {spread(*cell.ratio(one, other, cpu))}", flush=True)


async def workers(demo: Demo, load: Generator, options: argparse.Namespace) -> None:
    """Two workers share what is in flight, and join fewer of it: beside one that has as much, and beside one that has
    half, so that each worker has the same."""
    known = environment(demo)
    sets = await variables(known["CUSTOMS_DSN"])
    token = demo.keys.token(PERSONA)
    rounds = Rounds(load, options.rounds, options.seconds, options.warm)
    async with contenders(("gateway", WORKERS_2), known, demo.logs) as running:
        for query in QUERIES:
            sent = {name: requests_of(query, one, token, sets[query]) for name, one in running.items()}
            await rounds.warmed(list(running.values()), sent)
            for concurrency in (IN_FLIGHT, 2 * IN_FLIGHT):
                cell = await rounds.measure(list(running.values()), sent, query, concurrency)
                _ratio(cell, f"two workers to one, {query}, {concurrency} in flight, CPU", WORKERS_2, "gateway")
            more = {WORKERS_2: 2 * IN_FLIGHT}
            cell = await rounds.measure(list(running.values()), sent, query, IN_FLIGHT, more)
            _ratio(cell, f"two workers to one, {query}, {IN_FLIGHT} in flight each, CPU", WORKERS_2, "gateway")


async def memory(demo: Demo, load: Generator, options: argparse.Namespace) -> None:
    known = environment(demo)
    sets = await variables(known["CUSTOMS_DSN"])
    token = demo.keys.token(PERSONA)
    share = options.requests // SHARES
    async with contenders(("gateway",), known, demo.logs) as running:
        gateway = running["gateway"]
        asked = {query: requests_of(query, gateway, token, sets[query]) for query in set(MIXTURE)}
        longest = max(map(len, asked.values()))
        mixed = [asked[query][turn % len(asked[query])] for turn in range(longest) for query in MIXTURE]
        print("| requests | resident, MB |\n|---:|---:|")
        for turn in range(SHARES):
            for _ in range(max(1, share // PORTION)):
                await load.load(gateway.port, mixed, IN_FLIGHT, min(PORTION, share))
            print(f"| {(turn + 1) * share:,} | {gateway.megabytes():.1f} |", flush=True)


async def worlds(small: Demo, large: Demo, load: Generator, options: argparse.Namespace) -> None:
    """A page has as many rows in both: as many as the small world's ports can fill. The floor beside the gateway shows
    what of a difference is the data's own: rows with more in them, longer waits."""
    rounds = Rounds(load, options.rounds, options.seconds, options.warm)
    async with AsyncExitStack() as stack:
        sides: dict[str, dict[str, Contender]] = {name: {} for name in BESIDE}
        sent: dict[tuple[str, str], dict[str, Sequence[Request]]] = {}
        for name, demo in {"small": small, "large": large}.items():
            known = environment(demo)
            running = await stack.enter_async_context(contenders(BESIDE, known, demo.logs))
            sets = await variables(known["CUSTOMS_DSN"])
            for who, one in running.items():
                sides[who][name] = replace(one, name=name)
                for query in QUERIES:
                    rows = options.rows if query == "q3" else None
                    asked = requests_of(query, one, demo.keys.token(PERSONA), sets[query], rows)
                    sent.setdefault((who, query), {})[name] = asked
        for query in QUERIES:
            for who, both in sides.items():
                await rounds.warmed(list(both.values()), sent[who, query])
                for concurrency in (1, IN_FLIGHT):
                    cell = await rounds.measure(list(both.values()), sent[who, query], query, concurrency)
                    _ratio(cell, f"{who}, large to small, {query}, {concurrency} in flight, CPU", "large", "small")


async def start(demo: Demo, options: argparse.Namespace) -> None:
    """Every round is a process of its own: what a gateway remembers ends with it."""
    known = environment(demo)
    sets = await variables(known["CUSTOMS_DSN"])
    found = [await _started(demo, known, sets) for _ in range(options.rounds)]
    ready, spent, cold, warmed, later = ([one[place] for one in found] for place in range(5))
    print(f"- ready after {median(ready):.2f} s ({min(ready):.2f}–{max(ready):.2f}), {median(spent):.2f} s of CPU")
    print(
        f"- a document's first request {median(cold):.1f} ms, its next {median(warmed):.1f} ms, "
        f"its {LATER:,}th {median(later):.1f} ms: {median(warmed) / median(later):.2f}"
    )


async def _started(
    demo: Demo, known: Mapping[str, str], sets: Mapping[str, Sequence[Variables]]
) -> tuple[float, float, float, float, float]:
    """Seconds from the command until `/readyz` is 200, seconds of CPU by then; milliseconds of the first request of a
    document, of the next (the median of five, each of another row), and of those before the thousandth."""
    port = free_port()
    began = time.perf_counter()
    command = [str(GUICHET), "serve", "--config", str(ROOT / "guichet.toml"), "--port", str(port)]
    with (demo.logs / "bench-start.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **known}, stdout=output, stderr=output
        )
    try:
        await _ready(port)
        took, spent = time.perf_counter() - began, cpu_seconds(process.pid)
        gateway = Contender("gateway", port, process.pid)
        requests = requests_of("q2", gateway, demo.keys.token(PERSONA), sets["q2"])
        own = Own()
        first = (await own.load(port, requests[:1], 1, 1)).latencies
        next_ = (await own.load(port, requests[1:6], 1, 5)).latencies
        later = (await own.load(port, requests[6:], 1, LATER - 6)).latencies[-50:]
        return took, spent, first[0] * 1000, median(next_) * 1000, median(later) * 1000
    finally:
        process.terminate()
        await process.wait()


async def _ready(port: int) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)


async def run(options: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(agencies(options.dir, options.scale, statement_log=False))
        if options.what == "start":
            await start(demo, options)
            return
        load = await stack.enter_async_context(generator())
        if options.what == "worlds":
            other = agencies(options.other, "small", statement_log=False)
            await worlds(await stack.enter_async_context(other), demo, load, options)
        elif options.what == "workers":
            await workers(demo, load, options)
        else:
            await memory(demo, load, options)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale_servers")
    parser.add_argument("what", choices=["workers", "memory", "worlds", "start"])
    parser.add_argument("--dir", type=Path, required=True, help="the demo's directory; made when it is not there")
    parser.add_argument("--scale", default="medium", choices=["small", "medium", "large"])
    parser.add_argument("--other", type=Path, help="worlds: the directory of the small world")
    parser.add_argument("--rows", type=int, default=50, help="worlds: rows of q3, which must fill a page in both")
    parser.add_argument("--requests", type=int, default=100_000, help="memory: how many in all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one slice")
    parser.add_argument("--warm", type=int, default=400, help="requests before a query is measured")
    options = parser.parse_args()
    if options.what == "worlds" and options.other is None:
        parser.error("worlds needs --other")
    try:
        uvloop.run(run(options))
    except (DemoError, Refused) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
