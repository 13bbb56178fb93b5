"""Strawberry's ASGI view with our own edges: identity, limits, negotiation, bytes, one log line."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any, cast

import structlog
from cross_web import HTTPException, StarletteRequestAdapter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

from gateway.errors import ClientError, RequestRefused
from gateway.http import body as request_body
from gateway.http import negotiation, pages
from gateway.http.body import Malformed
from gateway.http.departure import SCOPE, STATUS, Departure
from gateway.http.exchange import Exchange, Gatekeeper
from gateway.http.finish import encode, internal_error, refusal
from gateway.http.origins import Origins
from gateway.http.request_id import request_id_of
from gateway.http.schema import Finished, PlannedSchema
from gateway.request import Answer
from gateway.settings.config import Settings
from gateway.telemetry import Metrics, request_line

log = structlog.get_logger("guichet.request")

EXPLAIN_HEADER = "x-guichet-explain"


class _Adapter(StarletteRequestAdapter):
    """Strawberry's adapter, with the request that it adapts."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.raw = request


class GraphQLView(GraphQL[Exchange, None]):
    """``/graphql``. Over HTTP: page, or admission, then Strawberry's ``run``, which calls back into the hooks below."""

    schema: PlannedSchema
    request_adapter_class = _Adapter

    def __init__(self, schema: PlannedSchema, gatekeeper: Gatekeeper, settings: Settings, metrics: Metrics) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=10),
            max_subscriptions_per_connection=20,
        )
        self.gatekeeper = gatekeeper
        self.settings = settings
        self.metrics = metrics
        self.origins = Origins(settings.http.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive=receive, send=send))
            return
        request = Request(scope, receive=receive)
        if self._is_for_a_person(request):
            await pages.graphiql(request)(scope, receive, send)
            return
        departure = scope[SCOPE] = Departure(receive)
        try:
            response = await self._respond(request)
        except asyncio.CancelledError:
            if not departure.settle():
                raise
            exchange: Exchange = scope["guichet.exchange"]
            exchange.log = {**exchange.log, "outcome": "DISCONNECTED"}
            self._record(exchange, STATUS)
            return
        finally:
            departure.end()
        await response(scope, receive, send)

    def _is_for_a_person(self, request: Request) -> bool:
        return (
            request.method == "GET"
            and negotiation.wants_page(request.headers.get("accept"))
            and "query" not in request.query_params
        )

    async def _respond(self, request: Request) -> Response:
        exchange = self._exchange(request)
        request.scope["guichet.exchange"] = exchange
        try:
            response = await self._run(request)
        except ClientError as refused:
            response = self._refused(request, exchange, refused)
        except HTTPException as refused:
            response = self._refused(request, exchange, _translated(refused))
        except Exception:  # the boundary, as in the schema
            log.exception("internal error", request_id=exchange.id)
            response = self._answered(request, exchange, internal_error(exchange.id), 500)
        if not isinstance(response, StreamingResponse):  # a stream has its line once it is answered
            self._record(exchange, response.status_code)
        return response

    async def _run(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        if request.method not in ("GET", "POST"):
            raise Malformed("GraphQL is asked by GET and POST", 405, {"Allow": "GET, POST"})
        if negotiation.media_type(accept) is None and not negotiation.wants_stream(accept):
            raise Malformed(f"answers are {negotiation.GRAPHQL_JSON} or {negotiation.JSON}", 406)
        return await self.run(request)

    def _exchange(self, request: Request | WebSocket) -> Exchange:
        return Exchange(
            id=request_id_of(request.scope),
            gatekeeper=self.gatekeeper,
            authorization=request.headers.get("authorization"),
            timeout=self.settings.gateway.request_timeout_ms / 1000,
            record=self._record,
            method=request.scope.get("method", "WEBSOCKET"),
            wants_plan=request.headers.get(EXPLAIN_HEADER, "").strip().lower() == "plan",
        )

    # ---- hooks that Strawberry's ``run`` calls, in this order ------------------------------------

    async def get_context(self, request: Request | WebSocket, response: Any) -> Exchange:
        if isinstance(request, WebSocket):
            return self._exchange(request)
        exchange: Exchange = request.scope["guichet.exchange"]
        await exchange.admit()
        return exchange

    def should_render_graphql_ide(self, request: Any) -> bool:
        return False  # the page is ours, and was served before this

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        return cast(Response, request)  # only handed back to create_response, which needs the request

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        protocol = "sse" if negotiation.wants_stream(request.raw.headers.get("accept")) else "http"
        parsed = await request_body.read(request.raw, self.settings.limits.body_bytes, cast(Any, protocol))
        request.raw.scope[SCOPE].watch()
        return parsed

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        assert isinstance(result, Finished)
        return cast(GraphQLHTTPResponse, result)  # bytes already: create_response and encode_json take it as it is

    def create_response(self, response_data: Any, sub_response: Any) -> Response:
        request: Request = sub_response
        finished: Finished = response_data
        media = negotiation.media_type(request.headers.get("accept")) or negotiation.JSON
        status = negotiation.status_of(finished.answer, media)
        return Response(finished.body, status, finished.headers, media)

    async def create_streaming_response(self, request: Any, stream: Any, sub_response: Any, headers: Any) -> Response:
        return StreamingResponse(stream(), headers=dict(headers))

    def encode_json(self, data: object) -> str:
        if isinstance(data, Finished):
            return data.body.decode()
        return json.dumps(data, separators=(",", ":"))

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        return self.origins.allow(origin)

    async def on_ws_connect(self, context: Exchange) -> Any:
        """Browsers cannot set headers on a WebSocket: the token may be in ``connection_init``, as ``Authorization``."""
        given = context.connection_params or {}
        found = given.get("Authorization", given.get("authorization"))
        if isinstance(found, str):
            context.authorization = found
        try:
            await context.admit()
        except RequestRefused as refused:
            raise ConnectionRejectionError from refused
        return await super().on_ws_connect(context)

    # ---- what comes of it ------------------------------------------------------------------------

    def _refused(self, request: Request, exchange: Exchange, error: ClientError) -> Response:
        exchange.log = {**refusal(error).log, **exchange.log}
        response = self._answered(request, exchange, refusal(error), error.status)
        response.headers.update(error.headers if isinstance(error, RequestRefused) else {})
        return response

    def _answered(self, request: Request, exchange: Exchange, answer: Answer, status: int) -> Response:
        exchange.log = {**answer.log, **exchange.log}
        media = negotiation.media_type(request.headers.get("accept")) or negotiation.JSON
        return Response(encode(answer), status, media_type=media)

    def _record(self, exchange: Exchange, status: int) -> None:
        about = exchange.log
        outcome = str(about.get("outcome", "OK"))
        self.metrics.request(outcome, exchange.milliseconds / 1000, exchange.reports)
        log.info(
            "request",
            **request_line(
                request_id=exchange.id,
                principal=exchange.principal,
                about=about,
                status=status,
                milliseconds=exchange.milliseconds,
            ),
        )


def _translated(error: HTTPException) -> Malformed:
    """Strawberry's own refusals, as GraphQL errors."""
    return Malformed(error.reason or "the request is not well formed", error.status_code)
