"""/graphql over HTTP: who gets in, what they may send, and what they get back."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import structlog

from gateway.errors import ClientError, ErrorCode
from gateway.http.negotiation import GRAPHQL_JSON, JSON
from gateway.policy import Policy
from gateway.request import Answer
from gateway.settings.config import Gateway, Limits
from tests.kit.gateway import TestGateway, gateway

VIEWER = "{ viewer { subject } }"


@pytest.fixture
async def gate(policy: Policy) -> AsyncIterator[TestGateway]:
    async with gateway(policy) as made:
        yield made


def code_of(response: httpx.Response) -> str:
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


# ---- who gets in ------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}])
async def test_without_a_token_that_holds_it_is_401_with_a_graphql_body(
    gate: TestGateway, header: dict[str, str]
) -> None:
    response = await gate.client.post("/graphql", json={"query": VIEWER}, headers=header)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {
        "errors": [{"message": "a valid bearer token is needed", "extensions": {"code": "UNAUTHENTICATED"}}]
    }
    assert gate.engine.asked == []


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": ["nobody-knows"]},
        {"roles": []},
        {"ports": None},
        {"agreement": "us-immigration-2024"},
        {"roles": ["partner-customs"], "country": "US"},
        {"roles": ["border-officer", "partner-immigration"], "nationality": "US"},
    ],
)
async def test_a_token_without_rights_here_is_403(gate: TestGateway, claims: dict[str, Any]) -> None:
    response = await gate.client.post("/graphql", json={"query": VIEWER}, headers=gate.officer(**claims))
    assert (response.status_code, code_of(response)) == (403, "FORBIDDEN")
    assert gate.engine.asked == []


async def test_a_root_field_without_its_scope_is_403(gate: TestGateway) -> None:
    fragment = "query A { viewer { subject } } query B { ...R } fragment R on Query { permit { number } }"
    for body in ({"query": "{ permit { number } }"}, {"query": fragment, "operationName": "B"}):
        response = await gate.client.post("/graphql", json=body, headers=gate.officer(scope="shipments:read"))
        assert (response.status_code, code_of(response)) == (403, "FORBIDDEN")
        assert "permits:read" in response.json()["errors"][0]["message"]
    assert gate.engine.asked == []
    allowed = {"query": fragment, "operationName": "A"}
    response = await gate.client.post("/graphql", json=allowed, headers=gate.officer(scope="shipments:read"))
    assert response.status_code == 200


async def test_the_engine_gets_the_callers_view_and_a_deadline(gate: TestGateway) -> None:
    body = {"query": VIEWER, "variables": {"a": 1}, "operationName": None}
    await gate.client.post("/graphql", json=body, headers=gate.officer())
    (asked,) = gate.engine.asked
    assert asked.query == VIEWER
    assert asked.variables == {"a": 1}
    assert asked.context.principal.subject == "officer-1"
    # What is not there fails the test.
    assert "duties" not in asked.view.schema.type_map["Declaration"].fields  # type: ignore[attr-defined]
    assert asked.context.explain is False


async def test_explain_is_for_roles_that_have_it(gate: TestGateway) -> None:
    header = {"X-Guichet-Explain": "plan"}
    await gate.post(**header)
    await gate.client.post(
        "/graphql", json={"query": VIEWER}, headers={**gate.officer(roles=["developer"], purpose=None), **header}
    )
    assert [asked.context.explain for asked in gate.engine.asked] == [False, True]


# ---- what may be sent -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{}", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b'[{"query": "{a}"}]', "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'{"query": "{a}", "variables": []}', "application/json", 400),
        (b'{"query": "{a}", "operationName": 7}', "application/json", 400),
        (b'{"query": "{a}", "extensions": "x"}', "application/json", 400),
        (b'{"query": "{a}"}', "text/plain", 415),
        (b"query=%7Ba%7D", "application/x-www-form-urlencoded", 415),
        (b"{a}", "application/graphql", 415),
        (b'{"query": "{a}"}', "multipart/form-data; boundary=x", 415),
        (b"\xff\xfe", "application/json", 400),
    ],
)
async def test_malformed_requests_are_graphql_errors(
    gate: TestGateway, content: bytes, media: str, status: int
) -> None:
    headers = {**gate.officer(), "Content-Type": media}
    for accept in (JSON, GRAPHQL_JSON):
        response = await gate.client.post("/graphql", content=content, headers={**headers, "Accept": accept})
        assert (response.status_code, code_of(response)) == (status, "BAD_USER_INPUT")
        assert "data" not in response.json()
    assert gate.engine.asked == []


async def test_json_with_a_charset_is_taken(gate: TestGateway) -> None:
    headers = {**gate.officer(), "Content-Type": "application/json; charset=utf-8"}
    response = await gate.client.post("/graphql", content=b'{"query": "{a}"}', headers=headers)
    assert response.status_code == 200


async def test_a_large_body_is_refused_with_its_measure(policy: Policy) -> None:
    async with gateway(policy, limits=Limits(body_bytes=100)) as gate:
        response = await gate.client.post("/graphql", json={"query": "x" * 200}, headers=gate.officer())
        assert (response.status_code, code_of(response)) == (413, "OPERATION_TOO_LARGE")
        assert response.json()["errors"][0]["extensions"]["limit"] == 100

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(1_000):
                yield b"x" * 90

        headers = {**gate.officer(), "Content-Type": "application/json"}
        response = await gate.client.post("/graphql", content=endless(), headers=headers)
        assert (response.status_code, code_of(response)) == (413, "OPERATION_TOO_LARGE")
        assert response.json()["errors"][0]["extensions"]["measured"] == 180

        response = await gate.client.get("/graphql", params={"query": "x" * 200}, headers=gate.officer())
        assert (response.status_code, code_of(response)) == (413, "OPERATION_TOO_LARGE")


async def test_a_body_that_breaks_off_is_a_client_that_left(gate: TestGateway) -> None:
    messages = [
        {"type": "http.request", "body": b'{"query": "{ viewer', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**gate.officer(), "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    with structlog.testing.capture_logs() as logs:
        await gate.app(scope, receive, send)
    assert sent == []
    assert [(line["event"], line["outcome"], line["status"]) for line in logs] == [("request", "DISCONNECTED", 499)]
    assert gate.engine.asked == []


async def test_the_first_of_two_headers_counts(gate: TestGateway) -> None:
    headers = [("Authorization", "Bearer nonsense"), *gate.officer().items(), ("Content-Type", "application/json")]
    response = await gate.client.post("/graphql", content=b'{"query": "{a}"}', headers=headers)
    assert response.status_code == 401


async def test_get_runs_queries(gate: TestGateway) -> None:
    parameters = {"query": "query Q($a: Int) { viewer { subject } }", "variables": '{"a": 1}', "operationName": "Q"}
    response = await gate.client.get("/graphql", params=parameters, headers=gate.officer())
    assert response.json() == {"data": {"ok": True}}
    assert (gate.engine.asked[0].operation_name, gate.engine.asked[0].variables) == ("Q", {"a": 1})


@pytest.mark.parametrize("query", ["mutation { a }", "subscription { a }", "query Q { a } mutation M { a }"])
async def test_get_changes_nothing(gate: TestGateway, query: str) -> None:
    parameters = {"query": query, **({"operationName": "M"} if "query" in query else {})}
    response = await gate.client.get("/graphql", params=parameters, headers=gate.officer())
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert gate.engine.asked == []


@pytest.mark.parametrize(
    "parameters", ["query=%7Ba%7D&query=%7Bb%7D", "query=%7Ba%7D&variables=%7B", "operationName=A"]
)
async def test_get_with_bad_parameters(gate: TestGateway, parameters: str) -> None:
    response = await gate.client.get(f"/graphql?{parameters}", headers=gate.officer())
    assert (response.status_code, code_of(response)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods(gate: TestGateway, method: str) -> None:
    response = await gate.client.request(method, "/graphql", json={"query": VIEWER}, headers=gate.officer())
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


# ---- what comes back --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("*/*", JSON),
        (JSON, JSON),
        ("application/*", JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.5", JSON),
        (f"{GRAPHQL_JSON};q=0, */*", JSON),
    ],
)
async def test_media_types(gate: TestGateway, accept: str | None, media: str) -> None:
    headers = gate.officer() | ({"Accept": accept} if accept else {})
    if accept is None:
        del gate.client.headers["accept"]
    response = await gate.client.post("/graphql", json={"query": VIEWER}, headers=headers)
    assert response.headers["content-type"].partition(";")[0] == media
    assert response.content == b'{"data":{"ok":true}}'


@pytest.mark.parametrize("accept", ["text/plain", "image/png", "application/json;q=0"])
async def test_what_we_do_not_speak_is_406(gate: TestGateway, accept: str) -> None:
    response = await gate.post(Accept=accept)
    assert response.status_code == 406
    assert code_of(response) == "BAD_USER_INPUT"


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_JSON, 400)])
async def test_a_document_that_fails(gate: TestGateway, accept: str, status: int) -> None:
    gate.engine.answer = ClientError(ErrorCode.GRAPHQL_VALIDATION_FAILED, "no such field", locations=[(1, 2)])
    response = await gate.post(Accept=accept)
    assert response.status_code == status
    assert response.json() == {
        "errors": [
            {
                "message": "no such field",
                "locations": [{"line": 1, "column": 2}],
                "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
            }
        ]
    }


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_partial_answers_are_200_with_data(gate: TestGateway, accept: str) -> None:
    error = {"message": "FOOD cannot be reached", "extensions": {"code": "SOURCE_UNAVAILABLE", "agency": "FOOD"}}
    gate.engine.answer = Answer({"a": None}, [error], {"completeness": {"complete": False, "sources": []}})
    response = await gate.post(Accept=accept)
    assert response.status_code == 200
    assert list(response.json()) == ["errors", "data", "extensions"]


async def test_instants_are_utc_with_a_z(gate: TestGateway) -> None:
    gate.engine.answer = Answer({"at": datetime(2026, 11, 24, 8, 30, tzinfo=UTC)})
    assert (await gate.post()).json() == {"data": {"at": "2026-11-24T08:30:00Z"}}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_a_fault_of_ours_says_nothing_but_its_id(gate: TestGateway, accept: str) -> None:
    gate.engine.answer = RuntimeError("password=hunter2 at db.internal")
    with structlog.testing.capture_logs() as logs:
        response = await gate.post(Accept=accept)
    assert response.status_code == 500
    request_id = response.headers["x-request-id"]
    assert response.json() == {
        "errors": [{"message": "internal error", "extensions": {"code": "INTERNAL", "requestId": request_id}}]
    }
    assert [line["event"] for line in logs] == ["internal error", "request"]
    assert logs[0]["request_id"] == request_id
    assert logs[0]["exc_info"]


async def test_an_engine_that_hangs_is_given_up(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.schema.GRACE_SECONDS", -0.09)
    async with gateway(policy, gateway=Gateway(request_timeout_ms=100)) as gate:

        async def hang(**_: Any) -> Answer:
            import asyncio

            await asyncio.sleep(30)
            raise AssertionError

        gate.engine.execute = hang  # type: ignore[method-assign]  # a stand-in
        started = time.monotonic()
        response = await gate.post()
        assert (response.status_code, code_of(response)) == (504, "REQUEST_TIMEOUT")
        assert time.monotonic() - started < 5


async def test_one_log_line_without_values(gate: TestGateway) -> None:
    gate.engine.answer = Answer(
        {"shipment": {"ccn": "SECRET-VALUE"}},
        log={"operation": "Q", "operation_hash": "abc", "sources": ["CUSTOMS"], "rows": 1, "variables": "SECRET-VALUE"},
    )
    with structlog.testing.capture_logs() as logs:
        body = {"query": "query Q { viewer { subject } }", "variables": {"ccn": "SECRET-VALUE"}}
        response = await gate.client.post("/graphql", json=body, headers=gate.officer())
    (line,) = logs
    assert line.pop("milliseconds") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": response.headers["x-request-id"],
        "status": 200,
        "outcome": "OK",
        "subject": "officer-1",
        "organization": "CUSTOMS",
        "roles": ["border-officer"],
        "purpose": "border-clearance",
        "agreement": None,
        "operation": "Q",
        "operation_hash": "abc",
        "sources": ["CUSTOMS"],
        "rows": 1,
    }


async def test_why_a_token_does_not_hold_is_in_the_log_only(gate: TestGateway) -> None:
    with structlog.testing.capture_logs() as logs:
        response = await gate.client.post("/graphql", json={"query": VIEWER}, headers=gate.officer(aud="other"))
    assert "audience" not in response.text
    assert (logs[0]["reason"], logs[0]["outcome"], logs[0]["status"]) == ("audience", "UNAUTHENTICATED", 401)


async def test_metrics_count_outcomes_and_agencies(gate: TestGateway) -> None:
    report = {"agency": "CUSTOMS", "outcome": "ANSWERED", "rows": 3}
    gate.engine.answer = Answer({"a": 1}, extensions={"completeness": {"complete": True, "sources": [report]}})
    await gate.post()
    await gate.client.post("/graphql", json={"query": VIEWER})
    text = gate.metrics.text().decode()
    assert 'guichet_requests_total{outcome="OK"} 1.0' in text
    assert 'guichet_requests_total{outcome="UNAUTHENTICATED"} 1.0' in text
    assert 'guichet_source_fetches_total{agency="CUSTOMS",outcome="ANSWERED"} 1.0' in text
    assert 'guichet_rows_total{agency="CUSTOMS"} 3.0' in text


async def test_server_sent_events_carry_one_answer_and_end(gate: TestGateway) -> None:
    response = await gate.post(Accept="text/event-stream")
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [event for event in response.text.split("\r\n\r\n") if event.strip()]
    assert [event.splitlines()[0] for event in events if not event.startswith(":")] == [
        "event: next",
        "event: complete",
    ]
    data = next(line for line in response.text.splitlines() if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: ")) == {"data": {"ok": True}}
