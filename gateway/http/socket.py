"""A WebSocket at ``/graphql``: operations come as messages of ``graphql-transport-ws`` and go the way of a POST."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http import GraphQLRequestData

from gateway.errors import ErrorCode, RequestRefused
from gateway.http import body
from gateway.http.exchange import Exchange
from gateway.http.finish import refusal
from gateway.http.schema import PlannedSchema

PROTOCOL = "graphql-transport-ws"

INIT_SECONDS = 10.0
"""Who has not said by then who asks is not waited for."""

IDLE_SECONDS = 300.0
"""Beyond what an operation may take. A client that wants to keep a connection longer sends a ``ping`` before."""

CLOSE_SECONDS = 10.0
"""Who does not read does not read that it is over, either."""

AT_ONCE = 20
"""Operations of one connection."""

log = structlog.get_logger("guichet.request")


class Close(Exception):
    """Ends the connection, with a code of the protocol. ``reason`` has no word of the client's: 123 bytes at most."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """One connection. ``exchange`` is its own; each operation has another, and is admitted anew: what ends a token's
    force or changes a policy ends or changes what the connection may ask."""

    def __init__(self, socket: WebSocket, schema: PlannedSchema, exchange: Exchange) -> None:
        self._socket = socket
        self._schema = schema
        self._exchange = exchange
        self._admitted = False
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._by_id: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """From the handshake until the client leaves or has to. What is under way then is cancelled."""
        if PROTOCOL not in self._socket.scope["subprotocols"]:
            await self._socket.accept()
            await self._socket.close(4406, "Subprotocol not acceptable")
            return
        await self._socket.accept(PROTOCOL)
        try:
            await self._listen()
        except WebSocketDisconnect:
            return
        except Close as close:
            end = close
        except Exception:  # the boundary, as in the schema
            log.exception("internal error", request_id=self._exchange.id)
            self._exchange.log = {"outcome": str(ErrorCode.INTERNAL)}
            self._exchange.record(self._exchange, 500)
            end = Close(4500, "Internal server error")
        finally:
            await self._cancel()
        with contextlib.suppress(WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(end.code, end.reason)

    async def _listen(self) -> None:
        now = asyncio.get_running_loop().time
        until = now() + INIT_SECONDS
        while True:
            try:
                async with asyncio.timeout_at(until):
                    await self._take(await self._message())
            except TimeoutError:
                if self._admitted:
                    raise Close(1001, "Nothing was asked for too long") from None
                raise Close(4408, "Connection initialisation timeout") from None
            if self._admitted:
                until = now() + IDLE_SECONDS + self._exchange.timeout

    async def _message(self) -> dict[str, Any]:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        try:
            message = orjson.loads(received.get("text") or b"")
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            raise Close(4400, "A message is a JSON object, as text")
        return message

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._initialise(message.get("payload"))
            case "subscribe":
                await self._subscribe(message.get("id"), message.get("payload"))
            case "complete":
                task = self._by_id.pop(str(message.get("id")), None)
                if task is not None:
                    task.cancel()
            case "ping":
                await self._send({"type": "pong"})
            case "pong":
                pass
            case _:
                raise Close(4400, "There is no such message")

    async def _initialise(self, payload: Any) -> None:
        """Browsers cannot set headers on a WebSocket: the token may be in the payload, as ``Authorization``."""
        if self._admitted:
            raise Close(4429, "Too many initialisation requests")
        if payload is not None and not isinstance(payload, dict):
            raise Close(4400, "The payload of connection_init is an object")
        given = payload or {}
        token = given.get("Authorization", given.get("authorization"))
        if token is not None:
            self._exchange.authorization = str(token)
        await _admit(self._exchange)
        self._admitted = True
        await self._send({"type": "connection_ack", "payload": {"requestId": self._exchange.id}})

    async def _subscribe(self, identifier: Any, payload: Any) -> None:
        if not self._admitted:
            raise Close(4401, "Unauthorized")
        if not isinstance(identifier, str) or not identifier or not isinstance(payload, dict):
            raise Close(4400, "A subscribe has an id and a payload")
        if identifier in self._by_id:
            raise Close(4409, "There is an operation of that id")
        self._count += 1
        exchange = self._exchange.another(self._count)
        await _admit(exchange)
        try:
            if len(self._tasks) >= AT_ONCE:
                raise _too_many()
            asked = body.parameters(payload, "http")
        except RequestRefused as refused:
            answer = refusal(refused)
            exchange.log = answer.log
            exchange.record(exchange, refused.status)
            await self._send({"id": identifier, "type": "error", "payload": answer.errors})
            return
        task = self._by_id[identifier] = asyncio.create_task(self._run(identifier, exchange, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, identifier: str, exchange: Exchange, asked: GraphQLRequestData) -> None:
        try:
            finished = await self._schema.execute(asked.query, asked.variables, exchange, None, asked.operation_name)
        except asyncio.CancelledError:
            exchange.left()
            raise
        exchange.record(exchange, finished.answer.status)
        del self._by_id[identifier]
        if finished.answer.executed:
            await self._send({"id": identifier, "type": "next", "payload": orjson.Fragment(finished.body)})
            await self._send({"id": identifier, "type": "complete"})
        else:
            await self._send({"id": identifier, "type": "error", "payload": finished.answer.errors})

    async def _send(self, message: dict[str, Any]) -> None:
        # Gone, or closed by the server for a fault in its frames: the next message to arrive says so.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.send_text(orjson.dumps(message).decode())

    async def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _admit(exchange: Exchange) -> None:
    """A client that is told 4403 may come again with a new token."""
    try:
        await exchange.admit()
    except RequestRefused as refused:
        exchange.record(exchange, refused.status)
        raise Close(4403, str(refused.code)) from refused


def _too_many() -> RequestRefused:
    return RequestRefused(
        ErrorCode.RATE_LIMITED,
        f"a connection has at most {AT_ONCE} operations at once",
        {"limit": AT_ONCE, "measured": AT_ONCE + 1},
        status=429,
    )
