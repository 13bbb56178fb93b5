"""What ``guichet check`` asks a live API: it compares the agency file with what the API does. Reads only.

Findings name key paths and counts; raw values only for codes. A probe that needs a live key takes it from a list; an
API whose collections can only be looked up is probed with impossible keys alone.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from yarl import URL

from adapters.contract import CollectionSpec, FetchCall, Finding, Rows
from adapters.errors import SourceError, Unsupported
from adapters.rest.check_requests import SAMPLE, Checked, Sampled, lookup_findings, request_findings
from adapters.sampling import everything, sample_findings

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})

SKEW = 6.0
"""Seconds: the header counts whole ones."""


async def check_source(source: Checked) -> Sequence[Finding]:
    """All findings; the first failure of a whole source is the only one of it."""
    findings: list[Finding] = []
    for name in sorted(source.lookups.names):
        try:
            twice = await source.lookups.read(name)
        except SourceError as error:
            findings.append(Finding(f"lookups.{name}", str(error)))
            continue
        if not source.tables.forward(name):
            findings.append(
                Finding(f"lookups.{name}", "is empty: do `rows`, `code` and `value` point into the answer?")
            )
        elif twice:
            findings.append(
                Finding(f"lookups.{name}", f"{twice} codes occur more than once; the first value counts", note=True)
            )
    for collection in source.collections.values():
        findings += await _collection(source, collection)
    return findings + _clock(source) + _plain(source.name, source.client.base)


def _plain(source: str, base: str) -> list[Finding]:
    """What anybody on the way to another machine can read."""
    url = URL(base)
    if url.scheme == "https" or url.host in LOCAL:
        return []
    return [Finding(f"sources.{source}.base_url", "the connection is not encrypted; use https", note=True)]


def _clock(source: Checked) -> list[Finding]:
    """The API's clock against ours, by the newest ``Date`` header."""
    if source.client.dated is None:
        return []
    told, arrived = source.client.dated
    here = f"sources.{source.name}"
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return [Finding(here, "its `Date` header is no date", note=True)]
    skew = abs((arrived - moment.replace(tzinfo=moment.tzinfo or UTC)).total_seconds())
    return [Finding(here, f"its clock is {skew:.0f} s off", note=True)] if skew > SKEW else []


async def _collection(source: Checked, collection: CollectionSpec) -> list[Finding]:
    at = f"collections.{collection.name}"
    findings: list[Finding] = []
    sample: Sampled | None = None
    if source.capabilities.collections[collection.name].lists:
        asked = everything(collection)
        try:
            rows = await source.prepare(asked).run(FetchCall(limit=SAMPLE))
        except (SourceError, Unsupported) as error:
            return [Finding(f"{at}.requests", f"cannot be listed: {error}")]
        sample = Sampled(rows.count, dict(zip(asked.columns, rows.columns, strict=True)))
        unread = list(sample_findings(collection, asked, rows))
        findings += unread + _empty(collection, sample, {finding.key for finding in unread})
        findings += [*sample.key_findings(collection), *_age(collection, rows)]
    for i, request in enumerate(collection.requests):
        try:
            if request.by:
                findings += await lookup_findings(source, collection, i, sample)
            elif sample is not None:
                findings += await request_findings(source, collection, i, sample)
        except (SourceError, Unsupported) as error:
            findings.append(Finding(f"{at}.requests.{i}", str(error)))
    return findings


def _empty(collection: CollectionSpec, sample: Sampled, said: Set[str]) -> list[Finding]:
    """Fields that never have a value, and of which nothing is said yet."""
    problem = f"is null in all of {sample.count} rows: does its path exist?"
    return [
        Finding(key, problem, note=True)
        for path in collection.fields
        if (key := f"collections.{collection.name}.fields.{path}") not in said
        and sample.count
        and not any(value is not None for value in sample.columns[path])
    ]


def _age(collection: CollectionSpec, rows: Rows) -> list[Finding]:
    if collection.as_of is None:
        return []
    at, now, as_of = f"collections.{collection.name}.as_of", datetime.now(UTC), rows.as_of
    if as_of.year <= 1970:
        return [Finding(at, "cannot be read from the answer")]
    if as_of > now + timedelta(minutes=1):
        return [Finding(at, "is in the future: clock skew?")]
    if collection.freshness is not None and now - as_of > collection.freshness:
        return [Finding(at, f"is {now - as_of} old; the file promises {collection.freshness}", note=True)]
    return []
