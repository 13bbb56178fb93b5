"""What grows with the size of a world and what must not: `python -m bench.scale --dir DIR --scale large`.

Real agencies, the gateway in this process, tokens of the demo's personas. Every question is asked in turn, again and
again; a figure is a median over the rounds. "Source": the time that the slowest SQL statement of the request took,
there and back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from adapters.postgres.source import PostgresSource
from bench.scale_questions import PAGES, QUESTIONS, RELEASE, Facts, Question, facts
from demo.installation import discard
from demo.launcher import agencies
from demo.running import Demo
from gateway import settings as configuration
from gateway import telemetry
from gateway.app import create_app

PORTS = ("CAVAN", "CAMTR", "CATOR")
_DEEP = 100


@dataclass
class Asked:
    """``gateway`` and ``source``: milliseconds, one a round. ``source`` stays empty where no SQL is asked."""

    question: Question
    variables: dict[str, Any]
    headers: dict[str, str]
    gateway: list[float] = field(default_factory=list)
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

        PostgresSource.fetch = timed  # type: ignore[assignment,method-assign]


class Bench:
    def __init__(self, client: httpx.AsyncClient, statements: Statements) -> None:
        self.client = client
        self.statements = statements

    async def ask(self, query: str, variables: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        answer = await self.client.post(
            "/graphql", json={"query": query, "variables": dict(variables)}, headers=dict(headers)
        )
        body = answer.json()
        if body.get("errors"):
            raise SystemExit(f"{query}\n{body['errors']}")
        return body["data"]

    async def rounds(self, asked: Sequence[Asked], count: int) -> None:
        """Interleaved; the first two rounds only warm up."""
        for turn in range(count + 2):
            for one in asked:
                self.statements.times.clear()
                started = time.perf_counter()
                await self.ask(one.question.query, one.variables, one.headers)
                took = (time.perf_counter() - started) * 1000
                if turn >= 2:
                    one.gateway.append(took)
                    one.source.append(max(self.statements.times, default=0.0))

    async def cursor(self, one: Asked, pages: int) -> str:
        """The cursor after so many pages."""
        after: str | None = None
        for _ in range(pages):
            data = await self.ask(one.question.query, {**one.variables, "after": after}, one.headers)
            after = next(iter(data.values()))["pageInfo"]["endCursor"]
        assert after is not None
        return after


def _headers(demo: Demo, persona: str, claims: Mapping[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {demo.keys.token(persona, **claims)}"}


def _asked(demo: Demo, question: Question, known: Facts) -> Asked:
    variables = {name: known[value] for name, value in question.variables.items()}
    return Asked(question, variables, _headers(demo, question.persona, question.claims))


async def _three_ports(bench: Bench, demo: Demo) -> bool:
    """Whether an officer of three ports gets what three officers of one port get, merged."""
    nodes: list[Any] = []
    for ports in (*([port] for port in PORTS), list(PORTS)):
        data = await bench.ask(RELEASE, {}, _headers(demo, "officer-vancouver", {"ports": ports}))
        nodes.append([edge["node"] for edge in data["shipments"]["edges"]])
    merged = [node for page in nodes[:3] for node in page]
    merged.sort(key=lambda node: (node["status"] != "HELD", node["eta"] is None, node["eta"] or ""))
    return [_place(node) for node in merged[:50]] == [_place(node) for node in nodes[3]] and {
        node["ccn"] for node in nodes[3]
    } <= {node["ccn"] for node in merged}


def _place(node: Any) -> tuple[bool, str | None]:
    return node["status"] == "HELD", node["eta"]


def _table(rows: Sequence[Asked]) -> None:
    print("| question | gateway, ms | source, ms |\n|---|---:|---:|")
    for one in rows:
        source = median(one.source)
        print(f"| {one.question.name} | {median(one.gateway):.1f} | {f'{source:.1f}' if source else '–'} |")


def _ratio(name: str, one: Sequence[float], other: Sequence[float]) -> None:
    print(f"- {name}: {median(one) / median(other):.2f}")


async def run(demo: Demo, rounds: int) -> None:
    statements = Statements()
    statements.watch()
    environment = {**os.environ, **demo.environment()}
    environment.pop("GUICHET_GATEWAY_ADMIN_PORT")
    app = create_app(configuration.load(Path("guichet.toml"), environment), environment)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(app)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", timeout=60)
        bench = Bench(await stack.enter_async_context(client), statements)
        known = await facts(demo)
        asked = [_asked(demo, question, known) for question in QUESTIONS]
        await bench.rounds(asked, rounds)
        _table(asked)
        one, three = (next(a for a in asked if a.question.name == f"release queue, {n}") for n in ("1 port", "3 ports"))
        print(f"\nThree ports get the merged pages of one each: {'yes' if await _three_ports(bench, demo) else 'NO'}")
        _ratio("three ports to one, gateway", three.gateway, one.gateway)
        _ratio("three ports to one, source", three.source, one.source)
        for page in PAGES:
            first = _asked(demo, page, known)
            deep = _asked(demo, page, known)
            deep.variables["after"] = await bench.cursor(deep, _DEEP - 1)
            await bench.rounds([first, deep], rounds)
            _ratio(f"page {_DEEP} to page 1, {page.name}, gateway", deep.gateway, first.gateway)
            if median(first.source):
                _ratio(f"page {_DEEP} to page 1, {page.name}, source", deep.source, first.source)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("--dir", type=Path, required=True, help="the demo's directory; made when it is not there")
    parser.add_argument("--scale", default="large", choices=["small", "medium", "large"])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", action="store_true", help="leave the databases for the next time")
    options = parser.parse_args()
    telemetry.configure("error")
    try:
        async with agencies(options.dir, options.scale, statement_log=False) as demo:
            await run(demo, options.rounds)
    finally:
        if not options.keep:
            discard(options.dir)


if __name__ == "__main__":
    asyncio.run(main())
