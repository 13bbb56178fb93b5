"""The reference source: harmonised rows in memory. Test double and oracle.

It answers everything the contract knows, through ``adapters.evaluate`` alone, records what it was asked, and can be
told to fail or to be slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any, get_args

from adapters.contract import (
    TYPE_KEYS,
    AllOf,
    Capabilities,
    ChildRows,
    ChildSelect,
    CollectionCapabilities,
    CollectionSpec,
    FetchCall,
    FetchSpec,
    Finding,
    Health,
    Join,
    Linked,
    Op,
    PreparedFetch,
    RowFlag,
    Rows,
)
from adapters.errors import SourceError, SourceTimeout, Unsupported
from adapters.evaluate import Evaluation, evaluation
from adapters.memory_joins import MemoryJoins
from adapters.predicates import Mask, Table, compile_predicate

Row = Mapping[str, Any]
"""Path → value; a child list is a list of such rows, or of scalars, under its name. A missing path is null."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One recorded call, or what was read with one for a join of it."""

    spec: FetchSpec
    call: FetchCall
    joined: bool = False


class MemorySource:
    """``data`` holds the rows of each collection by name. Everything is supported, joins if ``joining``; ``calls`` is
    the request log."""

    def __init__(
        self,
        name: str,
        agency: str,
        collections: Mapping[str, CollectionSpec] | Sequence[CollectionSpec],
        data: Mapping[str, Sequence[Row]],
        *,
        flags: Mapping[str, Sequence[RowFlag]] | None = None,
        as_of: datetime | None = None,
        joining: bool = True,
    ) -> None:
        specs = collections.values() if isinstance(collections, Mapping) else collections
        self.name = name
        self.agency = agency
        self.collections = {spec.name: spec for spec in specs}
        self.data = {collection: list(rows) for collection, rows in data.items()}
        self.flags = flags or {}
        self.as_of = as_of
        self.joining = joining
        self.calls: list[Asked] = []
        self.capabilities = Capabilities({spec.name: _everything(spec) for spec in self.collections.values()})
        self._failures: dict[str, SourceError] = {}
        self._delays: dict[str, float] = {}
        self._failed: SourceError | None = None
        self._delay = 0.0

    # -- control, for tests

    def fail(self, collection: str | None = None, error: SourceError | None = None) -> None:
        """Every later call (of one collection, or of all) raises ``error``; ``None`` heals."""
        if collection is None:
            self._failed = error
        elif error is None:
            self._failures.pop(collection, None)
        else:
            self._failures[collection] = error

    def delay(self, seconds: float, collection: str | None = None) -> None:
        """Every later call (of one collection, or of all) takes this long; a call's deadline is kept."""
        if collection is None:
            self._delay = seconds
        else:
            self._delays[collection] = seconds

    def asked(self, collection: str) -> list[Asked]:
        """The recorded calls of one collection."""
        return [asked for asked in self.calls if self._named(asked.spec.collection).name == collection]

    # -- contract.Source

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        collection = self._named(spec.collection)
        terms = [term for term in (spec.predicate, spec.filter) if term is not None]
        predicate = None if not terms else terms[0] if len(terms) == 1 else AllOf(tuple(terms))
        linked = self._linked(collection)
        joins = MemoryJoins(self._join_read, spec.joins)
        work = evaluation(joins.widened(spec), collection, predicate=predicate, linked=linked)
        return _MemoryFetch(self, collection, spec, work, joins)

    def joins(self, collection: str, join: Join) -> bool:  # noqa: ARG002 - the protocol's arguments
        return self.joining

    def _join_read(self, spec: FetchSpec, call: FetchCall) -> Rows:
        """Rows of another collection by key, for those that they are joined with."""
        other = self._named(spec.collection)
        self.calls.append(Asked(spec, call, joined=True))
        if (error := self._failures.get(other.name)) is not None:
            raise error
        work = evaluation(spec, other, predicate=spec.predicate, linked=self._linked(other))
        return self._worked(other, work, call)

    async def start(self) -> None:
        return None

    async def health(self) -> Health:
        return Health.DOWN if self._failed else Health.DEGRADED if self._failures else Health.UP

    async def check(self) -> Sequence[Finding]:
        return ()

    async def close(self) -> None:
        return None

    # -- inside

    def _named(self, name: str) -> CollectionSpec:
        spec = self.collections.get(name) or self.collections.get(name.removeprefix(f"{self.agency}."))
        if spec is None:
            raise Unsupported(f"source {self.name} has no collection {name}")
        return spec

    def _linked(self, ours: CollectionSpec) -> Callable[[Linked], Mask]:
        """Semi-joins to other collections of this source."""

        def compile_linked(term: Linked) -> Mask:
            theirs = self._named(term.collection)
            inner = compile_predicate(term.term, theirs, self._linked(theirs))
            side = evaluation(
                FetchSpec(theirs.name, tuple(their for their, _ in term.on)),
                theirs,
                predicate=term.term,
                linked=self._linked(theirs),
            )

            def mask(table: Table, params: Mapping[str, Any]) -> list[bool]:
                rows = self.read(theirs, side.columns, side.children)
                other = Table.of(rows, side.columns, side.children)
                met = inner(other, params)
                keys = _tuples(other, theirs, [their for their, _ in term.on])
                linked = {key for ok, row in zip(met, keys, strict=True) if ok for key in row}
                return [any(k in linked for k in row) for row in _tuples(table, ours, [our for _, our in term.on])]

            return mask

        return compile_linked

    def read(self, collection: CollectionSpec, columns: Sequence[str], children: Sequence[ChildSelect]) -> Rows:
        """All rows of a collection, in the order given."""
        data = self.data.get(collection.name, [])
        return Rows(
            count=len(data),
            columns=tuple([row.get(path) for row in data] for path in columns),
            as_of=self.as_of or datetime.now(UTC),
            children=tuple(_children(data, select) for select in children),
            flags=list(self.flags.get(collection.name, ())),
        )

    async def answer(self, collection: CollectionSpec, work: Evaluation, call: FetchCall) -> Rows:
        self.calls.append(Asked(work.spec, call))
        delay = self._delays.get(collection.name, self._delay)
        if delay:
            left = delay if call.deadline is None else call.deadline - asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, min(delay, left)))
            if left < delay:
                raise SourceTimeout(f"{self.name}: {collection.name} is told to take {delay} s")
        error = self._failures.get(collection.name, self._failed)
        if error is not None:
            raise error
        return self._worked(collection, work, call)

    def _worked(self, collection: CollectionSpec, work: Evaluation, call: FetchCall) -> Rows:
        rows = self.read(collection, work.columns, work.children)
        selected = {*work.columns, *(select.name for select in work.children)}
        rows.flags = [flag for flag in rows.flags if _root(flag.path, selected)]
        return work.apply(rows, call)


