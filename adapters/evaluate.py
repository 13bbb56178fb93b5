"""The reference semantics of the contract, in memory: what a source cannot do is done here on the rows it fetched.

Pure. A :class:`Evaluation` is made once per call shape and applied to every answer: key check, predicate, order,
count, cursor, limit, in that order, column by column. Comparisons are by type: decimals (text at the seam)
numerically, text by code point, everything else by Python's own order. Null is two-valued, as ``contract.Compare``
says. ``adapters.memory`` applies all of it, ``adapters.rest`` only what an endpoint does not do itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import (
    ChildRows,
    ChildSelect,
    CollectionSpec,
    FetchCall,
    FetchSpec,
    Linked,
    OrderTerm,
    Predicate,
    Rows,
    coordinate_path,
)
from adapters.errors import Unsupported
from adapters.predicates import Mask, Table, compile_predicate, element_paths, locate, numbers, paths_of
from adapters.rows import take

__all__ = ["Evaluation", "Mask", "Table", "compile_predicate", "evaluation", "paths_of", "sort", "take"]


# ---- order and cursor -------------------------------------------------------------------------


def sort(indices: Sequence[int], columns: Sequence[list[Any]], order: Sequence[OrderTerm]) -> list[int]:
    """``indices`` in ``order``: nulls last ascending, first descending; stable."""
    result = list(indices)
    for column, term in zip(reversed(columns), reversed(order), strict=True):
        present = [i for i in result if column[i] is not None]
        nulls = [i for i in result if column[i] is None]
        present.sort(key=column.__getitem__, reverse=term.descending)
        result = nulls + present if term.descending else present + nulls
    return result


def cut(
    indices: Sequence[int], columns: Sequence[list[Any]], order: Sequence[OrderTerm], cursor: Sequence[Any]
) -> list[int]:
    """Those of ``indices`` whose order values are strictly after ``cursor``, their sequence kept."""
    after: set[int] = set()
    equal = list(indices)
    for column, term, bound in zip(columns, order, cursor, strict=True):
        if bound is None:
            if term.descending:
                after.update(i for i in equal if column[i] is not None)
            equal = [i for i in equal if column[i] is None]
        elif term.descending:
            after.update(i for i in equal if column[i] is not None and column[i] < bound)
            equal = [i for i in equal if column[i] == bound]
        else:
            after.update(i for i in equal if column[i] is None or column[i] > bound)
            equal = [i for i in equal if column[i] == bound]
    return [i for i in indices if i in after]


# ---- one call shape ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is left to do on the rows of one call shape.

    ``columns`` and ``children`` are what the source must fetch for it: those of the spec come first and in its order,
    the rest is dropped from the result (with its flags).
    """

    spec: FetchSpec
    collection: CollectionSpec
    columns: tuple[str, ...]
    children: tuple[ChildSelect, ...]
    check_keys: bool
    mask: Mask | None
    order: tuple[OrderTerm, ...]
    cursor: bool
    limit: bool
    count: bool
    marks: tuple[Mask, ...] = ()
    _extra: frozenset[str] = field(default=frozenset())
    _key_at: tuple[int, ...] = ()

    @property
    def idle(self) -> bool:
        """The fetched rows are the answer."""
        return not (self.check_keys or self.mask or self.order or self.cursor or self.limit or self.count or self.marks)

    def apply(self, rows: Rows, call: FetchCall) -> Rows:
        """The answer, from the rows fetched with ``columns`` and ``children``."""
        if self.idle or (self._only_keys and self._all_asked(rows, call)):
            return self._trim(rows)
        table = Table.of(rows, self.columns, self.children)
        indices: Sequence[int] = range(rows.count)
        owners: list[list[tuple[Any, ...]]] | None = None
        if self.check_keys or (self.spec.per_key and (self.limit or self.count)):
            owners = self._owners(table, call)
            indices = [i for i in indices if owners[i]]
        if self.mask is not None:
            keep = self.mask(table, call.params)
            indices = [i for i in indices if keep[i]]
        total, totals = rows.total, rows.totals
        if self.count:
            if self.spec.per_key and owners is not None:
                counts = dict.fromkeys(map(tuple, call.keys), 0)
                for i in indices:
                    for key in owners[i]:
                        counts[key] += 1
                totals = counts
            else:
                total = len(indices)
        if self.order or (self.cursor and call.cursor is not None):
            terms = self.spec.order
            columns = [self._comparable(table, term.path) for term in terms]
            if self.order:
                indices = sort(indices, columns, terms)
            if self.cursor and call.cursor is not None:
                indices = cut(indices, columns, terms, self._bounds(call))
        if self.limit and call.limit is not None:
            indices = self._limited(indices, owners, call.limit)
        if self.marks:
            rows.marks = tuple(mark(table, call.params) for mark in self.marks)
        answer = self._trim(take(rows, indices))
        answer.total, answer.totals = total, totals
        return answer

    @property
    def _only_keys(self) -> bool:
        return bool(self._key_at) and not (
            self.mask or self.order or self.cursor or self.limit or self.count or self.marks
        )

    def _all_asked(self, rows: Rows, call: FetchCall) -> bool:
        """Every row has an asked key, found out without looking at rows one by one; false when in doubt."""
        columns = [rows.columns[i] for i in self._key_at]
        try:
            if len(columns) == 1:
                return {key[0] for key in call.keys}.issuperset(columns[0])
            return set(call.keys).issuperset(zip(*columns, strict=True))
        except TypeError:  # a list in a key column
            return False

    def survivors(self, rows: Rows, call: FetchCall) -> tuple[list[int], bool]:
        """The rows that meet predicate and cursor, in the order given, to know when enough have been read; and
        whether the predicate dropped any."""
        table = Table.of(rows, self.columns, self.children)
        keep = None if self.mask is None else self.mask(table, call.params)
        indices = [i for i in range(rows.count) if keep is None or keep[i]]
        dropped = len(indices) < rows.count
        if self.cursor and call.cursor is not None:
            columns = [self._comparable(table, term.path) for term in self.spec.order]
            indices = cut(indices, columns, self.spec.order, self._bounds(call))
        return indices, dropped

    def following(self, columns: Sequence[list[Any]], call: FetchCall) -> list[int]:
        """The rows after the cursor, by their ``columns`` of ``order``."""
        terms = self.spec.order
        made = [numbers(self._type(term.path), column) for term, column in zip(terms, columns, strict=True)]
        return cut(range(len(columns[0])), made, terms, self._bounds(call))

    def comparable(self, rows: Rows, path: str) -> list[Any]:
        """The column of ``path``, as order sees it."""
        return numbers(self._type(path), rows.columns[self.columns.index(path)])

    def _bounds(self, call: FetchCall) -> list[Any]:
        return [numbers(self._type(t.path), [v])[0] for t, v in zip(self.spec.order, call.cursor or (), strict=True)]

    def _owners(self, table: Table, call: FetchCall) -> list[list[tuple[Any, ...]]]:
        """For each row the asked keys that it has; a key path inside a list gives a row several."""
        wanted = set(map(tuple, call.keys))
        if len(self.spec.keys) == 1:
            elements = table.elements(self.collection, self.spec.keys[0])
            if elements is not None:
                return [[(v,) for v in dict.fromkeys(row) if (v,) in wanted] for row in elements]
        columns = [table.columns[path] for path in self.spec.keys]
        return [[key] if key in wanted else [] for key in zip(*columns, strict=True)]

    def _limited(self, indices: Sequence[int], owners: list[list[tuple[Any, ...]]] | None, limit: int) -> Sequence[int]:
        if not self.spec.per_key or owners is None:
            return indices[:limit]
        seen: dict[tuple[Any, ...], int] = {}
        kept: list[int] = []
        for i in indices:
            within = False
            for key in owners[i]:
                seen[key] = seen.get(key, 0) + 1
                within = within or seen[key] <= limit
            if within:
                kept.append(i)
        return kept

    def _type(self, path: str) -> str:
        return locate(self.collection, path).type

    def _comparable(self, table: Table, path: str) -> list[Any]:
        return numbers(self._type(path), table.columns[path])

    def _trim(self, rows: Rows) -> Rows:
        """Only what the spec selected."""
        if len(self.columns) == len(self.spec.columns) and self.children == self.spec.children:
            return rows
        rows.columns = rows.columns[: len(self.spec.columns)]
        rows.children = _trim_children(rows.children, self.children, self.spec.children)
        if rows.flags and self._extra:
            rows.flags = [flag for flag in rows.flags if coordinate_path(flag.path) not in self._extra]
        return rows


