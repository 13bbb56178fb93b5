"""Views whose grants see different rows: which groups grant a row, and links that go on for some of them only.

A row carries its groups as bits. What is reached through a parent inherits the parent's, so rows are followed apart
by the groups they hand on: a group never leads through a row, or over a link, that it does not grant itself.
"""

from __future__ import annotations

from typing import Any

from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import Children, Table, take
from gateway.planning.shapes import LinkField


async def follow_apart(runner: Services, run: Run, item: LinkField, table: Table) -> list[Any]:
    """One value per row, as ``Services.link``; rows that hand on the same groups are followed together."""
    assert table.grants is not None
    assert item.follows is not None
    parts: dict[int, list[int]] = {}
    for row, bits in enumerate(table.grants):
        parts.setdefault(bits & item.follows, []).append(row)
    column: list[Any] = [None] * table.count

    async def one(bits: int, rows: list[int]) -> None:
        own = run.under(bits)
        part = table if len(rows) == table.count else take(table, rows)
        values = await runner.follow(own, item, part)
        run.nulls |= own.nulls
        for row, value in zip(rows, values, strict=True):
            column[row] = value

    led = [(bits, rows) for bits, rows in parts.items() if bits]
    run.reports_of.setdefault(id(item), [])
    if led:
        await together([one(bits, rows) for bits, rows in led])
    return column


def hand_down(table: Table, below: Children) -> None:
    """Elements of a list inside a row are granted as their row is."""
    if table.grants is not None and below.table.grants is None:
        grants = table.grants
        below.table.grants = [grants[row] for row in below.parents()]
