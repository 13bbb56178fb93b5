"""From PostgreSQL's own log to the promised statement log: one JSON line per statement the gateway ran.

A line is `{"time", "database", "text", "parameters"}`: time in UTC (RFC 3339), parameters in order, each as PostgreSQL
prints it, or null. Session set-up is listed too: whoever proves that a source was not asked needs every statement.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO

POLL = 0.02
_CHUNK = 1 << 20
_MESSAGE = re.compile(r"(?:execute (?:fetch from )?[^:]*|statement): (.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$\d+ = (?:(NULL)|'((?:[^']|'')*)')")


def statement(line: bytes, role: str) -> str | None:
    """The statement-log line for one line of the server's log; None when that is no statement by `role`."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("user") != role or entry.get("error_severity") != "LOG":
        return None
    message = _MESSAGE.fullmatch(str(entry.get("message", "")))
    if message is None:
        return None
    day, clock, _ = str(entry["timestamp"]).split(" ", 2)
    found = {
        "time": f"{day}T{clock}Z",
        "database": entry.get("dbname"),
        "text": message[1],
        "parameters": parameters(str(entry.get("detail", ""))),
    }
    return json.dumps(found, ensure_ascii=False) + "\n"


def parameters(detail: str) -> list[str | None]:
    """The values in a log entry's detail, `Parameters: $1 = 'it''s', $2 = NULL`."""
    return [None if null else text.replace("''", "'") for null, text in _PARAMETER.findall(detail)]


class Follower:
    """Follows servers' logs and appends their statements, within about 20 ms, until it is closed."""

    def __init__(self, logs: Mapping[Path, Path], role: str) -> None:
        """`logs`: the server's log → the statement log, which is emptied."""
        self._role = role
        self._pairs = [(source, target.open("w", encoding="utf-8")) for source, target in logs.items()]
        self._open: dict[Path, IO[bytes]] = {}
        self._rest: dict[Path, bytes] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stops following, after what has been logged so far."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.catch_up()
        for _, target in self._pairs:
            target.close()
        for source in self._open.values():
            source.close()

    def catch_up(self) -> None:
        """Converts everything logged so far."""
        for source, target in self._pairs:
            while self._convert(source, target):
                pass

    async def _run(self) -> None:
        while True:
            found = [self._convert(source, target) for source, target in self._pairs]
            await asyncio.sleep(0 if any(found) else POLL)

    def _convert(self, source: Path, target: IO[str]) -> bool:
        """Converts one chunk; False when there was nothing new."""
        if source not in self._open:
            try:
                self._open[source] = source.open("rb", buffering=0)
            except FileNotFoundError:
                return False
        chunk = self._open[source].read(_CHUNK)
        if not chunk:
            return False
        *lines, self._rest[source] = (self._rest.get(source, b"") + chunk).split(b"\n")
        found = [line for raw in lines if (line := statement(raw, self._role))]
        if found:
            target.writelines(found)
            target.flush()
        return True
