"""A WebSocket at /graphql, over a real socket: `graphql-transport-ws`, and the same rules as for a POST."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from graphql import GraphQLSchema
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from gateway.errors import ClientError, ErrorCode
from gateway.http import socket as product
from gateway.policy import Policy
from gateway.request import Answer
from gateway.settings.config import Gateway, Limits
from tests.kit.gateway import Asked, TestGateway, gateway, serving, serving_quietly
from tests.kit.issuer import verifier
from tests.kit.patience import until

LIMIT = 2_000
VIEWER = {"query": "{ viewer { subject } }"}
OK = {"type": "next", "payload": {"data": {"ok": True}}}

Log = list[Any]


@dataclass
class Talk:
    """What a client says and hears."""

    wire: ClientConnection

    async def say(self, kind: str, **parts: Any) -> None:
        await self.wire.send(json.dumps({"type": kind, **parts}))

    async def hear(self) -> Any:
        async with asyncio.timeout(10):
            return json.loads(await self.wire.recv())

    async def subscribe(self, identifier: str = "a", **payload: Any) -> None:
        await self.say("subscribe", id=identifier, payload={**VIEWER, **payload})

    async def ask(self, identifier: str = "a", **payload: Any) -> Any:
        """The operation's first message; ``complete`` must follow unless it is an error."""
        await self.subscribe(identifier, **payload)
        said = await self.hear()
        assert said.pop("id") == identifier
        if said["type"] == "next":
            assert await self.hear() == {"id": identifier, "type": "complete"}
        return said

    async def closed(self) -> tuple[int, str]:
        """How the server ends it; nothing else is said before."""
        with pytest.raises(ConnectionClosed) as closed:
            await self.hear()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason


@dataclass
class Served:
    gate: TestGateway
    port: int
    log: Log

    @contextlib.asynccontextmanager
    async def connected(self, protocol: str = product.PROTOCOL, origin: str | None = None) -> AsyncIterator[Talk]:
        async with connect(
            f"ws://127.0.0.1:{self.port}/graphql",
            subprotocols=[Subprotocol(protocol)],
            origin=None if origin is None else Origin(origin),
        ) as wire:
            yield Talk(wire)

    @contextlib.asynccontextmanager
    async def admitted(self, **claims: Any) -> AsyncIterator[Talk]:
        async with self.connected() as talk:
            await talk.say("connection_init", payload=self.gate.officer(**claims))
            assert (await talk.hear())["type"] == "connection_ack"
            yield talk

    def lines(self) -> list[tuple[Any, ...]]:
        return [(line["outcome"], line["status"]) for line in self.log if line["event"] == "request"]

    def hang(self) -> asyncio.Event:
        """The engine answers nothing more; the event is set when an operation is cancelled."""
        cancelled = asyncio.Event()

        async def hanging(**asked: Any) -> Answer:
            self.gate.engine.asked.append(Asked(**asked))
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            raise AssertionError("the test was over before")

        self.gate.engine.execute = hanging  # type: ignore[method-assign]  # a stand-in
        return cancelled


@pytest.fixture
async def served(policy: Policy, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Served]:
    sections = {"gateway": Gateway(request_timeout_ms=800), "limits": Limits(body_bytes=LIMIT)}
    async with serving_quietly(policy, caplog, **sections) as (gate, port, log):
        yield Served(gate, port, log)


# ---- who gets in ------------------------------------------------------------------------------


async def test_one_operation_is_answered_as_by_post(served: Served) -> None:
    served.gate.engine.answer = Answer({"at": "x"}, [], {"completeness": {"complete": True, "sources": []}})
    async with served.admitted() as talk:
        said = await talk.ask(query="query Q { viewer { subject } }", variables={"a": 1}, operationName="Q")
    assert said == {"type": "next", "payload": (await served.gate.post()).json()}
    by_socket, by_post = served.gate.engine.asked
    assert (by_socket.operation_name, by_socket.variables) == ("Q", {"a": 1})
    assert by_socket.view is by_post.view


async def test_the_token_may_be_in_the_header(served: Served) -> None:
    at = f"ws://127.0.0.1:{served.port}/graphql"
    protocols = [Subprotocol(product.PROTOCOL)]
    async with connect(at, subprotocols=protocols, additional_headers=served.gate.officer()) as wire:
        talk = Talk(wire)
        await talk.say("connection_init")
        assert wire.response is not None
        identifier = wire.response.headers["x-request-id"]
        assert await talk.hear() == {"type": "connection_ack", "payload": {"requestId": identifier}}
        assert await talk.ask() == OK


