"""The issuer's public keys: from a file or a URL, read again when a token names an unknown one, but not too often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from gateway.settings.config import Identity

MAX_BYTES = 256 * 1024
FETCH_SECONDS = 5.0

Key = ECKey | OKPKey | RSAKey


class KeySetUnavailable(Exception):
    """The key set could not be read; the text is for the log."""


class KeyRing:
    """Keys by ``kid``. Symmetric keys in the set are ignored: no token is ever checked with a shared secret."""

    def __init__(
        self,
        read: Callable[[], Awaitable[bytes]],
        *,
        refresh_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._refresh_seconds = refresh_seconds
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    @property
    def known(self) -> Mapping[str, Key]:
        """The keys as they were last read: another object after each reading."""
        return self._keys

    async def key(self, kid: str) -> Key | None:
        """The key, after one new reading when it is not known and the last reading is old enough.

        A set that cannot be read leaves the known keys in force. Raises :class:`KeySetUnavailable` when none is known.
        """
        if kid not in self._keys and self._may_read():
            async with self._reading:
                if kid not in self._keys and self._may_read():
                    await self.refresh()
        return self._keys.get(kid)

    async def loaded(self) -> bool:
        """Whether any key is known, after a reading when none is. Raises :class:`KeySetUnavailable`."""
        if not self._keys and self._may_read():
            await self.refresh()
        return bool(self._keys)

    async def refresh(self) -> None:
        """Read the set now. A failure counts as a reading: a broken issuer must not be asked at every request."""
        self._read_at = self._clock()
        try:
            self._keys = _keys_in(await self._read())
        except (KeySetUnavailable, OSError, aiohttp.ClientError, TimeoutError) as error:
            if not self._keys:
                raise KeySetUnavailable(f"key set cannot be read: {type(error).__name__}: {error}") from error

    def _may_read(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at >= self._refresh_seconds


def key_ring(settings: Identity) -> KeyRing:
    """The ring for the configured file or URL."""
    read = _from_file(Path(settings.jwks_file)) if settings.jwks_file else _from_url(settings.jwks_url)
    return KeyRing(read, refresh_seconds=settings.refresh_seconds)


def _from_file(path: Path) -> Callable[[], Awaitable[bytes]]:
    async def read() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return read


def _from_url(url: str) -> Callable[[], Awaitable[bytes]]:
    async def read() -> bytes:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise KeySetUnavailable(f"{url} answered {response.status}")
            body = await response.content.read(MAX_BYTES + 1)
            while len(body) <= MAX_BYTES and (more := await response.content.read(MAX_BYTES + 1 - len(body))):
                body += more
            if len(body) > MAX_BYTES:
                raise KeySetUnavailable(f"{url} sent more than {MAX_BYTES} bytes")
            return body

    return read


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
