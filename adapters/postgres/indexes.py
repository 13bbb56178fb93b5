"""The indexes of an agency's tables, as far as ``guichet check`` looks at them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from typing import Any

EXPRESSION = None
"""In place of a column: an expression over columns. Which one, is not compared."""

Columns = tuple[str | None, ...]

INDEXES_SQL = """
SELECT w.name, c.reltuples::bigint,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0)
FROM unnest($1::text[], $2::text[]) AS w(name, quoted)
JOIN pg_class c ON c.oid = to_regclass(w.quoted)
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
"""
"""Table, estimated rows, an index's columns (null: an expression)."""


class Indexes:
    """From the records of ``INDEXES_SQL``."""

    def __init__(self, records: Iterable[Iterable[Any]]) -> None:
        self._rows: dict[str, int] = {}
        self._columns: dict[str, list[Columns]] = {}
        for table, rows, columns in records:
            self._rows[table] = max(rows, 0)
            if columns:
                self._columns.setdefault(table, []).append(tuple(columns))

    def rows(self, table: str) -> int:
        """The planner's estimate; 0 for a view or a table that was never analysed."""
        return self._rows.get(table, 0)

    def serves(self, table: str, columns: Columns, then: Columns = (), *, fixed: Set[str] = frozenset()) -> bool:
        """Some index starts with ``columns`` in any order, and goes on with ``then``. Columns that are ``fixed`` may
        come before."""
        return any(
            Counter(index[at : at + len(columns)]) == Counter(columns)
            and Counter(index[at + len(columns) :][: len(then)]) == Counter(then)
            for index in self._columns.get(table, ())
            for at in range(len(index))
            if fixed >= set(index[:at])
        )
