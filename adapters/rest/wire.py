"""HTTP/1.1 with one origin, over connections that are kept: a request's bytes out, a status, headers and a body in.

Of a request's CPU, a client library for everything took half; what reads of an agency need is this. Bytes are parsed
by ``httptools``. A connection that was given up on, or has said anything that nobody asked for, is never used again.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import httptools
from aiohappyeyeballs import start_connection
from multidict import CIMultiDict
from yarl import URL

IDLE_SECONDS = 30.0
HEAD_BYTES = 64 * 1024
"""What an answer may say before its body."""

NEXT_ADDRESS_SECONDS = 0.25
"""After which the next address of a name is tried beside the one before."""


class Unreadable(Exception):
    """An answer that is not HTTP as asked for, or too large."""


class Unsendable(Exception):
    """An address or a header that cannot stand in a request."""


class Lost(ConnectionError):
    """The connection ended before the answer did."""


@dataclass(slots=True)
class Response:
    status: int
    headers: CIMultiDict[str]
    body: bytes


def lines(headers: Mapping[str, str]) -> str:
    """Headers as they are sent. Raises :class:`Unsendable` for what would end a line."""
    if not all(part.isprintable() for header in headers.items() for part in header):
        raise Unsendable("a header has characters that no header has")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


class Wire:
    """The connections to one origin. ``limit``: bytes of a body, as sent and as unpacked."""

    def __init__(self, origin: URL, secure: ssl.SSLContext | None, limit: int) -> None:
        self._host, self._port = cast(str, origin.raw_host), cast(int, origin.port)
        self._secure = secure
        self._limit = limit
        self._fixed = f"Host: {origin.host_port_subcomponent}\r\nUser-Agent: Guichet\r\nAccept-Encoding: gzip\r\n"
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()

    async def ask(self, method: str, url: URL, headers: str, body: bytes | None = None) -> Response:
        """``headers``: lines, each ended. What a kept connection loses without a word is asked again on a new one.

        Raises :class:`Unreadable`, :class:`Unsendable`, ``OSError``; no time limit."""
        target = url.raw_path_qs
        if not target.isascii() or not target.isprintable() or " " in target:
            raise Unsendable("the address has characters that no address has")
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        head = f"{method} {target} HTTP/1.1\r\n{self._fixed}{headers}{length}\r\n"
        request = head.encode() + (body or b"")
        while (connection := self._kept()) is not None:
            try:
                return await self._on(connection, request)
            except ConnectionError:
                if connection.heard:
                    raise
        return await self._on(await self._connect(), request)

    async def close(self) -> None:
        lost = [connection.abort() for connection in self._open]
        self._idle.clear()
        await asyncio.gather(*lost)

    def _kept(self) -> _Connection | None:
        """The connection that was used last; those that are idle for too long are closed on the way."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if now - connection.since < IDLE_SECONDS and not connection.lost.done():
                return connection
            connection.abort()
        return None

    async def _on(self, connection: _Connection, request: bytes) -> Response:
        try:
            response = await connection.exchange(request)
        except BaseException:
            connection.abort()
            raise
        if connection.reusable:
            connection.since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.abort()
        return response

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        made = await start_connection(addresses, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS, interleave=1)
        name = self._host if self._secure else None
        try:
            _, connection = await loop.create_connection(
                lambda: _Connection(self._limit), sock=made, ssl=self._secure, server_hostname=name
            )
        except BaseException:
            made.close()
            raise
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))
        return connection


class _Connection(asyncio.Protocol):
    """``heard``: whether anything of the present answer has arrived; ``since`` when it is idle."""

    def __init__(self, limit: int) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reusable = False
        self.heard = False
        self.since = 0.0
        self._limit = limit
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Response] | None = None
        self._has_head = self._endless = False
        self._received = self._size = 0
        self._headers: CIMultiDict[str] = CIMultiDict()
        self._parts: list[bytes] = []
        self._unpacking: zlib._Decompress | None = None

    async def exchange(self, request: bytes) -> Response:
        self.heard = self.reusable = self._has_head = self._endless = False
        self._received = self._size = 0
        if self._transport is None or self._transport.is_closing():
            raise Lost("the connection was closed")
        waiter: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiter = waiter
        try:
            self._transport.write(request)
            return await waiter
        finally:
            self._waiter = None
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # looked at, even when whoever waited is cancelled at this moment

    def abort(self) -> asyncio.Future[None]:
        """Closed at once; the future is done when it is."""
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()
        return self.lost

    # -- what the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            self.abort()  # nobody asked
            return
        self.heard = True
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(Unreadable("another protocol is offered"))
        except httptools.HttpParserError as error:
            self._fail(Unreadable(f"not HTTP: {type(error).__name__}"))
        # Framing counts too: endless headers, or a body in chunks of nothing, must end somewhere.
        if self._received > HEAD_BYTES + (2 * self._limit if self._has_head else 0):
            self._fail(self._too_large())

    def connection_lost(self, error: Exception | None) -> None:
        if self._endless and error is None:
            self._complete()
        self._fail(Lost("the connection was closed before the answer was whole") if error is None else error)
        if not self.lost.done():
            self.lost.set_result(None)

    # -- what the parser says

    def on_message_begin(self) -> None:
        self._headers = CIMultiDict()
        self._parts = []
        if self._waiter is None or self._waiter.done():
            self.abort()  # a second answer behind the first

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # what follows a body has no meaning for us
            self._headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self._has_head = True
        headers, status = self._headers, self._parser.get_status_code()
        packed = headers.get("Content-Encoding", "identity").strip().lower()
        self._unpacking = zlib.decompressobj(wbits=31) if packed in ("gzip", "x-gzip") else None
        if self._unpacking is None and packed not in ("identity", ""):
            self._fail(Unreadable("packed in a way that was not asked for"))
        bare = status < 200 or status in (204, 304)
        self._endless = not (bare or "Content-Length" in headers or "Transfer-Encoding" in headers)

    def on_body(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():  # it has failed: what else has arrived is not unpacked
            return
        if self._unpacking is not None:
            try:
                data = self._unpacking.decompress(data, self._limit + 1 - self._size)
            except zlib.error:
                self._fail(Unreadable("its gzip is broken"))
                return
        self._size += len(data)
        if self._size > self._limit:
            self._fail(self._too_large())
        elif data:
            self._parts.append(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # on its way, says the API; the answer follows
            self._has_head = False
            return
        self.reusable = self._parser.should_keep_alive() and not self._endless
        self._complete()

    # -- what comes of it

    def _complete(self) -> None:
        if self._waiter is None or self._waiter.done():
            return
        if self._unpacking is not None and self._parts and not self._unpacking.eof:
            self._fail(Unreadable("its gzip breaks off"))
            return
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._waiter.set_result(Response(self._parser.get_status_code(), self._headers, body))

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        if self._transport is not None:
            self._transport.abort()

    def _too_large(self) -> Unreadable:
        return Unreadable(f"a body of more than {self._limit} bytes" if self._has_head else "endless headers")
