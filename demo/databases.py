"""The demo's four databases and the world in the agencies' stores."""

import asyncio
import json
import shutil
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

from demo import seeding
from demo.installation import Installation, linguistic_locale
from demo.postgres import OWNER, Server
from demo.progress import Reporter
from demo.running import HTTP_AGENCIES, POSTGRES_AGENCIES, Demo, together
from demo.supervisor import write_atomically

# Its collation is a language's, as in most real databases; the others sort by code point.
_LINGUISTIC_AGENCY = "customs"


async def start(
    demo: Demo,
    scale: str,
    seed: int,
    wanted: Collection[str],
    *,
    reset: bool,
    statement_log: bool,
    report: Reporter,
    today: date | None = None,
) -> dict[str, Server]:
    """Starts the wanted agencies' servers and `state`, over data that is this world's: generated when it is not.

    `today` (default: the current UTC date) is the day around which a new world's arrivals cluster. A world that is
    there is kept, whatever its day: agencies' data outlives a restart. With `reset` the gateway's state goes too.
    """
    day = (today or datetime.now(UTC).date()).isoformat()
    report.step("PostgreSQL")
    installation = await asyncio.to_thread(Installation.prepare, demo.directory)
    locale = await linguistic_locale(installation, demo.supervisor, demo.logs)
    servers = {
        name: Server(name, demo.ports[name], installation, demo.supervisor, demo.directory, demo.keys.secrets)
        for name in (*POSTGRES_AGENCIES, "state")
    }
    stamp_file = demo.directory / "world-stamp.json"
    stamp = {"scale": scale, "seed": seed, "generator": seeding.generator_version()}
    known = _read(stamp_file)
    made = known.pop("today", "")
    current = not reset and known == stamp and _whole(demo, servers)
    if current and made != day:
        report.step(f"world: kept, around {made}; --reset makes one around {day}")
    if not current:
        stamp_file.unlink(missing_ok=True)
        shutil.rmtree(demo.directory / "stores", ignore_errors=True)
        await together(*(server.wipe() for name, server in servers.items() if reset or name != "state"))

    async def start_one(server: Server) -> None:
        await server.initialise(locale if server.name == _LINGUISTIC_AGENCY else None)
        await server.start(_settings(scale), statement_log=statement_log)

    kept = {name: server for name, server in servers.items() if name in wanted or name == "state"}
    await together(*(start_one(server) for server in (kept if current else servers).values()))
    if not current:
        (demo.directory / "stores").mkdir()
        job = seeding.Job(
            scale=scale,
            seed=seed,
            today=day,
            **{name: servers[name].dsn(OWNER) for name in POSTGRES_AGENCIES},
            **{name: str(demo.store(name)) for name in HTTP_AGENCIES},
            world_json=str(demo.directory / "world.json"),
        )
        await seeding.seed(job, demo.supervisor, demo.logs, report)
        write_atomically(stamp_file, json.dumps({**stamp, "today": day}))
        await together(*(server.stop() for name, server in servers.items() if name not in kept))
    return kept


def _whole(demo: Demo, servers: dict[str, Server]) -> bool:
    """Whether every store of the last world is still there."""
    return all(servers[name].usable for name in POSTGRES_AGENCIES) and all(
        file.exists() for file in (demo.directory / "world.json", *map(demo.store, HTTP_AGENCIES))
    )


def _read(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _settings(scale: str) -> list[str]:
    if scale == "large":
        return ["shared_buffers=256MB", "maintenance_work_mem=256MB", "work_mem=16MB", "max_wal_size=4GB"]
    return ["shared_buffers=64MB", "maintenance_work_mem=64MB", "max_wal_size=1GB"]
