"""Order of merged rows: nulls last ascending and first descending, ties as the rows came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.execution.table import Table
from gateway.planning.shapes import Needs


def sorted_rows(table: Table, needs: Needs, order: Sequence[tuple[str, bool]]) -> list[int]:
    """Row positions in order; stable, so rows that tie keep the order of their owners and sources."""
    rows = list(range(table.count))
    for path, descending in reversed(order):
        column = table.columns[needs.columns[path]]
        keys = [_key(value) for value in column]
        rows.sort(key=keys.__getitem__, reverse=descending)
    return rows


def compare(one: Sequence[Any], other: Sequence[Any], descending: Sequence[bool]) -> int:
    """Which of two rows comes first, by their order values: negative for ``one``, positive for ``other``."""
    for a, b, down in zip(one, other, descending, strict=True):
        if a != b:
            first = _key(a) < _key(b)
            return -1 if first != down else 1
    return 0


def _key(value: Any) -> tuple[bool, Any]:
    return (True, 0) if value is None else (False, value)
