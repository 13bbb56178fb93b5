"""Tokens: what holds, what does not, and that nothing unclear ever does."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.errors import Unauthenticated
from tests.kit.issuer import Issuer, verifier


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def forged(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, signature])


async def test_a_good_token_becomes_a_principal(issuer: Issuer) -> None:
    principal = await verifier(issuer).principal(issuer.bearer())
    assert principal.subject == "officer-1"
    assert principal.organization == "CUSTOMS"
    assert principal.roles == {"border-officer"}
    assert principal.scopes == {"shipments:read", "permits:read", "permits:verify"}
    assert (principal.purpose, principal.agreement, principal.token_id) == ("border-clearance", None, "t-1")
    assert principal.claims == {"ports": ("CAVAN",)}


NOW = int(time.time())


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": None},
        {"exp": None},
        {"exp": NOW - 3600},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": 1e300},
        {"nbf": NOW + 36_000},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"org": None},
        {"org": ["CUSTOMS"]},
        {"roles": {"border-officer": True}},
        {"roles": [1]},
        {"scope": 7},
        {"scp": {"a": "b"}},
        {"purpose": ["a"]},
        {"agreement": 1},
        {"jti": {}},
        {"ports": 7},
        {"ports": [["CAVAN"]]},
        {"document": {"issuer": 1}},
        {"bn": ["x"] * 2_000},
    ],
)
async def test_claims_that_do_not_hold(issuer: Issuer, changes: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier(issuer).principal(issuer.bearer(**changes))


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer a.b.c", "Bearer a", "Basic abc", "Bearer é", "Bearer " + "a" * 20_000],
)
async def test_headers_that_are_no_bearer_token(issuer: Issuer, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await verifier(issuer).principal(header)


async def test_the_algorithm_is_pinned(issuer: Issuer) -> None:
    check = verifier(issuer)
    claims = json.loads(base64.urlsafe_b64decode(issuer.token().split(".")[1] + "=="))
    none = forged({"alg": "none", "kid": "one"}, claims)
    public = issuer.keys["one"].as_pem(private=False)
    head, body, _ = forged({"alg": "HS256", "kid": "one"}, claims).split(".")
    digest = hmac.digest(public, f"{head}.{body}".encode(), "sha256")
    confused = f"{head}.{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    rsa = RSAKey.generate_key(2048, {"kid": "one"})
    other = jwt.encode({"alg": "PS256", "kid": "one"}, claims, rsa, algorithms=["PS256"])
    for token in (none, confused, other):
        with pytest.raises(Unauthenticated):
            await check.principal(f"Bearer {token}")


async def test_a_tampered_or_foreign_signature(issuer: Issuer) -> None:
    check = verifier(issuer)
    head, body, signature = issuer.token().split(".")
    with pytest.raises(Unauthenticated):
        await check.principal(f"Bearer {head}.{body}.{signature[:-4]}AAAA")
    changed = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed["roles"] = ["developer"]
    body = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    with pytest.raises(Unauthenticated):
        await check.principal(f"Bearer {head}.{body}.{signature}")
    stranger = ECKey.generate_key("P-256", {"kid": "one"})
    claims = {**changed, "exp": NOW + 36_000}
    with pytest.raises(Unauthenticated):
        await check.principal("Bearer " + jwt.encode({"alg": "ES256", "kid": "one"}, claims, stranger))


@pytest.mark.parametrize("kid", [None, "", 7, "two"])
async def test_a_key_that_is_not_known(issuer: Issuer, kid: Any) -> None:
    header = {"alg": "ES256", **({} if kid is None else {"kid": kid})}
    token = forged(header, {"iss": "x"}, "AAAA")
    with pytest.raises(Unauthenticated):
        await verifier(issuer).principal(f"Bearer {token}")


async def test_roles_in_any_usual_form_and_place(issuer: Issuer) -> None:
    check = verifier(issuer, claims={"roles": "realm_access.roles", "organization": "org"})
    document = {"issuer": "CA", "number": "1"}
    principal = await check.principal(issuer.bearer(roles=None, realm_access={"roles": "a b"}, document=document))
    assert principal.roles == {"a", "b"}
    assert principal.claims["document"] == document


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"scope": "a b"}, {"a", "b"}),
        ({"scope": ["a", "b"]}, {"a", "b"}),
        ({"scp": "a b"}, {"a", "b"}),
        ({"scp": ["b", "a"], "scope": "a b"}, {"a", "b"}),
        ({"scope": "openid a profile"}, {"a"}),
        ({"scope": "openid a", "scp": ["a", "openid"]}, {"a"}),
        ({"scope": ""}, set()),
        ({"scope": []}, set()),
        ({}, set()),
    ],
)
async def test_scopes_in_any_usual_form(issuer: Issuer, claims: dict[str, Any], told: set[str]) -> None:
    principal = await verifier(issuer).principal(issuer.bearer(**{"scope": None, **claims}))
    assert principal.scopes == told


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "a", "scp": "a b"},
        {"scope": "a", "scp": []},
        {"scope": "a", "scp": ""},
        {"scope": "a openid", "scp": "a"},
        {"scope": ["a", 1]},
        {"scope": {"a": True}},
        {"scope": True},
        {"scope": "a  b"},
        {"scope": " a"},
        {"scope": ["a", ""]},
        {"scope": ["s"] * 2_000},
    ],
)
async def test_unclear_scopes_are_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier(issuer).principal(issuer.bearer(**claims))


async def test_scopes_where_and_as_the_deployment_says(issuer: Issuer) -> None:
    check = verifier(issuer, claims={"scopes": ["authz.granted"], "scope_format": "list", "foreign_scopes": []})
    principal = await check.principal(issuer.bearer(scope="other", scp=7, authz={"granted": ["a"]}))
    assert principal.scopes == {"a"}
    with pytest.raises(Unauthenticated):
        await check.principal(issuer.bearer(authz={"granted": "a"}))
    text = verifier(issuer, claims={"scope_format": "text"})
    assert (await text.principal(issuer.bearer(scope="a b"))).scopes == {"a", "b"}
    with pytest.raises(Unauthenticated):
        await text.principal(issuer.bearer(scope=["a"]))


# ---- remembered, but not too long ---------------------------------------------------------------


async def test_a_token_is_verified_once_and_forgotten_when_it_expires(issuer: Issuer) -> None:
    now = time.time()
    check = verifier(issuer, clock=lambda: now)
    bearer = issuer.bearer(exp=int(now) + 60)
    first = await check.principal(bearer)
    assert await check.principal(bearer) is first
    now += 80
    with pytest.raises(Unauthenticated):
        await check.principal(bearer)


async def test_the_memory_is_bounded(issuer: Issuer) -> None:
    check = verifier(issuer, cached_tokens=2)
    for number in range(5):
        await check.principal(issuer.bearer(jti=str(number)))
    assert len(check._seen) == 2
