"""The cases that an agency file must express, over PostgreSQL: the file's text, the tables' rows, what comes out.

Status, values, ages.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.contract import FetchSpec, OrderTerm
from tests.conformance.postgres_agency import CCN, PERMIT, SHIPMENT, Make

# ---- status ---------------------------------------------------------------------------------------


async def test_status_from_two_columns(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (no text, st char(1), susp date); INSERT INTO permit VALUES"
        " ('A', 'A', NULL), ('B', 'A', '2026-01-01'), ('C', 'R', '2026-01-01'), ('D', '?', NULL)",
        PERMIT + '[collections.permit.fields]\nnumber = "no"\nstatus = { from = ["st", "susp"], codes = ['
        '["A", "+", "SUSPENDED"], ["A", "", "ISSUED"], ["R", "*", "REVOKED"]] }\n',
    )
    rows = await agency.listed("permit", "number", "status")
    assert rows == [("A", "ISSUED"), ("B", "SUSPENDED"), ("C", "REVOKED"), ("D", None)]
    assert await agency.found("permit", "status", "SUSPENDED") == ["B"]
    assert await agency.found("permit", "status", "ISSUED", op="ne") == ["B", "C", "D"]


async def test_status_from_a_history_table(make: Make) -> None:
    agency = await make(
        "CREATE TABLE shipment (id integer, ccn char(25)); INSERT INTO shipment VALUES (1, 'A'), (2, 'B'), (3, 'C');"
        " CREATE TABLE hist (sid integer, ts timestamp, seq integer, cd char(1), seized char(1));"
        " INSERT INTO hist VALUES (1, '2026-01-02', 1, 'H', 'N'), (1, '2026-01-01', 2, 'A', 'N'),"
        " (2, '2026-01-01', 1, 'A', 'N'), (2, '2026-01-01', 2, 'H', 'Y')",
        SHIPMENT + CCN + '[collections.shipment.parts.status]\ntable = "c.hist"\non = { sid = "id" }\n'
        'newest = ["ts", "seq"]\n[collections.shipment.parts.status.fields]\n'
        'status = { from = ["cd", "seized"], codes = [["*", "Y", "SEIZED"], ["A", "*", "ARRIVED"],'
        ' ["H", "*", "HELD"]] }\n',
    )
    rows = await agency.listed("shipment", "ccn", "status", key="ccn")
    assert rows == [("A", "HELD"), ("B", "SEIZED"), ("C", None)], "of two rows of one moment, the later in sequence"
    assert await agency.found("shipment", "status", "HELD", "ccn") == ["A"]
    assert await agency.found("shipment", "status", "ARRIVED", "ccn") == [], "an earlier status is not the status"
    assert await agency.found("shipment", "status", True, "ccn", "null") == ["C"]


# ---- values ---------------------------------------------------------------------------------------


async def test_local_times_without_zone(make: Make) -> None:
    """The hour that comes twice takes the earlier instant, and says so."""
    agency = await make(
        "CREATE TABLE shipment (ccn text, arr timestamp, dt char(8), tm char(4)); INSERT INTO shipment VALUES"
        " ('A', '2026-11-01 01:30', '20261101', '0130'), ('B', '2026-07-01 08:00', '20260701', '0800'),"
        " ('C', NULL, '20261399', '0800')",
        SHIPMENT + CCN + 'arrivedAt = "arr"\neta = { from = ["dt", "tm"], as = "yyyyMMdd HHmm" }\n',
    )
    twice, summer = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 7, 1, 12, tzinfo=UTC)
    rows = await agency.rows(FetchSpec("shipment", ("ccn", "arrivedAt", "eta"), order=(OrderTerm("ccn"),)))
    assert rows.columns[1:] == ([twice, summer, None], [twice, summer, None])
    flags = {(rows.columns[0][flag.row], flag.path, flag.problem) for flag in rows.flags if flag.path != "ccn"}
    assert ("A", "arrivedAt", "ambiguous local time") in flags
    assert ("A", "eta", "ambiguous local time") in flags
    assert {(ccn, path) for ccn, path, _ in flags if ccn != "A"} == {("C", "eta")}
    for path in ("arrivedAt", "eta"):
        assert await agency.found("shipment", path, twice, "ccn") == ["A"]
        assert await agency.found("shipment", path, twice - timedelta(seconds=1), "ccn", "gt") == ["A"]
        assert await agency.found("shipment", path, twice, "ccn", "lt") == ["B"]


async def test_money_as_cents(make: Make) -> None:
    agency = await make(
        "CREATE TABLE d (txn char(14), cents bigint);"
        " INSERT INTO d VALUES ('00000000000001', 12345), ('00000000000002', -5), ('00000000000003', NULL)",
        '[collections.declaration]\nsource = "db"\nprovides = "Declaration"\ntable = "c.d"\n'
        '[collections.declaration.fields]\ntransactionNumber = "txn"\n'
        'invoiceTotal.amount = { from = "cents", as = "cents" }\n',
    )
    key, path = "transactionNumber", "invoiceTotal.amount"
    rows = await agency.listed("declaration", key, path, key=key)
    assert [amount for _, amount in rows] == ["123.45", "-0.05", None]
    assert await agency.found("declaration", path, "123.45", key) == ["00000000000001"]
    assert await agency.found("declaration", path, "123.454", key, "lt") == ["00000000000001", "00000000000002"]
    assert await agency.found("declaration", path, "123.455", key) == []


COLUMNS: list[tuple[str, str, list[str], str, str, list[Any], Any, list[int]]] = [
    (
        "codes inline",
        "char(1)",
        ["'A'", "'?'", "' '"],
        "status",
        '{ from = "v", codes = { A = "ISSUED" } }',
        ["ISSUED", None, None],
        "ISSUED",
        [0],
    ),
    (
        "codes in a table",
        "char(4)",
        ["'0813'", "'0821'", "'9999'"],
        "type",
        '{ from = "v", codes = "port" }',
        ["CAVAN", "CAVAN", None],
        "CAVAN",
        [0, 1],
    ),
    (
        "JSON",
        "jsonb",
        ['\'{"use": {"kind": "food"}}\'', "'{}'", "NULL"],
        "type",
        '{ from = "v", path = "use.kind" }',
        ["food", None, None],
        "food",
        [0],
    ),
    (
        "array",
        "text[]",
        ["'{CA,US}'", "'{}'", "'{US}'"],
        "originCountries",
        '"v"',
        [["CA", "US"], [], ["US"]],
        "US",
        [0, 2],
    ),
    (
        "separated",
        "text",
        ["'CA; US'", "''", "NULL"],
        "originCountries",
        '{ from = "v", split = ";" }',
        [["CA", "US"], [], []],
        "US",
        [0],
    ),
]


@pytest.mark.parametrize(
    ("kind", "stored", "path", "binding", "shown", "asked", "found"),
    [c[1:] for c in COLUMNS],
    ids=[c[0] for c in COLUMNS],
)
async def test_values(
    make: Make, kind: str, stored: list[str], path: str, binding: str, shown: list[Any], asked: Any, found: list[int]
) -> None:
    rows = ", ".join(f"({i}, {value})" for i, value in enumerate(stored))
    agency = await make(
        f"CREATE TABLE permit (no integer, v {kind}); INSERT INTO permit VALUES {rows};"
        " CREATE TABLE port (code char(4), loc text);"
        " INSERT INTO port VALUES ('0813', 'CAVAN'), ('0821', 'CAVAN'), ('0395', 'CAMTR')",
        '[lookups.port]\nsource = "db"\ntable = "c.port"\ncode = "code"\nvalue = "loc"\nrefresh = "1h"\n'
        f'{PERMIT}[collections.permit.fields]\nnumber = "no"\n{path} = {binding}\n',
    )
    assert [value for _, value in await agency.listed("permit", "number", path)] == shown
    assert await agency.found("permit", path, asked) == [str(i) for i in found]


async def test_as_of_and_freshness(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (no text); INSERT INTO permit VALUES ('A');"
        " CREATE TABLE log (at timestamptz); INSERT INTO log VALUES (now() - interval '3h'), (now() - interval '2h')",
        PERMIT + 'freshness = "1h"\nas_of = { table = "c.log", column = "at" }\n'
        '[collections.permit.fields]\nnumber = "no"\n',
    )
    for keys in ([("A",)], [("nobody",)]):
        rows = await agency.rows(FetchSpec("permit", ("number",), keys=("number",)), *keys)
        age = datetime.now(UTC) - rows.as_of
        assert timedelta(hours=2) <= age < timedelta(hours=2, minutes=10), "also where nothing is found"
    [stale] = [finding for finding in await agency.source.check() if "freshness" in finding.problem]
    assert stale.note
