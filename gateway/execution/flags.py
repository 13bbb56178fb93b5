"""What was noticed in agency data: flags of the adapters, and check digits, on the fields the caller sees."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from gateway.execution.table import Part, Table
from gateway.planning.shapes import ChildrenField, MetaField, ObjectField, Shape
from resolvers.identifiers import data_problem

Found = dict[int, list[tuple[str, str]]]
Counts = dict[tuple[int, str], int]

MEMO = 50_000
PATTERN = "pattern"
"""Told by the adapters already."""

_problem = lru_cache(MEMO)(data_problem)


def flags_of(table: Table) -> Found:
    """Per row the flags on the row itself and on lists inside it, as (path, problem)."""
    found: Found = {row: list(flags) for row, flags in table.flags.items()}
    for row, path, problem in _wrong_digits(table):
        found.setdefault(row, []).append((path, problem))
    for name, below in table.children.items():
        if below.bearer:
            continue
        inner = flags_of(below.table)
        if inner:
            for child, row in enumerate(below.parents()):
                place = f"{name}[{child - below.offsets[row]}]"
                found.setdefault(row, []).extend((f"{place}.{path}", problem) for path, problem in inner.get(child, ()))
    return found


def shown_digits(shape: Shape, table: Table, part: Part | None = None) -> Counts:
    """How many wrong check digits the ``dataFlags`` of the shape show, by table and coordinate. ``part``: of these rows
    alone.

    Adapters tell every other flag with the rows; check digits are reckoned only where they are shown."""
    counts: Counts = {}
    _count_shown(shape, table, part, shape.type_name, counts)
    return counts


def _count_shown(shape: Shape, table: Table, part: Part | None, bearer: str, counts: Counts) -> None:
    if not shape.flagged:
        return
    for item in shape.fields:
        if isinstance(item, MetaField) and item.kind == "dataFlags":
            _count(table, part, bearer, counts)
        elif isinstance(item, ObjectField) and item.shape is not None:
            _count_shown(item.shape, table, part, bearer, counts)
        elif isinstance(item, ChildrenField) and item.shape is not None:
            below = table.children[item.name]
            theirs = None if part is None else below.below(part)
            _count_shown(item.shape, below.table, theirs, below.bearer or f"{bearer}.{item.name}", counts)


def _count(table: Table, part: Part | None, bearer: str, counts: Counts) -> None:
    own: Counts = {}
    for _, path, _ in _wrong_digits(table, part):
        key = id(table), f"{bearer}.{path}"
        own[key] = own.get(key, 0) + 1
    counts.update(own)
    for name, below in table.children.items():
        if not below.bearer:
            _count(below.table, None if part is None else below.below(part), f"{bearer}.{name}", counts)


def _wrong_digits(table: Table, part: Part | None = None) -> Iterator[tuple[int, str, str]]:
    """Row (its place in ``part``, if given), path and problem of each value of the table's own columns whose check
    digit is wrong."""
    for path, index, identifier in table.identifiers:
        column = table.columns[index]
        if part is not None:
            column = [column[row] for row in part]
        bad = {
            value for value in set(column) if value is not None and _problem(identifier, value) not in (None, PATTERN)
        }
        if bad:
            for row, value in enumerate(column):
                if value in bad:
                    yield row, path, _problem(identifier, value) or ""
