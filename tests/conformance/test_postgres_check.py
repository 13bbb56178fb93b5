"""What ``check`` says of a PostgreSQL agency whose tables are not as its file has them."""

from __future__ import annotations

import pytest

from adapters.postgres.check import leaves
from tests.conformance import postgres_agency
from tests.conformance.postgres_agency import CCN, ENVELOPE, PERMIT, SHIPMENT, Agency, Make

FIELDS = '[collections.permit.fields]\nnumber = "no"\n'


async def told(agency: Agency, key: str) -> list[tuple[str, bool]]:
    """Problems under a key of the collection, and whether they are notes."""
    return [
        (finding.problem, finding.note)
        for finding in await agency.source.check()
        if finding.key.partition(".")[2].partition(".")[2] == key
    ]


async def test_nothing_to_say(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (no text, ver integer); INSERT INTO permit VALUES ('A', 1), ('A', 2);"
        " CREATE TABLE line (pno text, n integer, hs text); INSERT INTO line VALUES ('A', 1, '040110')",
        f'{PERMIT}newest = ["ver"]\n{FIELDS}[collections.permit.children.lines]\ntable = "c.line"\n'
        'on = { pno = "no" }\norder = ["n"]\n[collections.permit.children.lines.fields]\nline = "n"\nhs = "hs"\n',
    )
    assert [finding for finding in await agency.source.check() if finding.key.startswith("collections")] == []


async def test_keys_not_one_and_none(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (no text); INSERT INTO permit VALUES ('A'), ('A'), (NULL)", PERMIT + FIELDS
    )
    assert await told(agency, "fields") == [
        ("1 keys (number) have more than one row", False),
        ("1 rows have no key (number)", False),
    ]


async def test_rows_that_are_equally_new(make: Make) -> None:
    agency = await make(
        "CREATE TABLE shipment (ccn char(25), ver integer);"
        " INSERT INTO shipment VALUES ('A', 1), ('A', 2), ('A', 2), ('B', 1)",
        SHIPMENT + 'newest = ["ver"]\n' + CCN,
    )
    assert await told(agency, "newest") == [("1 keys have rows that are equally new: which counts is chance", False)]


async def test_parts_with_several_rows_and_with_ties(make: Make) -> None:
    sql = (
        "CREATE TABLE shipment (id integer, ccn char(25)); INSERT INTO shipment VALUES (1, 'A');"
        " CREATE TABLE hist (sid integer, ts date, cd char(1));"
        " INSERT INTO hist VALUES (1, '2026-01-02', 'H'), (1, '2026-01-02', 'A'), (7, '2026-01-02', 'A')"
    )
    part = '[collections.shipment.parts.status]\ntable = "c.hist"\non = { sid = "id" }\n'
    fields = '[collections.shipment.parts.status.fields]\nstatus = { from = "cd", codes = { A = "ARRIVED" } }\n'
    lost = ("1 rows of c.hist belong to no row of c.shipment", True)
    one = await make(sql, SHIPMENT + CCN + part + fields)
    assert await told(one, "parts.status") == [
        lost,
        ("1 objects have more than one row; say which is `newest`", False),
    ]
    newest = await make(sql, SHIPMENT + CCN + part + 'newest = ["ts"]\n' + fields)
    assert await told(newest, "parts.status") == [lost]
    assert await told(newest, "parts.status.newest") == [
        ("1 objects have rows that are equally new: which counts is chance", False)
    ]


async def test_inside_child_lists(make: Make) -> None:
    """Two lines in one place; a date that is none, codes that are not mapped, none of whose values can be read."""
    agency = await make(
        "CREATE TABLE permit (no text); INSERT INTO permit VALUES ('A');"
        " CREATE TABLE line (pno text, n integer, hs text, qty text, unit text);"
        " INSERT INTO line VALUES ('A', 1, '040110', '1', 'KG'), ('A', 1, '040110', 'many', 'T')",
        f'{PERMIT}{FIELDS}[collections.permit.children.lines]\ntable = "c.line"\non = {{ pno = "no" }}\n'
        'order = ["n"]\n[collections.permit.children.lines.fields]\nline = "n"\nhs = "hs"\nused.value = "qty"\n'
        'used.unit = { from = "unit", codes = { X = "KGM" } }\n',
    )
    assert await told(agency, "children.lines.order") == [
        ("1 places hold more than one row: their order is chance", True)
    ]
    [(problem, note)] = await told(agency, "children.lines.fields.used.value")
    assert problem.startswith("1 of 2: ")
    assert note
    assert "many" not in problem
    assert await told(agency, "children.lines.fields.used.unit") == [("none can be read: unmapped code", False)]


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("('A', 'I'), ('B', '?'), ('C', '?')", ("codes not mapped: ? (2)", True)),
        ("('A', '!'), ('B', '?'), ('C', '?')", ("none of the codes mapped: ? (2), ! (1)", False)),
    ],
)
async def test_codes_that_the_list_does_not_have(make: Make, stored: str, said: tuple[str, bool]) -> None:
    """One that is left out is dirty data; a list that has none of them is another column's."""
    agency = await make(
        f"CREATE TABLE permit (no text, st char(1)); INSERT INTO permit VALUES {stored}",
        f'{PERMIT}{FIELDS}status = {{ from = "st", codes = {{ I = "ISSUED" }} }}\n',
    )
    assert await told(agency, "fields.status") == [said]


