"""Rows taken by index and put together again: each as itself, with what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import ChildRows, RowFlag, Rows
from adapters.rows import concatenate, take

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIZES = st.lists(st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=3), max_size=6)
"""Per row its lists, per list its own elements, and how many things each of those has."""


def lists(sizes: Sequence[int], below: tuple[ChildRows, ...] = ()) -> ChildRows:
    offsets = [0]
    for size in sizes:
        offsets.append(offsets[-1] + size)
    return ChildRows(offsets, (list(range(offsets[-1])),), below)


def rows_of(tree: Sequence[Sequence[Sequence[int]]]) -> Rows:
    leaves = lists([size for row in tree for each in row for size in each])
    middle = lists([len(each) for row in tree for each in row], (leaves,))
    top = lists([len(row) for row in tree], (middle,))
    count = len(tree)
    flags = [RowFlag(row, "status", "odd") for row in range(0, count, 2)]
    return Rows(count, (list(range(count)),), NOW, (top,), flags, marks=([row % 3 == 0 for row in range(count)],))


def told(rows: Rows) -> list[Any]:
    """Every row with all that is its own."""
    flagged = [[flag.path for flag in rows.flags if flag.row == row] for row in range(rows.count)]
    return [
        (rows.columns[0][row], rows.marks[0][row], flagged[row], _lists(rows.children[0], row))
        for row in range(rows.count)
    ]


def _lists(children: ChildRows, row: int) -> list[Any]:
    places = range(children.offsets[row], children.offsets[row + 1])
    return [(children.columns[0][at], [_lists(below, at) for below in children.children]) for at in places]


@given(SIZES, st.data())
def test_rows_are_taken_with_what_is_theirs(tree: list[list[list[int]]], data: st.DataObject) -> None:
    rows = rows_of(tree)
    indices = data.draw(st.permutations(range(rows.count))) if tree else []
    chosen = indices[: data.draw(st.integers(0, rows.count))]
    everything = told(rows)
    assert told(take(rows, chosen)) == [everything[row] for row in chosen]


@given(SIZES, st.data())
def test_neighbours_are_taken_as_any_others(tree: list[list[list[int]]], data: st.DataObject) -> None:
    rows = rows_of(tree)
    start = data.draw(st.integers(0, rows.count))
    end = data.draw(st.integers(start, rows.count))
    taken = take(rows, range(start, end))
    assert told(taken) == told(rows)[start:end]
    assert taken.children[0].offsets[0] == 0


@given(SIZES, st.integers(0, 6))
def test_parts_make_the_whole_again(tree: list[list[list[int]]], cut: int) -> None:
    rows = rows_of(tree)
    cut = min(cut, rows.count)
    parts = [take(rows, range(cut)), take(rows, range(cut, rows.count))]
    whole = concatenate(parts)
    assert [each[1:3] for each in told(whole)] == [each[1:3] for each in told(rows)]
    assert [list(map(len, whole.columns)), whole.children[0].offsets] == [[rows.count], rows.children[0].offsets]
