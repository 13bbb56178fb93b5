"""What ``guichet check`` asks about one collection: literals, keys, a sample of rows, code lists, age."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.contract import CodeMap, CollectionSpec, FetchCall, FetchSpec, FieldBinding, Finding, Lookup
from adapters.mapping import reading
from adapters.postgres.checked import LARGE, SAMPLE, Checked, context, value
from adapters.postgres.expressions import as_text, blank, one_of, restrictions
from adapters.postgres.operands import key_elements
from adapters.postgres.scope import Rows, key_paths
from adapters.postgres.statement import Parameters
from adapters.sampling import everything, sample_findings

ONE: Any = sa.literal_column("1")


async def collection_findings(source: Checked, spec: CollectionSpec, size: int) -> AsyncIterator[Finding]:
    """``size``: the planner's estimate of the table's rows."""
    for findings in (_literals(source, spec), _key(source, spec, size), _newest(source, spec), _sample(source, spec)):
        async for finding in findings:
            yield finding
    async for finding in _copies(source, spec):
        yield finding


async def _literals(source: Checked, spec: CollectionSpec) -> AsyncIterator[Finding]:
    """Where each literal of ``where`` and ``except`` occurs; a blank may be absent."""
    for kind, named in (("where", spec.where), ("except", spec.unless)):
        for column, literals in named.items():
            for literal in literals:
                if literal == "":
                    continue
                rows = Rows(context(source), spec)
                test = one_of(*rows.own(column), (literal,))
                query = sa.select(sa.select(ONE).select_from(rows.from_).where(test).exists())
                if not await value(source, query):
                    yield Finding(f"collections.{spec.name}.{kind}.{column}", f"{literal!r} does not occur", note=True)


async def _key(source: Checked, spec: CollectionSpec, size: int) -> AsyncIterator[Finding]:
    here = f"collections.{spec.name}.fields"
    paths = key_paths(spec)
    if not paths or spec.provides == "RequiredDecision":
        return
    rows = Rows(context(source), spec)
    keys = [element.label(f"k{i}") for i, element in enumerate(key_elements(rows))]
    inner = sa.select(*keys).select_from(rows.joined()).where(*rows.restrictions())
    if size > LARGE:
        inner = inner.limit(sa.literal_column(str(LARGE)))
    found = inner.subquery("keys")
    twice = sa.select(ONE).select_from(found).group_by(*found.c).having(sa.func.count() > ONE)
    count = await value(source, sa.select(sa.func.count()).select_from(twice.subquery("twice")))
    if count:
        yield Finding(here, f"{count} keys ({', '.join(paths)}) have more than one row")
    nulls = sa.select(sa.func.count()).select_from(found).where(sa.or_(*(column.is_(None) for column in found.c)))
    if empty := await value(source, nulls):
        yield Finding(here, f"{empty} rows have no key ({', '.join(paths)})")


async def _newest(source: Checked, spec: CollectionSpec) -> AsyncIterator[Finding]:
    """Rows of one key that are equally new: which of them counts is chance."""
    if not spec.newest:
        return
    rows = Rows(context(source), spec)
    columns = {name: rows.own(name) for name in [*spec.where, *spec.unless]}
    places = [*key_elements(rows), *(rows.own(name)[0] for name in spec.newest)]
    inner = sa.select(*(place.label(f"p{i}") for i, place in enumerate(places))).select_from(rows.from_)
    inner = inner.where(*restrictions(columns, spec.where, spec.unless)).limit(sa.literal_column(str(LARGE)))
    found = inner.subquery("found")
    ties = sa.select(ONE).select_from(found).group_by(*found.c).having(sa.func.count() > ONE)
    if count := await value(source, sa.select(sa.func.count()).select_from(ties.subquery("ties"))):
        key, problem = f"collections.{spec.name}.newest", "have rows that are equally new: which counts is chance"
        yield Finding(key, f"{count} keys {problem}")


async def _sample(source: Checked, spec: CollectionSpec) -> AsyncIterator[Finding]:
    """Read rows as any fetch would: what fails to convert, which codes are not mapped, which keys cannot be asked."""
    asked = everything(spec)
    rows = await source.prepare(asked).run(FetchCall(limit=SAMPLE))
    counted = [path for path, binding in spec.fields.items() if _has_codes(binding)]
    for finding in sample_findings(spec, asked, rows, counted):
        yield finding
    for path in counted:
        async for finding in _codes(source, spec, path, spec.fields[path]):
            yield finding
    for path, column in zip(spec.fields, rows.columns, strict=False):
        if spec.fields[path].read and spec.fields[path].ask is not None:
            lost = await _unreachable(source, spec, path, column)
            if lost:
                yield Finding(f"collections.{spec.name}.fields.{path}", f"{lost} values unreachable by `ask`")


def _has_codes(binding: FieldBinding) -> bool:
    return isinstance(binding.codes, CodeMap | Lookup) and not binding.json_path and not binding.list


async def _unreachable(source: Checked, spec: CollectionSpec, path: str, column: Sequence[Any]) -> int:
    """How many of the values read are not found when they are asked for."""
    values = [value for value in dict.fromkeys(column) if value is not None][:SAMPLE]
    fetch = source.prepare(FetchSpec(spec.name, (path,), keys=(path,)))
    found = await fetch.run(FetchCall(keys=[(value,) for value in values]))
    return len(set(values) - set(found.columns[0]))


async def _codes(source: Checked, spec: CollectionSpec, path: str, binding: FieldBinding) -> AsyncIterator[Finding]:
    """Live codes that the list does not have, with counts."""
    codes = binding.codes
    assert isinstance(codes, CodeMap | Lookup)
    known: Mapping[str, Any] = codes.values if isinstance(codes, CodeMap) else source.tables.forward(codes.name)
    rows = Rows(context(source), spec)
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
        some = any(mapped is not None for mapped in values)
        told = f"{'' if some else 'none of the '}codes {'not ' if some else ''}mapped: {', '.join(unmapped[:20])}"
        yield Finding(f"collections.{spec.name}.fields.{path}", told, note=some)


async def _copies(source: Checked, spec: CollectionSpec) -> AsyncIterator[Finding]:
    if spec.as_of is None or not spec.as_of.table:
        return
    rows = await source.prepare(FetchSpec(spec.name, key_paths(spec)[:1], limit=True)).run(FetchCall(limit=1))
    here = f"collections.{spec.name}.as_of"
    age = datetime.now(UTC) - rows.as_of
    if age < timedelta(seconds=-5):
        yield Finding(here, "lies in the future")
    elif spec.freshness is not None and age > spec.freshness:
        yield Finding(here, f"the copy is {age} old, past its freshness of {spec.freshness}", note=True)
