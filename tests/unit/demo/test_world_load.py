"""The whole world in real stores: seeded twice into PostgreSQL and SQLite, read back, with the reader's rights."""

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

from demo.installation import Installation
from demo.world import Targets, seed
from demo.world.tables import POSTGRES

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of this module's own: the start of a DSN."""
    here = tmp_path_factory.mktemp("load")
    installation = Installation.prepare(here)
    data = installation.base / "load"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    account = installation.account
    run = {"env": installation.environment(), "cwd": installation.base}
    if account is not None:
        run |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    bin_ = installation.binaries
    initdb = [bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"]
    # Options of several types in one dict.
    subprocess.run(initdb, check=True, capture_output=True, **run)  # type: ignore[call-overload]
    options = [
        "-c",
        f"port={port}",
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "fsync=off",
    ]
    # Options of several types in one dict.
    process = subprocess.Popen([bin_ / "postgres", "-D", data, *options], stderr=subprocess.DEVNULL, **run)  # type: ignore[call-overload]
    yield f"postgresql://postgres@127.0.0.1:{port}"
    process.terminate()
    process.wait(20)
    shutil.rmtree(installation.base)


async def _targets(server: str, base: Path) -> Targets:
    for _ in range(100):
        try:
            owner = await asyncpg.connect(f"{server}/postgres", ssl=False)
            break
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.1)
    for name in POSTGRES:
        if not await owner.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await owner.execute(f"CREATE DATABASE {name}")
    await owner.close()
    return Targets(
        f"{server}/customs", f"{server}/traveller", f"{server}/trade_controls", *_files(base), base / "world.json"
    )


def _files(base: Path) -> tuple[Path, Path, Path, Path]:
    return base / "revenue.sqlite", base / "immigration.sqlite", base / "food.sqlite", base / "police.sqlite"


async def _digest(dsn: str) -> dict[str, str]:
    """A hash of each table's rows in the order they were written, without the nightly load log."""
    found = {}
    connection = await asyncpg.connect(dsn, ssl=False)
    agency = dsn.rpartition("/")[2]
    for table in POSTGRES[agency]:
        rows = await connection.fetch(f"SELECT t::text FROM {table} t")
        found[table] = sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
    await connection.close()
    return found


@pytest.fixture(scope="module")
async def seeded(server: str, tmp_path_factory: pytest.TempPathFactory) -> Targets:
    targets = await _targets(server, tmp_path_factory.mktemp("stores"))
    steps: list[tuple[str, int, int]] = []
    started = time.monotonic()
    await seed("small", 1, targets, lambda *step: steps.append(step), today=DAY)
    assert time.monotonic() - started < 30
    assert steps[-1][1] == steps[-1][2]
    return targets


async def test_same_seed_same_stores(seeded: Targets, tmp_path: Path) -> None:
    before = [await _digest(dsn) for dsn in (seeded.customs, seeded.traveller, seeded.trade_controls)]
    again = Targets(seeded.customs, seeded.traveller, seeded.trade_controls, *_files(tmp_path), tmp_path / "world.json")
    await seed("small", 1, again, lambda *_: None, today=DAY)
    assert [await _digest(dsn) for dsn in (seeded.customs, seeded.traveller, seeded.trade_controls)] == before
    for name in ("revenue", "immigration", "food", "police", "world_json"):
        assert getattr(again, name).read_bytes() == getattr(seeded, name).read_bytes(), name


async def test_the_reader_may_read_only(server: str, seeded: Targets) -> None:
    for dsn, table in (
        (seeded.customs, "cargo.ccd_hdr"),
        (seeded.traveller, "ee.xing"),
        (seeded.trade_controls, "lic.load_log"),
    ):
        reader = await asyncpg.connect(dsn.replace("postgres@", "guichet_ro@"), ssl=False)
        assert await reader.fetchval(f"SELECT count(*) FROM {table}") > 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.execute(f"DELETE FROM {table}")
        await reader.close()


