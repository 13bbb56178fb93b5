"""The demo's PostgreSQL servers: each with its own data directory, database and roles."""

import asyncio
import hashlib
import json
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from demo.installation import Installation, PostgresError
from demo.keys import Secrets
from demo.supervisor import Command, Supervisor, command_line, end, identity, last_line, until, write_atomically

OWNER, READER, STATE = "guichet_owner", "guichet_ro", "guichet_state"
START_PATIENCE, STOP_PATIENCE = 60.0, 30.0
_MAX_SOCKET_PATH = 100  # sockaddr_un holds 104 bytes on macOS, 108 on Linux


class Server:
    """One server with one database. `name` is an agency's code in lower case, or `state`.

    An agency's database has the superuser `guichet_owner`, for seeding, and `guichet_ro`, which only reads.
    `state` has the ordinary role `guichet_state`, which owns the database.
    """

    def __init__(
        self,
        name: str,
        port: int,
        installation: Installation,
        supervisor: Supervisor,
        directory: Path,
        secrets: Secrets,
    ) -> None:
        self.name = name
        self.port = port
        self._installation = installation
        self._supervisor = supervisor
        self._passwords = {OWNER: secrets.owner, READER: secrets.reader, STATE: secrets.state}
        self._settings: tuple[str, ...] = ()
        self._restarting = asyncio.Lock()
        self._root = installation.base / name
        self._data = self._root / "data"
        self._mark = directory / "postgres" / f"{name}.json"
        self._output = directory / "logs" / f"postgres-{name}.log"

    @property
    def database(self) -> str:
        return STATE if self.name == "state" else self.name

    @property
    def server_log(self) -> Path:
        """PostgreSQL's own log, one JSON object a line."""
        return self._root / "log" / "server.json"

    @property
    def pid(self) -> int:
        """The postmaster's pid."""
        return self._supervisor.pid(self._process)

    @property
    def _process(self) -> str:
        return f"postgres-{self.name}"

    def dsn(self, role: str, port: int | None = None) -> str:
        """A DSN for `guichet_owner`, `guichet_ro` or `guichet_state`: straight to the server, or by a proxy's port."""
        return self._dsn(role, self.database, port or self.port)

    def _dsn(self, role: str, database: str, port: int) -> str:
        return f"postgresql://{role}:{self._passwords[role]}@127.0.0.1:{port}/{database}"

    @property
    def usable(self) -> bool:
        """Whether there is a complete data directory that these secrets open."""
        return self._data.exists() and self._mark.exists() and self._mark.read_text() == self._fingerprint()

    async def initialise(self, locale: str | None) -> None:
        """Makes the data directory unless a usable one is there."""
        await self._settle()
        if self.usable:
            return
        await self.wipe()
        self._installation.make(self._root)
        self._installation.make(self._root / "log")
        self._installation.make(self._installation.sockets)
        password = self._root / "password"
        write_atomically(password, self._passwords[OWNER])
        if account := self._installation.account:
            os.chown(password, account.uid, account.gid)
        argv = [
            *(str(self._installation.binaries / "initdb"), "-D", str(self._data), "-U", OWNER),
            *("--pwfile", str(password), "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--no-sync", "--no-instructions"),
            *((f"--lc-collate={locale}", f"--lc-ctype={locale}") if locale else ()),
        ]
        environment = self._installation.environment()
        command = Command(
            f"initdb-{self.name}", argv, self._output, environment, self._root, self._installation.account
        )
        await self._supervisor.finish(command)
        password.unlink()

    async def wipe(self) -> None:
        """Removes all data. The server must not run."""
        await self._settle()
        self._mark.unlink(missing_ok=True)
        if self._root.exists():
            await asyncio.to_thread(shutil.rmtree, self._root)

    async def start(self, settings: Sequence[str], *, statement_log: bool = False) -> None:
        """Starts the server and waits until it answers; makes roles and database in a new one.

        `settings` are `name=value`. With `statement_log` the server logs what `guichet_ro` runs, and nothing else.
        """
        self._settings = tuple(settings)
        self.server_log.unlink(missing_ok=True)
        await self._launch()
        if not self._mark.exists():
            await self._populate()
            write_atomically(self._mark, self._fingerprint())
        if self.name != "state":
            owner = await asyncpg.connect(self.dsn(OWNER), ssl=False)
            try:
                await owner.execute(f"ALTER ROLE {READER} SET log_statement = '{'all' if statement_log else 'none'}'")
            finally:
                await owner.close()

    async def stop(self) -> None:
        """Fast shutdown: sessions end, data is written."""
        await self._supervisor.stop(self._process)

    async def restart(self) -> None:
        """Stops and starts with the same data and settings; also starts one that was killed."""
        async with self._restarting:
            await self.stop()
            await self._launch()

    async def _launch(self) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while True:
            await self._settle()
            self._supervisor.start(self._command())
            await until(lambda: self._ready() or not self._supervisor.running(self._process), START_PATIENCE)
            if self._ready():
                return
            await self._supervisor.stop(self._process)
            reason = last_line(self._output)
            # Sessions of a killed server hold its shared memory for a moment.
            if time.monotonic() > deadline or not ("lock file" in reason or "still in use" in reason):
                raise PostgresError(f"{self.name}: PostgreSQL did not start: {reason}")
            await asyncio.sleep(0.2)

    def _command(self) -> Command:
        sockets = str(self._installation.sockets)
        if len(f"{sockets}/.s.PGSQL.{self.port}") > _MAX_SOCKET_PATH:
            sockets = ""
        options = [
            *("listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={sockets}"),
            *("max_connections=100", "jit=off", "timezone=UTC", "wal_level=minimal", "max_wal_senders=0"),
            # The data can be generated again: a crash of the machine may cost it.
            *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
            *("logging_collector=on", "log_destination=jsonlog", f"log_directory={self.server_log.parent}"),
            *("log_filename=server.log", "log_rotation_age=0", "log_rotation_size=0", "log_timezone=UTC"),
            *(("io_method=sync",) if self._installation.version >= 18 else ()),
            *self._settings,
        ]
        argv = [str(self._installation.binaries / "postgres"), "-D", str(self._data)]
        for option in options:
            argv += ["-c", option]
        account = self._installation.account
        environment = self._installation.environment()
        return Command(
            self._process, argv, self._output, environment, self._root, account, signal.SIGINT, STOP_PATIENCE
        )

    def _ready(self) -> bool:
        pid, status = self._lock_file()
        return status == "ready" and self._supervisor.running(self._process) and pid == self.pid

    def _lock_file(self) -> tuple[int, str]:
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
            return int(lines[0]), lines[7].strip()
        except (OSError, ValueError):
            return 0, ""
        except IndexError:
            return int(lines[0]), ""

    async def _settle(self) -> None:
        """Ends a server of an earlier launcher that runs on this data; clears a lock whose pid is another's now."""
        pid, _ = self._lock_file()
        known = identity(pid)
        if known is None:
            return  # PostgreSQL clears this lock itself, and looks for surviving sessions first
        if str(self._data) in command_line(pid):
            await end(pid, known, signal.SIGINT, STOP_PATIENCE)
        else:
            (self._data / "postmaster.pid").unlink()

    async def _populate(self) -> None:
        role = STATE if self.name == "state" else READER
        server = await asyncpg.connect(self._dsn(OWNER, "postgres", self.port), ssl=False)
        try:
            await server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{self._passwords[role]}'")
            await server.execute(f"CREATE DATABASE {self.database} OWNER {role if self.name == 'state' else OWNER}")
            await server.execute(f"REVOKE TEMPORARY ON DATABASE {self.database} FROM PUBLIC")
            if self.name == "state":
                return
            await server.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
        finally:
            await server.close()
        database = await asyncpg.connect(self.dsn(OWNER), ssl=False)
        try:
            await database.execute(f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {READER}")
            await database.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}")
        finally:
            await database.close()

    def _fingerprint(self) -> str:
        secret = hashlib.sha256(self._passwords[OWNER].encode()).hexdigest()
        return json.dumps({"format": 1, "version": self._installation.version, "secret": secret})
