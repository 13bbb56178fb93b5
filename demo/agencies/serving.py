"""What the four agencies share: request log, faults, authentication, start and end."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import orjson
from aiohttp import web

from demo.agencies.answers import Answer, Refused
from demo.agencies.faults import Faults

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_CONTROL = ("/_control", "/_log")
_LOGGED = 20_000


class Agency(Protocol):
    """One agency's behaviour. `open_paths` need no credentials; `secret_paths` have bodies that are not logged."""

    open_paths: Sequence[str]
    max_concurrent: int | None

    def routes(self) -> list[web.RouteDef]:
        """The endpoints of the agency's file."""

    def admits(self, request: web.Request) -> bool:
        """Whether the credentials are right."""


class Desk:
    """Stands before an agency: logs every request, applies the faults, checks credentials and concurrency."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        self._faults = Faults()
        self._log: list[dict[str, object]] = []
        self._busy = 0

    def application(self) -> web.Application:
        """The agency's web application."""

        @web.middleware
        async def desk(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._serve(request, handler)

        app = web.Application(middlewares=[desk], client_max_size=4 * 1024 * 1024)
        app.add_routes(self._agency.routes())
        app.add_routes(
            [
                web.post("/_control", self._control),
                web.get("/_control", self._show),
                web.get("/_log", self._read),
                web.delete("/_log", self._clear),
            ]
        )
        return app

    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in _CONTROL:
            try:
                return await handler(request)
            except Refused as refused:
                return refused.answer
        await self._note(request)
        self._busy += 1
        try:
            if self._agency.max_concurrent is not None and self._busy > self._agency.max_concurrent:
                return Answer({"error": "too many requests"}, status=429, headers={"Retry-After": "1"})
            faults = self._faults
            instead = await faults.before(request)
            if instead is not None:
                return instead
            answer = await self._ask(request, handler)
            return await faults.spoil(request, answer) if isinstance(answer, Answer) else answer
        finally:
            self._busy -= 1

    async def _ask(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in self._agency.open_paths and not self._agency.admits(request):
            return Answer({"error": "unauthorized"}, status=401)
        try:
            return await handler(request)
        except Refused as refused:
            return refused.answer
        except web.HTTPException as error:
            return Answer({"error": error.reason}, status=error.status)

    async def _note(self, request: web.Request) -> None:
        raw = await request.read()
        body: object = None
        if raw and request.path in self._agency.open_paths:
            body = "(not logged)"
        elif raw:
            try:
                body = orjson.loads(raw)
            except orjson.JSONDecodeError:
                body = raw.decode("utf-8", "replace")
        entry: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(),
            "method": request.method,
            "path": request.path,
            "query": {name: request.query.getall(name) for name in request.query},
            "body": body,
        }
        request["entry"] = entry
        if len(self._log) < _LOGGED:
            self._log.append(entry)

    async def _control(self, request: web.Request) -> web.StreamResponse:
        try:
            self._faults = Faults.parse(orjson.loads(await request.read()))
        except orjson.JSONDecodeError as error:
            raise Refused(400, "the body is not JSON") from error
        return Answer({"ok": True})

    async def _show(self, _request: web.Request) -> web.StreamResponse:
        return Answer({name: getattr(self._faults, name) for name in Faults.__slots__})

    async def _read(self, _request: web.Request) -> web.StreamResponse:
        return Answer(self._log)

    async def _clear(self, _request: web.Request) -> web.StreamResponse:
        self._log.clear()
        return Answer({"ok": True})


async def serve(agency: Agency, port: int) -> None:
    """Serves on 127.0.0.1 until SIGTERM or SIGINT; requests under way are cut off."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(Desk(agency).application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        await stop.wait()
    finally:
        await runner.cleanup()
