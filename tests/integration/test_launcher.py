"""Real servers, really started, stopped and killed: no process stays, no data goes."""
# ruff: noqa: ASYNC110, ASYNC220, ASYNC240 - nobody else waits for this loop

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from demo import seeding
from demo.installation import Installation, PostgresError, installed_locales, place
from demo.keys import Keys
from demo.launcher import DemoError, agencies
from demo.postgres import OWNER, READER, Server
from demo.progress import Quiet
from demo.supervisor import Supervisor, SupervisorError, command_line, identity
from tests.kit.launching import ONLY, Launch, eventually_none, processes_of

SLEEP = "import time; time.sleep(600)"


async def test_agencies_as_a_library(home: Path) -> None:
    async with agencies(home, only=ONLY) as demo:
        info = demo.info
        assert json.loads((home / "demo.json").read_text()) == info
        assert (home / "demo.json").stat().st_mode & 0o077 == 0
        assert set(info["agencies"]) == set(ONLY)
        state = await asyncpg.connect(info["state"]["dsn"])
        await state.execute("CREATE TABLE kept (x int)")
        await state.close()
        for name in ONLY:
            entry = info["agencies"][name]
            assert entry["kind"] == "postgres"
            assert "postgres" in command_line(entry["pid"])[0]
            reader = await asyncpg.connect(entry["dsn"])
            owner = await asyncpg.connect(entry["store"])
            await owner.execute(
                "CREATE SCHEMA extra; CREATE TABLE extra.t (x text); INSERT INTO extra.t VALUES ('kept')"
            )
            assert await reader.fetchval("SELECT x FROM extra.t WHERE x <> $1", "it's") == "kept"
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await reader.execute("INSERT INTO extra.t VALUES ('y')")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.execute("SET transaction_read_only = off; INSERT INTO extra.t VALUES ('y')")
            await reader.close()
            await owner.close()
            await asyncio.sleep(0.3)
            lines = [json.loads(line) for line in Path(entry["statement_log"]).read_text().splitlines()]
            asked = [line for line in lines if "FROM extra.t" in line["text"]]
            assert [(line["database"], line["parameters"]) for line in asked] == [(name, ["it's"])]
            assert all("CREATE" not in line["text"] for line in lines)
    assert not (home / "demo.json").exists()
    await eventually_none(home, 0)


async def test_every_agency_is_described_and_answers(home: Path) -> None:
    async with agencies(home) as demo, aiohttp.ClientSession() as session:
        entries = demo.info["agencies"]
        assert list(entries) == ["customs", "traveller", "trade_controls", "revenue", "immigration", "food", "police"]
        for name, entry in entries.items():
            own = {"dsn", "statement_log"} if entry["kind"] == "postgres" else {"url", "log"}
            assert {"kind", "pid", "control", "store", *own} <= set(entry)
            assert identity(entry["pid"])
            for faults, status in (({"no_such": 1}, 400), ({"latency_ms": 1}, 200), ({}, 200)):
                async with session.post(entry["control"], json=faults) as response:
                    assert (name, faults, response.status) == (name, faults, status)
            if entry["kind"] == "rest":
                assert Path(entry["store"]).exists()
                async with session.get(entry["url"] + "/asked") as response:
                    assert response.status in (401, 404)
                async with session.get(entry["log"]) as response:
                    assert [asked["path"] for asked in await response.json()] == ["/asked"]
        assert demo.keys.claims("trader-acme")["bn"]
        missing = {name for name, value in demo.environment().items() if not value}
        assert not missing
    await eventually_none(home, 0)


async def test_the_databases_sort_differently(home: Path) -> None:
    async with agencies(home, only=ONLY) as demo:
        order = {}
        for name in ONLY:
            owner = await asyncpg.connect(demo.info["agencies"][name]["store"])
            order[name] = await owner.fetchval("SELECT string_agg(x, '' ORDER BY x) FROM unnest('{a,B,c,É}'::text[]) x")
            collation = await owner.fetchval("SELECT datcollate FROM pg_database WHERE datname = current_database()")
            await owner.close()
            assert (collation == "C") == (name == "traveller" or not can_sort_as_people_do(home))
    assert order["traveller"] == "BacÉ"
    assert order["customs"] == ("aBcÉ" if can_sort_as_people_do(home) else "BacÉ")


