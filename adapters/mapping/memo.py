"""What values became, kept for the next column that has them: queues are polled, and columns repeat themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

MOST = 8192
"""Values that one memo keeps; it starts again when there would be more."""

PLAIN = frozenset({str, date, datetime, type(None)})
"""Types of natives that are equal only when they mean the same, and to nothing of another type: not so ``1`` and
``True``, or ``1.5`` and ``1.50``."""


class Memo:
    """``make``: values, each once and in any order → what each becomes. It must be pure and look at each alone."""

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[list[Any]], Sequence[Any]]) -> None:
        self._make = make
        self._known: dict[Any, Any] = {}

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
        fresh = set(values).difference(known)
        if len(known) + len(fresh) > MOST:
            fresh = set(values)
            self._known = {}
            known = self._known if len(fresh) <= MOST else {}
        distinct = list(fresh)
        known.update(zip(distinct, self._make(distinct), strict=True))
        return list(map(known.__getitem__, values))
