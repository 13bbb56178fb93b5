"""Answers of reference collections, kept for as long as their agency permits (``[terms] cache_seconds``).

What is kept belongs to one call shape, with its row rules, and to one ``FetchCall.scope``: the caller's rights, as the
gateway sees them. A call without a scope keeps and gets nothing. Lookups are kept key by key, so that those which ask
for other keys too are helped as well; a key that leads nowhere is kept like any other. Rows say for which moment their
agency vouches, as when they came; failures are not kept, and what is kept is told while the agency is down.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from cachetools import TTLCache

from adapters.contract import (
    ChildRows,
    FetchCall,
    FetchSpec,
    Join,
    PreparedFetch,
    Rows,
    Source,
)
from adapters.predicates import params_of
from adapters.rows import answers_by_key, concatenate, places_by_key, take
from adapters.wrapping import WrappedSource

CAPACITY = 20_000
"""Rows of one collection that are kept, elements of their lists and keys that lead nowhere included."""

Kept = TTLCache[Hashable, Rows]


class CachingSource(WrappedSource):
    """``inner``, some of whose collections keep their answers. ``seconds``: how long, by collection. ``hits`` counts
    lookup keys and lists answered without asking, ``misses`` those asked for."""

    def __init__(self, inner: Source, seconds: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(inner)
        self.seconds = seconds
        self.kept: Mapping[str, Kept] = {
            name: TTLCache(CAPACITY, ttl, timer=clock, getsizeof=_weight) for name, ttl in seconds.items()
        }
        self.hits = 0
        self.misses = 0

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        prepared = self.inner.prepare(spec)
        return CachedFetch(self, prepared, spec) if spec.collection in self.seconds else prepared

    def joins(self, collection: str, join: Join) -> bool:
        """What is kept is kept for as long as its own collection says, so it is asked by itself."""
        apart = collection in self.seconds or join.spec.collection in self.seconds
        return not apart and self.inner.joins(collection, join)


class CachedFetch:
    def __init__(self, source: CachingSource, inner: PreparedFetch, spec: FetchSpec) -> None:
        self._source = source
        self._inner = inner
        self._spec = spec
        self._kept = source.kept[spec.collection]
        self._by_key = answers_by_key(spec)
        self._params = params_of(spec)

    async def run(self, call: FetchCall) -> Rows:
        if call.scope is None:
            return await self._inner.run(call)
        whose = (self._spec, call.scope, *(repr(call.params.get(name)) for name in self._params))
        return await (self._looked_up(whose, call) if self._by_key else self._listed(whose, call))

    async def _listed(self, whose: Hashable, call: FetchCall) -> Rows:
        name = (whose, tuple(call.keys), call.limit, call.cursor)
        rows = self._kept.get(name)
        if rows is not None:
            self._source.hits += 1
            return rows
        self._source.misses += 1
        rows = await self._inner.run(call)
        self._keep(name, rows)
        return rows

    async def _looked_up(self, whose: Hashable, call: FetchCall) -> Rows:
        parts = {key: self._kept.get((whose, key)) for key in call.keys}
        known = [rows for rows in parts.values() if rows is not None]
        wanted = [key for key, rows in parts.items() if rows is None]
        self._source.hits += len(known)
        self._source.misses += len(wanted)
        if not wanted:
            return concatenate(known)
        rows = await self._inner.run(call if not known else replace(call, keys=wanted))
        places = places_by_key(rows, self._spec)
        for key in wanted:
            self._keep((whose, key), take(rows, places.get(key, ())))
        return concatenate([*known, rows])

    def _keep(self, name: Hashable, rows: Rows) -> None:
        if not rows.truncated and _weight(rows) <= self._kept.maxsize:
            self._kept[name] = rows

    def explain(self) -> str:
        return f"{self._inner.explain()}\nkept for {self._source.seconds[self._spec.collection]} s"


def _weight(rows: Rows) -> int:
    return 1 + rows.count + sum(map(_elements, rows.children))


def _elements(child: ChildRows) -> int:
    return (child.offsets[-1] if child.offsets else 0) + sum(map(_elements, child.children))
