"""Rows of one collection with those of others, as ``adapters.memory`` joins them: by their keys, in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from adapters.contract import ChildRows, FetchCall, FetchSpec, Join, RowFlag, Rows
from adapters.rows import concatenate, take

Read = Callable[[FetchSpec, FetchCall], Rows]


class MemoryJoins:
    """``read``: the rows of a keyed fetch."""

    def __init__(self, read: Read, joins: Sequence[Join]) -> None:
        self._read, self._joins = read, joins

    def widened(self, spec: FetchSpec) -> FetchSpec:
        """``spec`` with the columns that joins hang on, after its own."""
        if not self._joins:
            return spec
        ours = [path for join in self._joins for _, path in join.on]
        return replace(spec, columns=tuple(dict.fromkeys((*spec.columns, *ours))), joins=())

    def joined(self, rows: Rows, spec: FetchSpec, call: FetchCall) -> Rows:
        """``rows`` of the widened spec, as ``spec`` has them."""
        if not self._joins:
            return rows
        wide = self.widened(spec).columns
        for place, join in enumerate(self._joins):
            columns = [rows.columns[wide.index(ours)] for _, ours in join.on]
            keys = [None if None in key else key for key in zip(*columns, strict=True)]
            rows.children += (self._children(f"@{place}", join, keys, call, rows.flags),)
        rows.columns = rows.columns[: len(spec.columns)]
        return rows

    def _children(
        self, name: str, join: Join, keys: Sequence[tuple[Any, ...] | None], call: FetchCall, flags: list[RowFlag]
    ) -> ChildRows:
        theirs = tuple(path for path, _ in join.on)
        below = MemoryJoins(self._read, join.spec.joins)
        wide = below.widened(replace(join.spec, columns=tuple(dict.fromkeys((*join.spec.columns, *theirs)))))
        wanted = list(dict.fromkeys(key for key in keys if key is not None))
        found = self._read(replace(wide, keys=theirs), FetchCall(keys=wanted, params=call.params))
        of_key: dict[tuple[Any, ...], list[int]] = {}
        for row, key in enumerate(zip(*(found.columns[wide.columns.index(path)] for path in theirs), strict=True)):
            of_key.setdefault(key, []).append(row)
        places = [of_key.get(key, []) if key is not None else [] for key in keys]
        apart = [take(found, rows) for rows in places]
        offsets = list(accumulate(map(len, places), initial=0))
        whole = below.joined(_whole(apart, found), replace(join.spec, columns=wide.columns), call)
        for flag in whole.flags:
            owner = next(row for row, end in enumerate(offsets[1:]) if flag.row < end)
            flags.append(RowFlag(owner, f"{name}[{flag.row - offsets[owner]}].{flag.path}", flag.problem))
        return ChildRows(offsets, whole.columns[: len(join.spec.columns)], whole.children)


def _whole(parts: Sequence[Rows], empty: Rows) -> Rows:
    return concatenate(parts) if parts else take(empty, [])
