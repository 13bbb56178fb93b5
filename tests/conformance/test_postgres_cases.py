"""The cases that an agency file must express, over PostgreSQL: the file's text, the tables' rows, what comes out.

Keys and tables.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.contract import ChildSelect, Compare, FetchSpec, Join, OrderTerm, Value
from tests.conformance.postgres_agency import CCN, PERMIT, SHIPMENT, Make

# ---- keys -----------------------------------------------------------------------------------------


async def test_composite_keys(make: Make) -> None:
    agency = await make(
        "CREATE TABLE hold (yr smallint, seq integer, code char(2), rsn text);"
        " INSERT INTO hold VALUES (2025, 1, 'a', 'x'), (2026, 1, 'b', 'y'), (2026, 2, 'c', 'z')",
        '[collections.hold]\nsource = "db"\nprovides = "Hold"\ntable = "c.hold"\n'
        '[collections.hold.fields]\nkey = ["yr", "seq"]\nreasonCode = "rsn"\n',
    )
    [keys] = (await agency.rows(FetchSpec("hold", ("key",), order=(OrderTerm("key"),)))).columns
    rows = await agency.rows(FetchSpec("hold", ("key", "reasonCode"), keys=("key",)), (keys[0],), (keys[2],))
    assert dict(zip(*rows.columns, strict=True)) == {keys[0]: "x", keys[2]: "z"}, "never 2025/2, the cross product"
    after = replace(FetchSpec("hold", ("reasonCode",), order=(OrderTerm("key"),)), limit=True, after=(False,))
    assert (await agency.rows(after, limit=5, cursor=(keys[0],))).columns == (["y", "z"],)


BELOW = """
[collections.declaration]
source = "db"
provides = "Declaration"
table = "c.d"
[collections.declaration.fields]
transactionNumber = { from = "txn", read = ["digits", "left:14"] }
shipment.ccn = %s
"""


async def test_rows_are_joined_by_keys_as_they_are_read(make: Make) -> None:
    """A shipment's number is dirty; the declarations' is kept clean, as their file says."""
    agency = await make(
        "CREATE TABLE shipment (ccn char(12));"
        "INSERT INTO shipment VALUES ('1234A'), (' 1234b'), ('1234c'), (''), (NULL);"
        "CREATE TABLE d (txn text, ccn text);"
        "INSERT INTO d VALUES ('1', '1234A'), ('2', '1234A'), ('3', '1234B'), ('4', '1234c'), ('5', ''), ('6', NULL)",
        SHIPMENT + CCN + BELOW % '{ from = "ccn", read = ["trim", "upper"], ask = [] }',
    )
    order = (OrderTerm("transactionNumber"),)
    join = Join((("shipment.ccn", "ccn"),), FetchSpec("declaration", ("transactionNumber",), order=order))
    assert agency.source.joins("shipment", join)
    rows = await agency.rows(FetchSpec("shipment", ("ccn",), order=(OrderTerm("ccn"),), joins=(join,)))
    [below] = rows.children
    found = {
        ccn: below.columns[0][below.offsets[row] : below.offsets[row + 1]] for row, ccn in enumerate(rows.columns[0])
    }
    apart = await agency.rows(
        FetchSpec("declaration", ("shipment.ccn", "transactionNumber"), keys=("shipment.ccn",), order=order),
        ("1234A",),
        ("1234B",),
        ("1234C",),
    )
    assert {ccn: found[ccn] for ccn in ("1234A", "1234B", "1234C")} == {
        ccn: [one for key, one in zip(*apart.columns, strict=True) if key == ccn] for ccn in ("1234A", "1234B", "1234C")
    }
    assert found["1234A"] == ["1", "2"]


@pytest.mark.parametrize(
    "theirs",
    [
        '{ from = "ccn", read = ["lpad0:12"], ask = ["lstrip0"] }',
        '{ from = "ccn", codes = { a = "1234A" } }',
    ],
    ids=["asked otherwise than read", "codes"],
)
async def test_nothing_is_joined_by_what_no_index_of_a_lookup_serves(make: Make, theirs: str) -> None:
    agency = await make(
        "CREATE TABLE shipment (ccn char(12)); CREATE TABLE d (txn text, ccn text)",
        SHIPMENT + CCN + BELOW % theirs,
    )
    join = Join((("shipment.ccn", "ccn"),), FetchSpec("declaration", ("transactionNumber",)))
    assert not agency.source.joins("shipment", join)


async def test_keys_of_14_and_19_digits(make: Make) -> None:
    agency = await make(
        "CREATE TABLE d (txn char(19)); INSERT INTO d VALUES ('12345678901234'), ('1234567890123500007'), ('1')",
        '[collections.declaration]\nsource = "db"\nprovides = "Declaration"\ntable = "c.d"\n'
        '[collections.declaration.fields]\ntransactionNumber = { from = "txn", read = ["digits", "left:14"] }\n',
    )
    path = "transactionNumber"
    rows = await agency.rows(FetchSpec("declaration", (path,), keys=(path,)), ("12345678901234",), ("12345678901235",))
    assert sorted(rows.columns[0]) == ["12345678901234", "12345678901235"]


@pytest.mark.parametrize(
    ("kind", "stored", "binding", "shown"),
    [
        ("char(12)", "ab 12", '{ from = "no", read = ["alnum", "upper"] }', "AB12"),
        ("char(12)", " ab12", '{ from = "no", read = ["trim", "upper"] }', "AB12"),
        ("char(12)", "AB12", '{ from = "no", read = ["trim", "upper"], ask = [] }', "AB12"),
        ("char(12)", "000000000042", '{ from = "no", read = ["trim", "lstrip0"], ask = ["lpad0:12"] }', "42"),
        ("varchar(12)", "42", '{ from = "no", read = ["lpad0:4"], ask = ["lstrip0"] }', "0042"),
        ("text", "GC-0012345", '{ from = "no", read = ["alnum", "upper"], ask = ["group:2-7"] }', "GC0012345"),
    ],
    ids=["alnum", "trimmed", "stored clean", "zero-padded", "zeros added", "grouped"],
)
async def test_keys_kept_otherwise(make: Make, kind: str, stored: str, binding: str, shown: str) -> None:
    agency = await make(
        f"CREATE TABLE permit (no {kind}); INSERT INTO permit VALUES ('{stored}'), ('other')",
        f"{PERMIT}[collections.permit.fields]\nnumber = {binding}\n",
    )
    rows = await agency.rows(FetchSpec("permit", ("number",), keys=("number",)), (shown,), ("nobody",))
    assert rows.columns == ([shown],)
    assert await agency.found("permit", "number", shown) == [shown]
    assert await agency.found("permit", "number", [shown, "nobody"], op="in") == [shown]


# ---- tables ---------------------------------------------------------------------------------------


async def test_children_in_another_table_ordered(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (id integer, no text); INSERT INTO permit VALUES (1, 'A'), (2, 'B'), (3, 'C');"
        " CREATE TABLE line (pid integer, n integer, hs text, qty numeric(9, 3));"
        " INSERT INTO line VALUES (2, 2, '07', NULL), (1, 10, '0402', 9.5), (1, 9, '0401', 1), (9, 1, 'lost', 0)",
        PERMIT + '[collections.permit.fields]\nnumber = "no"\n'
        '[collections.permit.children.lines]\ntable = "c.line"\non = { pid = "id" }\norder = ["n"]\n'
        '[collections.permit.children.lines.fields]\nline = "n"\nhs = "hs"\nused.value = "qty"\n',
    )
    spec = FetchSpec(
        "permit",
        ("number",),
        (ChildSelect("lines", ("line", "hs", "used.value")),),
        order=(OrderTerm("number"),),
    )
    [lines] = (await agency.rows(spec)).children
    assert lines.offsets == [0, 2, 3, 3]
    assert lines.columns == ([9, 10, 2], ["0401", "0402", "07"], ["1.000", "9.500", None])
    assert await agency.found("permit", "lines.hs", "04", op="startsWith") == ["A"]


async def test_one_type_split_over_two_tables(make: Make) -> None:
    table = (
        '[collections.{0}]\nsource = "db"\nprovides = "Permit"\ntable = "c.{0}"\n[collections.{0}.fields]\n'
        'number = "no"\n'
    )
    agency = await make(
        "CREATE TABLE plants (no text); CREATE TABLE meat (no text);"
        " INSERT INTO plants VALUES ('P1'); INSERT INTO meat VALUES ('M1'), ('M2')",
        table.format("plants") + table.format("meat"),
    )
    assert await agency.listed("plants", "number") == [("P1",)]
    assert await agency.listed("meat", "number") == [("M1",), ("M2",)]


async def test_several_types_in_one_table(make: Make) -> None:
    event = (
        '[collections.{0}]\nsource = "db"\nprovides = "{1}"\ntable = "c.evt"\nwhere = {{ typ = "{2}" }}\n'
        '[collections.{0}.fields]\nkey = "id"\n{3} = "at"\n'
    )
    agency = await make(
        "CREATE TABLE evt (id integer, typ char(3), at timestamptz); INSERT INTO evt VALUES"
        " (1, 'HLD', '2026-05-01 12:00Z'), (2, 'EXM', '2026-05-02 12:00Z'), (3, 'NTE', NULL), (4, 'HLD', NULL)",
        event.format("hold", "Hold", "HLD", "placedAt") + event.format("exam", "Inspection", "EXM", "scheduledAt"),
    )
    held = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert [at for _, at in await agency.listed("hold", "key", "placedAt", key="key")] == [held, None]
    [(key, _)] = await agency.listed("exam", "key", "scheduledAt", key="key")
    assert (await agency.rows(FetchSpec("hold", ("key",), keys=("key",)), (key,))).count == 0, "another type's key"


async def test_soft_deletes(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (no text, gone timestamp, st varchar(4)); INSERT INTO permit VALUES"
        " ('A', NULL, 'OK'), ('B', now(), 'OK'), ('C', NULL, 'VOID'), ('D', NULL, NULL)",
        PERMIT + 'where = { gone = "" }\nexcept = { st = ["CANC", "VOID"] }\n'
        '[collections.permit.fields]\nnumber = "no"\n',
    )
    assert await agency.listed("permit", "number") == [("A",), ("D",)]
    keys = [("A",), ("B",), ("C",), ("D",)]
    rows = await agency.rows(FetchSpec("permit", ("number",), keys=("number",), count=True), *keys)
    assert (sorted(rows.columns[0]), rows.total) == (["A", "D"], 2)


VERSIONS = """CREATE TABLE shipment (ccn char(25), ver integer, port char(5)); INSERT INTO shipment VALUES
 ('A', 1, 'CAVAN'), ('A', 2, 'CAMTR'), ('B', 1, 'CAVAN'), ('C', 1, 'CAMTR'), ('C', 2, 'CAVAN'), ('C', NULL, 'CAMTR')"""


async def test_current_versions(make: Make) -> None:
    agency = await make(VERSIONS, SHIPMENT + 'newest = ["ver"]\n' + CCN + 'portOfArrival = "port"\n')
    rows = await agency.listed("shipment", "ccn", "portOfArrival", key="ccn", filter=Compare("ccn", "ne", Value("C")))
    assert rows == [("A", "CAMTR"), ("B", "CAVAN")]
    keyed = await agency.rows(FetchSpec("shipment", ("portOfArrival",), keys=("ccn",)), ("A",))
    assert keyed.columns == (["CAMTR"],)


async def test_a_superseded_version_is_nobodys(make: Make) -> None:
    """Predicates look at the newest version, not for the newest version that meets them."""
    agency = await make(VERSIONS, SHIPMENT + 'newest = ["ver"]\n' + CCN + 'portOfArrival = "port"\n')
    assert "A" not in await agency.found("shipment", "portOfArrival", "CAVAN", "ccn")
    assert "A" in await agency.found("shipment", "portOfArrival", "CAMTR", "ccn")
    predicate = Compare("portOfArrival", "in", Value(("CAVAN",)))
    spec = FetchSpec("shipment", ("ccn",), predicate=predicate)
    assert (await agency.rows(replace(spec, keys=("ccn",)), ("A",))).count == 0
    assert (await agency.rows(replace(spec, order=(OrderTerm("ccn"),), limit=True), limit=1)).columns == (["B"],)
    paged = replace(spec, keys=("ccn",), order=(OrderTerm("ccn"),), limit=True, per_key=True, count=True)
    answer = await agency.rows(paged, ("A",), ("B",), limit=3)
    assert answer.columns == (["B"],)
    assert answer.totals == {("A",): 0, ("B",): 1}
