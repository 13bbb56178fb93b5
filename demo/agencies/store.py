"""Read-only access to an agency's SQLite file."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

Record = dict[str, object]


class Store:
    """One connection, used from the event loop: every query is an index lookup."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.OperationalError when there is no such file."""
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        self._db.execute("PRAGMA query_only = ON")
        self._db.execute("PRAGMA mmap_size = 1073741824")
        self._db.execute("PRAGMA cache_size = -65536")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Record]:
        """Rows as dictionaries by column name. A list among the values fills `IN (?)`."""
        cursor = self._db.execute(*_expanded(sql, values))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def count(self, sql: str, values: Sequence[object] = ()) -> int:
        """The first column of the first row."""
        return int(self._db.execute(*_expanded(sql, values)).fetchone()[0])

    def close(self) -> None:
        """Closes the connection."""
        self._db.close()


def _expanded(sql: str, values: Sequence[object]) -> tuple[str, list[object]]:
    """One `?` for each member of a list."""
    first, *rest = sql.split("?")
    parts, flat = [first], list[object]()
    for part, value in zip(rest, values, strict=True):
        members = value if isinstance(value, list) else [value]
        parts += [",".join("?" * len(members)), part]
        flat += members
    return "".join(parts), flat
