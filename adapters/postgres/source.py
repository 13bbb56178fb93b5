"""A live PostgreSQL source: runs translated statements, and keeps column types and code lists current."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from pydantic import ValidationError

from adapters.contract import (
    Capabilities,
    CollectionSpec,
    FetchCall,
    FetchSpec,
    Finding,
    Health,
    Join,
    Lookup,
    Rows,
)
from adapters.errors import AgencyFileError, Fault, SourceBusy, SourceError, SourceTimeout, Unsupported
from adapters.mapping import CodeTables
from adapters.postgres.abilities import capabilities
from adapters.postgres.catalog import COLUMNS_SQL, Catalog, catalog, quoted
from adapters.postgres.check import check
from adapters.postgres.failures import KNOWN, converted, lost
from adapters.postgres.pool import Pool
from adapters.postgres.rows import decoder
from adapters.postgres.settings import PostgresSettings
from adapters.postgres.translate import Translation, translate
from adapters.resilience import Load

_START_SECONDS = 10.0
_RETRY_SECONDS = 5.0
_KEPT_SHAPES = 2048


class PostgresSource:
    """``collections`` and ``lookups``: those of this source, by name."""

    def __init__(
        self,
        name: str,
        agency: str,
        settings: PostgresSettings,
        collections: Mapping[str, CollectionSpec],
        lookups: Mapping[str, Lookup],
    ) -> None:
        self.name = name
        self.agency = agency
        self.settings = settings
        self.collections = collections
        self.lookups = lookups
        self.tables = CodeTables()
        self.zone = settings.zone
        self.catalog = Catalog()
        self.known = False
        self.pool = Pool(settings, f"guichet {agency}")
        self.capabilities = self._abilities()
        self._shapes: OrderedDict[FetchSpec, PostgresFetch] = OrderedDict()
        self._due: dict[str, float] = dict.fromkeys(lookups, 0.0)
        self._next_due = 0.0
        self._learning: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None

    # ---- the protocol ----------------------------------------------------------------------------

    def prepare(self, spec: FetchSpec) -> PostgresFetch:
        found = self._shapes.get(spec)
        if found is None:
            found = self._shapes[spec] = PostgresFetch(self, spec)
            while len(self._shapes) > _KEPT_SHAPES:
                self._shapes.popitem(last=False)
        else:
            self._shapes.move_to_end(spec)
        return found

    def joins(self, collection: str, join: Join) -> bool:
        """By trying, against the columns as they are known."""
        try:
            self.translation(FetchSpec(collection, (), joins=(join,)))
        except Unsupported:
            return False
        return True

    def translation(self, spec: FetchSpec) -> Translation:
        return translate(spec, self.collections, self.catalog, self.tables, self.settings.timezone, self.zone)

    async def start(self) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self.learn()
        except (SourceError, TimeoutError):
            return

    @property
    def load(self) -> Load:
        return self.pool.load

    async def health(self) -> Health:
        try:
            await self.fetch("SELECT 1", (), asyncio.get_running_loop().time() + _RETRY_SECONDS)
        except SourceTimeout:
            return Health.DEGRADED
        except SourceError:
            return Health.DOWN
        return Health.UP

    async def check(self) -> Sequence[Finding]:
        return await check(self)

    async def close(self) -> None:
        for task in (self._learning, self._refreshing):
            if task is not None and not task.done():
                task.cancel()
        await self.pool.close()

    def _abilities(self) -> Capabilities:
        """Better known once the column types are: a number kept as text has no order."""
        return capabilities(self.collections, self.catalog, self.tables, self.settings.timezone, self.zone)

    # ---- asking ----------------------------------------------------------------------------------

    async def fetch(self, text: str, arguments: Sequence[Any], deadline: float | None) -> list[Any]:
        """Raises a ``SourceError``. A lost connection is replaced and the read repeated once, within the deadline."""
        now = asyncio.get_running_loop().time()
        end = now + self.settings.timeout_ms / 1000
        if deadline is not None:
            end = min(end, deadline)
        if end <= now:  # asking would only cost the connection that it is cancelled on
            raise SourceBusy("the deadline passed before it was asked")
        try:
            try:
                return await self._once(text, arguments, end)
            except KNOWN as error:
                if not lost(error):
                    raise
                self.pool.expire()
            return await self._once(text, arguments, end)
        except KNOWN as error:
            if getattr(error, "sqlstate", None) in ("42703", "42P01", "42804", "42883"):
                self.known = False  # a column or type changed: read the catalog again
            raise converted(error) from error

    async def _once(self, text: str, arguments: Sequence[Any], end: float) -> list[Any]:
        pool = self.pool
        connection = await pool.acquire(end)
        try:
            left = end - asyncio.get_running_loop().time()
            records: list[Any] = await connection.fetch(text, *arguments, timeout=left)  # not above 0: it is late
        except BaseException as error:
            if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError) and not lost(error):
                pool.release(connection)  # the server answered, or was not asked: the connection is sound
            else:
                pool.discard(connection)
            raise
        pool.release(connection)
        return records

    # ---- what must be known before asking ----------------------------------------------------------

    @property
    def ready(self) -> bool:
        return self.known and time.monotonic() < self._next_due

    async def learn(self, deadline: float | None = None) -> None:
        """Read column types and code lists that were never read; refresh code lists that are due, in background."""
        if not self.known or any(due == 0.0 for due in self._due.values()):
            if self._learning is None or self._learning.done():
                self._learning = asyncio.ensure_future(self._learn())
            try:
                async with asyncio.timeout_at(deadline):
                    await asyncio.shield(self._learning)
            except TimeoutError as error:
                raise SourceTimeout("reading the catalog") from error
        elif time.monotonic() >= self._next_due and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.ensure_future(self._refresh())

    async def _learn(self) -> None:
        if not self.known:
            names = sorted(self.table_names())
            records = await self.fetch(COLUMNS_SQL, (names, [quoted(name) for name in names]), None)
            self.catalog = catalog(records)
            self.capabilities = self._abilities()
            self.known = True
            for shape in self._shapes.values():
                shape.forget()
        for name in [name for name, due in self._due.items() if due == 0.0]:
            await self._read_lookup(name)
        self._schedule()

    async def _refresh(self) -> None:
        now = time.monotonic()
        for name in [name for name, due in self._due.items() if due <= now]:
            try:
                await self._read_lookup(name)
            except SourceError:
                self._due[name] = now + _RETRY_SECONDS  # the old list serves meanwhile
        self._schedule()

    def _schedule(self) -> None:
        self._next_due = min(self._due.values(), default=float("inf"))

    async def _read_lookup(self, name: str) -> None:
        lookup = self.lookups[name]
        columns = f"{quoted(lookup.code)}, {quoted(lookup.value)}"
        # Identifiers of the agency file, quoted.
        records = await self.fetch(f"SELECT {columns} FROM {quoted(lookup.table)} ORDER BY 1, 2", (), None)  # noqa: S608
        self.tables.set(name, ((code, value) for code, value in records))
        self._due[name] = time.monotonic() + lookup.refresh.total_seconds()

    def table_names(self) -> set[str]:
        """Every table that the collections read."""
        names = {lookup.table for lookup in self.lookups.values()}
        for spec in self.collections.values():
            names.add(spec.table)
            names.update(part.table for part in spec.parts.values())
            if spec.as_of is not None and spec.as_of.table:
                names.add(spec.as_of.table)
            below = list(spec.children.values())
            while below:
                child = below.pop()
                below += child.children.values()
                names.add(child.table)
        return names - {""}


class PostgresFetch:
    """One call shape. Built on preparation to find out whether it can be; again once the column types are known."""

    def __init__(self, source: PostgresSource, spec: FetchSpec) -> None:
        self.source = source
        self.spec = spec
        self._built: Translation | None = source.translation(spec)
        if not source.known:
            self.forget()
        else:
            self._use()

    def _use(self) -> Translation:
        if self._built is None:
            self._built = self.source.translation(self.spec)
        self._statement = self._built.statement
        self._decode = decoder(self._built.layout, self.source.zone)
        return self._built

    def forget(self) -> None:
        self._built = None

    async def run(self, call: FetchCall) -> Rows:
        source = self.source
        if not source.ready:
            await source.learn(call.deadline)
        if self._built is None:
            self._use()
        records = await source.fetch(self._statement.text, self._statement.arguments(call), call.deadline)
        return self._decode(records[0], call.keys, call.limit)

    def explain(self) -> str:
        built = self._built if self._built is not None else self.source.translation(self.spec)
        return f"{self.source.agency} {self.source.name}\n{built.statement.explain()}"


def create(
    name: str,
    agency: str,
    table: Mapping[str, Any],
    collections: Sequence[CollectionSpec],
    lookups: Mapping[str, Lookup],
) -> PostgresSource:
    """``table``: the options under ``[sources.<name>]``, secrets resolved; ``collections`` and ``lookups``: those of
    this source. Raises ``AgencyFileError``."""
    try:
        settings = PostgresSettings.model_validate(dict(table))
    except ValidationError as error:
        raise AgencyFileError(
            [
                Fault("", ".".join(["sources", name, *map(str, fault["loc"])]), fault["msg"])
                for fault in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from None
    return PostgresSource(
        name,
        agency,
        settings,
        {spec.name: spec for spec in collections},
        lookups,
    )
