"""What ``guichet check`` asks a live API: it compares the agency file with what the API does. Reads only.

Findings name key paths and counts; raw values only for codes. A probe that needs a live key takes it from a list; an
API whose collections can only be looked up is probed with an impossible key alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.contract import CodeMap, CollectionSpec, FetchCall, FetchSpec, Finding, Rows
from adapters.errors import SourceError, Unsupported

if TYPE_CHECKING:
    from adapters.rest.source import RestSource

IMPOSSIBLE = "GUICHET-CHECK-0"
"""A key that no agency has given out."""

SAMPLE = 200


async def check_source(source: RestSource) -> Sequence[Finding]:
    """All findings; the first failure of a whole source is the only one of it."""
    findings: list[Finding] = []
    for name in sorted(source.lookups.names):
        try:
            await source.lookups.read(name)
        except SourceError as error:
            findings.append(Finding(f"lookups.{name}", str(error)))
            continue
        if not source.tables.forward(name):
            findings.append(
                Finding(f"lookups.{name}", "is empty: do `rows`, `code` and `value` point into the answer?")
            )
    for collection in source.collections.values():
        findings += await _collection(source, collection)
    return findings


async def _collection(source: RestSource, collection: CollectionSpec) -> list[Finding]:
    at = f"collections.{collection.name}"
    findings: list[Finding] = []
    sample: Rows | None = None
    columns = tuple(collection.fields)
    lists = source.capabilities.collections[collection.name].lists
    if lists:
        try:
            fetch = source.prepare(FetchSpec(collection.name, columns, limit=True))
            sample = await fetch.run(FetchCall(limit=SAMPLE))
        except (SourceError, Unsupported) as error:
            return [Finding(f"{at}.requests", f"cannot be listed: {error}")]
        findings += _sample(collection, at, sample)
    for i, request in enumerate(collection.requests):
        if request.by:
            findings += await _lookup(source, collection, f"{at}.requests.{i}", request.by, sample)
    return findings


def _sample(collection: CollectionSpec, at: str, rows: Rows) -> list[Finding]:
    """Values that do not convert, codes that are not mapped, fields that never have a value, an impossible age."""
    findings: list[Finding] = []
    problems: dict[tuple[str, str], int] = {}
    for flag in rows.flags:
        problems[flag.path, flag.problem] = problems.get((flag.path, flag.problem), 0) + 1
    findings += [
        Finding(f"{at}.fields.{path}", f"{count} of {rows.count}: {problem}", warning=True)
        for (path, problem), count in sorted(problems.items())
    ]
    if rows.count:
        findings += [
            Finding(f"{at}.fields.{path}", f"is null in all of {rows.count} rows: does its path exist?", warning=True)
            for path, column in zip(collection.fields, rows.columns, strict=True)
            if not any(value is not None for value in column)
        ]
    if collection.as_of is not None:
        findings += _age(collection, f"{at}.as_of", rows.as_of)
    return findings


def _age(collection: CollectionSpec, at: str, as_of: datetime) -> list[Finding]:
    now = datetime.now(UTC)
    if as_of.year <= 1970:
        return [Finding(at, "cannot be read from the answer")]
    if as_of > now + timedelta(minutes=1):
        return [Finding(at, "is in the future: clock skew?")]
    if collection.freshness is not None and now - as_of > collection.freshness:
        return [Finding(at, f"is {now - as_of} old; the file promises {collection.freshness}", warning=True)]
    return []


async def _lookup(
    source: RestSource, collection: CollectionSpec, at: str, by: tuple[str, ...], sample: Rows | None
) -> list[Finding]:
    """A known key is found, an impossible one is not, both in one batch."""
    spec = FetchSpec(collection.name, tuple(path for path in by if path in collection.fields), keys=by)
    known = _known(collection, by, sample)
    impossible = tuple(_impossible(collection, path) for path in by)
    try:
        fetch = source.prepare(spec)
        rows = await fetch.run(FetchCall(keys=[impossible] if known is None else [known, impossible]))
        alone = await fetch.run(FetchCall(keys=[impossible])) if known is not None else rows
    except (SourceError, Unsupported) as error:
        return [Finding(at, f"lookup by {', '.join(by)}: {error}")]
    findings = []
    if known is not None and not rows.count:
        findings.append(Finding(at, f"a key of the list is not found by {', '.join(by)}"))
    if alone.count:
        findings.append(Finding(at, f"{alone.count} rows for a key that nobody has", warning=True))
    return findings


def _known(collection: CollectionSpec, by: tuple[str, ...], sample: Rows | None) -> tuple[Any, ...] | None:
    if sample is None or any(path not in collection.fields for path in by):
        return None
    columns: Mapping[str, list[Any]] = dict(zip(collection.fields, sample.columns, strict=True))
    return next((key for key in zip(*(columns[path] for path in by), strict=True) if None not in key), None)


def _impossible(collection: CollectionSpec, path: str) -> Any:
    binding = collection.fields.get(path)
    if binding is not None and isinstance(binding.codes, CodeMap):
        return next(iter(binding.codes.values.values()), IMPOSSIBLE)
    if binding is not None and binding.type == "Int":
        return 0
    return IMPOSSIBLE
