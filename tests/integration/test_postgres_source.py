"""Connections, deadlines, restarts and `guichet check`, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import asyncpg
import pytest

from adapters.contract import AsOf, FetchCall, FetchSpec, Health, Rows
from adapters.errors import SourceBadData, SourceBusy, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.postgres import PostgresSource
from adapters.postgres.settings import PostgresSettings
from demo.postgres import OWNER, READER, Server
from tests.integration.test_postgres_semantics import customs, server  # noqa: F401 - fixtures

OFFICES = FetchSpec("shipment", ("ccn",))


def another(source: PostgresSource, **changes: object) -> PostgresSource:
    """A second source over the same database, with other settings."""
    dsn = source.settings.dsn.get_secret_value()
    settings = PostgresSettings.model_validate({"kind": "postgres", "dsn": dsn, "timezone": "UTC", **changes})
    return PostgresSource("cargo", "CUSTOMS", settings, source.collections, source.lookups)


async def run(source: PostgresSource, seconds: float | None = 5) -> Rows:
    deadline = None if seconds is None else asyncio.get_running_loop().time() + seconds
    return await source.prepare(OFFICES).run(FetchCall(deadline=deadline))


async def test_sessions_are_read_only_named_and_limited(customs: PostgresSource) -> None:  # noqa: F811 - a fixture
    names = "default_transaction_read_only", "statement_timeout", "application_name"
    shown = [(await customs.fetch(f"SHOW {name}", (), None))[0][0] for name in names]
    assert shown == ["on", "5s", "guichet CUSTOMS"]
    with pytest.raises(SourceBadData, match="ReadOnly"):
        await customs.fetch("CREATE TABLE x (y int)", (), None)


@pytest.mark.parametrize(("text", "value"), [("SELECT $1::smallint", 1 << 20), ("SELECT 1 / $1::int", 0)])
# A fixture of that name is imported.
async def test_a_value_that_fails_costs_no_connection(customs: PostgresSource, text: str, value: int) -> None:  # noqa: F811
    who = await customs.fetch("SELECT pg_backend_pid()", (), None)
    with pytest.raises(SourceBadData):
        await customs.fetch(text, (value,), None)
    assert customs.load.busy == 0
    assert await customs.fetch("SELECT pg_backend_pid()", (), None) == who


# A fixture of that name is imported.
async def test_a_deadline_that_has_passed_costs_no_connection(customs: PostgresSource) -> None:  # noqa: F811
    who = await customs.fetch("SELECT pg_backend_pid()", (), None)
    with pytest.raises(SourceBusy):
        await customs.fetch("SELECT 1", (), asyncio.get_running_loop().time())
    assert await customs.fetch("SELECT pg_backend_pid()", (), None) == who


# A fixture of that name is imported.
async def test_a_deadline_cancels_the_statement(customs: PostgresSource, server: Server) -> None:  # noqa: F811
    started = time.monotonic()
    with pytest.raises(SourceTimeout):
        await customs.fetch("SELECT pg_sleep(30)", (), asyncio.get_running_loop().time() + 0.2)
    assert time.monotonic() - started < 1
    watcher = await asyncpg.connect(server.dsn(OWNER))
    try:
        for _ in range(50):
            running = await watcher.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
            )
            if not running:
                break
            await asyncio.sleep(0.05)
        assert running == 0
    finally:
        await watcher.close()


async def test_the_servers_own_time_limit_is_a_timeout(customs: PostgresSource) -> None:  # noqa: F811 - a fixture
    short = another(customs, statement_timeout_ms=100)
    with pytest.raises(SourceTimeout):
        await short.fetch("SELECT pg_sleep(30)", (), None)
    assert (await short.fetch("SELECT 1", (), None))[0][0] == 1
    await short.close()


async def test_more_readers_than_connections(customs: PostgresSource) -> None:  # noqa: F811 - a fixture
    narrow = another(customs, max_connections=2)
    answers = await asyncio.gather(*(run(narrow) for _ in range(20)))
    assert len({rows.count for rows in answers}) == 1
    blocked = [asyncio.ensure_future(narrow.fetch("SELECT pg_sleep(0.5)", (), None)) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(SourceTimeout):
        await run(narrow, 0.1)
    await asyncio.gather(*blocked)
    assert (await run(narrow)).count
    await narrow.close()


# A fixture of that name is imported.
async def test_behind_a_transaction_pooler_no_statement_is_named(customs: PostgresSource) -> None:  # noqa: F811
    pooled = another(customs, transaction_pooling=True)
    assert (await run(pooled)).count
    assert (await pooled.fetch("SELECT count(*) FROM pg_prepared_statements", (), None))[0][0] == 0
    await pooled.close()


async def test_a_restart_costs_no_answer(customs: PostgresSource, server: Server) -> None:  # noqa: F811 - a fixture
    await asyncio.gather(*(run(customs) for _ in range(4)))
    await server.restart()
    assert (await run(customs)).count
    await server.stop()
    with pytest.raises(SourceUnavailable):
        await run(customs)
    assert await customs.health() is Health.DOWN
    dead = another(customs)
    await dead.start()
    with pytest.raises(SourceUnavailable):
        await run(dead)
    await server.restart()
    assert (await run(dead)).count
    assert await customs.health() is Health.UP
    await dead.close()


async def test_a_wrong_password_is_refused(customs: PostgresSource, server: Server) -> None:  # noqa: F811 - a fixture
    stranger = another(customs, dsn=server.dsn(READER).replace(READER + ":", READER + ":x"))
    with pytest.raises(SourceRefused):
        await run(stranger)
    await stranger.close()


async def test_an_answer_vouches_for_the_copys_age(customs: PostgresSource) -> None:  # noqa: F811 - a fixture
    spec = replace(customs.collections["shipment"], as_of=AsOf(table="cargo.ccd_sts_hist", column="sts_ts"))
    copy = PostgresSource("cargo", "CUSTOMS", customs.settings, {"shipment": spec}, customs.lookups)
    rows = await copy.prepare(FetchSpec("shipment", ("ccn",), keys=("ccn",))).run(FetchCall(keys=[("NONE",)]))
    assert (rows.count, rows.as_of.isoformat()) == (0, "2026-03-07T07:00:00+00:00")
    await copy.close()


async def test_check_names_what_is_wrong(customs: PostgresSource) -> None:  # noqa: F811 - a fixture
    found = {finding.key: finding.problem for finding in await customs.check()}
    assert (
        found["collections.shipment.fields.mode"]
        == "codes not mapped: 7 (" + found["collections.shipment.fields.mode"].partition("(")[2]
    )
    assert found["collections.seizure.except.sts_cd"] == "'VOID' does not occur"
    broken = replace(customs.collections["office"], table="ref.nowhere")
    other = PostgresSource("cargo", "CUSTOMS", customs.settings, {"office": broken}, {})
    assert [f.problem for f in await other.check()] == ["ref.nowhere does not exist, or may not be seen"]
    await other.close()
