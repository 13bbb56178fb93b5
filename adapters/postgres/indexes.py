"""The indexes of an agency's tables, as far as ``guichet check`` looks at them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

INDEXES_SQL = """
SELECT w.name, c.reltuples::bigint, i.indexrelid IS NOT NULL AND i.indexprs IS NOT NULL,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0)
FROM unnest($1::text[], $2::text[]) AS w(name, quoted)
JOIN pg_class c ON c.oid = to_regclass(w.quoted)
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
"""
"""Table, estimated rows, whether the index has expressions, its columns (null: an expression)."""


class Indexes:
    """From the records of ``INDEXES_SQL``."""

    def __init__(self, records: Iterable[Iterable[Any]]) -> None:
        self._rows: dict[str, int] = {}
        self._leading: dict[str, list[tuple[str | None, ...]]] = {}
        for table, rows, _, columns in records:
            self._rows[table] = max(rows, 0)
            if columns:
                self._leading.setdefault(table, []).append(tuple(columns))

    def rows(self, table: str) -> int:
        """The planner's estimate; 0 for a view or a table that was never analysed."""
        return self._rows.get(table, 0)

    def serves(self, table: str, columns: Sequence[str]) -> bool:
        """Some index starts with these columns in any order; for none, with an expression."""
        wanted = set(columns)
        return any(
            set(index[: len(wanted)]) == wanted if wanted else index[0] is None
            for index in self._leading.get(table, ())
        )
