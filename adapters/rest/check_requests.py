"""Whether an API keeps what the file says of one request: keys, batches, filters, order, pages, total."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, cast

from adapters.contract import (
    TYPE_KEYS,
    Capabilities,
    CodeMap,
    CollectionSpec,
    Compare,
    FetchCall,
    FetchSpec,
    Finding,
    Op,
    OrderTerm,
    PreparedFetch,
    Request,
    Value,
)
from adapters.errors import SourceError
from adapters.mapping import CodeTables, apply_steps, effective_steps
from adapters.rest.capabilities import placeholder_target
from adapters.rest.client import Client
from adapters.rest.fetch import RestFetch
from adapters.rest.lookups import Lookups
from adapters.rest.paging import style_of
from adapters.rest.template import CONTROL, Template

SAMPLE = 200
ONE_BY_ONE = 20
"""Live keys that are looked up where each is a call of its own."""
PAGES = 20
"""Pages read to see whether a list ends, and with the total that was told."""


class Checked(Protocol):
    """The source itself, as its checks see it."""

    name: str
    client: Client
    collections: Mapping[str, CollectionSpec]
    lookups: Lookups
    tables: CodeTables
    capabilities: Capabilities

    def prepare(self, spec: FetchSpec) -> PreparedFetch: ...

    def using(self, spec: FetchSpec, request: int) -> RestFetch: ...


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rows of the list: their number, and the columns by path."""

    count: int
    columns: Mapping[str, Sequence[Any]]

    def keys(self, paths: Sequence[str]) -> list[tuple[Any, ...]]:
        """Distinct keys of these paths, as far as they are bound and not null."""
        if not all(path in self.columns for path in paths):
            return []
        rows = zip(*(self.columns[path] for path in paths), strict=True)
        return [key for key in dict.fromkeys(rows) if None not in key]

    def key_findings(self, collection: CollectionSpec) -> Iterator[Finding]:
        """Rows of the list that have no key, and keys that have several."""
        here, paths = f"collections.{collection.name}.fields", TYPE_KEYS[collection.provides]
        if not all(path in self.columns for path in paths):
            return
        rows = list(zip(*(self.columns[path] for path in paths), strict=True))
        yield from several(here, paths, rows)
        if empty := sum(key[0] is None for key in rows):
            yield Finding(here, f"{empty} of {len(rows)} rows have no key ({paths[0]})")


