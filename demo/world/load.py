"""Writing batches: COPY into PostgreSQL, plain inserts into SQLite. Indexes come after the rows."""

import csv
import io
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from demo.world.tables import POSTGRES, SQLITE, Batch, Row

SQL = Path(__file__).parent / "sql"
READER = "guichet_ro"


def encode(rows: Iterable[Row]) -> bytes:
    """Rows as CSV for COPY: None and the empty string are NULL."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


class PostgresStore:
    """One agency's database while it is being filled."""

    def __init__(self, agency: str, dsn: str) -> None:
        self.agency, self._dsn = agency, dsn
        self._connection: asyncpg.Connection | None = None

    @property
    def connection(self) -> asyncpg.Connection:
        """Raises RuntimeError before `open`."""
        if self._connection is None:
            raise RuntimeError(f"{self.agency}: not open")
        return self._connection

    async def open(self) -> None:
        """Connects and creates the empty schemas, dropping what stood there."""
        self._connection = await asyncpg.connect(self._dsn, command_timeout=1_800)
        await self.connection.execute(
            "SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET client_min_messages = warning"
        )
        await self.connection.execute((SQL / f"{self.agency}.sql").read_text("utf-8"))

    async def write(self, table: str, data: bytes) -> None:
        """Copies CSV made by `encode`."""
        schema, _, name = table.partition(".")
        columns = POSTGRES[self.agency][table]
        source = io.BytesIO(data)
        await self.connection.copy_to_table(
            name, schema_name=schema, columns=columns, source=source, format="csv", encoding="utf-8"
        )

    async def index(self) -> None:
        """Builds the indexes, gathers statistics, lets the gateway's role read."""
        await self.connection.execute((SQL / f"{self.agency}_indexes.sql").read_text("utf-8"))
        await self._grant()
        await self.connection.execute("VACUUM (ANALYZE)")

    async def _grant(self) -> None:
        if not await self.connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", READER):
            await self.connection.execute(f"CREATE ROLE {READER} LOGIN")
        for schema in sorted({table.partition(".")[0] for table in POSTGRES[self.agency]}):
            await self.connection.execute(
                f"GRANT USAGE ON SCHEMA {schema} TO {READER}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"
            )

    async def close(self) -> None:
        """Closes the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()


class SqliteStore:
    """One HTTP agency's file while it is being filled."""

    def __init__(self, agency: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.agency = agency
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA cache_size = -65536")
        self._db.executescript((SQL / f"{agency}.sql").read_text("utf-8"))

    def write(self, table: str, rows: list[Row]) -> None:
        """Appends rows in one transaction."""
        places = ",".join("?" * SQLITE[self.agency][table])
        self._db.execute("BEGIN")
        self._db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - names from tables.py
        self._db.execute("COMMIT")

    def index(self) -> None:
        """Builds the indexes and gathers statistics."""
        self._db.executescript((SQL / f"{self.agency}_indexes.sql").read_text("utf-8"))
        self._db.execute("ANALYZE")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


Packed = dict[tuple[str, str], bytes | list[Row]]


def pack(batch: Batch) -> Packed:
    """A batch as it travels between processes: bytes for PostgreSQL, rows for SQLite."""
    return {key: encode(rows) if key[0] in POSTGRES else rows for key, rows in batch.rows.items()}
