"""An issuer of tokens for tests: real keys, real signatures."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from gateway.identity import KeyRing, Verifier
from gateway.settings.config import Identity

ISSUER = "https://issuer.example"
AUDIENCE = "guichet"


class Issuer:
    """``reads`` counts how often its key set was read; ``broken``: it cannot be."""

    def __init__(self, kid: str = "one") -> None:
        self.keys: dict[str, ECKey] = {}
        self.reads = 0
        self.broken = False
        self.rotate(kid)

    def rotate(self, kid: str) -> None:
        """A further key, used from now on."""
        self.keys[kid] = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})
        self.kid = kid

    def withdraw(self, kid: str) -> None:
        """The key is no longer in the set; tokens that it signed are about."""
        del self.keys[kid]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """The URL of the key set, on a real HTTP server."""

        async def answer(_: web.Request) -> web.Response:
            try:
                return web.Response(body=await self.read(), content_type="application/json")
            except OSError:
                raise web.HTTPServiceUnavailable from None

        app = web.Application()
        app.router.add_get("/keys", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/keys"
        finally:
            await runner.cleanup()

    async def read(self) -> bytes:
        self.reads += 1
        if self.broken:
            raise OSError("issuer is down")
        return json.dumps(KeySet(list(self.keys.values())).as_dict(private=False)).encode()

    def token(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A border officer's token; ``changes`` replace claims, ``None`` leaves one out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "officer-1",
            "org": "CUSTOMS",
            "roles": ["border-officer"],
            "scope": "shipments:read permits:read permits:verify",
            "purpose": "border-clearance",
            "jti": "t-1",
            "ports": ["CAVAN"],
            "nbf": now - 5,
            "exp": now + 600,
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self.kid, **(header or {})}, kept, self.keys[self.kid])

    def bearer(self, **changes: Any) -> str:
        return f"Bearer {self.token(**changes)}"


def identity(**changes: Any) -> Identity:
    return Identity(**{"issuer": ISSUER, "audience": AUDIENCE, "jwks_file": "unused.json", **changes})


def ring(issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> KeyRing:
    return KeyRing(issuer.read, refresh_seconds=30, grace_seconds=600, clock=clock)


def verifier(issuer: Issuer, clock: Callable[[], float] = time.time, **changes: Any) -> Verifier:
    return Verifier(identity(**changes), ring(issuer), clock)