@pytest.mark.parametrize(
    ("payload", "outcome", "status"),
    [
        (None, "UNAUTHENTICATED", 401),
        ({}, "UNAUTHENTICATED", 401),
        ({"Authorization": "Bearer nonsense"}, "UNAUTHENTICATED", 401),
        ({"Authorization": {"a": 1}}, "UNAUTHENTICATED", 401),
        ({"roles": []}, "FORBIDDEN", 403),
    ],
)
async def test_who_has_no_rights_is_sent_away(served: Served, payload: Any, outcome: str, status: int) -> None:
    if payload and "roles" in payload:
        payload = served.gate.officer(**payload)
    async with served.connected() as talk:
        await talk.say("connection_init", payload=payload)
        assert await talk.closed() == (4403, outcome)
    assert served.lines() == [(outcome, status)]
    assert served.gate.engine.asked == []


async def test_a_token_that_expires_ends_the_connection(served: Served) -> None:
    async with served.admitted() as talk:
        assert await talk.ask() == OK
        served.gate.gatekeeper.verifier = verifier(served.gate.issuer, lambda: time.time() + 3600)
        await talk.subscribe()
        assert await talk.closed() == (4403, "UNAUTHENTICATED")
    assert served.lines() == [("OK", 200), ("UNAUTHENTICATED", 401)]
    assert len(served.gate.engine.asked) == 1


async def test_a_policy_that_changes_is_in_force_at_once(served: Served, tmp_path: Path, master: GraphQLSchema) -> None:
    (tmp_path / "roles.toml").write_text(
        '[roles.another]\nquery = ["shipment"]\n[roles.another.types.Shipment]\nfields = ["ccn"]\n'
    )
    async with served.admitted() as talk:
        assert await talk.ask() == OK
        served.gate.gatekeeper.policy = Policy.load(tmp_path, master)
        await talk.subscribe()
        assert await talk.closed() == (4403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://portal.example", True),
        ("http://127.0.0.1:{port}", True),
        ("http://localhost:5173", True),
        ("https://elsewhere.example", False),
        ("http://127.0.0.1", False),
        ("null", False),
    ],
)
async def test_pages_elsewhere_are_refused(served: Served, origin: str, allowed: bool) -> None:
    origin = origin.format(port=served.port)
    if allowed:
        async with served.connected(origin=origin) as talk:
            await talk.say("connection_init", payload=served.gate.officer())
            assert (await talk.hear())["type"] == "connection_ack"
        return
    with pytest.raises(InvalidStatus) as refused:
        async with served.connected(origin=origin):
            raise AssertionError("it is open")
    assert refused.value.response.status_code == 403
    assert served.lines() == [("FORBIDDEN", 403)]


async def test_another_subprotocol_is_4406(served: Served) -> None:
    at = f"ws://127.0.0.1:{served.port}/graphql"
    async with connect(at) as wire:
        assert await Talk(wire).closed() == (4406, "Subprotocol not acceptable")


async def test_there_is_no_other_websocket(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{served.port}/healthz"):
            raise AssertionError("it is open")
    assert refused.value.response.status_code == 403


# ---- what may be said -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", 4400),
        ("[]", 4400),
        ("[" * 1_500, 4400),
        (b'{"type": "ping"}', 4400),
        ("{}", 4400),
        ('{"type": "start", "id": "a", "payload": {}}', 4400),
        ('{"type": ["ping"]}', 4400),
        ('{"type": "subscribe", "payload": {"query": "{a}"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}', 4400),
        ('{"type": "subscribe", "id": [1], "payload": {"query": "{a}"}}', 4400),
        ('{"type": "subscribe", "id": "a"}', 4400),
        ('{"type": "subscribe", "id": "a", "payload": "{a}"}', 4400),
        ('{"type": "connection_init"}', 4429),
        ('{"type": "ping", "payload": {"x": "' + "x" * LIMIT + '"}}', 1009),
    ],
)
async def test_what_the_protocol_does_not_have_ends_the_connection(
    served: Served, text: str | bytes, code: int
) -> None:
    async with served.admitted() as talk:
        await talk.wire.send(text)
        assert (await talk.closed())[0] == code
    assert served.gate.engine.asked == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"type": "subscribe", "id": "a", "payload": {"query": "{a}"}}', 4401),
        ('{"type": "connection_init", "payload": "x"}', 4400),
    ],
)
async def test_nothing_is_asked_before_admission(served: Served, text: str, code: int) -> None:
    async with served.connected() as talk:
        await talk.wire.send(text)
        assert (await talk.closed())[0] == code
    assert served.gate.engine.asked == []


