"""When enough of a list has been read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adapters.contract import OrderTerm


class Progress:
    """Whether enough of an ordered list has been read, and whether it really arrives in order."""

    def __init__(self, order: Sequence[OrderTerm]) -> None:
        self._term = order[0] if order else None
        self._values: list[Any] = []
        self._last: Any = None
        self._any = False
        self._in_order = True
        self._read = 0

    def rows_read(self, count: int) -> int:
        self._read += count
        return self._read

    def add(self, column: list[Any], kept: Sequence[int]) -> None:
        """Takes the order values of a page, and which of its rows count."""
        if self._term is not None:
            for value in column:
                if self._any and self._before(value, self._last):
                    self._in_order = False
                self._last, self._any = value, True
            self._values += [column[i] for i in kept]
        else:
            self._values += [None] * len(kept)

    def _before(self, value: Any, last: Any) -> bool:
        assert self._term is not None
        if value is None or last is None:
            later_null = value is None and last is not None
            return later_null if self._term.descending else (last is None and value is not None)
        return bool(value > last) if self._term.descending else bool(value < last)

    def enough(self, limit: int, whole: bool) -> bool:
        """``limit`` rows are sure. Unless the order is ``whole``, rows that tie with the last of them may follow."""
        if not self._in_order or len(self._values) < limit:
            return False
        return whole or self._term is None or limit == 0 or self._values[limit - 1] != self._last