def can_sort_as_people_do(home: Path) -> bool:
    return (place(home) / "locale").exists() or bool(installed_locales())


async def test_without_statement_log_there_is_none(home: Path) -> None:
    async with agencies(home, only=["customs"], statement_log=False) as demo:
        entry = demo.info["agencies"]["customs"]
        reader = await asyncpg.connect(entry["dsn"])
        await reader.fetchval("SELECT 'unseen'")
        await reader.close()
        await asyncio.sleep(0.2)
        assert not Path(entry["statement_log"]).exists()
        assert len([line for line in processes_of(home) if "-D" in line]) == 2  # customs and state


async def test_restart_and_the_kill_of_one_server(home: Path) -> None:
    async with agencies(home, only=ONLY) as demo, aiohttp.ClientSession() as session:
        customs, traveller = (demo.info["agencies"][name] for name in ONLY)
        other = await asyncpg.connect(traveller["dsn"])
        for kill in (False, True):
            reader = await asyncpg.connect(customs["dsn"])
            before = customs["pid"]
            if kill:
                os.kill(before, signal.SIGKILL)
            async with session.post(customs["control"], json={"restart": True}) as response:
                assert response.status == 200
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
                await reader.fetchval("SELECT 1")
            reader.terminate()
            reader = await asyncpg.connect(customs["dsn"])
            assert await reader.fetchval("SELECT x FROM extra.t") == "kept"
            await reader.close()
            assert customs["pid"] != before
            assert json.loads((home / "demo.json").read_text())["agencies"]["customs"]["pid"] == customs["pid"]
        assert await other.fetchval("SELECT 1") == 1
        await other.close()
        async with session.post(customs["control"], json={"status": 500}) as response:
            assert response.status == 400
    await eventually_none(home, 0)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_everything_in_order(home: Path, launch: Launch, sign: signal.Signals) -> None:
    launcher = launch()
    assert "ready" in await launcher.ready()
    assert len([line for line in processes_of(home) if "-D" in line]) == 3
    code, errors = await launcher.end(sign)
    assert code == 0
    assert "Traceback" not in errors
    await eventually_none(home, 0)
    assert [path.name for path in (home / "run").iterdir()] == ["lock"]


async def test_a_killed_launcher_leaves_nothing_and_loses_nothing(home: Path, launch: Launch) -> None:
    launcher = launch()
    assert "ready" in await launcher.ready()
    stamp = (home / "world-stamp.json").stat().st_mtime_ns
    await launcher.end(signal.SIGKILL)
    # At once, while its servers may still be shutting down.
    again = launch()
    assert "ready" in await again.ready()
    assert len([line for line in processes_of(home) if "-D" in line]) == 3
    info = json.loads((home / "demo.json").read_text())
    owner = await asyncpg.connect(info["agencies"]["customs"]["store"])
    assert await owner.fetchval("SELECT x FROM extra.t") == "kept"
    await owner.close()
    assert (home / "world-stamp.json").stat().st_mtime_ns == stamp
    code, errors = await again.end(signal.SIGTERM)
    assert (code, "Traceback" in errors) == (0, False)
    await eventually_none(home, 0)


async def test_a_server_that_outlived_its_launcher_is_replaced(home: Path) -> None:
    """Without records and without the kernel's help: only PostgreSQL's own lock file tells of it."""
    home = home.resolve()
    installation = Installation.prepare(home)
    account = installation.account
    data = installation.base / "customs" / "data"
    argv = [str(installation.binaries / "postgres"), "-D", str(data), "-c", "port=19999"]
    orphan = subprocess.Popen(
        [*argv, "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={installation.sockets}"],
        env=installation.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd=installation.base,
        start_new_session=True,
    )
    while not (data / "postmaster.pid").exists():
        await asyncio.sleep(0.02)
    waiting = asyncio.create_task(asyncio.to_thread(orphan.wait, 60))
    async with agencies(home, only=["customs"]) as demo:
        assert demo.info["agencies"]["customs"]["pid"] != orphan.pid
        owner = await asyncpg.connect(demo.info["agencies"]["customs"]["store"])
        assert await owner.fetchval("SELECT x FROM extra.t") == "kept"
        await owner.close()
    await waiting
    await eventually_none(home, 0)


