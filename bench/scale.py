"""What grows with the size of a world and what must not: `python -m bench.scale --dir DIR --scale large`.

Real agencies, the gateway in this process behind a real socket, its client on another thread, tokens of the demo's
personas. Every question is asked in turn, again and again; a figure is a median over the rounds. "CPU": of the
gateway's thread. "Source": the time that the slowest SQL statement of the request took, there and back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import uvloop

from adapters.postgres.source import PostgresSource
from bench.load import Request, exchange
from bench.outside import Outside, outside
from bench.processes import free_port, listened
from bench.scale_questions import PAGES, QUESTIONS, RELEASE, ROWS, Facts, Question, facts
from demo.installation import discard
from demo.launcher import agencies
from demo.running import Demo
from gateway import settings as configuration
from gateway import telemetry
from gateway.app import create_app
from gateway.http.listener import listening

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PORTS = ("CAVAN", "CAMTR", "CATOR")


@dataclass
class Asked:
    """``gateway``, ``cpu`` and ``source``: milliseconds, one a round; ``source`` is 0 where no SQL is asked."""

    question: Question
    variables: dict[str, Any]
    token: str
    gateway: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    source: list[float] = field(default_factory=list)


class Statements:
    """Times every statement of every PostgreSQL source of this process."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._fetch: Any = PostgresSource.fetch

    def watch(self) -> None:
        fetch, times = self._fetch, self.times

        async def timed(source: PostgresSource, text: str, arguments: Sequence[Any], deadline: float | None) -> Any:
            started = time.perf_counter()
            try:
                return await fetch(source, text, arguments, deadline)
            finally:
                times.append((time.perf_counter() - started) * 1000)

        PostgresSource.fetch = timed  # type: ignore[assignment,method-assign]  # timed, in this process alone


class Bench:
    """``stream``: a connection to the gateway on ``port``, used on ``outside``'s thread alone."""

    def __init__(self, stream: Stream, port: int, outside: Outside, statements: Statements) -> None:
        self.stream = stream
        self.port = port
        self.outside = outside
        self.statements = statements

    async def ask(self, query: str, variables: Mapping[str, Any], token: str) -> Any:
        """The answer's data. Raises ``Refused``."""
        return (await self.outside.call(lambda: self._ask(query, variables, token)))[0]

    async def _ask(self, query: str, variables: Mapping[str, Any], token: str) -> Any:
        body = orjson.dumps({"query": query, "variables": dict(variables)})
        answer = await exchange(*self.stream, Request("/graphql", body, token).wire(self.port))
        return orjson.loads(answer)["data"]

    async def rounds(self, asked: Sequence[Asked], count: int) -> None:
        """Interleaved; the first two rounds only warm up."""
        for turn in range(count + 2):
            for one in asked:
                self.statements.times.clear()
                started = time.perf_counter()
                _, cpu = await self.outside.call(partial(self._ask, one.question.query, one.variables, one.token))
                took = (time.perf_counter() - started) * 1000
                if turn >= 2:
                    one.gateway.append(took)
                    one.cpu.append(cpu * 1000)
                    one.source.append(max(self.statements.times, default=0.0))

    async def cursor(self, one: Asked, pages: int) -> tuple[str, int]:
        """The cursor after so many pages, or after the last but one of a list that has fewer; and how many it was."""
        cursors: list[str] = []
        for _ in range(pages):
            after = cursors[-1] if cursors else None
            data = await self.ask(one.question.query, {**one.variables, "after": after}, one.token)
            page = next(iter(data.values()))
            if len(page["edges"]) < ROWS:
                cursors.pop()
                break
            cursors.append(page["pageInfo"]["endCursor"])
        return cursors[-1], len(cursors)


def _token(demo: Demo, persona: str, claims: Mapping[str, Any]) -> str:
    return demo.keys.token(persona, **claims)


def _asked(demo: Demo, question: Question, known: Facts) -> Asked:
    variables = {name: known[value] for name, value in question.variables.items()}
    return Asked(question, variables, _token(demo, question.persona, question.claims))


