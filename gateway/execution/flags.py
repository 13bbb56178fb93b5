"""What was noticed in agency data: flags of the adapters, and check digits, on the fields the caller sees."""

from __future__ import annotations

from functools import lru_cache

from gateway.execution.table import Table
from resolvers.identifiers import data_problem

Found = dict[int, list[tuple[str, str]]]

MEMO = 50_000
PATTERN = "pattern"
"""Told by the adapters already."""

_problem = lru_cache(MEMO)(data_problem)


def flags_of(table: Table) -> Found:
    """Per row the flags on the row itself and on lists inside it, as (path, problem)."""
    found: Found = {row: list(flags) for row, flags in table.flags.items()}
    for path, index, identifier in table.identifiers:
        column = table.columns[index]
        bad = {
            value for value in set(column) if value is not None and _problem(identifier, value) not in (None, PATTERN)
        }
        if bad:
            for row, value in enumerate(column):
                if value in bad:
                    found.setdefault(row, []).append((path, _problem(identifier, value) or ""))
    for name, below in table.children.items():
        if below.flagged:
            continue
        inner = flags_of(below.table)
        if inner:
            for child, row in enumerate(below.parents()):
                place = f"{name}[{child - below.offsets[row]}]"
                found.setdefault(row, []).extend((f"{place}.{path}", problem) for path, problem in inner.get(child, ()))
    return found
