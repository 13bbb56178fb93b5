"""Where a key set is read from: a file or a URL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

MAX_BYTES = 256 * 1024
FETCH_SECONDS = 5.0

Read = Callable[[], Awaitable[bytes]]
"""The set's text. Raises :class:`KeySetUnavailable`, ``OSError``."""


class KeySetUnavailable(Exception):
    """The key set could not be read; the text is for the log."""


def from_file(path: Path) -> Read:
    async def read() -> bytes:
        return await asyncio.to_thread(path.read_bytes)

    return read


def from_url(url: str) -> Read:
    import aiohttp  # a tenth of a start, for those whose keys have a URL

    async def read() -> bytes:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise KeySetUnavailable(f"{url} answered {response.status}")
                body = await response.content.read(MAX_BYTES + 1)
                while len(body) <= MAX_BYTES and (more := await response.content.read(MAX_BYTES + 1 - len(body))):
                    body += more
        except aiohttp.ClientError as error:
            raise KeySetUnavailable(f"{type(error).__name__}: {error}") from error
        if len(body) > MAX_BYTES:
            raise KeySetUnavailable(f"{url} sent more than {MAX_BYTES} bytes")
        return body

    return read
