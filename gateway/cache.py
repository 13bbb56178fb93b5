"""One least-recently-used cache, bounded by what its entries weigh: views, and what is made for them."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

import structlog

V = TypeVar("V")

log = structlog.get_logger("guichet.cache")


class _Entry(NamedTuple, Generic[V]):
    value: V
    weight: int
    under: Hashable | None


class WeightedCache(Generic[V]):
    """``capacity`` and weights in bytes. An entry heavier than the whole cache is not kept.

    An entry may stand *under* another, without which it is of no use: it goes when that one goes, and is not kept when
    that one is not there.

    ``batch``: for entries whose parts refer to each other (schemas), so that only the garbage collector frees them.
    When the cache is full, entries of this many bytes leave at once, and are then collected: what is cached and what
    is garbage stay within ``capacity`` together.
    """

    def __init__(self, capacity: int, batch: int = 0) -> None:
        self.capacity = capacity
        self.batch = batch
        self.weight = 0
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[Hashable, _Entry[V]] = OrderedDict()
        self._below: dict[Hashable, set[Hashable]] = {}

    def get(self, key: Hashable) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: Hashable, value: V, weight: int, under: Hashable | None = None) -> None:
        if key in self._entries:
            self._drop(key)
        if weight > self.capacity or (under is not None and under not in self._entries):
            return
        self._entries[key] = _Entry(value, weight, under)
        self.weight += weight
        if under is not None:
            self._below.setdefault(under, set()).add(key)
        if self.weight > self.capacity:
            while self.weight > self.capacity - self.batch:
                self._drop(next(iter(self._entries)))
            if self.batch:
                gc.collect()
                log.info("cache full: what was used least has left", capacity=self.capacity, weight=self.weight)

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key)
        self.weight -= entry.weight
        if entry.under in self._below:
            self._below[entry.under].discard(key)
        for below in self._below.pop(key, ()):
            self._drop(below)

    def clear(self) -> None:
        self._entries.clear()
        self._below.clear()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)
