"""What ``check`` needs of a PostgreSQL source, and how it asks: samples, never whole tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from adapters.contract import Capabilities, CollectionSpec, FetchSpec, Lookup, PreparedFetch
from adapters.mapping import CodeTables
from adapters.postgres.catalog import Catalog, quoted
from adapters.postgres.scope import Context
from adapters.postgres.settings import PostgresSettings
from adapters.postgres.statement import Parameters

SAMPLE = 1_000
LARGE = 100_000
"""Rows above which a missing index is reported, and only so many are looked at."""


class Checked(Protocol):
    """The source itself, as its checks see it."""

    name: str
    settings: PostgresSettings
    collections: Mapping[str, CollectionSpec]
    lookups: Mapping[str, Lookup]
    tables: CodeTables
    catalog: Catalog
    known: bool
    capabilities: Capabilities

    def prepare(self, spec: FetchSpec) -> PreparedFetch: ...

    async def fetch(self, text: str, arguments: Sequence[Any], deadline: float | None) -> list[Any]: ...

    def table_names(self) -> set[str]: ...


def context(source: Checked) -> Context:
    settings = source.settings
    return Context(source.collections, source.catalog, source.tables, settings.timezone, settings.zone, Parameters())


async def value(source: Checked, query: Any) -> Any:
    """The one value that a statement without parameters gives."""
    return (await source.fetch(Parameters().statement(query).text, (), None))[0][0]


def sampled(table: str) -> str:
    """A FROM item: the first rows of a table, as ``c``."""
    return f"(SELECT * FROM {quoted(table)} LIMIT {LARGE}) c"  # noqa: S608 - identifiers, quoted
