"""The source against the reference evaluation: random call shapes over dirty rows in a real PostgreSQL."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from graphql import build_schema

from adapters.contract import (
    AllOf,
    AnyOf,
    ChildSelect,
    Compare,
    FetchCall,
    FetchSpec,
    Negation,
    OrderTerm,
    Param,
    Predicate,
    Rows,
)
from adapters.evaluate import evaluation
from adapters.postgres import PostgresSource, create
from demo.installation import Installation
from demo.keys import Secrets
from demo.postgres import OWNER, READER, Server
from demo.supervisor import Supervisor
from gateway.settings.agencies import load_agencies, type_catalog
from tests.kit.history import with_history

ROOT = Path(__file__).parents[2]
KEYS = {"shipment": ("ccn",), "declaration": ("transactionNumber",), "hold": ("key",)}
CHILDREN = {"shipment": (ChildSelect("containers", ("number", "sizeType", "seals")),)}


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A running server with an empty customs database."""
    directory = tmp_path_factory.mktemp("postgres")
    (directory / "postgres").mkdir()
    (directory / "logs").mkdir()
    supervisor = Supervisor(directory / "run")
    supervisor.acquire()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    installation = Installation.prepare(directory)
    server = Server("customs", port, installation, supervisor, directory, Secrets.random())
    try:
        await server.initialise(None)
        await server.start(["shared_buffers=32MB"])
        yield server
    finally:
        await supervisor.stop_all()
        await server.wipe()
        supervisor.release()
        shutil.rmtree(installation.base, ignore_errors=True)


def _rows(rng: random.Random) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Small domains, so that ties, nulls, blanks and unmapped codes meet everywhere."""
    day = datetime(2026, 3, 7)
    ports = ["0395", "0497", "0813", "9999", None]
    shipments, statuses, boxes = [], [], []
    for i in range(250):
        eta = day + timedelta(minutes=rng.randrange(0, 4000, 50)) if rng.random() < 0.8 else None
        shipments.append(
            (
                i,
                rng.choice("CCCH"),
                rng.choice(["N", "N", " ", "Y"]),
                f"9042PARS{i:04}",
                rng.choice([None, "", "1", "2", "4", "7"]),
                rng.choice(ports),
                rng.choice(["395", "497", "1"]),
                f"{eta:%Y%m%d}" if eta else rng.choice([None, "", "20260399"]),
                f"{eta:%H%M}" if eta else None,
                rng.choice([None, day + timedelta(hours=rng.randrange(60))]),
                rng.choice([None, 1, 20, 300]),
                rng.choice([None, "", "Alpha", "Beta", "Gamma"]),
                rng.choice([None, "", "CAN", "USA", "ZZZ"]),
                rng.choice("YN"),
            )
        )
        for n in range(rng.randrange(3)):
            statuses.append((i, n, day + timedelta(hours=rng.randrange(3)), rng.choice("PARHL?"), rng.choice("YNN")))
            boxes.append(
                (i, n, rng.choice(["MSKU 1234565", "abcu-7654321", None]), rng.choice(["22G1", None]), "A1,B2")
            )
    yield "cargo.ccd_hdr", shipments
    yield "cargo.ccd_sts_hist", statuses
    yield "cargo.ccd_eqp", boxes
    versions = []
    for i in range(120):
        for version in range(rng.randrange(1, 4)):
            number = f"{i:014}" if rng.random() < 0.5 else f"{i:014}{version:05}"
            amount = rng.choice([None, 0, 100, 12345])
            versions.append((number, version, rng.choice(["I", "E", None]), amount, f"9042PARS{rng.randrange(40):04}"))
    yield "rlse.b3_hdr", versions
    yield (
        "cargo.evt",
        [
            (
                2026,
                i,
                "HLD",
                f"9042PARS{rng.randrange(40):04}",
                rng.choice(["S", "C", None]),
                rng.choice(["Y", "N", None]),
            )
            for i in range(150)
        ],
    )


INSERTS = {
    "cargo.ccd_hdr": "ccd_id, rec_typ, del_flg, ccn_nbr, trn_mod, port_arr_no, off_cd, eta_dt, eta_tm, arr_ts, pkg_ct,"
    " carr_nm, imp_ctry, hld_flg",
    "cargo.ccd_sts_hist": "ccd_id, sts_seq, sts_ts, sts_cd, seiz_flg",
    "cargo.ccd_eqp": "ccd_id, eqp_seq, eqp_nbr, iso_typ, seal_lst",
    "rlse.b3_hdr": "txn_nbr, ver_nbr, drctn, inv_amt, ccn_nbr",
    "cargo.evt": "evt_yr, evt_seq, evt_typ, ccn_nbr, scope_cd, mv_flg",
}


@pytest.fixture(scope="module")
async def customs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PostgresSource]:
    """Customs, with the status out of its history: a part's newest row under every kind of question."""
    connection = await asyncpg.connect(server.dsn(OWNER))
    await connection.execute((ROOT / "demo/world/sql/customs.sql").read_text())
    await connection.execute(
        "INSERT INTO ref.port_loc VALUES ('0395', 'CAMTR', ''), ('0396', 'CAMTR', ''), ('0497', 'CAHAL', ''),"
        " ('0813', 'CAVAN', '')"
    )
    for table, rows in _rows(random.Random(1)):
        marks = ", ".join(f"${i + 1}" for i in range(len(rows[0])))
        await connection.executemany(f"INSERT INTO {table} ({INSERTS[table]}) VALUES ({marks})", rows)
    await connection.execute((ROOT / "demo/world/sql/customs_indexes.sql").read_text())
    await connection.close()
    types = type_catalog(build_schema((ROOT / "schema.graphql").read_text()))
    file = tmp_path_factory.mktemp("agencies") / "customs.toml"
    file.write_text(with_history((ROOT / "agencies/customs.toml").read_text()), "utf-8")
    [agency] = load_agencies([file], types)
    table = {**agency.sources["cargo"], "dsn": server.dsn(READER)}
    source = create("cargo", agency.code, table, agency.collections, agency.lookups)
    await source.start()
    yield source
    await source.close()


