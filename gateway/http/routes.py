"""The public application: its routes and middleware. What it serves is passed in by ``app``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLSchema, print_schema
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import Lifespan, Receive, Scope, Send

from gateway.errors import RequestRefused
from gateway.http import body as request_body
from gateway.http import negotiation
from gateway.http.exchange import Gatekeeper
from gateway.http.finish import encode, refusal
from gateway.http.origins import cors
from gateway.http.pages import Assets
from gateway.http.request_id import RequestId
from gateway.http.view import GraphQLView
from resolvers.enums import Language
from resolvers.french import sdl_in_french

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Personas(Protocol):
    """The demo, as seen from here. ``token`` raises ``LookupError`` for a name that it does not have."""

    def personas(self) -> Sequence[dict[str, Any]]: ...

    def token(self, persona: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """``ready``: whether the gateway itself can serve, whatever its agencies do."""

    view: GraphQLView
    gatekeeper: Gatekeeper
    ready: Callable[[], Awaitable[bool]]
    demo: Personas | None = None


class Public(Starlette):
    """The application that listens to callers.

    What asks ``/graphql`` from no page (no ``Origin``) goes straight to ``view``: routing and middleware have but one
    header to add to its answers, for a quarter of what the whole way costs besides the engine."""

    def __init__(
        self, view: GraphQLView, cors_origins: Sequence[str], routes: Sequence[BaseRoute], lifespan: Lifespan[Starlette]
    ) -> None:
        middleware = cors(cors_origins)
        super().__init__(routes=routes, middleware=[Middleware(RequestId), *middleware], lifespan=lifespan)
        self._straight = RequestId(view, ((b"vary", b"Origin"),) if middleware else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql" and not _has(scope, b"origin"):
            await self._straight(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _has(scope: Scope, header: bytes) -> bool:
    return header in dict(scope["headers"])


def public(parts: Parts, cors_origins: Sequence[str], lifespan: Lifespan[Starlette]) -> Starlette:
    """What is served to callers."""
    routes: list[BaseRoute] = [
        Route("/graphql", parts.view),
        WebSocketRoute("/graphql", parts.view),
        Route("/schema.graphql", _schema(parts.gatekeeper)),
        Route("/healthz", _alive),
        Route("/readyz", _ready(parts.ready)),
        Mount("/graphiql", Assets()),
    ]
    if parts.demo is not None:
        routes += _demo(parts.demo)
    return Public(parts.view, cors_origins, routes, lifespan)


async def _alive(_: Request) -> Response:
    return PlainTextResponse("ok\n")


def _ready(ready: Callable[[], Awaitable[bool]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        # No detail: the admin listener has it.
        return PlainTextResponse("ready\n") if await ready() else PlainTextResponse("not ready\n", 503)

    return endpoint


def _schema(gatekeeper: Gatekeeper) -> Callable[[Request], Awaitable[Response]]:
    printed: dict[tuple[GraphQLSchema, Language], str] = {}

    async def endpoint(request: Request) -> Response:
        try:
            _, view = await gatekeeper.admit(request.headers.get("authorization"))
        except RequestRefused as refused:
            return _refused(refused)
        language = negotiation.language(request.headers.get("accept-language"))
        if (view.schema, language) not in printed:
            if len(printed) >= 64:
                printed.clear()
            sdl = print_schema(view.schema) + "\n"
            printed[view.schema, language] = sdl_in_french(sdl) if language is Language.FR else sdl
        headers = {"Cache-Control": "private, no-store", "Content-Language": language.lower()}
        return PlainTextResponse(printed[view.schema, language], headers=headers)

    return endpoint


def _refused(refused: RequestRefused) -> Response:
    return Response(encode(refusal(refused)), refused.status, refused.headers, "application/json")


def _demo(demo: Personas) -> list[BaseRoute]:
    async def personas(request: Request) -> Response:
        if not _is_local(request):
            return PlainTextResponse("not found\n", 404)
        return JSONResponse({"personas": list(demo.personas())})

    async def token(request: Request) -> Response:
        if not _is_local(request):
            return PlainTextResponse("not found\n", 404)
        try:
            persona = await request_body.read_object(request.receive, request.headers, 1_000)
            issued = demo.token(str(persona.get("persona")))
        except RequestRefused as refused:
            return _refused(refused)
        except LookupError:
            return _refused(request_body.Malformed("there is no such persona"))
        return JSONResponse({"token": issued}, headers={"Cache-Control": "no-store"})

    return [Route("/demo/personas", personas), Route("/demo/token", token, methods=["POST"])]


def _is_local(request: Request) -> bool:
    """By the name that was asked for, so that a page elsewhere cannot point its own name at this machine."""
    return request.url.hostname in LOCAL
