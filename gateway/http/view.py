"""Strawberry's ASGI view with our own edges: identity, limits, negotiation, bytes, one log line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast

import structlog
from cross_web import HTTPException, StarletteRequestAdapter
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, GraphQLRequestProtocol
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL

from gateway.errors import ClientError, ErrorCode, RequestRefused
from gateway.http import body as request_body
from gateway.http import negotiation, pages
from gateway.http.body import Malformed
from gateway.http.departure import Departure
from gateway.http.exchange import Exchange, Gatekeeper
from gateway.http.finish import encode, internal_error, refusal
from gateway.http.origins import Origins
from gateway.http.request_id import request_id_of
from gateway.http.schema import Finished, PlannedSchema
from gateway.http.socket import Socket
from gateway.request import Answer
from gateway.settings.config import Settings
from gateway.telemetry import Metrics, request_line

log = structlog.get_logger("guichet.request")

EXPLAIN_HEADER = "x-guichet-explain"
EXCHANGE = "guichet.exchange"
METHODS = ("GET", "POST")


class _Adapter(StarletteRequestAdapter):
    """Strawberry's adapter, with the request that it adapts."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.raw = request


class GraphQLView(GraphQL[Exchange, None]):
    """``/graphql``: a page for people, one answer to a request, a stream, or a WebSocket. Streams (SSE) are
    Strawberry's: its ``run`` calls back into the hooks below. One answer needs nothing of it, and ``run`` would cost a
    tenth of a small request."""

    schema: PlannedSchema
    request_adapter_class = _Adapter

    def __init__(self, schema: PlannedSchema, gatekeeper: Gatekeeper, settings: Settings, metrics: Metrics) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=(GRAPHQL_SSE_PROTOCOL,))
        self.gatekeeper = gatekeeper
        self.settings = settings
        self.metrics = metrics
        self.origins = Origins(settings.http.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._connect(WebSocket(scope, receive, send))
            return
        headers = request_body.headers_of(scope)
        if _is_for_a_person(scope, headers):
            await pages.graphiql(Request(scope))(scope, receive, send)
            return
        departure = Departure(receive)
        exchange = self._exchange(scope, headers, departure)
        try:
            response = await self._respond(exchange, scope, receive, headers)
        except (asyncio.CancelledError, ClientDisconnect) as left:
            if isinstance(left, asyncio.CancelledError) and not departure.settle():
                raise
            exchange.left()
            return
        finally:
            departure.end()
        await response(scope, receive, send)

    async def _connect(self, socket: WebSocket) -> None:
        headers = request_body.headers_of(socket.scope)
        exchange = self._exchange(socket.scope, headers)
        if self.origins.may_connect(headers.get("origin"), headers.get("host")):
            await Socket(socket, self.schema, exchange).serve()
            return
        await socket.close()  # before it is accepted: 403
        exchange.log = {"outcome": str(ErrorCode.FORBIDDEN), "reason": "origin"}
        self._record(exchange, 403)

    async def _respond(
        self, exchange: Exchange, scope: Scope, receive: Receive, headers: Mapping[str, str]
    ) -> Response:
        """What is to be sent; unless it is a stream, which has its line once it is answered, the request is logged."""
        accept = headers.get("accept")
        try:
            if negotiation.wants_stream(accept) and exchange.method in METHODS:
                scope[EXCHANGE] = exchange
                return await self.run(Request(scope, receive))
            response = await self._run(exchange, scope, receive, headers)
        except (ClientError, HTTPException) as error:
            refused = error if isinstance(error, ClientError) else _translated(error)
            answer = refusal(refused)
            more = refused.headers if isinstance(refused, RequestRefused) else None
            response = self._answered(exchange, accept, answer, refused.status, more)
        except ClientDisconnect:
            raise
        except Exception:  # the boundary, as in the schema
            log.exception("internal error", request_id=exchange.id)
            response = self._answered(exchange, accept, internal_error(exchange.id), 500)
        self._record(exchange, response.status_code)
        return response

    async def _run(self, exchange: Exchange, scope: Scope, receive: Receive, headers: Mapping[str, str]) -> Response:
        if exchange.method not in METHODS:
            raise Malformed("GraphQL is asked by GET and POST", 405, {"Allow": ", ".join(METHODS)})
        media = negotiation.media_type(headers.get("accept"))
        if media is None:
            raise Malformed(f"answers are {negotiation.GRAPHQL_JSON} or {negotiation.JSON}", 406)
        await exchange.admit()
        asked = await self._read(exchange, scope, receive, headers, "http")
        finished = await self.schema.execute(asked.query, asked.variables, exchange, None, asked.operation_name)
        return Response(finished.body, negotiation.status_of(finished.answer, media), finished.headers, media)

    async def _read(
        self,
        exchange: Exchange,
        scope: Scope,
        receive: Receive,
        headers: Mapping[str, str],
        protocol: GraphQLRequestProtocol,
    ) -> GraphQLRequestData:
        try:
            async with asyncio.timeout(exchange.timeout):
                asked = await request_body.read(scope, receive, headers, self.settings.limits.body_bytes, protocol)
        except TimeoutError:
            raise request_body.too_late() from None
        if exchange.departure is not None:
            exchange.departure.watch()
        return asked

    def _exchange(self, scope: Scope, headers: Mapping[str, str], departure: Departure | None = None) -> Exchange:
        return Exchange(
            id=request_id_of(scope),
            gatekeeper=self.gatekeeper,
            authorization=headers.get("authorization"),
            timeout=self.settings.gateway.request_timeout_ms / 1000,
            record=self._record,
            method=scope.get("method", "WEBSOCKET"),
            wants_plan=headers.get(EXPLAIN_HEADER, "").strip().lower() == "plan",
            language=negotiation.language(headers.get("accept-language")),
            departure=departure,
        )

    # ---- hooks that Strawberry's ``run`` calls for streams -----------------------------------------

    async def get_context(self, request: Request | WebSocket, response: Any) -> Exchange:
        assert isinstance(request, Request)
        exchange: Exchange = request.scope[EXCHANGE]
        await exchange.admit()
        return exchange

    def should_render_graphql_ide(self, request: Any) -> bool:
        return False  # the page is ours, and was served before this

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        raw: Request = request.raw
        return await self._read(raw.scope[EXCHANGE], raw.scope, raw.receive, raw.headers, "sse")

    async def process_result(self, request: Request, result: Any) -> GraphQLHTTPResponse:
        assert isinstance(result, Finished)
        return cast(GraphQLHTTPResponse, result)  # bytes already: encode_json takes it as it is

    async def create_streaming_response(self, request: Any, stream: Any, sub_response: Any, headers: Any) -> Response:
        return StreamingResponse(stream(), headers=dict(headers))

    def encode_json(self, data: object) -> str:
        if isinstance(data, Finished):
            return data.body.decode()
        return json.dumps(data, separators=(",", ":"))

    # ---- what comes of it ------------------------------------------------------------------------

    def _answered(
        self,
        exchange: Exchange,
        accept: str | None,
        answer: Answer,
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        exchange.log = {**answer.log, **exchange.log}
        return Response(encode(answer), status, headers, negotiation.media_type(accept) or negotiation.JSON)

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


def _is_for_a_person(scope: Scope, headers: Mapping[str, str]) -> bool:
    return (
        scope["method"] == "GET"
        and negotiation.wants_page(headers.get("accept"))
        and "query" not in QueryParams(scope["query_string"])
    )


def _translated(error: HTTPException) -> Malformed:
    """Strawberry's own refusals, as GraphQL errors."""
    return Malformed(error.reason or "the request is not well formed", error.status_code)