class _MemoryFetch:
    def __init__(
        self, source: MemorySource, collection: CollectionSpec, spec: FetchSpec, work: Evaluation, joins: MemoryJoins
    ) -> None:
        self._source, self._collection, self._spec, self._work, self._joins = source, collection, spec, work, joins

    async def run(self, call: FetchCall) -> Rows:
        rows = await self._source.answer(self._collection, self._work, call)
        return self._joins.joined(rows, self._spec, call)

    def explain(self) -> str:
        spec = self._spec
        by = f" by {', '.join(spec.keys)}" if spec.keys else ""
        with_ = "".join(f"; with {join.spec.collection}" for join in spec.joins)
        return f"memory {self._collection.id}{by}: {', '.join(spec.columns)}{with_}"


def _everything(spec: CollectionSpec) -> CollectionCapabilities:
    paths = [*spec.fields, *(path for part in spec.parts.values() for path in part.fields)]
    inside = [
        f"{name}.{path}" if path else name
        for name, child in spec.children.items()
        for path in (("",) if child.value else tuple(child.fields))
    ]
    operators = frozenset(get_args(Op))
    composite = (TYPE_KEYS.get(spec.provides, ()), ("document.issuer", "document.number"), ("searchName", "birthYear"))
    return CollectionCapabilities(
        lookups=frozenset(
            {*((path,) for path in (*paths, *inside)), *(key for key in composite if key and {*key} <= {*paths})}
        ),
        filters=dict.fromkeys((*paths, *inside), operators),
        orders=frozenset(paths),
    )


def _children(rows: Sequence[Row], select: ChildSelect) -> ChildRows:
    lists = [row.get(select.name) or () for row in rows]
    flat = [element for row in lists for element in row]
    scalars = not select.columns and not (flat and isinstance(flat[0], Mapping))
    return ChildRows(
        offsets=list(accumulate(map(len, lists), initial=0)),
        columns=(flat,) if scalars else tuple([element.get(path) for element in flat] for path in select.columns),
        children=tuple(_children(flat, child) for child in select.children),
    )


def _tuples(table: Table, collection: CollectionSpec, paths: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """Per row its join keys without nulls; one path inside a list gives a row several."""
    if len(paths) == 1:
        elements = table.elements(collection, paths[0])
        if elements is not None:
            return [[(v,) for v in row if v is not None] for row in elements]
    columns = [table.columns[path] for path in paths]
    return [[] if None in key else [key] for key in zip(*columns, strict=True)]


def _root(path: str, selected: set[str]) -> bool:
    return path in selected or path.partition("[")[0] in selected
