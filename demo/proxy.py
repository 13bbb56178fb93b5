"""A TCP proxy before each PostgreSQL agency that breaks its connections on demand, and its HTTP control endpoint.

`POST /<agency>/_control` replaces all faults, `{}` heals:

- `latency_ms`: every request waits so long, once each time the conversation turns to the server;
- `hang`: no byte flows, on old and new connections; after healing they flow on;
- `drop`: old connections are reset and new ones too;
- `reset_after_bytes`: a connection is reset after so many bytes of answer, counted from the order;
- `restart`: the server is stopped and started with the same data, then the answer comes.
"""

import asyncio
import contextlib
import json
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Self, cast

from aiohttp import web

HOST = "127.0.0.1"


class BadFaults(Exception):
    """The order names an unknown fault or gives one a value it cannot have."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the connections; the default is nothing."""

    latency_ms: float = 0
    hang: bool = False
    drop: bool = False
    reset_after_bytes: int | None = None

    @classmethod
    def parse(cls, order: Any) -> tuple[Self, bool]:
        """Faults and whether to restart, from the JSON of an order. Raises BadFaults."""
        if not isinstance(order, dict):
            raise BadFaults("an object is expected")
        restart = order.get("restart", False)
        fields = {name: value for name, value in order.items() if name != "restart"}
        if unknown := sorted(set(fields) - set(cls.__dataclass_fields__)):
            raise BadFaults(f"unknown: {', '.join(unknown)}")
        for name in ("hang", "drop", "restart"):
            if not isinstance(order.get(name, False), bool):
                raise BadFaults(f"{name}: true or false is expected")
        for name, kinds in (("latency_ms", (int, float)), ("reset_after_bytes", (int,))):
            value = fields.get(name)
            if name in fields and value is None and name == "latency_ms":
                raise BadFaults(f"{name}: a number is expected")
            if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or value < 0):
                raise BadFaults(f"{name}: a number, zero or more, is expected")
        return cls(**fields), restart


class Proxy:
    """Forwards connections on `port` to `target`, with the faults of the moment."""

    def __init__(self, name: str, port: int, target: int, restart: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self.port = port
        self.target = target
        self.faults = Faults()
        self._restart = restart
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Side(_Pair(self)), HOST, self.port, backlog=512)

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for pair in list(self._pairs):
            pair.reset()

    async def order(self, faults: Faults, *, restart: bool) -> None:
        """Replaces all faults, for the connections that are open too."""
        self.faults = faults
        for pair in list(self._pairs):
            pair.refit()
        if restart:
            await self._restart()

    def add(self, pair: "_Pair") -> None:
        self._pairs.add(pair)

    def discard(self, pair: "_Pair") -> None:
        self._pairs.discard(pair)


class _Side(asyncio.Protocol):
    """One of a pair's two sockets: the client's, or, with `upstream`, the server's."""

    def __init__(self, pair: "_Pair", *, upstream: bool = False) -> None:
        self._pair = pair
        self._upstream = upstream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pair.made(cast(asyncio.Transport, transport), upstream=self._upstream)

    def data_received(self, data: bytes) -> None:
        self._pair.received(data, upstream=self._upstream)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._pair.lost(upstream=self._upstream)

    def pause_writing(self) -> None:
        self._pair.slow(upstream=self._upstream, paused=True)

    def resume_writing(self) -> None:
        self._pair.slow(upstream=self._upstream, paused=False)


