"""Rows as the oracle holds them: one object per row, a value per path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.contract import Child, ChildRows, ChildSelect, CollectionSpec, Rows
from gateway.planning.catalog import Owner


@dataclass(slots=True, eq=False)
class Row:
    """``owner`` is ``None`` for a person, whom no agency owns; ``parent`` is the row that holds a child.
    ``lacking``: failed reports without which not all its keys are known."""

    type: str
    values: Mapping[str, Any]
    agency: str
    as_of: datetime
    stale: bool
    owner: Owner | None = None
    children: dict[str, list[Row]] = field(default_factory=dict)
    parent: Row | None = None
    reports: Sequence[Any] = ()
    lacking: Sequence[Any] = ()

    def candidates(self, path: str) -> list[Any]:
        """The values at ``path``, which may reach into a child list."""
        head, _, rest = path.partition(".")
        if head in self.children:
            return [value for child in self.children[head] for value in child.candidates(rest)]
        value = self.values.get(path)
        return list(value) if isinstance(value, list) else [value]

    def has_list(self, path: str) -> bool:
        return path.partition(".")[0] in self.children or isinstance(self.values.get(path), list)


@dataclass(frozen=True, slots=True)
class At:
    """An object of the response: a row, or the part of it below ``prefix``."""

    row: Row
    prefix: str = ""

    def read(self, path: str) -> Any:
        return self.row.values.get(self.prefix + path)


def every_column(spec: CollectionSpec) -> tuple[str, ...]:
    return (*spec.fields, *(path for part in spec.parts.values() for path in part.fields))


def every_child(children: Mapping[str, Child]) -> tuple[ChildSelect, ...]:
    return tuple(
        ChildSelect(name)
        if child.value is not None
        else ChildSelect(name, tuple(child.fields), every_child(child.children))
        for name, child in children.items()
    )


def rows_of(owner: Owner, rows: Rows, now: datetime) -> list[Row]:
    spec = owner.spec
    stale = spec.freshness is not None and now - rows.as_of > spec.freshness
    columns, selects = every_column(spec), every_child(spec.children)
    found = [
        Row(spec.provides, dict(zip(columns, values, strict=True)), owner.agency, rows.as_of, stale, owner)
        for values in (zip(*rows.columns, strict=True) if columns else [()] * rows.count)
    ]
    _adopt(found, spec.children, selects, rows.children)
    return found


def _adopt(
    parents: Sequence[Row], declared: Mapping[str, Child], selects: Sequence[ChildSelect], below: Sequence[ChildRows]
) -> None:
    for select, rows in zip(selects, below, strict=True):
        child = declared[select.name]
        for index, parent in enumerate(parents):
            start, end = rows.offsets[index], rows.offsets[index + 1]
            if child.value is not None:
                parent.values = {**parent.values, select.name: rows.columns[0][start:end]}
                continue
            parent.children[select.name] = [
                Row(
                    child.type,
                    {path: column[place] for path, column in zip(select.columns, rows.columns, strict=True)},
                    parent.agency,
                    parent.as_of,
                    parent.stale,
                    parent.owner,
                    parent=parent,
                )
                for place in range(start, end)
            ]
        if child.value is None and select.children:
            flat = [row for parent in parents for row in parent.children[select.name]]
            _adopt(flat, child.children, select.children, rows.children)


def in_order(rows: Sequence[Row], order: Sequence[tuple[str, bool]]) -> list[Row]:
    """Nulls last ascending and first descending; ties as they came."""
    found = list(rows)
    for path, descending in reversed(order):
        found.sort(key=lambda row: _sortable(row.values.get(path)), reverse=descending)
    return found


def _sortable(value: Any) -> tuple[bool, Any]:
    return (True, 0) if value is None else (False, value)


def elements(lists: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Several list values of a row, side by side."""
    return zip(*(value or [] for value in lists), strict=True)