MANY = (
    "CREATE TABLE permit (no text, ver integer, till date, gone char(1));"
    " INSERT INTO permit SELECT n::text, 1, NULL, 'N' FROM generate_series(1, 100100) n;"
    " CREATE TABLE line (pno text, n integer); INSERT INTO line SELECT n::text, 1 FROM generate_series(1, 100100) n;"
)
SLOW = (
    f'{PERMIT}newest = ["ver"]\nwhere = {{ gone = "N" }}\n{FIELDS}validTo = "till"\n'
    '[collections.permit.children.lines]\ntable = "c.line"\non = { pno = "no" }\norder = ["n"]\n'
    '[collections.permit.children.lines.fields]\nline = "n"\n'
)


async def test_large_tables_without_indexes(make: Make) -> None:
    agency = await make(f"{MANY} ANALYZE", SLOW)
    reads = "reads the whole table"
    assert await told(agency, "fields.number") == [(f"no index of c.permit starts with no: {reads}", True)]
    assert await told(agency, "newest") == [(f"no index of c.permit starts with number, then ver: {reads}", True)]
    assert await told(agency, "children.lines") == [(f"no index of c.line starts with pno: {reads}", True)]
    [order] = [said for said in await told(agency, "") if "order" in said[0]]
    assert order[0].startswith("no index of c.permit has the order of number, validTo: ")
    assert order[1]


HOLD = (
    '[collections.hold]\nsource = "db"\nprovides = "Hold"\ntable = "c.hold"\n[collections.hold.fields]\n'
    'key = "id"\nshipment.ccn = "ccn"\ncontainer = "eqp"\n'
)


async def test_a_large_table_that_links_look_up(make: Make) -> None:
    """By the key there is an index, by the container there is one, by the shipment there is none."""
    agency = await make(
        "CREATE TABLE hold (id integer PRIMARY KEY, ccn text, eqp text);"
        " INSERT INTO hold SELECT n, n::text, n::text FROM generate_series(1, 100100) n;"
        " CREATE INDEX ON hold (eqp, id); ANALYZE",
        HOLD,
    )
    said = {f.key: f.problem for f in await agency.source.check() if "a link to it" in f.problem}
    problem = "no index of c.hold starts with shipment.ccn: a link to it reads the whole table"
    assert said == {"collections.hold.fields.shipment.ccn": problem}


@pytest.mark.parametrize(
    ("client", "out"), [(None, False), ("127.0.0.1", False), ("::1", False), ("10.0.0.7", True), ("fd00::7", True)]
)
def test_what_leaves_this_machine(client: str | None, out: bool) -> None:
    assert leaves(client) is out


async def test_times_without_a_zone(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of no zone that the file says: taken for UTC, which somebody should have said."""
    sql = "CREATE TABLE hold (id integer, ccn text, eqp text, at timestamp, till timestamptz)"
    text = f'{HOLD}placedAt = "at"\nliftedAt = "till"\n'
    zoned = await make(sql, text)
    assert not [one for one in await zoned.source.check() if "zone" in one.problem]
    monkeypatch.setattr(postgres_agency, "ENVELOPE", ENVELOPE.replace('timezone = "America/Toronto"\n', ""))
    [note] = [one for one in await (await make(sql, text)).source.check() if "zone" in one.problem]
    assert (note.key, note.note) == ("sources.db.timezone", True)
    assert note.problem == "is not said, and 1 fields hold times without a zone: they are taken for UTC"


async def test_large_tables_with_indexes(make: Make) -> None:
    """An index may begin with what ``where`` fixes."""
    indexes = (
        "CREATE INDEX ON permit (no, ver); CREATE INDEX ON permit (gone, till); CREATE INDEX ON line (pno); ANALYZE"
    )
    agency = await make(f"{MANY} {indexes}", SLOW)
    assert [finding for finding in await agency.source.check() if finding.key.startswith("collections")] == []