@pytest.mark.parametrize("payload", [{"query": ""}, {"query": 1}, {"variables": []}, {"operationName": 7}])
async def test_a_malformed_operation_is_an_error_of_its_own(served: Served, payload: Any) -> None:
    async with served.admitted() as talk:
        said = await talk.ask(**payload)
        assert said["type"] == "error"
        assert said["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert await talk.ask() == OK
    assert served.lines() == [("BAD_USER_INPUT", 400), ("OK", 200)]


async def test_a_ping_is_answered_whenever_it_comes(served: Served) -> None:
    async with served.connected() as talk:
        await talk.say("ping")
        await talk.say("pong")
        await talk.say("complete", id="never")
        assert await talk.hear() == {"type": "pong"}


async def test_who_does_not_say_who_asks_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "INIT_SECONDS", 0.3)
    async with served.connected() as talk:
        for _ in range(2):
            await talk.say("ping")
            await talk.hear()
            await asyncio.sleep(0.05)
        assert (await talk.closed())[0] == 4408


async def test_a_connection_on_which_nothing_is_asked_ends(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not while an operation is under way, however long."""
    monkeypatch.setattr(product, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr("gateway.http.schema.GRACE_SECONDS", 0.0)
    served.hang()
    async with served.admitted() as talk:
        said = await talk.ask()
        assert said["payload"][0]["extensions"]["code"] == "REQUEST_TIMEOUT"
        assert (await talk.closed())[0] == 1001


async def test_a_client_that_does_not_read_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was kept for it, though its connection takes not even the word that it is over."""
    monkeypatch.setattr(product, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(product, "CLOSE_SECONDS", 0.2)
    ended: list[int] = []
    serve = product.Socket.serve

    async def serving_then_noting(socket: product.Socket) -> None:
        await serve(socket)
        ended.append(len(socket._tasks))

    monkeypatch.setattr(product.Socket, "serve", serving_then_noting)
    served.gate.engine.answer = Answer({"much": "x" * 10_000_000})
    async with served.admitted() as talk:
        talk.wire.transport.pause_reading()
        await talk.subscribe("a")
        await talk.subscribe("b")
        await until(lambda: served.lines() == [("OK", 200)] * 2)
        await talk.say("ping")
        await until(lambda: ended == [0])
        talk.wire.transport.abort()


async def test_what_the_server_has_closed_by_itself_is_no_fault(served: Served) -> None:
    """It does so for bad frames and unanswered pings; until that is heard, what is sent is refused as a mistake."""
    token = json.dumps({"type": "connection_init", "payload": served.gate.officer()})
    heard = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": token},
        {"type": "websocket.receive", "text": '{"type": "ping"}'},
        {"type": "websocket.disconnect", "code": 1009},
    ]

    async def receive() -> Any:
        return heard.pop(0)

    async def send(message: Any) -> None:
        if "pong" in message.get("text", ""):
            raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "headers": [],
        "subprotocols": [product.PROTOCOL],
    }
    await served.gate.app(scope, receive, send)
    assert heard == []
    assert served.log == []


# ---- operations -------------------------------------------------------------------------------


async def test_each_operation_has_its_own_id_and_line(served: Served) -> None:
    async with served.connected() as talk:
        await talk.say("connection_init", payload=served.gate.officer())
        connection = (await talk.hear())["payload"]["requestId"]
        for identifier in "aab":
            await talk.ask(identifier)
    first, *others = [asked.context for asked in served.gate.engine.asked]
    ids = [first.id, *(other.id for other in others)]
    assert ids == [f"{connection}-{number}" for number in (1, 2, 3)]
    assert [line["request_id"] for line in served.log if line["event"] == "request"] == ids
    assert {line["subject"] for line in served.log if line["event"] == "request"} == {"officer-1"}
    assert others[-1].deadline > first.deadline


