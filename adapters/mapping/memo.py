"""What values became, kept for the next column that has them: queues are polled, and columns repeat themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from weakref import WeakSet

MOST = 2**17
"""Values that the memos of a process keep, together: some 30 MB."""

PLAIN = frozenset({str, date, datetime, type(None)})
"""Types of natives that are equal only when they mean the same, and to nothing of another type: not so ``1`` and
``True``, or ``1.5`` and ``1.50``."""


class Room:
    """What memos share: when they keep more than ``most`` values together, the largest start again."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.memos: WeakSet[Memo] = WeakSet()
        self._kept = 0

    def grown(self, by: int) -> None:
        self._kept += by
        if self._kept <= self.most:
            return
        self._kept = sum(map(len, self.memos))
        while self._kept > self.most:
            largest = max(self.memos, key=len)
            self._kept -= len(largest)
            largest.forget()


ROOM = Room(MOST)


class Memo:
    """``make``: values, each once and in any order → what each becomes. It must be pure and look at each alone."""

    __slots__ = ("__weakref__", "_known", "_make", "_room")

    def __init__(self, make: Callable[[list[Any]], Sequence[Any]], room: Room = ROOM) -> None:
        self._make = make
        self._known: dict[Any, Any] = {}
        self._room = room
        room.memos.add(self)

    def __len__(self) -> int:
        return len(self._known)

    def forget(self) -> None:
        self._known = {}

    def known(self, values: Iterable[Any]) -> list[Any] | None:
        """What ``values`` became, in their order; ``None`` when one of them was never seen."""
        try:
            return list(map(self._known.__getitem__, values))
        except (KeyError, TypeError):
            return None

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """What each of the (hashable) ``values`` becomes, in their order."""
        found = self.known(values)
        if found is not None:
            return found
        known = self._known
        fresh = list(set(values).difference(known))
        known.update(zip(fresh, self._make(fresh), strict=True))
        self._room.grown(len(fresh))
        return list(map(known.__getitem__, values))
