"""Quotas of agreements: requests per period, counted before anything is asked, atomically over all replicas.

A count that cannot be made is no permission: whatever the state database raises ends the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

import asyncpg

from gateway.errors import ErrorCode, RequestRefused
from gateway.policy.view import AgreementInForce

Clock = Callable[[], datetime]
TABLE = """CREATE TABLE IF NOT EXISTS guichet_quota (
  agreement text, period bigint, used integer NOT NULL, PRIMARY KEY (agreement, period))"""
COUNT = """INSERT INTO guichet_quota AS q (agreement, period, used) VALUES ($1, $2, 1)
ON CONFLICT (agreement, period) DO UPDATE SET used = q.used + 1 WHERE q.used < $3 RETURNING used"""


MADE = (asyncpg.UniqueViolationError, asyncpg.DuplicateObjectError, asyncpg.DuplicateTableError)
"""What ``IF NOT EXISTS`` says where another replica made the table at the same moment: by how far that one was."""


class Counter(Protocol):
    async def count(self, agreement: str, period: int, quota: int) -> bool:
        """One more, unless ``quota`` is used up: then false, and nothing is counted."""
        ...

    async def close(self) -> None: ...


class MemoryCounter:
    """Of one process: for deployments without a state database."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[int, int]] = {}

    async def count(self, agreement: str, period: int, quota: int) -> bool:
        known, used = self._used.get(agreement, (period, 0))
        used = used if known == period else 0
        if used >= quota:
            return False
        self._used[agreement] = (period, used + 1)
        return True

    async def close(self) -> None:
        return None


class PostgresCounter:
    """In the state database. Connects, and makes its table, on first use."""

    def __init__(self, dsn: str, seconds: float = 5.0) -> None:
        self._dsn = dsn
        self._seconds = seconds
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def count(self, agreement: str, period: int, quota: int) -> bool:
        pool = await self._opened()
        return await pool.fetchval(COUNT, agreement, period, quota, timeout=self._seconds) is not None

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                pool = await asyncpg.create_pool(self._dsn, min_size=1, max_size=4, timeout=self._seconds)
                with suppress(*MADE):
                    await pool.execute(TABLE, timeout=self._seconds)
                self._pool = pool
            return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()


class Quotas:
    def __init__(self, counter: Counter, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.counter = counter
        self._clock = clock

    async def take(self, agreement: AgreementInForce | None) -> None:
        """One request under an agreement. Raises :class:`RequestRefused` (RATE_LIMITED) when its quota is used up."""
        if agreement is None or agreement.quota is None:
            return
        period = int(self._clock().timestamp()) // (86_400 * agreement.quota_days)
        if not await self.counter.count(agreement.id, period, agreement.quota):
            raise RequestRefused(
                ErrorCode.RATE_LIMITED,
                "the quota of the agreement is used up",
                {"limit": agreement.quota, "measured": agreement.quota},
                status=429,
            )


def quotas(dsn: str) -> Quotas:
    """``dsn``: of the state database; empty: none, so counts are this process's own."""
    return Quotas(PostgresCounter(dsn) if dsn else MemoryCounter())