async def test_a_lock_file_with_a_recycled_pid_is_no_obstacle(home: Path) -> None:
    home = home.resolve()
    lock = place(home) / "customs" / "data" / "postmaster.pid"
    stranger = subprocess.Popen([sys.executable, "-c", SLEEP])
    try:
        lock.write_text(f"{stranger.pid}\n{lock.parent}\n1\n19999\n\n127.0.0.1\n\nready\n")
        async with agencies(home, only=["customs"]):
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_start_that_fails_leaves_no_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise SupervisorError("food: ended at once")

    monkeypatch.setattr("demo.fronts.start_http_agencies", broken)
    with pytest.raises(DemoError, match="food: ended at once"):
        async with agencies(home, only=ONLY):
            pass
    await eventually_none(home, 0)


async def test_an_unknown_agency_is_named(home: Path) -> None:
    with pytest.raises(DemoError, match="post: no such agency"):
        async with agencies(home, only=["post"]):
            pass


async def test_a_port_that_was_taken_is_replaced(home: Path) -> None:
    port = json.loads((home / "ports.json").read_text())["customs"]
    squatter = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
    async with agencies(home, only=["customs"]) as demo:
        assert demo.ports["customs"] != port
    squatter.close()


async def test_another_world_replaces_the_data_but_not_the_state(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def seed(job: seeding.Job, *_: Any) -> None:
        for file in (job.revenue, job.immigration, job.food, job.police, job.world_json):
            Path(file).write_text("{}")

    monkeypatch.setattr(seeding, "seed", seed)  # which world it is matters not here, and the real one takes seconds
    async with agencies(home, seed=2, only=["customs"]) as demo:
        owner = await asyncpg.connect(demo.info["agencies"]["customs"]["store"])
        assert await owner.fetchval("SELECT to_regclass('extra.t')") is None
        await owner.close()
        state = await asyncpg.connect(demo.info["state"]["dsn"])
        assert await state.fetchval("SELECT to_regclass('kept')") == "kept"
        await state.close()
    async with agencies(home, seed=2, only=["customs"], reset=True) as demo:
        state = await asyncpg.connect(demo.info["state"]["dsn"])
        assert await state.fetchval("SELECT to_regclass('kept')") is None
        await state.close()


async def test_the_world_of_an_earlier_day_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its arrivals lie around the day it was made for. What is there stays; the terminal says how to renew it."""
    made: list[str] = []
    said: list[str] = []

    async def seed(job: seeding.Job, *_: Any) -> None:
        made.append(job.today)
        for file in (job.revenue, job.immigration, job.food, job.police, job.world_json):
            Path(file).write_text("{}")

    monkeypatch.setattr(seeding, "seed", seed)
    monkeypatch.setattr(Quiet, "step", lambda _, text: said.append(text))
    first, next_day = date(2026, 3, 2), date(2026, 3, 3)
    for today, reset in ((first, True), (first, False), (next_day, False), (next_day, True)):
        async with agencies(home, seed=3, only=["customs"], today=today, reset=reset):
            pass
    assert made == ["2026-03-02", "2026-03-03"]
    assert [text for text in said if "kept" in text] == [
        "world: kept, around 2026-03-02; --reset makes one around 2026-03-03"
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another account")
async def test_as_root_nothing_outside_is_opened(home: Path) -> None:
    base = place(home)
    assert base.stat().st_mode & 0o777 == 0o700
    owners = {path.lstat().st_uid for path in (base, *base.rglob("*"))}
    assert owners == {base.stat().st_uid}
    assert 0 not in owners
    assert Path("/var/tmp").stat().st_uid == 0
    async with agencies(home, seed=2, only=["customs"]) as demo:
        assert Path(f"/proc/{demo.info['agencies']['customs']['pid']}").stat().st_uid == base.stat().st_uid


async def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    home = home.resolve()
    supervisor = Supervisor(home / "run")
    installation = Installation.prepare(home)
    server = Server("customs", 19_998, installation, supervisor, home, Keys.open(home).secrets)
    with pytest.raises(PostgresError, match=r"customs: PostgreSQL did not start: .*no_such_setting"):
        await server.start(["no_such_setting=1"])
    assert server.dsn(READER).startswith("postgresql://guichet_ro:")
    assert server.dsn(OWNER) != server.dsn(READER)
    await eventually_none(home, 0)
