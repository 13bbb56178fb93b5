"""Comparing two rows by their order values agrees with sorting them."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import product
from typing import Any

import pytest

from gateway.execution.order import compare, sorted_rows
from gateway.execution.table import Table
from gateway.planning.shapes import Needs


@pytest.mark.parametrize("ways", list(product((False, True), repeat=2)))
def test_compare_orders_as_sorting_does(ways: tuple[bool, bool]) -> None:
    rows: list[tuple[Any, Any]] = list(product((None, 1, 2), (None, "a", "b")))
    needs = Needs()
    for path in ("x", "y"):
        needs.column(path)
    table = Table(len(rows), [[x for x, _ in rows], [y for _, y in rows]])
    ordered = [rows[row] for row in sorted_rows(table, needs, [("x", ways[0]), ("y", ways[1])])]
    assert ordered == sorted(rows, key=cmp_to_key(lambda one, other: compare(one, other, ways)))
    assert compare(rows[3], rows[3], ways) == 0
