"""Order of merged rows: nulls last ascending and first descending, ties as the rows came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.execution.table import Table
from gateway.planning.plan import Needs


def sorted_rows(table: Table, needs: Needs, order: Sequence[tuple[str, bool]]) -> list[int]:
    """Row positions in order; stable, so rows that tie keep the order of their owners and sources."""
    rows = list(range(table.count))
    for path, descending in reversed(order):
        column = table.columns[needs.columns[path]]
        keys = [_key(value) for value in column]
        rows.sort(key=keys.__getitem__, reverse=descending)
    return rows


def _key(value: Any) -> tuple[bool, Any]:
    return (True, 0) if value is None else (False, value)
