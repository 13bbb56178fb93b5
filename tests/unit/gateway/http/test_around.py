"""What is around /graphql: the page, the schema, health, origins, the demo's tokens, the admin listener."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.http import pages
from gateway.http.admin import admin
from gateway.http.origins import Origins
from gateway.policy import Policy
from gateway.settings.config import Http
from gateway.telemetry import Metrics
from tests.kit.gateway import TestGateway, gateway


class Personas:
    def personas(self) -> Sequence[dict[str, Any]]:
        return [{"name": "developer", "role": "developer", "purpose": None}]

    def token(self, persona: str) -> str:
        if persona != "developer":
            raise LookupError(persona)
        return "a.b.c"


@pytest.fixture
async def gate(policy: Policy) -> AsyncIterator[TestGateway]:
    async with gateway(policy) as made:
        yield made


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Guichet</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("1")
    monkeypatch.setattr(pages, "DIST", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("built")
async def test_the_page_needs_no_token_and_loads_nothing_from_elsewhere(policy: Policy) -> None:
    async with gateway(policy) as gate:
        response = await gate.client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
        assert (response.status_code, response.text) == (200, "<title>Guichet</title>")
        assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        asset = await gate.client.get("/graphiql/assets/index-abc.js")
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["x-content-type-options"] == "nosniff"
        assert (await gate.client.get("/graphiql/nope.js")).status_code == 404
        assert (await gate.client.get("/graphiql/%2e%2e/pyproject.toml")).status_code == 404


async def test_a_page_that_is_not_built_says_what_is_missing(
    gate: TestGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "DIST", tmp_path / "nothing")
    response = await gate.client.get("/graphql", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "npm" in response.text


async def test_a_query_in_a_browser_is_a_query(gate: TestGateway) -> None:
    response = await gate.client.get("/graphql", params={"query": "{ a }"}, headers={"Accept": "text/html,*/*"})
    assert response.status_code == 401


async def test_the_schema_is_the_callers(gate: TestGateway) -> None:
    response = await gate.client.get("/schema.graphql", headers=gate.officer())
    assert "type Shipment implements Node" in response.text
    assert "DutyAssessment" not in response.text
    assert response.headers["cache-control"] == "private, no-store"
    refused = await gate.client.get("/schema.graphql")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "en"),
        ("*", "en"),
        ("fr", "fr"),
        ("FR-ca,en;q=0.8", "fr"),
        ("en-CA, fr;q=0.9", "en"),
        ("en;q=0.1, fr-CA;q=0.2", "fr"),
        ("fr;q=0.5, *;q=0.8", "en"),
        ("fr;q=0", "en"),
        ("fro", "en"),
    ],
)
async def test_the_schema_is_described_in_the_callers_language(
    gate: TestGateway, accept: str | None, language: str
) -> None:
    headers = {**gate.officer(), **({} if accept is None else {"Accept-Language": accept})}
    response = await gate.client.get("/schema.graphql", headers=headers)
    assert response.headers["content-language"] == language
    assert ("Numéro de contrôle du fret." in response.text) is (language == "fr")
    await gate.client.post("/graphql", json={"query": "{ viewer { subject } }"}, headers=headers)
    assert gate.engine.asked[-1].context.language.lower() == language


async def test_health(gate: TestGateway) -> None:
    assert (await gate.client.get("/healthz")).status_code == 200
    assert (await gate.client.get("/readyz")).status_code == 200
    gate.issuer.broken = True
    response = await gate.client.get("/readyz")
    assert (response.status_code, response.text) == (503, "not ready\n")
    assert (await gate.client.get("/healthz")).status_code == 200


async def test_every_response_has_an_id_of_our_own(gate: TestGateway) -> None:
    seen = set()
    for path in ("/graphql", "/healthz", "/nope", "/schema.graphql"):
        response = await gate.client.get(path, headers={"X-Request-Id": "mine"})
        seen.add(response.headers["x-request-id"])
        assert response.headers.get_list("x-request-id") != ["mine"]
    assert len(seen) == 4


# ---- origins ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:5173", True),
        ("http://localhost", True),
        ("https://portal.example", True),
        ("https://portal.example.evil.test", False),
        ("http://portal.example", False),
        ("http://localhost:5173.evil.test", False),
        ("http://localhostile:80", False),
        ("https://portalXexample", False),
        ("null", False),
    ],
)
async def test_origins(gate: TestGateway, origin: str, allowed: bool) -> None:
    assert Origins(["http://localhost:*", "https://portal.example"]).allow(origin) is allowed
    asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asking["Access-Control-Request-Headers"] = "authorization,content-type,x-guichet-explain"
    preflight = await gate.client.options("/graphql", headers=asking)
    assert (preflight.headers.get("access-control-allow-origin") == origin) is allowed
    response = await gate.client.post("/graphql", json={}, headers={"Origin": origin})
    assert (response.headers.get("access-control-allow-origin") == origin) is allowed
    assert "access-control-allow-credentials" not in response.headers
    if allowed:
        assert "x-request-id" in response.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize("query", [{"query": "{ viewer { subject } }"}, {}])
@pytest.mark.parametrize("origins", [["https://portal.example"], []])
async def test_a_program_is_answered_as_a_page_is(policy: Policy, origins: list[str], query: dict[str, str]) -> None:
    async with gateway(policy, http=Http(cors_origins=origins)) as gate:
        origin = {"Origin": "https://portal.example"}
        program = await gate.client.post("/graphql", json=query, headers=gate.officer())
        page = await gate.client.post("/graphql", json=query, headers={**gate.officer(), **origin})
    assert (program.status_code, program.content) == (page.status_code, page.content)
    said = {name: value for name, value in page.headers.items() if not name.startswith("access-control-")}
    assert {**program.headers, "x-request-id": ""} == {**said, "x-request-id": ""}
    assert ("vary" in said) is bool(origins)


# ---- the demo ---------------------------------------------------------------------------------


async def test_demo_routes_exist_only_in_the_demo(gate: TestGateway) -> None:
    assert (await gate.client.get("/demo/personas")).status_code == 404
    assert (await gate.client.post("/demo/token", json={"persona": "developer"})).status_code == 404


async def test_demo_tokens(policy: Policy) -> None:
    async with gateway(policy, Personas()) as gate:
        personas = await gate.client.get("/demo/personas")
        assert personas.json() == {"personas": [{"name": "developer", "role": "developer", "purpose": None}]}
        issued = await gate.client.post("/demo/token", json={"persona": "developer"})
        assert issued.json() == {"token": "a.b.c"}
        assert issued.headers["cache-control"] == "no-store"
        assert (await gate.client.post("/demo/token", json={"persona": "root"})).status_code == 400
        assert (await gate.client.post("/demo/token", content="persona=developer")).status_code == 415
        assert (await gate.client.get("/demo/token")).status_code == 405


async def test_another_name_for_this_machine_gets_no_demo_token(policy: Policy) -> None:
    async with gateway(policy, Personas()) as gate:
        for name in ("evil.test", "127.0.0.1.evil.test"):
            response = await gate.client.post(
                "/demo/token", json={"persona": "developer"}, headers={"Host": f"{name}:8000"}
            )
            assert response.status_code == 404


# ---- admin ------------------------------------------------------------------------------------


async def test_the_admin_listener_names_every_source() -> None:
    up = True

    async def ready() -> bool:
        return up

    async def sources() -> dict[str, str]:
        return {"FOOD.api": "DOWN"}

    metrics = Metrics()
    metrics.request("OK", 0.01)
    faults = ["roles.toml: roles.r: grants nothing"]
    transport = httpx.ASGITransport(admin(ready, sources, metrics, lambda: faults))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        response = await client.get("/readyz")
        policy = {"current": False, "faults": faults}
        told = {"ready": True, "policy": policy, "sources": {"FOOD.api": "DOWN"}}
        assert (response.status_code, response.json()) == (200, told)
        up = False
        assert (await client.get("/readyz")).status_code == 503
        exposition = await client.get("/metrics")
        assert exposition.headers["content-type"].startswith("text/plain")
        assert "guichet_request_seconds_count 1.0" in exposition.text