class Shapes:
    """Random call shapes over one collection, with values that occur in it."""

    def __init__(
        self, rng: random.Random, source: PostgresSource, name: str, rows: Rows, columns: tuple[str, ...]
    ) -> None:
        self.rng = rng
        self.name = name
        self.abilities = source.capabilities.collections[name]
        self.spec = source.collections[name]
        self.columns = columns
        self.values = dict(zip(columns, rows.columns, strict=True))
        self.rows = rows
        self.params: dict[str, Any] = {}

    def value(self, path: str) -> Any:
        if path == "containers.number":
            return self.rng.choice(["MSKU1234565", "ABCU7654321", "X"])
        column = self.values.get(path, ["A1", "22G1"])
        return self.rng.choice([v for v in column if v is not None] or ["?"])

    def compare(self) -> Compare:
        known = [p for p in self.abilities.filters if any(v is not None for v in self.values.get(p, ()))]
        path = self.rng.choice([*known, *(p for p in self.abilities.filters if p.startswith("containers."))])
        op = self.rng.choice(sorted(self.abilities.filters[path]))
        value: Any = self.value(path)
        if op == "in":
            value = [self.value(path) for _ in range(self.rng.randrange(3))]
        elif op == "null":
            value = self.rng.random() < 0.5
        elif op == "startsWith":
            value = str(value)[: self.rng.randrange(1, 4)]
        elif op in ("lt", "lte", "gt", "gte") and isinstance(value, datetime) and self.rng.random() < 0.5:
            value += timedelta(seconds=self.rng.choice([-1, 1, 1800]))
        name = f"v{len(self.params)}"
        self.params[name] = value
        return Compare(path, op, Param(name))  # type: ignore[arg-type]  # an operator, drawn as text

    def predicate(self, depth: int = 2) -> Predicate:
        kind = self.rng.randrange(5) if depth else 0
        if kind == 1:
            return AllOf(tuple(self.predicate(depth - 1) for _ in range(self.rng.randrange(1, 3))))
        if kind == 2:
            return AnyOf(tuple(self.predicate(depth - 1) for _ in range(self.rng.randrange(1, 3))))
        if kind == 3:
            return Negation(self.predicate(depth - 1))
        return self.compare()

    def shape(self) -> tuple[FetchSpec, FetchCall]:
        rng = self.rng
        self.params = {}
        orders = [p for p in self.abilities.orders if p in self.values and p not in KEYS[self.name]]
        chosen = rng.sample(sorted(orders), min(len(orders), rng.randrange(3)))
        order = tuple(OrderTerm(path, rng.random() < 0.5, True) for path in (*chosen, *KEYS[self.name]))
        keys: tuple[str, ...] = ()
        asked: list[tuple[Any, ...]] = []
        if rng.random() < 0.4:
            keys = rng.choice([k for k in sorted(self.abilities.lookups) if all(p in self.values for p in k)])
            found = {tuple(self.values[p][i] for p in keys) for i in rng.choices(range(self.rows.count), k=4)}
            asked = sorted((k for k in found if None not in k), key=str)
        limit = rng.choice([None, 3, 10, 1000])
        cursor = None
        if rng.random() < 0.5:
            row = rng.randrange(self.rows.count)
            cursor = tuple(self.values[term.path][row] for term in order)
        per_key = bool(keys) and rng.random() < 0.6
        spec = FetchSpec(
            self.name,
            self.columns,
            CHILDREN.get(self.name, ()),
            keys,
            self.predicate() if rng.random() < 0.6 else None,
            self.predicate() if rng.random() < 0.6 else None,
            order,
            limit is not None,
            per_key,
            tuple(v is None for v in cursor) if cursor else None,
            rng.random() < 0.5,
        )
        return spec, FetchCall(asked, self.params, limit, cursor)


