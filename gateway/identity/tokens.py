"""Bearer tokens: verified, or refused. What is unclear is refused, and the client is not told which check failed."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from gateway.errors import Unauthenticated
from gateway.identity.claims import principal_of
from gateway.identity.key_set import KeySetUnavailable
from gateway.identity.keys import KeyRing
from gateway.request import Principal
from gateway.settings.config import Identity

MAX_TOKEN = 16_384


class Verifier:
    """Checks signature (algorithm pinned by configuration, key by ``kid``), issuer, audience and times.

    Verified tokens are remembered by their SHA-256 until they expire, ``cached_tokens`` at most, so that a busy client
    pays for one signature only; but not beyond a change of the keys, so that a withdrawn one loses its force.
    """

    def __init__(self, settings: Identity, keys: KeyRing, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._seen: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()
        self._seen_under = keys.known

    async def principal(self, authorization: str | None) -> Principal:
        """Who an ``Authorization`` header speaks for. Raises :class:`Unauthenticated`."""
        token = _bearer(authorization)
        digest = hashlib.sha256(token.encode()).digest()
        seen = self._remembered().get(digest)
        if seen is not None and seen[1] > self._clock():
            self._seen.move_to_end(digest)
            return seen[0]
        claims = await self._verified(token)
        principal = principal_of(claims, self._settings.claims)
        self._remember(digest, principal, float(claims["exp"]))
        return principal

    def _remembered(self) -> OrderedDict[bytes, tuple[Principal, float]]:
        known = self._keys.known
        if self._seen_under is not known:
            self._seen.clear()
            self._seen_under = known
        return self._seen

    def _remember(self, digest: bytes, principal: Principal, expires: float) -> None:
        seen = self._remembered()
        seen[digest] = (principal, expires + self._settings.leeway_seconds)
        seen.move_to_end(digest)
        while len(seen) > self._settings.cached_tokens:
            seen.popitem(last=False)

    async def _verified(self, token: str) -> dict[str, Any]:
        algorithms = list(self._settings.algorithms)
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError, UnicodeError) as error:
            raise Unauthenticated(f"not a signed token: {type(error).__name__}") from None
        kid = header.get("kid")
        if not isinstance(kid, str) or not kid:
            raise Unauthenticated("the token names no key")
        if header.get("alg") not in algorithms:
            raise Unauthenticated("the token's algorithm is not accepted")
        try:
            key = await self._keys.key(kid)
        except KeySetUnavailable as error:
            raise Unauthenticated(str(error)) from None
        if key is None:
            raise Unauthenticated("the token's key is not known")
        try:
            claims = jwt.decode(token, key, algorithms=algorithms).claims
        except (JoseError, ValueError, TypeError) as error:
            raise Unauthenticated(f"signature: {type(error).__name__}") from None
        self._check(claims)
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        settings, now = self._settings, self._clock()
        if claims.get("iss") != settings.issuer:
            raise Unauthenticated("issuer")
        audience = claims.get("aud")
        if settings.audience not in (audience if isinstance(audience, list) else [audience]):
            raise Unauthenticated("audience")
        expires, starts = _time(claims, "exp"), _time(claims, "nbf")
        if expires is None:
            raise Unauthenticated("the token never expires")
        if now >= expires + settings.leeway_seconds:
            raise Unauthenticated("expired")
        if starts is not None and now < starts - settings.leeway_seconds:
            raise Unauthenticated("not valid yet")


def _time(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # NaN compares false with everything: it must not pass as a time.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise Unauthenticated(f"{name} is not a time")
    return float(value)


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise Unauthenticated("no Authorization header")
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN or not token.isascii():
        raise Unauthenticated("not a bearer token")
    return token