async def test_operations_run_beside_each_other(served: Served) -> None:
    cancelled = served.hang()
    async with served.admitted() as talk:
        await talk.subscribe("slow")
        await until(lambda: len(served.gate.engine.asked) == 1)
        del served.gate.engine.execute  # type: ignore[attr-defined]  # the stand-in goes
        assert await talk.ask("quick") == OK
        await talk.subscribe("slow")
        assert (await talk.closed())[0] == 4409
    assert cancelled.is_set()


async def test_so_many_at_once_and_no_more(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "AT_ONCE", 2)
    served.hang()
    async with served.admitted() as talk:
        await talk.subscribe("a")
        await talk.subscribe("b")
        said = await talk.ask("c")
        assert said["type"] == "error"
        assert said["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "limit": 2, "measured": 3}
    assert len(served.gate.engine.asked) == 2


async def test_complete_cancels_the_operation_and_frees_its_id(served: Served) -> None:
    cancelled = served.hang()
    async with served.admitted() as talk:
        await talk.subscribe()
        await until(lambda: len(served.gate.engine.asked) == 1)
        await talk.say("complete", id="a")
        await asyncio.wait_for(cancelled.wait(), 5)
        del served.gate.engine.execute  # type: ignore[attr-defined]  # the stand-in goes
        assert await talk.ask() == OK
    assert served.lines() == [("DISCONNECTED", 499), ("OK", 200)]


@pytest.mark.parametrize("abruptly", [True, False])
async def test_a_client_that_leaves_cancels_what_it_asked(served: Served, abruptly: bool) -> None:
    cancelled = served.hang()
    async with served.admitted() as talk:
        await talk.subscribe()
        await until(lambda: len(served.gate.engine.asked) == 1)
        if abruptly:
            talk.wire.transport.abort()
    await asyncio.wait_for(cancelled.wait(), 5)
    await until(lambda: served.lines() == [("DISCONNECTED", 499)])


async def test_an_operation_refused_is_an_error_and_no_more(served: Served) -> None:
    served.gate.engine.answer = ClientError(ErrorCode.GRAPHQL_VALIDATION_FAILED, "no such field", locations=[(1, 2)])
    async with served.admitted() as talk:
        assert await talk.ask() == {
            "type": "error",
            "payload": [
                {
                    "message": "no such field",
                    "locations": [{"line": 1, "column": 2}],
                    "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
                }
            ],
        }
        said = await talk.ask(query="{ permit { number } }")
        assert said["type"] == "error"


async def test_a_root_field_without_its_scope_is_refused(served: Served) -> None:
    async with served.admitted(scope="shipments:read") as talk:
        said = await talk.ask(query="{ permit { number } }")
        assert (said["type"], said["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")
        assert await talk.ask() == OK


async def test_a_fault_of_ours_says_nothing_but_its_id(served: Served) -> None:
    served.gate.engine.answer = RuntimeError("password=hunter2 at db.internal")
    async with served.admitted() as talk:
        (error,) = (await talk.ask())["payload"]
    (fault,) = [line for line in served.log if line["event"] == "internal error"]
    assert error == {
        "message": "internal error",
        "extensions": {"code": "INTERNAL", "requestId": fault["request_id"]},
    }
    assert served.lines() == [("INTERNAL", 500)]


async def test_a_fault_in_admission_ends_the_connection(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served.admitted() as talk:
        monkeypatch.setattr(served.gate.gatekeeper, "policy", None)
        await talk.subscribe()
        assert await talk.closed() == (4500, "Internal server error")
    assert [line["event"] for line in served.log] == ["internal error", "request"]
    assert served.lines() == [("INTERNAL", 500)]


async def test_a_server_that_ends_says_so(policy: Policy) -> None:
    """1012: the client may come again, to another."""
    with structlog.testing.capture_logs() as log:
        async with gateway(policy) as gate, contextlib.AsyncExitStack() as client:
            async with serving(gate) as port:
                served = Served(gate, port, log)
                cancelled = served.hang()
                talk = await client.enter_async_context(served.admitted())
                await talk.subscribe()
                await until(lambda: len(gate.engine.asked) == 1)
            assert (await talk.closed())[0] == 1012
            assert cancelled.is_set()
