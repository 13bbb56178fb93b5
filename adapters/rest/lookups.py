"""Code lists behind endpoints: read at start, and again when older than their ``refresh``."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from functools import partial

from yarl import URL

from adapters.contract import Lookup
from adapters.errors import SourceError
from adapters.mapping import CodeTables, parse_path, walk
from adapters.resilience import within
from adapters.rest.client import Client
from adapters.rest.rows import RowsAt


class Lookups:
    """Keeps ``tables`` current. A list that was never read is waited for; an old one serves while it is read anew."""

    def __init__(self, client: Client, lookups: Iterable[Lookup], tables: CodeTables) -> None:
        self._client = client
        self._lookups = {lookup.name: lookup for lookup in lookups}
        self._tables = tables
        self._due: dict[str, float] = {}
        self._reading: dict[str, asyncio.Task[int]] = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._lookups)

    async def start(self) -> None:
        """Reads all; an agency that does not answer now is asked again on use."""
        await asyncio.gather(*(self._read(name) for name in self._lookups), return_exceptions=True)

    async def ready(self, names: Iterable[str], deadline: float | None) -> None:
        """Makes sure that ``names`` have been read. Raises the ``SourceError`` of a first reading that fails."""
        now = asyncio.get_running_loop().time()
        for name in names:
            due = self._due.get(name)
            if due is None:
                reading = self._read(name)
                await within(partial(asyncio.shield, reading), deadline=deadline, seconds=None, what=f"lookup {name}")
            elif due <= now and name not in self._reading:
                self._read(name)

    def _read(self, name: str) -> asyncio.Task[int]:
        task = self._reading.get(name)
        if task is None:
            task = self._reading[name] = asyncio.create_task(self.read(name))
            task.add_done_callback(lambda done: self._done(name, done))
        return task

    def _done(self, name: str, task: asyncio.Task[int]) -> None:
        self._reading.pop(name, None)
        if not task.cancelled() and isinstance(task.exception(), SourceError) and name in self._due:
            # The old list still serves; not asked again at once.
            self._due[name] = task.get_loop().time() + min(60.0, self._lookups[name].refresh.total_seconds())

    async def read(self, name: str) -> int:
        """How many codes of the list occur more than once. Raises a ``SourceError``; the old list is then kept."""
        lookup = self._lookups[name]
        answer = await self._client.ask("GET", URL(self._client.base + lookup.get, encoded=True), path=lookup.get)
        rows = RowsAt(lookup.rows).find(answer.document)[0].rows if answer else []
        code, value = parse_path(lookup.code), parse_path(lookup.value)
        pairs = [(walk(row, code), walk(row, value)) for row in rows]
        self._tables.set(name, pairs)
        self._due[name] = asyncio.get_running_loop().time() + lookup.refresh.total_seconds()
        return sum(count > 1 for count in Counter(str(native) for native, _ in pairs).values())

    async def close(self) -> None:
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
