"""The server itself over a socket: requests as bytes, and that none is answered by an accident."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, cast

import pytest
import structlog

from gateway.policy import Policy
from gateway.settings.config import Gateway, Limits
from tests.kit.gateway import TestGateway, serving_quietly
from tests.kit.patience import until

LIMIT = 2_000
QUERY = b'{"query": "{ viewer { subject } }"}'
BY_GET = "GET /graphql?query=%7Bviewer%7Bsubject%7D%7D"
SSE = "Accept: text/event-stream"
JSON_BODY = "Content-Type: application/json"


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return cast(str, json.loads(self.body)["errors"][0]["extensions"]["code"])


@dataclass
class Served:
    gate: TestGateway
    port: int

    async def send(self, start: str, *headers: str, body: bytes = b"", token: bool = True) -> list[Answered]:
        """What the server says until it closes. ``start``: the request line without its protocol."""
        held = [f"Authorization: {self.gate.issuer.bearer()}"] if token else []
        lines = [f"{start} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *held, *headers]
        return await self.say("\r\n".join([*lines, "", ""]).encode() + body, head=start.startswith("HEAD"))

    async def say(self, text: bytes, *, head: bool = False) -> list[Answered]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(text)
            async with asyncio.timeout(10):
                return list(_answers(await reader.read(), head=head))
        finally:
            writer.close()


class _Bytes:
    def __init__(self, said: BytesIO) -> None:
        self.said = said

    def makefile(self, *_: Any) -> BytesIO:
        return self.said


class _Open(BytesIO):
    """Stays open for the next answer."""

    def close(self) -> None: ...


def _answers(said: bytes, *, head: bool) -> list[Answered]:
    stream, found = _Open(said), []
    while stream.tell() < len(said):
        response = HTTPResponse(cast(Any, _Bytes(stream)), method="HEAD" if head else "POST")
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        found.append(Answered(response.status, headers, response.read()))
    return found


@pytest.fixture
async def served(policy: Policy, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Served]:
    """Nothing is logged in the end that tells of a fault of ours."""
    sections = {"gateway": Gateway(request_timeout_ms=800), "limits": Limits(body_bytes=LIMIT)}
    async with serving_quietly(policy, caplog, **sections) as (gate, port, logs):
        yield Served(gate, port)
    assert [line for line in logs if line["log_level"] in ("error", "critical")] == []


async def test_another_protocol_is_not_taken_up(served: Served) -> None:
    """RFC 9110, 7.8: an upgrade that is not wanted is a request like any other."""
    upgrade = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"
    (answer,) = await served.send(BY_GET, *upgrade)
    assert (answer.status, answer.body) == (200, b'{"data":{"ok":true}}')


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "headers", "body", "status"),
    [
        ("POST /graphql", (JSON_BODY, f"Content-Length: {len(QUERY)}"), QUERY, 200),
        ("POST /graphql", (JSON_BODY, "Transfer-Encoding: chunked"), CHUNKED % (len(QUERY), QUERY), 200),
        ("POST /graphql", (JSON_BODY, "Transfer-Encoding: chunked"), CHUNKED % (LIMIT + 1, b" " * (LIMIT + 1)), 413),
        ("POST /graphql", (JSON_BODY, "Transfer-Encoding: chunked"), b"0\r\n\r\n", 400),
        ("POST /graphql", (JSON_BODY, "Content-Length: 0"), b"", 400),
        ("POST /graphql", (JSON_BODY,), b"", 400),
        ("POST /graphql", ("Content-Length: 2",), b"{}", 415),
        ("POST /graphql", ("Content-Type: multipart/form-data; boundary=x", "Content-Length: 2"), b"{}", 415),
        ("POST /graphql", (JSON_BODY, "Content-Length: 16"), b'[{"query":"{a}"}', 400),
        ("POST /graphql", (JSON_BODY, "Content-Length: 17"), b'[{"query":"{a}"}]', 400),
        (BY_GET, (), b"", 200),
        ("GET /graphql", (), b"", 400),
        ("GET /graphql?query=", (), b"", 400),
        (BY_GET, ("Accept: multipart/mixed",), b"", 406),
        (BY_GET, ("Accept: multipart/mixed;deferSpec=20220824,application/json",), b"", 200),
        ("HEAD /graphql", (), b"", 405),
        ("OPTIONS /graphql", (), b"", 405),
        ("TRACE /graphql", (), b"", 405),
    ],
)
async def test_every_request_has_a_status_of_its_own(
    served: Served, start: str, headers: tuple[str, ...], body: bytes, status: int
) -> None:
    (answer,) = await served.send(start, *headers, body=body)
    assert answer.status == status
    assert answer.headers["x-request-id"]
    if start.startswith("HEAD"):
        assert answer.body == b""
    else:
        assert "errors" in json.loads(answer.body) or status == 200
    if status == 405:
        assert answer.headers["allow"] == "GET, POST"
    assert len(served.gate.engine.asked) == (status == 200)


@pytest.mark.parametrize(("origin", "status"), [("https://portal.example", 200), ("https://elsewhere.example", 400)])
async def test_a_page_asks_first(served: Served, origin: str, status: int) -> None:
    ask = f"Origin: {origin}", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"
    (answer,) = await served.send("OPTIONS /graphql", *ask, token=False)
    assert answer.status == status
    assert answer.headers.get("access-control-allow-origin") == (origin if status == 200 else None)


@pytest.mark.parametrize(
    ("start", "headers", "body", "status"),
    [
        (BY_GET, (SSE,), b"", 200),
        ("POST /graphql", (SSE, JSON_BODY, f"Content-Length: {len(QUERY)}"), QUERY, 200),
        ("POST /graphql", (SSE, JSON_BODY, "Content-Length: 1"), b"{", 400),
        ("POST /graphql", (SSE, JSON_BODY, "Content-Length: 0"), b"", 400),
        ("POST /graphql", (SSE, "Content-Type: text/plain", "Content-Length: 2"), b"{}", 415),
        ("POST /graphql", (SSE, JSON_BODY, f"Content-Length: {LIMIT + 1}"), b" " * (LIMIT + 1), 413),
        ("GET /graphql", (SSE,), b"", 400),
        ("HEAD /graphql", (SSE,), b"", 405),
    ],
)
async def test_a_stream_is_asked_for_as_an_answer_is(
    served: Served, start: str, headers: tuple[str, ...], body: bytes, status: int
) -> None:
    (answer,) = await served.send(start, *headers, body=body)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/event-stream" if status == 200 else "application/json")
    if status == 200:
        assert b'data: {"data":{"ok":true}}' in answer.body
        assert b"event: complete" in answer.body


async def test_a_stream_whose_client_leaves_is_cancelled(served: Served) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def hanging(**_: Any) -> Any:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    served.gate.engine.execute = hanging  # type: ignore[method-assign]  # a stand-in
    with structlog.testing.capture_logs() as logs:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        lines = f"{BY_GET} HTTP/1.1", "Host: x", SSE, f"Authorization: {served.gate.issuer.bearer()}"
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await asyncio.wait_for(begun.wait(), 5)
        writer.close()
        await until(cancelled.is_set)
        await until(lambda: len(logs) == 1)
    assert (logs[0]["event"], logs[0]["outcome"], logs[0]["status"]) == ("request", "DISCONNECTED", 499)


async def test_a_stream_for_nobody_is_401(served: Served) -> None:
    (answer,) = await served.send(BY_GET, SSE, token=False)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("accept", [SSE, "Accept: */*"])
@pytest.mark.parametrize(
    ("framing", "some"), [("Content-Length: 100", b'{"query"'), ("Transfer-Encoding: chunked", b'8\r\n{"query"\r\n')]
)
async def test_a_body_that_does_not_arrive_is_not_waited_for(
    served: Served, accept: str, framing: str, some: bytes
) -> None:
    (answer,) = await served.send("POST /graphql", JSON_BODY, accept, framing, body=some)
    assert (answer.status, answer.code) == (408, "REQUEST_TIMEOUT")
    assert answer.headers["connection"] == "close"
    assert served.gate.engine.asked == []


async def test_requests_in_a_row_are_answered_in_that_order(served: Served) -> None:
    token = served.gate.issuer.bearer()
    lines = "POST /graphql HTTP/1.1", "Host: x", JSON_BODY, f"Content-Length: {len(QUERY)}", f"Authorization: {token}"
    one = "\r\n".join([*lines, "", ""]).encode() + QUERY
    last = f"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {token}\r\n\r\n".encode()
    assert [answer.status for answer in await served.say(one + one + last)] == [200, 200, 400]


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"GET /gra\x00phql HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_400(served: Served, text: bytes) -> None:
    (answer,) = await served.say(text)
    assert answer.status == 400
    assert served.gate.engine.asked == []
