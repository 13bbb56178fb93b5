"""Connections of one source, opened when needed and kept warm.

asyncpg's own pool sends a reset statement at every release. Here no session state is ever set: a connection is
read-only from its start, runs single statements outside of transactions, and may be handed on as it is.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Any

import asyncpg

from adapters.errors import SourceBusy
from adapters.postgres.failures import KNOWN
from adapters.postgres.settings import PostgresSettings, TlsSettings
from adapters.resilience import Load

IDLE_SECONDS = 300.0
_PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}
"""Statements are written so that an index serves them whatever the values. Left to itself, the server plans a lookup
anew each time, at several times the cost of running it."""
_CLOSE_SECONDS = 2.0
_MAX_STATEMENT = 256 * 1024

Connection = Any  # asyncpg.Connection[Record]; generic only in its stubs


class Pool:
    """At most ``max_connections``, those counted that are not closed yet: their statements may still run. The
    connection used last is used next."""

    def __init__(self, settings: PostgresSettings, application_name: str) -> None:
        self._settings = settings
        self._application_name = application_name
        self._idle: list[tuple[Connection, float]] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def load(self) -> Load:
        waiting = sum(1 for turn in self._waiting if not turn.done())
        return Load(self._open, self._open - len(self._idle) - len(self._closing), waiting)

    async def acquire(self, end: float | None = None) -> Connection:
        """Raises what asyncpg raises; ``TimeoutError`` at ``end`` (event loop clock), ``SourceBusy`` when nothing came
        free by then."""
        if self._closed:
            raise asyncpg.InterfaceError("the source is closed")
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, since = self._idle.pop()
            if connection.is_closed() or now - since > IDLE_SECONDS:
                self._forget(connection)
                continue
            return connection
        if self._open >= self._settings.max_connections:
            handed = await self._wait(end)
            if handed is not None:
                return handed
        else:
            self._open += 1
        try:
            async with asyncio.timeout_at(end):
                return await self._connect()
        except BaseException:
            self._freed()
            raise

    async def _wait(self, end: float | None) -> Connection | None:
        """A connection, or ``None``: leave to open one, already counted."""
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(end):
                return await self._handed(turn)
        except TimeoutError as error:
            raise SourceBusy("no connection came free") from error

    async def _handed(self, turn: asyncio.Future[Connection | None]) -> Connection | None:
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                handed = turn.result()
                if handed is None:
                    self._freed()
                else:
                    self.release(handed)
            elif turn in self._waiting:  # else whoever freed a place has passed it over already
                self._waiting.remove(turn)
            raise

    def release(self, connection: Connection) -> None:
        """Give back a connection whose statement has ended."""
        if connection.is_closed() or self._closed:
            self._forget(connection)
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._idle.append((connection, asyncio.get_running_loop().time()))

    def discard(self, connection: Connection) -> None:
        """Give back a connection in an unknown state: its statement is cancelled and it is closed, in background."""
        self._forget(connection)

    def expire(self) -> None:
        """The server went away: no idle connection is good."""
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        if connection.is_closed():
            self._freed()
            return
        task = asyncio.ensure_future(_end(connection))
        self._closing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        self._freed()

    def _freed(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._open -= 1

    async def _connect(self) -> Connection:
        settings = self._settings
        return await asyncpg.connect(
            settings.dsn.get_secret_value(),
            timeout=settings.connect_timeout_ms / 1000,
            ssl=_tls(settings.tls) if settings.tls is not None else None,
            statement_cache_size=0 if settings.transaction_pooling else 512,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=_MAX_STATEMENT,
            server_settings={
                "application_name": self._application_name,
                "default_transaction_read_only": "on",
                "timezone": "UTC",  # of the moments that come as text
                "statement_timeout": str(settings.statement_timeout_ms),
                **({} if settings.transaction_pooling else _PLANNED_ONCE),
            },
        )

    async def close(self) -> None:
        self._closed = True
        self.expire()
        for turn in self._waiting:
            if not turn.done():
                turn.set_exception(asyncpg.InterfaceError("the source is closed"))
        if self._closing:
            await asyncio.wait(self._closing)


async def _end(connection: Connection) -> None:
    try:
        await connection.close(timeout=_CLOSE_SECONDS)
    except KNOWN:
        connection.terminate()


def _tls(settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca)
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.cert is not None:
        context.load_cert_chain(settings.cert, settings.key)
    return context
