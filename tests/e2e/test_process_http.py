"""The gateway's own HTTP behaviour, over its real socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo.keys import PERSONAS, Keys
from tests.kit.demo import RunningDemo

VIEWER = "{ viewer { subject } }"
PARTNERS = {"partner-us", "partner-us-immigration", "partner-expired"}


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(keys: Keys) -> str:
    return f"{encoded({'alg': 'none'})}.{keys.token('officer-vancouver').split('.')[1]}."


def signed_with_the_public_key(keys: Keys) -> str:
    """The old trick: what everybody knows as the secret of a symmetric signature."""
    public = keys.jwks.read_bytes()
    kid = json.loads(public)["keys"][0]["kid"]
    body = f"{encoded({'alg': 'HS256', 'kid': kid})}.{keys.token('officer-vancouver').split('.')[1]}"
    signature = hmac.new(public, body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def tampered(keys: Keys) -> str:
    """Another's claims under a good signature."""
    header, _, signature = keys.token("officer-vancouver").split(".")
    return f"{header}.{keys.token('developer').split('.')[1]}.{signature}"


BAD: dict[str, Callable[[Keys], str | None]] = {
    "none": lambda _: None,
    "no token at all": lambda _: "anything",
    "expired": lambda keys: keys.token("officer-vancouver", exp=int(time.time()) - 60),
    "not yet": lambda keys: keys.token("officer-vancouver", nbf=int(time.time()) + 600),
    "another audience": lambda keys: keys.token("officer-vancouver", aud="another"),
    "another issuer": lambda keys: keys.token("officer-vancouver", iss="https://issuer.example"),
    "without end": lambda keys: keys.token("officer-vancouver", exp=None),
    "unsigned": unsigned,
    "symmetric": signed_with_the_public_key,
    "tampered": tampered,
}


@pytest.mark.parametrize("kind", BAD)
def test_tokens_that_do_not_hold(demo: RunningDemo, kind: str) -> None:
    """All refused in the same words."""
    response = demo.post(BAD[kind](Keys.open(demo.directory)), VIEWER)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.json() == {
        "errors": [{"message": "a valid bearer token is needed", "extensions": {"code": "UNAUTHENTICATED"}}]
    }


@pytest.mark.parametrize("claims", [{"roles": []}, {"roles": ["emperor"]}, {"ports": None}], ids=str)
def test_tokens_that_give_no_right(demo: RunningDemo, claims: dict[str, Any]) -> None:
    token = Keys.open(demo.directory).token("officer-vancouver", **claims)
    response = demo.post(token, "{ shipments { totalCount } }")
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_a_token_without_the_scope(demo: RunningDemo) -> None:
    token = Keys.open(demo.directory).token("officer-vancouver", scope="permits:read")
    assert demo.post(token, "{ shipments { totalCount } }").json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert demo.post(token, VIEWER).json()["data"]["viewer"]["subject"] == "officer-vancouver"


LIMITS = {
    "body": (VIEWER + "#" + "x" * 100_000, "OPERATION_TOO_LARGE", 100_000, 413),
    "tokens": ("{ viewer {" + " subject" * 2_000 + "} }", "OPERATION_TOO_LARGE", 2_000, 413),
    "depth": (
        "{ shipments { nodes {" + " declarations { shipment {" * 7 + " ccn " + "} }" * 7 + "} } }",
        "DEPTH_LIMIT",
        15,
        200,
    ),
    "aliases": ("{" + " ".join(f"a{n}: viewer {{ subject }}" for n in range(31)) + "}", "ALIAS_LIMIT", 30, 200),
    "page": ("{ shipments(first: 1001) { totalCount } }", "PAGE_SIZE_LIMIT", 1_000, 200),
}


