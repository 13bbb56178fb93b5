"""One least-recently-used cache, bounded by what its entries weigh: views, and what is made for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class _Entry(NamedTuple, Generic[V]):
    value: V
    weight: int
    under: Hashable | None


class WeightedCache(Generic[V]):
    """``capacity`` and weights in bytes. An entry heavier than the whole cache is not kept.

    An entry may stand *under* another, without which it is of no use: it goes when that one goes, and is not kept when
    that one is not there.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
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
        while self.weight > self.capacity:
            self._drop(next(iter(self._entries)))

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
