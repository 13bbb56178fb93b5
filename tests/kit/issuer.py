"""An issuer of tokens for tests: real keys, real signatures."""

from __future__ import annotations

import json
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from gateway.identity import KeyRing, Verifier
from gateway.settings.config import Identity

ISSUER = "https://issuer.example"
AUDIENCE = "guichet"


class Issuer:
    """``reads`` counts how often its key set was read."""

    def __init__(self, kid: str = "one") -> None:
        self.keys: dict[str, ECKey] = {}
        self.reads = 0
        self.broken = False
        self.rotate(kid)

    def rotate(self, kid: str) -> None:
        """A further key, used from now on."""
        self.keys[kid] = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})
        self.kid = kid

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


def verifier(issuer: Issuer, clock: Any = time.time, **changes: Any) -> Verifier:
    settings = identity(**changes)
    return Verifier(settings, KeyRing(issuer.read, refresh_seconds=settings.refresh_seconds), clock)
