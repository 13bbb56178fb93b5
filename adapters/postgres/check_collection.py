"""What ``guichet check`` asks about one collection: literals, keys, a sample of rows, code lists, lists, indexes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from adapters.contract import MISSING, CodeMap, CollectionSpec, FetchCall, FetchSpec, FieldBinding, Finding, Lookup
from adapters.errors import SourceError, Unsupported
from adapters.mapping import CodeTables, asking, effective_steps, reading
from adapters.postgres.catalog import quoted
from adapters.postgres.expressions import as_text, blank, one_of
from adapters.postgres.indexes import Indexes
from adapters.postgres.operands import key_elements
from adapters.postgres.scope import Context, Rows, key_paths
from adapters.postgres.statement import Parameters

if TYPE_CHECKING:
    from adapters.postgres.source import PostgresSource

SAMPLE = 1_000
LARGE = 100_000
"""Rows above which a missing index is reported and a key is only sampled."""


async def collection_findings(source: PostgresSource, spec: CollectionSpec, indexes: Indexes) -> AsyncIterator[Finding]:
    here = f"collections.{spec.name}"
    size = indexes.rows(spec.table)
    try:
        async for finding in _literals(source, spec):
            yield finding
        async for finding in _key(source, spec, size):
            yield finding
        async for finding in _sample(source, spec):
            yield finding
        async for finding in _copies(source, spec):
            yield finding
        async for finding in _children(source, spec):
            yield finding
    except (SourceError, Unsupported) as error:
        yield Finding(here, str(error))
    if size > LARGE:
        for finding in _indexes(spec, indexes):
            yield finding


def _context(source: PostgresSource) -> Context:
    return Context(
        source.collections, source.catalog, source.tables, source.settings.timezone, source.zone, Parameters()
    )


async def _value(source: PostgresSource, query: Any) -> Any:
    statement = Parameters().statement(query)
    return (await source.fetch(statement.text, (), None))[0][0]


async def _literals(source: PostgresSource, spec: CollectionSpec) -> AsyncIterator[Finding]:
    """Where each literal of ``where`` and ``except`` occurs; a blank may be absent."""
    for kind, named in (("where", spec.where), ("except", spec.unless)):
        for column, literals in named.items():
            for literal in literals:
                if literal == "":
                    continue
                rows = Rows(_context(source), spec)
                test = one_of(*rows.own(column), (literal,))
                query = sa.select(sa.select(sa.literal_column("1")).select_from(rows.from_).where(test).exists())
                if not await _value(source, query):
                    yield Finding(
                        f"collections.{spec.name}.{kind}.{column}", f"{literal!r} does not occur", warning=True
                    )


async def _key(source: PostgresSource, spec: CollectionSpec, size: int) -> AsyncIterator[Finding]:
    here = f"collections.{spec.name}.fields"
    paths = key_paths(spec)
    if not paths or spec.provides == "RequiredDecision":
        return
    rows = Rows(_context(source), spec)
    keys = [element.label(f"k{i}") for i, element in enumerate(key_elements(rows))]
    inner = sa.select(*keys).select_from(rows.joined()).where(*rows.restrictions())
    if size > LARGE:
        inner = inner.limit(sa.literal_column(str(LARGE)))
    found = inner.subquery("keys")
    twice: Any = (
        sa.select(sa.literal_column("1"))
        .select_from(found)
        .group_by(*found.c)
        .having(sa.func.count() > sa.literal_column("1"))
    )
    count = await _value(source, sa.select(sa.func.count()).select_from(twice.subquery("twice")))
    if count:
        yield Finding(here, f"{count} keys ({', '.join(paths)}) have more than one row")
    nulls = sa.select(sa.func.count()).select_from(found).where(sa.or_(*(column.is_(None) for column in found.c)))
    if empty := await _value(source, nulls):
        yield Finding(here, f"{empty} rows have no key ({', '.join(paths)})")


async def _sample(source: PostgresSource, spec: CollectionSpec) -> AsyncIterator[Finding]:
    """Read rows as any fetch would: what fails to convert, which codes are not mapped, which keys cannot be asked."""
    bindings = {**spec.fields, **{p: b for part in spec.parts.values() for p, b in part.fields.items()}}
    paths = tuple(bindings)
    rows = await source.prepare(FetchSpec(spec.name, paths, limit=True)).run(FetchCall(limit=SAMPLE))
    problems: dict[tuple[str, str], int] = {}
    for flag in rows.flags:
        problems[flag.path, flag.problem] = problems.get((flag.path, flag.problem), 0) + 1
    for (path, problem), count in problems.items():
        yield Finding(
            f"collections.{spec.name}.fields.{path}", f"{problem}: {count} of {rows.count} rows", warning=True
        )
    for path, binding in bindings.items():
        if isinstance(binding.codes, CodeMap | Lookup) and path in spec.fields and not binding.json_path:
            async for finding in _codes(source, spec, path, binding):
                yield finding
    for path, column in zip(paths, rows.columns, strict=True):
        binding = bindings[path]
        if binding.read and binding.ask is not None and path in spec.fields:
            lost = await _unreachable(source, spec, path, column)
            if lost:
                yield Finding(f"collections.{spec.name}.fields.{path}", f"{lost} values unreachable by `ask`")


async def _unreachable(source: PostgresSource, spec: CollectionSpec, path: str, column: Sequence[Any]) -> int:
    """How many of the values read are not found when they are asked for."""
    values = [value for value in dict.fromkeys(column) if value is not None][:SAMPLE]
    fetch = source.prepare(FetchSpec(spec.name, (path,), keys=(path,)))
    found = await fetch.run(FetchCall(keys=[(value,) for value in values]))
    return len(set(values) - set(found.columns[0]))


async def _codes(
    source: PostgresSource, spec: CollectionSpec, path: str, binding: FieldBinding
) -> AsyncIterator[Finding]:
    """Live codes that the list does not have, with counts."""
    codes = binding.codes
    if binding.list or not isinstance(codes, CodeMap | Lookup):
        return
    known: Mapping[str, Any] = codes.values if isinstance(codes, CodeMap) else source.tables.forward(codes.name)
    rows = Rows(_context(source), spec)
    element, column = rows.own(binding.columns[0])
    code = as_text(element, column)
    empty = blank(element, column)
    query = sa.select(sa.cast(code, sa.Text).label("code")).select_from(rows.joined()).where(*rows.restrictions())
    if empty is not None:
        query = query.where(sa.not_(empty))
    sampled = query.limit(sa.literal_column(str(LARGE))).subquery("sampled")
    counts = sa.select(sampled.c.code, sa.func.count().label("n")).group_by(sampled.c.code)
    statement = Parameters().statement(counts.order_by(sa.literal_column("2").desc()))
    records = await source.fetch(statement.text, (), None)
    read = reading(binding, zone=source.settings.timezone, tables=source.tables)
    values, _ = read.read([[native for native, _ in records]], len(records))
    unmapped = [
        f"{native.strip()} ({count})"
        for (native, count), value in zip(records, values, strict=True)
        if value is None and native.strip() not in known
    ]
    if unmapped:
        yield Finding(f"collections.{spec.name}.fields.{path}", f"codes not mapped: {', '.join(unmapped[:20])}")


async def _copies(source: PostgresSource, spec: CollectionSpec) -> AsyncIterator[Finding]:
    if spec.as_of is None or not spec.as_of.table:
        return
    rows = await source.prepare(FetchSpec(spec.name, key_paths(spec)[:1], limit=True)).run(FetchCall(limit=1))
    here = f"collections.{spec.name}.as_of"
    age = datetime.now(UTC) - rows.as_of
    if age < timedelta(seconds=-5):
        yield Finding(here, "lies in the future")
    elif spec.freshness is not None and age > spec.freshness:
        yield Finding(here, f"the copy is {age} old, past its freshness of {spec.freshness}", warning=True)


async def _children(source: PostgresSource, spec: CollectionSpec) -> AsyncIterator[Finding]:
    """Rows of parts and lists that belong to nothing; parts with more than one row."""
    table = quoted(spec.table)
    below = [("parts", p.name, p.table, p.on, p.newest) for p in spec.parts.values()]
    below += [("children", c.name, c.table, c.on, ("",)) for c in spec.children.values() if c.table]
    for kind, name, theirs, on, newest in below:
        key = f"collections.{spec.name}.{kind}.{name}"
        pairs = " AND ".join(f"c.{quoted(a)} = p.{quoted(b)}" for a, b in on.items())
        sampled = f"(SELECT * FROM {quoted(theirs)} LIMIT {LARGE}) c"  # noqa: S608
        text = f"SELECT count(*) FROM {sampled} WHERE NOT EXISTS (SELECT 1 FROM {table} p WHERE {pairs})"  # noqa: S608
        [[orphans]] = await source.fetch(text, (), None)
        if orphans:
            yield Finding(key, f"{orphans} rows of {theirs} belong to no row of {spec.table}", warning=True)
        if not newest:
            columns = ", ".join(quoted(column) for column in on)
            many = f"SELECT 1 FROM {sampled} GROUP BY {columns} HAVING count(*) > 1"  # noqa: S608
            [[several]] = await source.fetch(f"SELECT count(*) FROM ({many}) d", (), None)  # noqa: S608
            if several:
                yield Finding(key, f"{several} objects have more than one row; say which is `newest`")


def _indexes(spec: CollectionSpec, indexes: Indexes) -> Sequence[Finding]:
    """Large tables: no index starts with what is asked for, ordered by, or joined on."""
    found: list[Finding] = []
    here = f"collections.{spec.name}"

    def need(key: str, table: str, columns: Sequence[str], what: str) -> None:
        if indexes.rows(table) > LARGE and not indexes.serves(table, columns):
            found.append(Finding(key, f"no index of {table} starts with {what}: reads the whole table", warning=True))

    for path in key_paths(spec):
        binding = spec.fields[path]
        if binding.const is MISSING and binding.columns:
            how = asking(binding, zone="UTC", tables=CodeTables())
            steps = bool(effective_steps(binding)) and how.via_read
            what = f"the `read` of {path}" if steps else binding.columns[0]
            need(f"{here}.fields.{path}", spec.table, () if steps else binding.columns[:1], what)
            break
    for part in spec.parts.values():
        need(f"{here}.parts.{part.name}", part.table, list(part.on), ", ".join(part.on))
    for child in spec.children.values():
        if child.table:
            need(f"{here}.children.{child.name}", child.table, list(child.on), ", ".join(child.on))
    return found
