"""What could not be read, asked for in SQL: the very rows that reading them flags, however a column is bound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.contract import READ, FetchSpec, Negation, OrderTerm, Unread
from adapters.errors import Unsupported
from tests.conformance.postgres_agency import CCN, PERMIT, SHIPMENT, Agency, Make

LOOKUP = '\n[lookups.port]\nsource = "db"\ntable = "c.port"\ncode = "cd"\nvalue = "un"\n'
PORTS = " CREATE TABLE port (cd text, un text); INSERT INTO port VALUES ('1', 'CA VAN'), ('2', 'Vancouver');"
HOLDER, DATES = "holder.businessNumber", '["v", "w"], as = "yyyyMMdd HHmm" }'

CASES: list[tuple[str, str, str, list[tuple[str, str]], int]] = [
    ("status", "codes", '{ from = "v", codes = { A = "ISSUED" } }', [("A", ""), ("?", ""), (" ", ""), ("", "")], 1),
    (
        "status",
        "a decision",
        '{ from = ["v", "w"], codes = [["A", "+", "SUSPENDED"], ["A", "", "ISSUED"]] }',
        [("A", ""), ("A", "x"), ("Z", ""), ("", "x"), ("", "")],
        2,
    ),
    ("status", "an enum as it is", '"v"', [("ISSUED", ""), (" ISSUED ", ""), ("issued", ""), ("", "")], 1),
    ("status", "an enum or else", '{ from = "v", absent = "ISSUED" }', [("EXPIRED", ""), ("?", ""), ("", "")], 1),
    ("validTo", "a date", '{ from = "v", as = "yyyyMMdd" }', [("20261128", ""), ("20261399", ""), ("", "")], 1),
    (HOLDER, "a pattern", '"v"', [("123456782RM0001", ""), (" 123456782RM0001", ""), ("12", ""), ("", "")], 1),
    (HOLDER, "steps", '{ from = "v", read = ["alnum"] }', [("123456782-RM-0001", ""), ("12-RM", ""), ("", "")], 1),
    ("type", "a text", '"v"', [("anything", ""), ("", "")], 0),
]


async def told(agency: Agency, collection: str, key: str, path: str) -> tuple[set[str], set[str], set[str]]:
    """The rows that reading flags, those that SQL finds unread, and those that it does not."""
    spec = FetchSpec(collection, (key, path), order=(OrderTerm(key),))
    rows = await agency.rows(spec)
    flagged = {rows.columns[0][flag.row] for flag in rows.flags if flag.path == path and flag.problem not in READ}
    odd = await agency.rows(replace(spec, predicate=Unread(path)))
    rest = await agency.rows(replace(spec, predicate=Negation(Unread(path))))
    assert odd.count + rest.count == rows.count
    return flagged, set(odd.columns[0]), set(rest.columns[0])


@pytest.mark.parametrize(("path", "case", "bound", "values", "count"), CASES, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("kind", ["text", "char"])
async def test_texts(
    make: Make, kind: str, path: str, case: str, bound: str, values: list[tuple[str, str]], count: int
) -> None:
    if kind == "char":
        kind = f"char({max(len(value) for value, _ in values)})"
    rows = ", ".join(f"('{n}', nullif('{v}', ''), nullif('{w}', ''))" for n, (v, w) in enumerate(values))
    agency = await make(
        f"CREATE TABLE permit (no text, v {kind}, w {kind}); INSERT INTO permit VALUES {rows}",
        PERMIT + f'[collections.permit.fields]\nnumber = "no"\n{path} = {bound}\n',
    )
    flagged, odd, _ = await told(agency, "permit", "number", path)
    assert odd == flagged
    assert len(odd) == count


@pytest.mark.parametrize(
    ("bound", "values", "count"),
    [
        ('portOfArrival = { from = "v", codes = "port" }', ["('1', '')", "('2', '')", "('3', '')", "('', '')"], 1),
        ('portOfArrival = "v"', ["('ca van', '')", "('CAVAN', '')", "('Vancouver', '')", "(NULL, '')"], 1),
        (f"eta = {{ from = {DATES}", ["('20261101', '0130')", "('20261399', '0100')", "('20261101', '')"], 1),
    ],
)
async def test_lookups_spellings_and_times(make: Make, bound: str, values: list[str], count: int) -> None:
    rows = ", ".join(f"('C{n}', {value[1:]}" for n, value in enumerate(values))
    lookup = LOOKUP if "codes" in bound else ""
    agency = await make(
        f"CREATE TABLE shipment (ccn text, v text, w text); INSERT INTO shipment VALUES {rows};" + PORTS,
        SHIPMENT + CCN + bound + "\n" + lookup,
    )
    flagged, odd, _ = await told(agency, "shipment", "ccn", bound.split()[0])
    assert odd == flagged
    assert len(odd) == count


async def test_where_sql_cannot_tell_it_is_refused(make: Make) -> None:
    agency = await make(
        "CREATE TABLE permit (no text, v text, j jsonb)",
        PERMIT + '[collections.permit.fields]\nnumber = "no"\nvalidTo = "v"\ntype = { from = "j", path = "kind" }\n',
    )
    for path in ("validTo", "type"):
        with pytest.raises(Unsupported, match=path):
            agency.source.prepare(FetchSpec("permit", ("number",), predicate=Negation(Unread(path))))