class _Pair:
    """A client's connection and ours to the server. Without faults a chunk is written as it comes.

    Each direction is named by where its bytes come from: `upstream` true means the server's answers.
    """

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._client: asyncio.Transport | None = None
        self._server: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._held: dict[bool, deque[bytes]] = {False: deque(), True: deque()}
        self._slow = {False: False, True: False}  # the reader of that direction does not keep up
        self._timer: asyncio.TimerHandle | None = None
        self._answering = True  # so the first request waits too
        self._answered = 0
        self._closed = False

    def made(self, transport: asyncio.Transport, *, upstream: bool) -> None:
        if upstream:
            self._server = transport
            if self._closed:
                transport.abort()
            else:
                self._flow(upstream=False)
            return
        self._client = transport
        if self._proxy.faults.drop:
            self.reset()
            return
        self._proxy.add(self)
        self._connecting = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: _Side(self, upstream=True), HOST, self._proxy.target)
        except OSError:
            self.reset()

    def received(self, data: bytes, *, upstream: bool) -> None:
        latency = self._proxy.faults.latency_ms
        turned = self._answering and not upstream
        self._answering = upstream
        if latency and turned and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(latency / 1000, self._late)
        self._held[upstream].append(data)
        self._flow(upstream=upstream)

    def _late(self) -> None:
        self._timer = None
        self._flow(upstream=False)

    def _flow(self, *, upstream: bool) -> None:
        """Writes what may be written now; stops reading while something may not, so that memory stays bounded."""
        held = self._held[upstream]
        target = self._client if upstream else self._server
        waiting = self._proxy.faults.hang or target is None or (self._timer is not None and not upstream)
        while held and not waiting and not self._closed:
            assert target is not None
            data = held.popleft()
            limit = self._proxy.faults.reset_after_bytes
            if upstream and limit is not None and self._answered + len(data) >= limit:
                target.write(data[: limit - self._answered])
                self.reset()
                return
            self._answered += len(data) if upstream else 0
            target.write(data)
        self._set_reading(upstream=upstream)

    def _set_reading(self, *, upstream: bool) -> None:
        source = self._server if upstream else self._client
        if source is None or source.is_closing():
            return
        wanted = not self._held[upstream] and not self._slow[upstream]
        if wanted != source.is_reading():
            (source.resume_reading if wanted else source.pause_reading)()

    def slow(self, *, upstream: bool, paused: bool) -> None:
        """The socket on that side has too much yet to send: the direction towards it waits."""
        self._slow[not upstream] = paused
        self._set_reading(upstream=not upstream)

    def refit(self) -> None:
        """The faults have changed."""
        self._answered = 0
        if self._proxy.faults.drop:
            self.reset()
            return
        if self._timer and not self._proxy.faults.latency_ms:
            self._timer.cancel()
            self._timer = None
        self._flow(upstream=False)
        self._flow(upstream=True)

    def lost(self, *, upstream: bool) -> None:
        """One socket has ended, so the other does too, after what it has yet to write."""
        other = self._client if upstream else self._server
        self._end()
        if other is not None:
            other.close()

    def reset(self) -> None:
        """Ends both sides at once; the client sees a reset, not an orderly end."""
        self._end()
        if self._client is not None:
            peer = self._client.get_extra_info("socket")
            with contextlib.suppress(OSError):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._client.abort()
        if self._server is not None:
            self._server.abort()

    def _end(self) -> None:
        self._closed = True
        for held in self._held.values():
            held.clear()
        self._proxy.discard(self)
        if self._timer:
            self._timer.cancel()
        if self._connecting and self._server is None and self._connecting is not asyncio.current_task():
            self._connecting.cancel()


async def serve_control(port: int, proxies: list[Proxy]) -> web.AppRunner:
    """Serves `/<agency>/_control` for all proxies on one port; the caller cleans the runner up."""
    by_name = {proxy.name: proxy for proxy in proxies}

    def proxy_of(request: web.Request) -> Proxy:
        name = request.match_info["agency"]
        if name not in by_name:
            raise web.HTTPNotFound(text=f"{name}: no such agency\n")
        return by_name[name]

    async def show(request: web.Request) -> web.Response:
        return web.json_response(asdict(proxy_of(request).faults))

    async def change(request: web.Request) -> web.Response:
        proxy = proxy_of(request)
        try:
            faults, restart = Faults.parse(json.loads(await request.read() or b"{}"))
        except (BadFaults, ValueError) as refusal:
            return web.json_response({"error": str(refusal)}, status=400)
        await proxy.order(faults, restart=restart)
        return web.json_response(asdict(faults))

    app = web.Application()
    app.router.add_get("/{agency}/_control", show)
    app.router.add_post("/{agency}/_control", change)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner
