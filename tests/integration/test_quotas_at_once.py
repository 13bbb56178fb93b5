"""Requests of one agreement at once, near the end of its quota: never one more is answered than the quota has."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from gateway.errors import RequestRefused
from gateway.policy import Quotas, quotas
from gateway.policy.view import AgreementInForce
from tests.kit.demo import RunningDemo

PARTNER = "us-customs-2024"
QUOTA, LEFT, ASKED = 5_000, 7, 40
REPLICAS, EACH = 3, 40


@asynccontextmanager
async def state(demo: RunningDemo) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(demo["state"]["dsn"])
    try:
        yield connection
    finally:
        await connection.close()


async def test_over_http_exactly_what_is_left_is_answered(demo: RunningDemo) -> None:
    headers, body = demo.headers("partner-us"), {"query": "{ viewer { agreement { id } } }"}
    limits = httpx.Limits(max_connections=ASKED)
    async with state(demo) as database, httpx.AsyncClient(timeout=60, headers=headers, limits=limits) as client:
        assert (await client.post(demo.url, json=body)).status_code == 200  # the table is there from now on
        today = int(datetime.now(UTC).timestamp()) // 86_400
        mine = (PARTNER, [today, today + 1])
        before = await database.fetch("SELECT * FROM guichet_quota WHERE agreement = $1 AND period = ANY($2)", *mine)
        for period in mine[1]:  # whichever it is at the moment of asking
            await database.execute(
                "INSERT INTO guichet_quota VALUES ($1, $2, $3) ON CONFLICT (agreement, period) DO UPDATE SET used = $3",
                PARTNER,
                period,
                QUOTA - LEFT,
            )
        try:
            answers = await asyncio.gather(*(client.post(demo.url, json=body) for _ in range(ASKED)))
            used = "SELECT max(used) FROM guichet_quota WHERE agreement = $1 AND period = ANY($2)"
            assert await database.fetchval(used, *mine) == QUOTA
        finally:
            await database.execute("DELETE FROM guichet_quota WHERE agreement = $1 AND period = ANY($2)", *mine)
            await database.executemany("INSERT INTO guichet_quota VALUES ($1, $2, $3)", [tuple(row) for row in before])
    told = Counter(told_by(answer) for answer in answers)
    assert told == {"answered": LEFT, "RATE_LIMITED": ASKED - LEFT}


def told_by(answer: httpx.Response) -> str:
    body: dict[str, Any] = answer.json()
    if answer.status_code == 200:
        assert body["data"]["viewer"]["agreement"]["id"] == PARTNER
        return "answered"
    assert answer.status_code == 429
    assert "data" not in body
    (error,) = body["errors"]
    assert error["extensions"]["limit"] == QUOTA
    return str(error["extensions"]["code"])


async def test_replicas_that_begin_together_share_one_count(demo: RunningDemo) -> None:
    """Each makes the table if it must, and counts on connections of its own."""
    told = AgreementInForce("at-once", "A", ("X", "Y"), ("p",), date(2024, 1, 1), None, quota=25, quota_days=366)
    async with state(demo) as database:
        await database.execute("CREATE SCHEMA at_once")
        replicas = [quotas(demo["state"]["dsn"] + "?search_path=at_once") for _ in range(REPLICAS)]
        try:
            admitted = await asyncio.gather(*(admits(each, told) for each in replicas for _ in range(EACH)))
            assert sum(admitted) == told.quota
            assert await database.fetchval("SELECT used FROM at_once.guichet_quota") == told.quota
        finally:
            for each in replicas:
                await each.counter.close()
            await database.execute("DROP SCHEMA at_once CASCADE")


async def admits(replica: Quotas, told: AgreementInForce) -> bool:
    try:
        await replica.take(told)
    except RequestRefused:
        return False
    return True


async def test_a_count_that_cannot_be_made_is_no_permission() -> None:
    told = AgreementInForce("a", "A", ("X", "Y"), ("p",), date(2024, 1, 1), None, quota=25)
    with pytest.raises(ConnectionRefusedError):
        await quotas("postgresql://nobody@127.0.0.1:1/nothing").take(told)
