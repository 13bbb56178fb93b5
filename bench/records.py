"""An agency's rows as a resolver of the stock executor sees them: one object per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gateway.execution.table import Table
from gateway.planning.catalog import Owner
from gateway.planning.shapes import Needs


@dataclass(slots=True)
class Record:
    """A row, or the part of it below ``prefix`` (an importer, a quantity)."""

    values: Mapping[str, Any]
    lists: Mapping[str, list[Record]]
    owner: Owner | None
    prefix: str = ""

    def below(self, path: str) -> Record:
        return Record(self.values, self.lists, self.owner, f"{self.prefix}{path}.")


def records(table: Table, needs: Needs) -> list[Record]:
    paths = list(needs.columns)
    rows = [dict(zip(paths, row, strict=True)) for row in zip(*table.columns, strict=True)]
    owners = table.per_row([origin.owner for origin in table.origins])
    lists: list[dict[str, list[Record]]] = [{} for _ in range(table.count)]
    for name, children in table.children.items():
        below = records(children.table, needs.children[name])
        for mine, (start, end) in zip(lists, pairwise(children.offsets), strict=True):
            mine[name] = below[start:end]
    return [Record(*parts) for parts in zip(rows or [{}] * table.count, lists, owners, strict=True)]
