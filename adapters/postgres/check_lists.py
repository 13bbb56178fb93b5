"""What ``guichet check`` asks about parts and child lists: whose rows they are, and in which order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from adapters.contract import Child, CollectionSpec, Finding
from adapters.postgres.catalog import quoted
from adapters.postgres.checked import Checked, sampled


async def list_findings(source: Checked, spec: CollectionSpec) -> AsyncIterator[Finding]:
    here = f"collections.{spec.name}"
    for part in spec.parts.values():
        key = f"{here}.parts.{part.name}"
        async for finding in _orphans(source, key, spec.table, part.table, part.on):
            yield finding
        if not part.newest:
            if several := await _alike(source, part.table, list(part.on)):
                yield Finding(key, f"{several} objects have more than one row; say which is `newest`")
        elif ties := await _alike(source, part.table, [*part.on, *part.newest]):
            yield Finding(f"{key}.newest", f"{ties} objects have rows that are equally new: which counts is chance")
    for key, above, child in children(here, spec.table, spec.children):
        async for finding in _orphans(source, key, above, child.table, child.on):
            yield finding
        if ties := await _alike(source, child.table, [*child.on, *child.order]):
            yield Finding(f"{key}.order", f"{ties} places hold more than one row: their order is chance", note=True)


def children(here: str, above: str, named: Mapping[str, Child]) -> Iterator[tuple[str, str, Child]]:
    """Child lists that have a table, at any depth: key path, the table that they hang on, and the list."""
    for name, child in named.items():
        if child.table:
            key = f"{here}.children.{name}"
            yield key, above, child
            yield from children(key, child.table, child.children)


async def _orphans(source: Checked, key: str, above: str, table: str, on: Mapping[str, str]) -> AsyncIterator[Finding]:
    pairs = " AND ".join(f"c.{quoted(theirs)} = p.{quoted(ours)}" for theirs, ours in on.items())
    missing = f"NOT EXISTS (SELECT 1 FROM {quoted(above)} p WHERE {pairs})"  # noqa: S608 - identifiers, quoted
    # Identifiers of the agency file, quoted.
    [[orphans]] = await source.fetch(f"SELECT count(*) FROM {sampled(table)} WHERE {missing}", (), None)  # noqa: S608
    if orphans:
        yield Finding(key, f"{orphans} rows of {table} belong to no row of {above}", note=True)


async def _alike(source: Checked, table: str, columns: Sequence[str]) -> int:
    """How many combinations of these columns' values occur more than once."""
    names = ", ".join(quoted(column) for column in columns)
    many = f"SELECT 1 FROM {sampled(table)} GROUP BY {names} HAVING count(*) > 1"  # noqa: S608 - identifiers, quoted
    [[count]] = await source.fetch(f"SELECT count(*) FROM ({many}) d", (), None)  # noqa: S608 - identifiers, quoted
    return int(count)
