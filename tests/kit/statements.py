"""What agencies were asked, by their own logs."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx

from tests.kit.demo import RunningDemo

PATIENCE = 10.0
SIGN = "SELECT 'sign "
TYPES = "WITH RECURSIVE typeinfo_tree"
"""How asyncpg begins to read a type's definition, once per connection."""


class StatementLog:
    """Statements at a PostgreSQL agency since ``mark``."""

    def __init__(self, demo: RunningDemo, agency: str) -> None:
        found = demo["agencies"][agency]
        self._path = Path(found["statement_log"])
        self._store, self._reader = found["store"], urlsplit(found["dsn"])
        self._from = 0

    def mark(self) -> None:
        self._from += len(self._read())

    def since(self) -> list[dict[str, Any]]:
        """Reads only: no session set-up, as which types count."""
        every = [json.loads(line) for line in self._read().splitlines()]
        reads = [one for one in every if one["text"].lstrip(" (").upper().startswith(("SELECT", "WITH"))]
        return [one for one in reads if not one["text"].startswith((SIGN, TYPES))]

    def _read(self) -> bytes:
        """All lines, up to a statement of our own: the server logs it behind those that were answered before."""
        sign = f"{SIGN}{uuid4()}'"
        with ThreadPoolExecutor(1) as aside:  # there may be a loop here
            aside.submit(asyncio.run, self._ask(sign)).result()
        end = time.monotonic() + PATIENCE
        while True:
            with self._path.open("rb") as file:
                file.seek(self._from)
                lines = file.read()
            if sign.encode() in lines and lines.endswith(b"\n"):
                return lines
            assert time.monotonic() < end, "the statement log does not follow"
            time.sleep(0.01)

    async def _ask(self, text: str) -> None:
        """As the gateway would, whose statements alone are logged, but past every fault."""
        connection = await asyncpg.connect(self._store, user=self._reader.username, password=self._reader.password)
        try:
            await connection.execute(text)
        finally:
            await connection.close()


class RequestLog:
    """Requests at an HTTP agency since ``mark``, but for those that fetch tokens."""

    def __init__(self, demo: RunningDemo, agency: str) -> None:
        self._url = demo["agencies"][agency]["log"]

    def mark(self) -> None:
        httpx.delete(self._url, timeout=10).raise_for_status()

    def since(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(self._url, timeout=10).raise_for_status().json()
        return [one for one in found if not one["path"].startswith("/oauth")]
