"""Counts the statements that reach a database: a TCP relay that reads the frontend's messages as they pass."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
COUNTED = (ord("E"), ord("Q"))
"""``Execute`` and simple ``Query``: one each per statement."""


@dataclass(slots=True)
class Frontend:
    """The client's side of one connection, as a count of statements. ``feed`` takes bytes in any pieces."""

    statements: int = 0
    started: bool = False
    rest: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        rest = self.rest
        rest += data
        while True:
            if not self.started:
                if len(rest) < 8:
                    return
                size, code = int.from_bytes(rest[:4], "big"), int.from_bytes(rest[4:8], "big")
                if len(rest) < size:
                    return
                self.started = code not in (SSL_REQUEST, GSS_REQUEST)
                del rest[:size]
                continue
            if len(rest) < 5:
                return
            size = 1 + int.from_bytes(rest[1:5], "big")
            if len(rest) < size:
                return
            self.statements += rest[0] in COUNTED
            del rest[:size]


@dataclass(slots=True)
class Relay:
    """``dsn`` leads through it."""

    target: str
    dsn: str = ""
    frontends: list[Frontend] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def statements(self) -> int:
        return sum(one.statements for one in self.frontends)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url = urlsplit(self.target)
        server_reader, server_writer = await asyncio.open_connection(url.hostname, url.port)
        frontend = Frontend()
        self.frontends.append(frontend)
        back = asyncio.ensure_future(_pump(server_reader, writer))
        self._tasks.add(back)
        back.add_done_callback(self._tasks.discard)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                frontend.feed(data)
                server_writer.write(data)
        server_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@contextlib.asynccontextmanager
async def relayed(target: str) -> AsyncIterator[Relay]:
    """A relay to the server of the DSN ``target``."""
    relay = Relay(target)
    server = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    url = urlsplit(target)
    port = server.sockets[0].getsockname()[1]
    relay.dsn = url._replace(netloc=f"{url.username}:{url.password}@127.0.0.1:{port}").geturl()
    try:
        yield relay
    finally:
        server.close()