def _trim_children(
    rows: Sequence[ChildRows], fetched: Sequence[ChildSelect], wanted: Sequence[ChildSelect]
) -> tuple[ChildRows, ...]:
    return tuple(
        ChildRows(
            child.offsets,
            child.columns[: len(want.columns)] if have.columns else child.columns,
            _trim_children(child.children, have.children, want.children),
        )
        for child, have, want in zip(rows, fetched, wanted, strict=False)
    )


def evaluation(
    spec: FetchSpec,
    collection: CollectionSpec,
    *,
    predicate: Predicate | None,
    keys: bool = True,
    order: bool = True,
    cursor: bool = True,
    limit: bool = True,
    count: bool = True,
    linked: Callable[[Linked], Mask] | None = None,
) -> Evaluation:
    """What remains of ``spec``. ``predicate`` is what the source did not push (both of the spec's, for none pushed);
    the switches say which of the spec's other demands the source leaves to the gateway. Raises ``Unsupported`` for a
    path that the collection does not supply, and for ``Linked`` without ``linked``."""
    needs: list[str] = []
    if keys or spec.per_key:
        needs += spec.keys
    for each in (predicate, *spec.marks):
        needs += paths_of(each) if each is not None else ()
    ordered = spec.order if order else ()
    if ordered or (cursor and spec.after is not None):
        needs += [term.path for term in spec.order]
    columns, children = list(spec.columns), list(spec.children)
    for path in needs:
        place = locate(collection, path)
        if place.chain:
            children = _with_child(children, place.chain, place.leaf)
        elif path not in columns:
            columns.append(path)
    for path in (*spec.columns, *(term.path for term in ordered)):
        if locate(collection, path).chain:
            raise Unsupported(f"{collection.id}: {path} is inside a list")
    selected = {*spec.columns, *element_paths(spec.children)}
    checked = spec.keys if keys and all(path in columns for path in spec.keys) else ()
    return Evaluation(
        spec=spec,
        collection=collection,
        columns=tuple(columns),
        children=tuple(children),
        check_keys=keys and bool(spec.keys),
        mask=None if predicate is None else compile_predicate(predicate, collection, linked),
        order=ordered,
        cursor=cursor and spec.after is not None,
        limit=limit and spec.limit,
        count=count and spec.count,
        marks=tuple(compile_predicate(mark, collection, linked) for mark in spec.marks),
        _extra=frozenset({*columns, *element_paths(children)} - selected),
        _key_at=tuple(columns.index(path) for path in checked),
    )


def _with_child(selects: list[ChildSelect], chain: tuple[str, ...], leaf: str) -> list[ChildSelect]:
    """``selects`` that also read ``leaf`` at the end of ``chain``; what was selected keeps its position."""
    name, rest = chain[0], chain[1:]
    result = list(selects)
    i = next((i for i, select in enumerate(result) if select.name == name), len(result))
    if i == len(result):
        result.append(ChildSelect(name))
    select = result[i]
    if rest:
        result[i] = ChildSelect(name, select.columns, tuple(_with_child(list(select.children), rest, leaf)))
    elif leaf and leaf not in select.columns:
        result[i] = ChildSelect(name, (*select.columns, leaf), select.children)
    return result