async def test_links_and_orders_are_indexed(seeded: Targets) -> None:
    """With sequential scans discouraged, no lookup, link or order of the schema needs one, nor a sort."""
    key = "left(regexp_replace(txn_nbr, '[^0-9]', '', 'g'), 14)"
    box = "upper(regexp_replace(eqp_nbr, '[^0-9A-Za-z]', '', 'g'))"
    at_port = "SELECT * FROM cargo.ccd_hdr WHERE port_arr_no = '0809'"
    statements = {
        seeded.customs: [
            "SELECT * FROM cargo.ccd_hdr WHERE ccn_nbr = 'X'",
            f"{at_port} ORDER BY hld_flg DESC, eta_dt, eta_tm, ccn_nbr LIMIT 50",
            f"{at_port} ORDER BY eta_dt DESC, eta_tm DESC, ccn_nbr LIMIT 50",
            f"{at_port} ORDER BY arr_ts DESC, ccn_nbr LIMIT 50",
            "SELECT * FROM cargo.ccd_hdr WHERE imp_bn = 'X'",
            f"SELECT * FROM rlse.b3_hdr WHERE {key} = 'X' ORDER BY ver_nbr DESC LIMIT 1",
            f"SELECT * FROM rlse.b3_line WHERE {key} = 'X'",
            f"SELECT * FROM rlse.b3_ogd WHERE {key} = 'X'",
            f"SELECT * FROM rlse.rlse_dcsn WHERE {key} = 'X' ORDER BY dcsn_ts DESC LIMIT 1",
            f"SELECT * FROM cargo.ccd_eqp WHERE {box} = 'X'",
            f"SELECT * FROM cargo.evt WHERE {box} = 'X'",
            "SELECT * FROM cargo.ccd_sts_hist WHERE ccd_id = 4 ORDER BY sts_ts DESC, sts_seq DESC LIMIT 1",
            "SELECT * FROM cargo.trgt_rslt WHERE ccn_nbr = 'X' ORDER BY asmt_ts DESC LIMIT 1",
            "SELECT * FROM cargo.seiz WHERE doc_ctry = 'CAN' AND doc_nbr = 'X'",
        ],
        seeded.traveller: [
            "SELECT * FROM ee.xing WHERE doc_iss = 'CAN' AND doc_nbr = 'X' ORDER BY xing_ts DESC LIMIT 9",
            "SELECT * FROM ee.xing WHERE poe_nbr = '821' ORDER BY xing_ts DESC, xing_id DESC LIMIT 9",
            "SELECT * FROM ee.api_pnr WHERE poe_nbr = '821' AND sta_ts > '2026-03-02' ORDER BY sta_ts LIMIT 9",
            "SELECT * FROM ee.pax_last WHERE surnm_fold LIKE 'ERIK%' AND left(dob, 4) = '1974'",
        ],
        seeded.trade_controls: [
            "SELECT * FROM lic.permit WHERE permit_no = 'GC-0000001'",
            "SELECT * FROM lic.permit WHERE holder_bn = 'X' ORDER BY exp_date, permit_no LIMIT 9",
            "SELECT * FROM lic.permit ORDER BY exp_date, permit_no LIMIT 9",
            "SELECT * FROM lic.release_check WHERE transaction_no = 'X'",
        ],
    }
    for dsn, texts in statements.items():
        connection = await asyncpg.connect(dsn, ssl=False)
        await connection.execute("SET enable_seqscan = off; SET enable_sort = off; SET enable_incremental_sort = off")
        for text in texts:
            plan = "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + text))
            assert "Seq Scan" not in plan, text
            assert "Sort" not in plan, text
        await connection.close()


async def test_copies_are_fresh(seeded: Targets) -> None:
    connection = await asyncpg.connect(seeded.trade_controls, ssl=False)
    assert await connection.fetchval("SELECT now() - max(loaded_at) < interval '1 hour' FROM lic.load_log")
    await connection.close()


async def test_world_json(seeded: Targets) -> None:
    facts = json.loads(seeded.world_json.read_text())
    assert {"trader_bn", "carrier", "traveller_document", "special", "today"} <= set(facts)
    assert facts["today"] == "2026-03-02"
    connection = await asyncpg.connect(seeded.customs, ssl=False)
    assert await connection.fetchval("SELECT count(*) FROM cargo.ccd_hdr WHERE imp_bn = $1", facts["trader_bn"]) > 100
    assert await connection.fetchval("SELECT count(*) FROM cargo.ccd_hdr WHERE carr_cd = $1", facts["carrier"]) > 50
    await connection.close()


async def test_an_unknown_scale_is_refused(seeded: Targets) -> None:
    with pytest.raises(ValueError, match="small, medium, large"):
        await seed("tiny", 1, seeded, lambda *_: None)