def several(at: str, paths: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Iterator[Finding]:
    """``rows``: the key of each row that came."""
    counts = Counter(key for key in rows if None not in key)
    if twice := sum(count > 1 for count in counts.values()):
        yield Finding(at, f"{twice} of {len(counts)} keys ({', '.join(paths)}) have more than one row")


# ---- lookups ------------------------------------------------------------------------------------


async def lookup_findings(
    source: Checked, collection: CollectionSpec, index: int, sample: Sampled | None
) -> list[Finding]:
    """A known key is found and an impossible one is not, both in one batch; as many keys as the file says are taken."""
    request = collection.requests[index]
    at, by = f"collections.{collection.name}.requests.{index}", request.by
    spec = FetchSpec(collection.name, tuple(path for path in by if path in collection.fields), keys=by)
    fetch = source.using(spec, index)
    live = [] if sample is None else sample.keys(by)
    wanted = request.max_keys if request.many else 1
    unknown = [tuple(_impossible(collection, path, i) for path in by) for i in range(wanted)]
    try:
        alone = await fetch.run(FetchCall(keys=unknown[:1]))
        both = await fetch.run(FetchCall(keys=[*live[:1], *unknown[:1]])) if live else None
    except SourceError as error:
        return [Finding(at, f"lookup by {', '.join(by)}: {error}")]
    findings = []
    if alone.count:
        findings.append(Finding(at, f"{alone.count} rows for a key that nobody has", note=True))
    if both is not None and not both.count:
        findings.append(Finding(at, f"a key of the list is not found by {', '.join(by)}"))
    elif wanted > 1:
        findings += await _batch(fetch, at, live, unknown)
    if live and not findings and set(TYPE_KEYS[collection.provides]) <= set(by) <= set(collection.fields):
        rows = await fetch.run(FetchCall(keys=live if request.many else live[:ONE_BY_ONE]))
        findings += several(at, by, list(zip(*rows.columns, strict=True)))
    return findings


async def _batch(
    fetch: RestFetch, at: str, live: Sequence[tuple[Any, ...]], unknown: Sequence[tuple[Any, ...]]
) -> list[Finding]:
    """One request with ``max_keys`` keys; ``unknown`` are so many."""
    most = len(unknown)
    known = live[:most]
    call = FetchCall(keys=[*known, *unknown[len(known) :]])
    try:
        probed = await fetch.probe(call, pages=PAGES)
    except SourceError as error:
        return [Finding(f"{at}.max_keys", f"{most} keys in one call: {error}")]
    by = fetch.plan.spec.keys
    found = {
        key
        for rows in probed.pages
        for key in zip(*(rows.columns[fetch.plan.work.columns.index(path)] for path in by), strict=True)
    }
    lost = len((probed.asked & set(known)) - found) if probed.ended else 0
    return [Finding(f"{at}.max_keys", f"{lost} of {most} keys in one call are not answered")] if lost else []


def _impossible(collection: CollectionSpec, path: str, number: int) -> Any:
    """A key that no agency has given out, spelled as the file spells such keys."""
    binding = collection.fields.get(path)
    text = f"{number:04d}-GUICHET-CHECK"
    if binding is None:
        return text
    if isinstance(binding.codes, CodeMap):
        return next(iter(binding.codes.values.values()), text)
    if binding.type == "Int":
        return -number
    return apply_steps(effective_steps(binding), [text])[0]


# ---- lists --------------------------------------------------------------------------------------


async def request_findings(source: Checked, collection: CollectionSpec, index: int, sample: Sampled) -> list[Finding]:
    """What one list request promises: its filters narrow, its order is one, its pages go on and end."""
    request = collection.requests[index]
    at = f"collections.{collection.name}.requests.{index}"
    template = Template(request)
    findings: list[Finding] = []
    for name in sorted(template.names - CONTROL):
        findings += await _filter(source, collection, index, f"{at}.{{{name}}}", name, sample)
    for path in request.order:
        for descending in (False, True):
            findings += await _order(source, collection, index, f"{at}.order.{path}", OrderTerm(path, descending))
    if style_of(template) != "one" and sample.count > 1:
        findings += await _paging(source, collection, index, f"{at}.paging", sample)
    return findings


async def _filter(
    source: Checked, collection: CollectionSpec, index: int, at: str, name: str, sample: Sampled
) -> list[Finding]:
    """With a value of the list that not every row has, fewer rows come, and some. What no field binds is not seen."""
    path, op = placeholder_target(collection, name)
    values = [value for value in sample.columns.get(path, ()) if value is not None and not isinstance(value, list)]
    chosen = _telling(values, op)
    if chosen is None:
        return []
    term = Compare(path, cast(Op, op), Value(chosen))
    fetch = source.using(FetchSpec(collection.name, (path,), filter=term), index)
    if not any(push.placeholder == name for push in fetch.plan.pushes):
        return [Finding(at, f"is never filled: the binding of {path} cannot be turned around", note=True)]
    call = FetchCall()
    probed = await fetch.probe(call)
    rows = probed.pages[0] if probed.pages else None
    if rows is None or (not rows.count and probed.ended):
        return [Finding(at, f"finds nothing for a {path} that the list has")]
    kept = len(fetch.plan.work.survivors(rows, call)[0])
    if kept < rows.count:
        return [Finding(at, f"does not narrow: {rows.count - kept} of {rows.count} rows have another {path}")]
    return []


def _telling(values: Sequence[Any], op: str) -> Any:
    """A value that tells rows apart: the rarest, or for bounds the middle one. ``None`` when all are alike."""
    counts = Counter(values)
    if len(counts) < 2:
        return None
    if op == "eq":
        return min(counts, key=counts.__getitem__)
    if op not in ("lt", "lte", "gt", "gte"):
        return None
    ranked = sorted(counts)
    return ranked[len(ranked) // 2]


async def _order(source: Checked, collection: CollectionSpec, index: int, at: str, term: OrderTerm) -> list[Finding]:
    fetch = source.using(FetchSpec(collection.name, (term.path,), order=(term,)), index)
    probed = await fetch.probe(FetchCall(), pages=2)
    values = [value for rows in probed.pages for value in fetch.plan.work.comparable(rows, term.path)]
    present = [value.casefold() if isinstance(value, str) else value for value in values if value is not None]
    wrong = sum(a < b if term.descending else a > b for a, b in pairwise(present))
    if not wrong:
        return []
    way = "descending" if term.descending else "ascending"
    return [Finding(at, f"{way}: {wrong} of {len(present)} rows come before one that they should follow")]


async def _paging(source: Checked, collection: CollectionSpec, index: int, at: str, sample: Sampled) -> list[Finding]:
    request = collection.requests[index]
    paths = tuple(path for path in TYPE_KEYS[collection.provides] if path in collection.fields)
    fetch = source.using(FetchSpec(collection.name, paths), index)
    sized = "size" in Template(request).names
    size = max(1, min(request.paging.size if request.paging else 1, sample.count // 2)) if sized else None
    two = await fetch.probe(FetchCall(), pages=2, size=size)
    findings = list(_two_pages(at, [_keys(fetch, rows, paths) for rows in two.pages], sample, size))
    whole = two if two.ended else await fetch.probe(FetchCall(), pages=PAGES)
    return findings + list(_total(at, request, whole.total, sum(whole.items), whole.ended))


def _keys(fetch: RestFetch, rows: Any, paths: Sequence[str]) -> list[tuple[Any, ...]]:
    columns = fetch.plan.work.columns
    return list(zip(*(rows.columns[columns.index(path)] for path in paths), strict=True))


def _two_pages(at: str, pages: Sequence[Sequence[Any]], sample: Sampled, size: int | None) -> Iterator[Finding]:
    first = pages[0] if pages else []
    if size is not None and len(first) > size:
        yield Finding(f"{at}.size", f"{len(first)} rows came where {size} were asked for", note=True)
    if len(pages) < 2:
        if len(first) < sample.count:
            yield Finding(at, f"ends after {len(first)} rows; the list has at least {sample.count}")
        return
    if again := len(set(first) & set(pages[1])):
        yield Finding(at, f"page 2 repeats {again} of the {len(first)} rows of page 1")


def _total(at: str, request: Request, told: int | None, counted: int, ended: bool) -> Iterator[Finding]:
    if request.paging is None or not request.paging.total:
        return
    if told is None:
        yield Finding(f"{at}.total", "is no number in the answer")
    elif (ended and told != counted) or told < counted:
        yield Finding(f"{at}.total", f"says {told}, and {counted} rows came")
