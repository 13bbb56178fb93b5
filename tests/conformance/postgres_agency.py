"""An agency made for one test: its tables, and the rest of its file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
from graphql import GraphQLSchema

from adapters import postgres
from adapters.contract import Compare, FetchCall, FetchSpec, OrderTerm, Predicate, Rows, Value
from gateway.settings.agencies import load_agencies, type_catalog

ENVELOPE = """
format = 1
code = "FOOD"
name = { en = "Food", fr = "Aliments" }
[sources.db]
kind = "postgres"
dsn = { env = "FOOD_DSN" }
timezone = "America/Toronto"
"""
PERMIT = """
[collections.permit]
source = "db"
provides = "Permit"
table = "c.permit"
"""
SHIPMENT = PERMIT.replace("Permit", "Shipment").replace("permit", "shipment")
CCN = '[collections.shipment.fields]\nccn = { from = "ccn", read = ["trim", "upper"], ask = [] }\n'


@dataclass
class Agency:
    source: postgres.PostgresSource

    async def rows(self, spec: FetchSpec, *keys: tuple[Any, ...], **call: Any) -> Rows:
        return await self.source.prepare(spec).run(FetchCall(keys=list(keys), **call))

    async def listed(self, collection: str, *columns: str, key: str = "number", **spec: Any) -> list[tuple[Any, ...]]:
        """The rows in the order of their key."""
        rows = await self.rows(FetchSpec(collection, columns, order=(OrderTerm(key),), **spec))
        return list(zip(*rows.columns, strict=True))

    async def found(self, collection: str, path: str, value: Any, shown: str = "number", op: str = "eq") -> list[Any]:
        """What a filter on ``path`` finds, and a policy's predicate likewise."""
        # Drawn or listed as plain values.
        term: Predicate = Compare(path, op, Value(tuple(value) if op == "in" else value))  # type: ignore[arg-type]
        spec = FetchSpec(collection, (shown,), order=(OrderTerm(shown),))
        rows = await self.rows(replace(spec, filter=term))
        assert rows.columns == (await self.rows(replace(spec, predicate=term))).columns
        return rows.columns[0]


Make = Callable[[str, str], Awaitable[Agency]]
"""From the SQL that makes and fills tables of the schema ``c``, and the rest of the agency file."""


async def made(owner: str, reader: str, file: Path, schema: GraphQLSchema, sql: str, text: str) -> Agency:
    """Started. ``owner`` and ``reader``: DSNs of one database, whose schema ``c`` is replaced."""
    connection = await asyncpg.connect(owner)
    try:
        await connection.execute("DROP SCHEMA IF EXISTS c CASCADE; CREATE SCHEMA c; SET search_path = c; " + sql)
        await connection.execute(
            "GRANT USAGE ON SCHEMA c TO guichet_ro; GRANT SELECT ON ALL TABLES IN SCHEMA c TO guichet_ro"
        )
    finally:
        await connection.close()
    source = _source(file, ENVELOPE + text, schema, reader)
    await source.start()
    return Agency(source)


def _source(file: Path, text: str, schema: GraphQLSchema, dsn: str) -> postgres.PostgresSource:
    file.write_text(text, "utf-8")
    [read] = load_agencies([file], type_catalog(schema))
    table = {**read.sources["db"], "dsn": dsn}
    return postgres.create("db", read.code, table, read.collections, read.lookups)
