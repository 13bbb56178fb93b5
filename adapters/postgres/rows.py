"""The one record of a statement → :class:`Rows`, a column at a time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import accumulate, chain
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from adapters.contract import ChildRows, RowFlag, Rows
from adapters.mapping import walk
from adapters.postgres.children import ChildLayout, ColumnLayout
from adapters.postgres.joins import JoinLayout
from adapters.postgres.translate import Layout

Place = Callable[[int], tuple[int, str]]
"""Index of an element → its row, and the path of its list element (``lines[2]``)."""


def decoder(layout: Layout, zone: ZoneInfo) -> Callable[[Sequence[Any], Sequence[tuple[Any, ...]], int | None], Rows]:
    """The function from a record (and the keys asked for, and the limit per key) to rows."""
    width, owner = layout.width, layout.owner

    def decode(record: Sequence[Any], keys: Sequence[tuple[Any, ...]], limit: int | None) -> Rows:
        natives: list[list[Any]] = [[] if text is None else orjson.loads(text) for text in record[:width]]
        totals = _totals(layout, natives, keys) if layout.totals >= 0 else None
        if layout.present >= 0 and None in natives[layout.present]:
            natives = _only(natives, [row for row, one in enumerate(natives[layout.present]) if one is not None])
        if owner >= 0 and limit is not None:
            natives = _only(natives, _limited(natives[owner], limit))
        rows = _rows(layout.columns, layout.children, natives)
        if layout.joins:
            rows.children += _joins(layout.joins, record, rows.count, _outermost, rows.flags)
        rows.marks = tuple(natives[place] for place in layout.marks)
        rows.total, rows.totals = record[layout.total] if layout.total >= 0 else None, totals
        as_of = record[layout.as_of] if layout.as_of >= 0 else None
        if as_of is not None:
            rows.as_of = as_of.astimezone(UTC) if as_of.tzinfo else as_of.replace(tzinfo=zone).astimezone(UTC)
        return rows

    return decode


def _totals(layout: Layout, natives: list[list[Any]], keys: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    """A key with several native spellings has a count for each."""
    found = dict.fromkeys(map(tuple, keys), 0)
    columns = natives[layout.spelling], natives[layout.owner], natives[layout.totals]
    for owner, total in {spelling: (owner, total) for spelling, owner, total in zip(*columns, strict=True)}.values():
        found[tuple(keys[owner])] += total
    return found


def _limited(owners: Sequence[Any], limit: int) -> list[int]:
    """Keys with several native spellings had a page for each; the pages come merged."""
    taken: dict[int, int] = {}
    kept = []
    for row, owner in enumerate(owners):
        count = taken.get(owner, 0)
        if count < limit:
            taken[owner] = count + 1
            kept.append(row)
    return kept


def _only(natives: list[list[Any]], rows: list[int]) -> list[list[Any]]:
    return natives if len(rows) == len(natives[0]) else [[column[row] for row in rows] for column in natives]


def _rows(columns: tuple[ColumnLayout, ...], children: tuple[ChildLayout, ...], natives: list[list[Any]]) -> Rows:
    count = len(natives[0])
    flags: list[RowFlag] = []
    out = []
    for column in columns:
        values, odd = column.reading.read([natives[i] for i in column.natives], count)
        out.append(values)
        if odd:
            path = column.path
            flags.extend(RowFlag(row, path, problem) for row, problem in odd)
    lists = tuple([_child(layout, natives, natives, count, _outermost, flags) for layout in children])
    return Rows(count, tuple(out), datetime.now(UTC), lists, flags)


def _outermost(row: int) -> tuple[int, str]:
    return row, ""


def _joins(
    layouts: tuple[JoinLayout, ...], record: Sequence[Any], count: int, above: Place, flags: list[RowFlag]
) -> tuple[ChildRows, ...]:
    """The levels below ``count`` rows, which ``above`` places."""
    return tuple([_join(f"@{i}", layout, record, count, above, flags) for i, layout in enumerate(layouts)])


def _join(
    name: str, layout: JoinLayout, record: Sequence[Any], count: int, above: Place, flags: list[RowFlag]
) -> ChildRows:
    end = layout.start + layout.width
    *natives, parents = [[] if text is None else orjson.loads(text) for text in record[layout.start : end + 1]]
    sizes = [0] * count
    for number in parents:
        sizes[number - 1] += 1
    offsets = list(accumulate(sizes, initial=0))
    total = len(parents)
    place = _placing(name, offsets, above)
    columns = tuple([_read(column, natives, total, place, flags) for column in layout.columns])
    lists = tuple([_child(child, natives, natives, total, place, flags) for child in layout.children])
    return ChildRows(offsets, columns, lists + _joins(layout.joins, record, total, place, flags))


def _placing(name: str, offsets: list[int], above: Place) -> Place:
    def place(element: int) -> tuple[int, str]:
        owner = bisect_right(offsets, element) - 1
        row, path = above(owner)
        return row, f"{path}.{name}[{element - offsets[owner]}]" if path else f"{name}[{element - offsets[owner]}]"

    return place


def _read(column: ColumnLayout, natives: list[list[Any]], total: int, place: Place, flags: list[RowFlag]) -> list[Any]:
    """One column of elements."""
    values, odd = column.reading.read([natives[i] for i in column.natives], total)
    for element, problem in odd:
        row, path = place(element)
        flags.append(RowFlag(row, f"{path}.{column.path}" if column.path else path, problem))
    return values


def _child(
    layout: ChildLayout,
    record: list[list[Any]],
    natives: list[list[Any]],
    count: int,
    above: Place,
    flags: list[RowFlag],
    numbers: list[int] | None = None,
) -> ChildRows:
    """``record``: columns of the outer rows; ``natives``: of the enclosing elements, ``count`` of them; ``numbers``:
    how many of those each outer row has, ``None`` at the top."""
    per_row: list[int] | None = None
    if layout.ordinals >= 0:
        offsets, inner, per_row = _from_arrays(layout, record, count, numbers)
    elif layout.each:
        offsets, inner = _from_repeated(layout, natives, count)
    else:
        offsets, inner = _from_documents(layout, natives, count)
    total = offsets[-1]
    place = _placing(layout.name, offsets, above)
    out = tuple([_read(column, inner, total, place, flags) for column in layout.columns])
    nested = tuple([_child(child, record, inner, total, place, flags, per_row) for child in layout.children])
    return ChildRows(offsets, out, nested)


def _from_arrays(
    layout: ChildLayout, record: list[list[Any]], count: int, numbers: list[int] | None
) -> tuple[list[int], list[list[Any]], list[int]]:
    """Arrays of the outer rows, chained; with ``numbers`` each element says which enclosing element it belongs to."""
    ordinals = record[layout.ordinals]
    per_row = [len(numbered) if numbered else 0 for numbered in ordinals]
    inner: list[list[Any]] = []
    for position in layout.arrays:
        inner.append(list(chain.from_iterable(filter(None, record[position]))))
    if numbers is None:
        return list(accumulate(per_row, initial=0)), inner, per_row
    sizes = [0] * count
    start = 0
    for enclosing, numbered in zip(numbers, ordinals, strict=True):
        for number in numbered or ():
            sizes[start + number - 1] += 1
        start += enclosing
    return list(accumulate(sizes, initial=0)), inner, per_row


def _from_repeated(layout: ChildLayout, natives: list[list[Any]], count: int) -> tuple[list[int], list[list[Any]]]:
    """Repeated columns; an element whose columns are all null or blank is none."""
    groups = [list(zip(*(natives[i] for i in element), strict=True)) for element in layout.each]
    flat: list[tuple[Any, ...]] = []
    offsets = [0]
    for row in range(count):
        flat.extend(group[row] for group in groups if any(not _blank(value) for value in group[row]))
        offsets.append(len(flat))
    width = len(layout.each[0])
    return offsets, [list(column) for column in zip(*flat, strict=True)] if flat else [[] for _ in range(width)]


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _from_documents(layout: ChildLayout, natives: list[list[Any]], count: int) -> tuple[list[int], list[list[Any]]]:
    """JSON arrays of the enclosing elements. The last native of a JSON list is the element itself, for lists in it."""
    documents = natives[layout.document]
    flat: list[Any] = []
    offsets = [0]
    for index in range(count):
        document = documents[index]
        if isinstance(document, str | bytes):
            try:
                document = orjson.loads(document)
            except orjson.JSONDecodeError:
                document = None
        found = walk(document, layout.inside)
        if isinstance(found, list):
            flat.extend(found)
        offsets.append(len(flat))
    inner = [[walk(element, path) for element in flat] for path in layout.paths]
    inner.append(flat)
    return offsets, inner
