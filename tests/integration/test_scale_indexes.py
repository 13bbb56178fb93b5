"""The agencies' indexes are about the very expressions of the statements: one letter off, and none would serve."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from graphql import GraphQLSchema

from adapters import postgres
from adapters.contract import Compare, FetchCall, FetchSpec, OrderTerm, Param
from gateway.settings.agencies import load_agencies, type_catalog
from tests.kit.demo import RunningDemo
from tests.kit.places import ROOT

NEWEST = (OrderTerm("eta", True), OrderTerm("ccn"))
HELD_FIRST = (OrderTerm("held", True), OrderTerm("eta"), OrderTerm("ccn"))
KEY = (OrderTerm("key", codepoint=True),)
PORTS, PLACES = Compare("portOfArrival", "in", Param("ports")), Compare("place", "in", Param("ports"))
DIRTY = "IS NOT TRUE"


async def plan(demo: RunningDemo, schema: GraphQLSchema, agency: str, spec: FetchSpec, call: FetchCall) -> str:
    """What PostgreSQL would do if no table were too small for an index."""
    [file] = load_agencies([ROOT / f"agencies/{agency}.toml"], type_catalog(schema))
    [(name, table)] = file.sources.items()
    dsn = demo["agencies"][agency]["dsn"]
    source = postgres.create(name, file.code, {**table, "dsn": dsn}, file.collections, file.lookups)
    connection = await asyncpg.connect(dsn)
    try:
        await source.start()
        asked: list[Any] = []
        ask = source.fetch

        async def fetch(text: str, arguments: Any, deadline: Any) -> list[Any]:
            asked.append((text, arguments))
            return await ask(text, arguments, deadline)

        source.fetch = fetch  # type: ignore[method-assign]  # a stand-in
        await source.prepare(spec).run(call)
        [(text, arguments)] = asked
        await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        return "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + text, *arguments))
    finally:
        await connection.close()
        await source.close()


async def _indexes(demo: RunningDemo, agency: str, definition: str) -> list[str]:
    connection = await asyncpg.connect(demo["agencies"][agency]["dsn"])
    try:
        found = await connection.fetch("SELECT indexname FROM pg_indexes WHERE indexdef LIKE $1", f"%{definition}%")
    finally:
        await connection.close()
    return [row[0] for row in found]


@pytest.mark.parametrize(
    "spec",
    [
        FetchSpec("shipment", ("ccn", "eta"), predicate=PORTS, order=NEWEST, limit=True),
        FetchSpec("shipment", ("ccn", "eta"), order=NEWEST, limit=True),
    ],
    ids=["at ports", "everywhere"],
)
async def test_arrivals_that_are_no_date(demo: RunningDemo, master: GraphQLSchema, spec: FetchSpec) -> None:
    partial = await _indexes(demo, "customs", DIRTY)
    assert len(partial) == 2
    found = await plan(demo, master, "customs", spec, FetchCall(params={"ports": ["CAVAN", "CAMTR"]}, limit=5))
    assert any(f"using {name} " in found for name in partial), found


async def test_the_planner_knows_the_condition(demo: RunningDemo) -> None:
    """Without statistics of it, planning tries both patterns on samples, for each branch of a page."""
    connection = await asyncpg.connect(demo["agencies"]["customs"]["dsn"])
    try:
        [[known]] = await connection.fetch(
            "SELECT unnest(pg_get_statisticsobjdef_expressions(oid)) FROM pg_statistic_ext"
            " WHERE stxname = 'ccd_hdr_eta'"
        )
        predicates = await connection.fetch(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE pg_get_expr(indpred, indrelid) LIKE $1",
            f"%{DIRTY}%",
        )
    finally:
        await connection.close()
    assert {row[0] for row in predicates} == {f"({known} IS NOT TRUE)"}


async def test_held_first_is_read_in_order(demo: RunningDemo, master: GraphQLSchema) -> None:
    spec = FetchSpec("shipment", ("ccn",), predicate=PORTS, order=HELD_FIRST, limit=True)
    found = await plan(demo, master, "customs", spec, FetchCall(params={"ports": ["CAVAN"]}, limit=5))
    assert "using ccd_hdr_port_arr_no_hld_flg_eta_dt_eta_tm_ccn_nbr_idx " in found, found


@pytest.mark.parametrize(
    ("predicate", "index"),
    [
        (PORTS, "ccd_hdr_port_arr_no_sts_cd_eta_dt_eta_tm_ccn_nbr_idx"),
        (None, "ccd_hdr_sts_cd_eta_dt_eta_tm_ccn_nbr_idx"),
    ],
    ids=["at ports", "everywhere"],
)
async def test_one_status_is_read_in_order(
    demo: RunningDemo, master: GraphQLSchema, predicate: Compare | None, index: str
) -> None:
    status = Compare("status", "eq", Param("status"))
    spec = FetchSpec("shipment", ("ccn", "eta"), predicate=predicate, filter=status, order=NEWEST, limit=True)
    call = FetchCall(params={"ports": ["CAVAN"], "status": "RELEASED"}, limit=5)
    found = await plan(demo, master, "customs", spec, call)
    assert f"using {index} " in found, found


async def test_expected_crossings_by_key(demo: RunningDemo, master: GraphQLSchema) -> None:
    spec = FetchSpec("expected", ("key",), predicate=PLACES, order=KEY, limit=True)
    call = FetchCall(params={"ports": ["CAVAN"]}, limit=5)
    found = await plan(demo, master, "traveller", spec, call)
    assert "using api_pnr_poe_nbr_flt_flt_dt_pax_seq_idx " in found, found