async def _three_ports(bench: Bench, demo: Demo) -> bool:
    """Whether an officer of three ports gets what three officers of one port get, merged."""
    nodes: list[Any] = []
    for ports in (*([port] for port in PORTS), list(PORTS)):
        data = await bench.ask(RELEASE, {}, _token(demo, "officer-vancouver", {"ports": ports}))
        nodes.append([edge["node"] for edge in data["shipments"]["edges"]])
    merged = [node for page in nodes[:3] for node in page]
    merged.sort(key=lambda node: (node["status"] != "HELD", node["eta"] is None, node["eta"] or ""))
    return [_place(node) for node in merged[:50]] == [_place(node) for node in nodes[3]] and {
        node["ccn"] for node in nodes[3]
    } <= {node["ccn"] for node in merged}


def _place(node: Any) -> tuple[bool, str | None]:
    return node["status"] == "HELD", node["eta"]


def _table(rows: Sequence[Asked]) -> None:
    print("| question | gateway, ms | its CPU, ms | source, ms |\n|---|---:|---:|---:|")
    for one in rows:
        source = median(one.source)
        shown = f"{source:.1f}" if source else "–"
        print(f"| {one.question.name} | {median(one.gateway):.1f} | {median(one.cpu):.1f} | {shown} |")


def _ratio(name: str, one: Sequence[float], other: Sequence[float]) -> None:
    print(f"- {name}: {median(one) / median(other):.2f}")


@asynccontextmanager
async def benched(demo: Demo) -> AsyncIterator[Bench]:
    statements = Statements()
    statements.watch()
    environment = {**os.environ, **demo.environment()}
    environment.pop("GUICHET_GATEWAY_ADMIN_PORT")
    app = create_app(configuration.load(Path("guichet.toml"), environment), environment)
    port = free_port()
    async with app.router.lifespan_context(app), listening(app, port), outside() as client:
        await client.call(lambda: listened(port))
        stream, _ = await client.call(lambda: asyncio.open_connection("127.0.0.1", port, limit=1 << 22))
        yield Bench(stream, port, client, statements)
        client.loop.call_soon_threadsafe(stream[1].close)


async def questions(demo: Demo, bench: Bench, known: Facts, rounds: int) -> None:
    asked = [_asked(demo, question, known) for question in QUESTIONS]
    await bench.rounds(asked, rounds)
    _table(asked)
    one, three = (next(a for a in asked if a.question.name == f"release queue, {n}") for n in ("1 port", "3 ports"))
    print(f"\nThree ports get the merged pages of one each: {'yes' if await _three_ports(bench, demo) else 'NO'}")
    _ratio("three ports to one, CPU", three.cpu, one.cpu)
    _ratio("three ports to one, gateway", three.gateway, one.gateway)
    _ratio("three ports to one, source", three.source, one.source)


async def pages(demo: Demo, bench: Bench, known: Facts, rounds: int, deep_page: int) -> None:
    """A deep page, reached by its cursor, beside the first."""
    for page in PAGES:
        first, deep = _asked(demo, page, known), _asked(demo, page, known)
        deep.variables["after"], reached = await bench.cursor(deep, deep_page - 1)
        await bench.rounds([first, deep], rounds)
        name = f"page {reached + 1} to page 1, {page.name}"
        _ratio(f"{name}, CPU", deep.cpu, first.cpu)
        _ratio(f"{name}, gateway", deep.gateway, first.gateway)
        if median(first.source):
            _ratio(f"{name}, source", deep.source, first.source)


async def run(demo: Demo, options: argparse.Namespace) -> None:
    async with benched(demo) as bench:
        known = await facts(demo)
        if not options.only or "questions" in options.only:
            await questions(demo, bench, known, options.rounds)
        if not options.only or "pages" in options.only:
            await pages(demo, bench, known, options.rounds, options.page)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("--dir", type=Path, required=True, help="the demo's directory; made when it is not there")
    parser.add_argument("--scale", default="large", choices=["small", "medium", "large"])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--page", type=int, default=1000, help="how deep the deep page is")
    parser.add_argument("--only", action="append", choices=["questions", "pages"])
    parser.add_argument("--keep", action="store_true", help="leave the databases for the next time")
    options = parser.parse_args()
    telemetry.configure("error")
    try:
        async with agencies(options.dir, options.scale, statement_log=False) as demo:
            await run(demo, options)
    finally:
        if not options.keep:
            discard(options.dir)


if __name__ == "__main__":
    uvloop.run(main())  # as `guichet serve` runs; asyncio leaves Nagle on for a socket that it did not make