def _comparable(rows: Rows, spec: FetchSpec) -> Any:
    found = list(zip(*rows.columns, strict=True))
    lists = [
        [[column[a:b] for column in child.columns] for a, b in zip(child.offsets, child.offsets[1:], strict=False)]
        for child in rows.children
    ]
    whole = list(zip(found, *lists, strict=True)) if lists else [(row,) for row in found]
    positions = [spec.columns.index(path) for path in spec.keys]
    if spec.keys:  # any order over keys
        whole.sort(key=lambda row: str([row[0][i] for i in positions]))
    return whole, rows.total, None if rows.totals is None else dict(rows.totals)


def _difference(spec: FetchSpec, call: FetchCall, given: Rows, wanted: Rows) -> str:
    mine, theirs = _comparable(given, spec), _comparable(wanted, spec)
    rows = [(a, b) for a, b in zip(mine[0], theirs[0], strict=False) if a != b][:1]
    return f"{spec}\n{call}\n{len(mine[0])}/{len(theirs[0])} rows, {mine[1:]}/{theirs[1:]}\n{rows}"


@pytest.mark.parametrize("name", ["shipment", "declaration", "hold"])
@pytest.mark.parametrize("seed", range(8))
async def test_same_as_the_reference(customs: PostgresSource, name: str, seed: int) -> None:
    collection = customs.collections[name]
    columns = (*collection.fields, *(path for part in collection.parts.values() for path in part.fields))
    everything = await customs.prepare(FetchSpec(name, columns, CHILDREN.get(name, ()))).run(FetchCall())
    assert everything.count > 50
    shapes = Shapes(random.Random(seed), customs, name, everything, columns)
    for _ in range(25):
        spec, call = shapes.shape()
        terms = tuple(term for term in (spec.predicate, spec.filter) if term is not None)
        reference = evaluation(spec, collection, predicate=AllOf(terms) if terms else None)
        whole = await customs.prepare(FetchSpec(name, reference.columns, reference.children)).run(FetchCall())
        wanted = reference.apply(whole, call)
        fetch = customs.prepare(spec)
        given = await fetch.run(call)
        assert _comparable(given, spec) == _comparable(wanted, spec), _difference(spec, call, given, wanted)
