"""What agencies were asked, by their own logs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx

from tests.kit.demo import RunningDemo

SETTLED = 0.12
"""The statement log follows the server's own within a few hundredths of a second."""


class StatementLog:
    """Statements at a PostgreSQL agency since ``mark``."""

    def __init__(self, demo: RunningDemo, agency: str) -> None:
        self._path = Path(demo["agencies"][agency]["statement_log"])
        self._from = 0

    def mark(self) -> None:
        time.sleep(SETTLED)
        self._from = self._path.stat().st_size

    def since(self) -> list[dict[str, Any]]:
        """Reads only: no session set-up."""
        time.sleep(SETTLED)
        with self._path.open("rb") as file:
            file.seek(self._from)
            found = [json.loads(line) for line in file.read().splitlines()]
        return [one for one in found if one["text"].lstrip(" (").upper().startswith(("SELECT", "WITH"))]


class RequestLog:
    """Requests at an HTTP agency since ``mark``, but for those that fetch tokens."""

    def __init__(self, demo: RunningDemo, agency: str) -> None:
        self._url = demo["agencies"][agency]["log"]

    def mark(self) -> None:
        httpx.delete(self._url, timeout=10).raise_for_status()

    def since(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(self._url, timeout=10).raise_for_status().json()
        return [one for one in found if not one["path"].startswith("/oauth")]
