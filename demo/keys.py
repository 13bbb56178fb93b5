"""The demo's secrets, its token signing key, and the personas that it signs tokens for.

Everything is random per demo directory and made on first use:
`keys/signing.json` (private, 0600), `keys/jwks.json` (public), `keys/secrets.json` (0600).
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey

from demo.supervisor import write_atomically

ISSUER = "https://demo.guichet.example"
AUDIENCE = "guichet"
LIFETIME = 12 * 3600
WORLD_FILE = "world.json"


class UnknownPersona(Exception):
    """The name is not in the table of personas."""


class WorldMissing(Exception):
    """The persona's claims come from the generated world, and there is none in this directory yet."""


@dataclass(frozen=True, slots=True)
class Persona:
    """One demo user. `claims` are attributes for row rules; `from_world` maps a claim to a key of `world.json`."""

    role: str
    org: str
    scopes: tuple[str, ...]
    purpose: str | None = None
    agreement: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    from_world: Mapping[str, str] = field(default_factory=dict)


_SHIPMENTS, _PEOPLE, _PERMITS = "shipments:read", "people:read", "permits:read"
_VERIFY, _OVERSIGHT = "permits:verify", "oversight:read"
_US = {"country": "US"}

PERSONAS: Mapping[str, Persona] = {
    "officer-vancouver": Persona(
        "border-officer", "CUSTOMS", (_SHIPMENTS, _PERMITS, _VERIFY), "border-clearance", claims={"ports": ["CAVAN"]}
    ),
    "officer-montreal": Persona(
        "border-officer", "CUSTOMS", (_SHIPMENTS, _PERMITS, _VERIFY), "border-clearance", claims={"ports": ["CAMTR"]}
    ),
    "traveller-officer": Persona(
        "traveller-officer", "TRAVELLER", (_PEOPLE, _SHIPMENTS), "traveller-processing", claims={"ports": ["CAVAN"]}
    ),
    "revenue-officer": Persona("revenue-officer", "REVENUE", (_SHIPMENTS, _PERMITS), "duty-assessment"),
    "food-inspector": Persona(
        "food-inspector", "FOOD", (_SHIPMENTS, _PERMITS, _VERIFY), "food-safety", claims={"agency": "FOOD"}
    ),
    "permit-officer": Persona(
        "permit-officer",
        "TRADE_CONTROLS",
        (_SHIPMENTS, _PERMITS, _VERIFY),
        "permit-administration",
        claims={"agency": "TRADE_CONTROLS"},
    ),
    "immigration-officer": Persona("immigration-officer", "IMMIGRATION", (_PEOPLE,), "immigration"),
    "analyst": Persona(
        "intelligence-analyst",
        "CUSTOMS",
        (_SHIPMENTS, _PEOPLE, _PERMITS, _VERIFY),
        "targeting",
        claims={"case": "C-2026-001"},
    ),
    "police-liaison": Persona("police-liaison", "POLICE", (_SHIPMENTS, _PEOPLE), "law-enforcement"),
    "partner-us": Persona(
        "partner-customs", "US-CUSTOMS", (_SHIPMENTS, _PERMITS), agreement="us-customs-2024", claims=_US
    ),
    "partner-us-immigration": Persona(
        "partner-immigration",
        "US-IMMIGRATION",
        (_PEOPLE,),
        agreement="us-immigration-2024",
        claims={"country": "US", "nationality": "US"},
    ),
    "partner-expired": Persona(
        "partner-customs", "US-CUSTOMS", (_SHIPMENTS, _PERMITS), agreement="us-customs-2019", claims=_US
    ),
    "trader-acme": Persona("trader", "ACME", (_SHIPMENTS, _PERMITS), from_world={"bn": "trader_bn"}),
    "carrier": Persona("carrier", "CARRIER", (_SHIPMENTS,), from_world={"carrier": "carrier"}),
    "traveller-anna": Persona("traveller", "PUBLIC", (_PEOPLE,), from_world={"document": "traveller_document"}),
    "privacy-officer": Persona("privacy-officer", "PRIVACY", (_OVERSIGHT,), "oversight"),
    "developer": Persona("developer", "GUICHET", (_SHIPMENTS, _PEOPLE, _PERMITS, _VERIFY, _OVERSIGHT)),
}
_LISTS = frozenset({"bn"})


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Passwords and keys between the demo's own processes. All URL-safe text; `opaque` is 32 bytes in base64."""

    owner: str
    reader: str
    state: str
    revenue: str
    immigration: str
    food: str
    police: str
    opaque: str

    @classmethod
    def random(cls) -> Self:
        names = [name for name in cls.__dataclass_fields__ if name != "opaque"]
        opaque = base64.b64encode(secrets.token_bytes(32)).decode()
        return cls(**{name: secrets.token_urlsafe(24) for name in names}, opaque=opaque)


class Keys:
    """The key material of one demo directory."""

    def __init__(self, directory: Path, key: ECKey, secrets: Secrets) -> None:
        self._directory = directory
        self._key = key
        self.secrets = secrets

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Reads `directory`/keys, making what is missing. Safe to call again: nothing existing is replaced."""
        keys = directory / "keys"
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing, public, vault = keys / "signing.json", keys / "jwks.json", keys / "secrets.json"
        if signing.exists():
            key = ECKey.import_key(json.loads(signing.read_text()))
        else:
            key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
            write_atomically(signing, json.dumps(key.as_dict(private=True)))
        write_atomically(public, json.dumps({"keys": [key.as_dict(private=False)]}), 0o644)
        if vault.exists():
            kept = Secrets(**json.loads(vault.read_text()))
        else:
            kept = Secrets.random()
            write_atomically(vault, json.dumps({name: getattr(kept, name) for name in Secrets.__dataclass_fields__}))
        return cls(directory, key, kept)

    @property
    def jwks(self) -> Path:
        """The public key set, for the gateway's identity settings."""
        return self._directory / "keys" / "jwks.json"

    def claims(self, persona: str) -> dict[str, Any]:
        """What a persona's token says, without times and id. Raises UnknownPersona, WorldMissing."""
        if persona not in PERSONAS:
            raise UnknownPersona(f"{persona}: no such persona; one of {', '.join(PERSONAS)}")
        who = PERSONAS[persona]
        claims: dict[str, Any] = {
            "sub": persona,
            "org": who.org,
            "roles": [who.role],
            "scope": " ".join(who.scopes),
            **who.claims,
        }
        if who.purpose:
            claims["purpose"] = who.purpose
        if who.agreement:
            claims["agreement"] = who.agreement
        if who.from_world:
            world = self._world()
            for claim, name in who.from_world.items():
                claims[claim] = [world[name]] if claim in _LISTS else world[name]
        return claims

    def token(self, persona: str, **changes: Any) -> str:
        """A signed token for a persona, good for 12 hours. `changes` replace claims; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "jti": secrets.token_urlsafe(16),
            **self.claims(persona),
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self._key.kid, "typ": "JWT"}, kept, self._key)

    def _world(self) -> dict[str, Any]:
        path = self._directory / WORLD_FILE
        try:
            world: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            raise WorldMissing(f"{path}: not there; run guichet demo on this directory first") from None
        return world


def token(directory: Path, persona: str, **changes: Any) -> str:
    """`Keys.open(directory).token(…)`: what `guichet token demo` prints."""
    return Keys.open(directory).token(persona, **changes)
