"""One world, three sources: harmonised rows in memory, and the same rows as an agency keeps them, in SQL and JSON."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
from aiohttp import web
from graphql import GraphQLSchema

from adapters import postgres, rest
from adapters.contract import Source
from demo.installation import Installation
from demo.keys import Secrets
from demo.postgres import OWNER, READER, Server
from demo.supervisor import Supervisor
from tests.conformance.postgres_agency import Agency, Make, made
from tests.conformance.world import DECISION, HTTP, LINES, PERMIT, WORLD, reference


class Served:
    """The agency's HTTP API; ``asked`` are the request targets."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def permits(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        rows = list(WORLD.native)
        query = request.query
        if "no" in query:
            rows = [row for row in rows if row["no"] in query["no"].split(",")]
        if "kind" in query:
            rows = [row for row in rows if row["kind"] in query.getall("kind")]
        if "status" in query:
            rows = [row for row in rows if row["st"] == query["status"]]
        if "to" in query:
            rows = [row for row in rows if row["until"] is not None and row["until"] <= query["to"]]
        if sort := query.get("sort"):
            column = sort.lstrip("-")
            values: dict[str, Any] = {r["no"]: None if r[column] == "20261399" else r[column] for r in rows}
            present = sorted((r for r in rows if values[r["no"]] is not None), key=lambda r: str(values[r["no"]]))
            nulls = [r for r in rows if values[r["no"]] is None]
            rows = nulls + present[::-1] if sort.startswith("-") else present + nulls
        total = len(rows)
        if "offset" in query:
            rows = rows[int(query["offset"]) :][: int(query["size"])]
        return web.Response(body=orjson.dumps({"rows": rows, "total": total}), content_type="application/json")

    async def decisions(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        rows = [
            {"txn": d["transactionNumber"], "seq": d["sequence"], "reason": d["reasonCode"]} for d in WORLD.decisions
        ]
        if request.method == "POST":
            wanted = [(item["t"], item["s"]) for item in (await request.json())["wanted"]]
            rows = [row for row in rows if (row["txn"], row["seq"]) in wanted]
        return web.Response(body=orjson.dumps(rows), content_type="application/json")


@pytest.fixture(scope="session")
async def served() -> AsyncIterator[tuple[Served, str]]:
    api = Served()
    application = web.Application()
    application.router.add_get("/permits", api.permits)
    application.router.add_route("*", "/decisions", api.decisions)
    runner = web.AppRunner(application, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield api, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(scope="session")
async def postgres_dsns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[str, str]]:
    """DSNs of the owner and of a reader of an empty database."""
    directory = tmp_path_factory.mktemp("conformance")
    (directory / "postgres").mkdir()
    (directory / "logs").mkdir()
    supervisor = Supervisor(directory / "run")
    supervisor.acquire()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server("customs", port, Installation.prepare(directory), supervisor, directory, Secrets.random())
    try:
        await server.initialise(None)
        await server.start(["shared_buffers=32MB"])
        yield server.dsn(OWNER), server.dsn(READER)
    finally:
        await supervisor.stop_all()
        await server.wipe()
        supervisor.release()


async def _fill(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            """DROP SCHEMA IF EXISTS w CASCADE; CREATE SCHEMA w;
            CREATE TABLE w.permit (no text PRIMARY KEY, kind text, st text, holder text, until text, fee bigint,
                upd timestamptz, held boolean, orig text, ctry text);
            CREATE TABLE w.line (no text, n integer, hs text, qty numeric);
            CREATE TABLE w.decision (txn text, seq integer, reason text);
            GRANT USAGE ON SCHEMA w TO guichet_ro; GRANT SELECT ON ALL TABLES IN SCHEMA w TO guichet_ro;"""
        )
        columns = ("no", "kind", "st", "holder", "until", "fee", "upd", "held", "orig", "ctry")
        permits = [tuple(row[column] for column in columns) for row in WORLD.native]
        await connection.copy_records_to_table("permit", schema_name="w", records=permits)
        lines = [(row["no"], e["n"], e["hs"], e["qty"]) for row in WORLD.native for e in row["lines"]]
        await connection.executemany("INSERT INTO w.line VALUES ($1, $2, $3, $4::text::numeric)", lines)
        decisions = [tuple(decision.values()) for decision in WORLD.decisions]
        await connection.copy_records_to_table("decision", schema_name="w", records=decisions)
    finally:
        await connection.close()


@pytest.fixture(scope="session", params=["memory", "rest", "postgres"])
async def source(
    request: pytest.FixtureRequest, served: tuple[Served, str], postgres_dsns: tuple[str, str]
) -> AsyncIterator[Source]:
    """Every adapter over the same world."""
    made: Source
    if request.param == "memory":
        made = reference()
    elif request.param == "rest":
        lines = replace(LINES, table="", on={}, order=(), array="lines")
        specs = [
            replace(PERMIT, table="", requests=HTTP["permit"], children={"lines": lines}),
            replace(DECISION, table="", requests=HTTP["decision"]),
        ]
        made = rest.create("s", "FOOD", {"kind": "rest", "base_url": served[1]}, specs)
    else:
        owner, reader = postgres_dsns
        await _fill(owner)
        made = postgres.create("s", "FOOD", {"kind": "postgres", "dsn": reader}, [PERMIT, DECISION], {})
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def make(tmp_path: Path, master: GraphQLSchema, postgres_dsns: tuple[str, str]) -> AsyncIterator[Make]:
    """Agencies of their own, each from tables and the text of a file."""
    agencies: list[Agency] = []

    async def agency(sql: str, text: str) -> Agency:
        agencies.append(await made(*postgres_dsns, tmp_path / "food.toml", master, sql, text))
        return agencies[-1]

    yield agency
    for each in agencies:
        await each.source.close()
