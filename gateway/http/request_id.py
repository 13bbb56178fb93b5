"""Every response carries ``X-Request-Id``: the id under which operators find the request in the log."""

from __future__ import annotations

import os
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KEY = "guichet.request_id"


class RequestId:
    """ASGI middleware. The id is always ours: one that a client chose could collide, or be something to inject.

    ``also``: headers that every response carries with it."""

    def __init__(self, app: ASGIApp, also: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.app = app
        self.also = tuple(also)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        identifier = scope[_KEY] = os.urandom(12).hex()
        header = (b"x-request-id", identifier.encode())

        async def marked(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message["headers"] = [*message.get("headers", ()), *self.also, header]
            await send(message)

        await self.app(scope, receive, marked)


def request_id_of(scope: Scope) -> str:
    identifier: str = scope[_KEY]
    return identifier