@pytest.mark.parametrize("which", LIMITS)
def test_limits(demo: RunningDemo, which: str) -> None:
    document, code, limit, status = LIMITS[which]
    response = demo.post(demo.token("analyst"), document)
    assert response.status_code == status
    body = response.json()
    assert body.get("data") is None
    (error,) = body["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["limit"] == limit
    assert "measured" in error["extensions"]


def test_the_explained_plan_is_for_those_who_may(demo: RunningDemo) -> None:
    """As text, with statements and names of claims; for others the header is nothing."""
    query = '{ shipment(ccn: "9095PARS0000001") { ccn importer { organization { legalName } } } }'
    told = demo.ask("developer", query, **{"X-Guichet-Explain": "plan"})
    assert told["data"]["shipment"]["ccn"] == "9095PARS0000001"
    plan = told["extensions"]["plan"]
    assert "cargo.ccd_hdr" in plan
    assert "9095PARS0000001" not in plan
    for persona in ("officer-vancouver", "analyst", "trader-acme"):
        assert "plan" not in demo.ask(persona, query, **{"X-Guichet-Explain": "plan"})["extensions"]
    assert "plan" not in demo.ask("developer", query)["extensions"]


@pytest.mark.parametrize("persona", sorted(set(PERSONAS) - PARTNERS))
def test_everyone_has_a_schema_of_their_own(demo: RunningDemo, persona: str) -> None:
    response = demo.read("/schema.graphql", persona)
    assert response.status_code == 200
    roots = re.search(r"^type Query \{(.*?)^\}", response.text, re.M | re.S)
    assert roots is not None
    fields = set(re.findall(r"^  (\w+)", roots[1], re.M))
    assert {"viewer", "agencies"} <= fields
    people = {"analyst", "developer", "police-liaison", "traveller-anna", "traveller-officer", "immigration-officer"}
    assert ("person" in fields) == (persona in people)
    sees_risk = {"officer-vancouver", "officer-montreal", "analyst", "developer"}
    assert ("type RiskAssessment" in response.text) == (persona in sees_risk)
    assert ("  score: Int" in response.text) == (persona in ("analyst", "developer"))


def test_strangers_get_no_schema(demo: RunningDemo) -> None:
    assert httpx.get(demo.at("/schema.graphql")).status_code == 401
    assert demo.read("/schema.graphql", "partner-expired").status_code == 403


def test_partners_get_the_schema_of_their_agreement(demo: RunningDemo) -> None:
    for partner in PARTNERS - {"partner-expired"}:
        response = demo.read("/schema.graphql", partner)
        assert response.status_code == 200
        assert "type RiskAssessment" not in response.text
        assert "  shipments(" not in response.text


def test_health(demo: RunningDemo) -> None:
    """Strangers learn that it lives; the operator learns of each source."""
    for path in ("/healthz", "/readyz"):
        response = httpx.get(demo.at(path))
        assert response.status_code == 200
        assert not re.search(r"CUSTOMS|cargo|5432|postgres", response.text)
    admin = demo["gateway"]["admin"]
    ready = httpx.get(admin + "/readyz").json()
    assert ready["ready"] is True
    assert set(ready["sources"]) == {
        "CUSTOMS.cargo",
        "FOOD.airs",
        "IMMIGRATION.gcms",
        "POLICE.cpic",
        "REVENUE.api",
        "TRADE_CONTROLS.excol",
        "TRAVELLER.ee",
    }
    metrics = httpx.get(admin + "/metrics").text
    for name in ("guichet_requests_total", "guichet_request_seconds_bucket", "guichet_source_fetches_total"):
        assert re.search(rf"^{name}\{{", metrics, re.M), name
    assert httpx.get(demo.at("/metrics")).status_code == 404


@pytest.mark.parametrize(("origin", "allowed"), [("http://localhost:5173", True), ("https://evil.example", False)])
def test_browsers_of_other_origins(demo: RunningDemo, origin: str, allowed: bool) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = httpx.options(demo.url, headers={**headers, "Access-Control-Request-Headers": "authorization"})
    assert (preflight.headers.get("Access-Control-Allow-Origin") == origin) is allowed
    answer = demo.post(demo.token("analyst"), VIEWER, Origin=origin)
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_queries_by_get(demo: RunningDemo) -> None:
    found = demo.read("/graphql", "officer-vancouver", query="query Me { viewer { subject } }", operationName="Me")
    assert found.status_code == 200
    assert found.json() == {"data": {"viewer": {"subject": "officer-vancouver"}}}
    variables = json.dumps({"ccn": "9095PARS0000001"})
    document = "query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { ccn } }"
    found = demo.read("/graphql", "officer-vancouver", query=document, variables=variables)
    assert found.json()["data"] == {"shipment": {"ccn": "9095PARS0000001"}}
    page = httpx.get(demo.url, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")


def test_every_answer_has_a_request_id(demo: RunningDemo) -> None:
    ids = {demo.post(demo.token("analyst"), VIEWER).headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert httpx.get(demo.at("/nowhere")).headers["X-Request-Id"]
