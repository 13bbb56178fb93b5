"""The issuer's public keys, read again and again, and when a token names an unknown one.

A key that the issuer withdraws is in force until the next reading. Keys that cannot be read again are in force for a
grace; then no token holds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from gateway.identity.key_set import KeySetUnavailable, Read, from_file, from_url
from gateway.settings.config import Identity

log = structlog.get_logger("guichet.identity")

Key = ECKey | OKPKey | RSAKey


class KeyRing:
    """Keys by ``kid``. Symmetric keys in the set are ignored: no token is ever checked with a shared secret.

    Each reading holds for ``refresh_seconds``, and for ``grace_seconds`` more while the set cannot be read.
    """

    def __init__(
        self,
        read: Read,
        *,
        refresh_seconds: float,
        grace_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._refresh_seconds = refresh_seconds
        self._holds_seconds = refresh_seconds + grace_seconds
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._text = b""
        self._tried_at: float | None = None
        self._lapses_at = 0.0
        self._reading = asyncio.Lock()

    @property
    def known(self) -> Mapping[str, Key]:
        """The keys in force: another object whenever the set has changed or lapsed."""
        if self._keys and self._clock() >= self._lapses_at:
            log.error("keys lapsed; no token holds until they are read")
            self._keys = {}
        return self._keys

    async def key(self, kid: str) -> Key | None:
        """The key, after one new reading when it is not known and the last reading is old enough.

        Raises :class:`KeySetUnavailable` when that fails and no key is in force.
        """
        if kid not in self.known:
            await self._read_if_due()
        return self.known.get(kid)

    async def loaded(self) -> bool:
        """Whether any key is in force, after a reading when none is. Raises :class:`KeySetUnavailable`."""
        if not self.known:
            await self._read_if_due()
        return bool(self.known)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Reads every ``refresh_seconds`` while the context lasts, so that no request waits for it."""
        task = asyncio.create_task(self._read_on())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def refresh(self) -> None:
        """Read the set now. A failure counts as a reading: a broken issuer must not be asked at every request."""
        started = self._tried_at = self._clock()
        try:
            text = await self._read()
            if text != self._text or not self._keys:
                self._keys, self._text = _keys_in(text), text
            self._lapses_at = started + self._holds_seconds
        except (KeySetUnavailable, OSError) as error:
            reason = f"key set cannot be read: {type(error).__name__}: {error}"
            log.warning("keys not read", reason=reason)
            if not self.known:
                raise KeySetUnavailable(reason) from error

    async def _read_on(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_seconds)
            async with self._reading:
                with suppress(KeySetUnavailable):
                    await self.refresh()

    async def _read_if_due(self) -> None:
        """One reads, the others wait for it."""
        async with self._reading:
            if self._tried_at is None or self._clock() - self._tried_at >= self._refresh_seconds:
                await self.refresh()


def key_ring(settings: Identity) -> KeyRing:
    """The ring for the configured file or URL."""
    read = from_file(Path(settings.jwks_file)) if settings.jwks_file else from_url(settings.jwks_url)
    return KeyRing(read, refresh_seconds=settings.refresh_seconds, grace_seconds=settings.grace_seconds)


def _keys_in(text: bytes) -> dict[str, Key]:
    try:
        table: Any = orjson.loads(text)
        listed = table["keys"]
        usable = [each for each in listed if each.get("kid") and each.get("kty") in ("EC", "OKP", "RSA")]
        usable = [each for each in usable if each.get("use", "sig") == "sig"]
        parsed = KeySet.import_key_set({"keys": usable}) if usable else None
    except (orjson.JSONDecodeError, JoseError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise KeySetUnavailable(f"not a key set: {type(error).__name__}") from error
    keys = parsed.keys if parsed is not None else []
    return {str(each.kid): each for each in keys if isinstance(each, ECKey | OKPKey | RSAKey)}
