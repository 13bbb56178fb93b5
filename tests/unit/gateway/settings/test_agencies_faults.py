"""Faults of agency files: each is found, named by file and key path, and all are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema

from adapters.errors import AgencyFileError
from gateway.settings.agencies import TypeCatalog, load_agencies, type_catalog

ROOT = Path(__file__).parents[4]

HEAD = """
format = 1
code = "TEST"
name = { en = "Test", fr = "Essai" }
[sources.db]
kind = "postgres"
[sources.api]
kind = "rest"
[codes.yes]
Y = true
[lookups.port]
source = "db"
table = "ref.port"
code = "no"
value = "loc"
"""
SQL = """
[collections.c]
source = "db"
provides = "Shipment"
table = "t"
[collections.c.fields]
ccn = "ccn"
"""
HTTP = """
[collections.c]
source = "api"
provides = "Permit"
[collections.c.fields]
number = "no"
validTo = "to"
[[collections.c.requests]]
by = ["number"]
"""


@pytest.fixture(scope="module")
def types() -> TypeCatalog:
    return type_catalog(build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8")))


def faults(text: str, types: TypeCatalog, tmp_path: Path) -> list[tuple[str, str]]:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AgencyFileError) as caught:
        load_agencies([file], types)
    assert all(fault.file == str(file) for fault in caught.value.faults)
    return [(fault.key, fault.problem) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("x = ", "", "is not TOML"),
        ('code = "A"', "format", "must be 1"),
        ("format = 2", "format", "must be 1"),
        ("format = true", "format", "must be 1"),
        ('code = "TEST"\nformat = 1', "format", "must be the first key"),
        ("format = 1\ncolections = {}", "colections", "did you mean collections?"),
        ("format = 1", "code", "missing"),
        ("format = 1", "sources", "missing"),
        ('format = 1\ncode = "a b"', "code", "upper-case"),
        ('format = 1\nname = { en = "A", de = "B" }', "name.de", "unknown key"),
        ('format = 1\nname = { en = "A" }', "name.fr", "missing"),
        ('format = 1\n[sources.a]\nkind = "postgre"', "sources.a.kind", "did you mean postgres?"),
        ('format = 1\n[sources.a]\nkind = "rest"\ntimezone = "Here"', "sources.a.timezone", "no time zone"),
    ],
)
def test_the_envelope(text: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    assert any(found == key and problem in told for found, told in faults(text, types, tmp_path))


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        # bindings
        ('importer.nme = "x"', "fields.importer.nme", "did you mean importer.name?"),
        ('arived = "x"', "fields.arived", "unknown path"),
        ('risk.band = "x"', "fields.risk", "unknown path"),
        ('containers = "x"', "fields.containers", "bind it under `children`"),
        ("eta = 5", "fields.eta", "must be a column"),
        ("eta = []", "fields.eta", "must be a column"),
        ('eta = { form = "x" }', "fields.eta.form", "did you mean from?"),
        ('eta = { as = "epoch" }', "fields.eta", "needs `from` or `const`"),
        ('mode = { from = "x", const = "AIR" }', "fields.mode.from", "beside `const`"),
        ('mode = { const = "AIRE" }', "fields.mode.const", "did you mean AIR?"),
        ('mode = { from = "x", absent = "SEA" }', "fields.mode.absent", "is not a TransportMode"),
        ('mode = { from = "x", codes = { A = "AIRR" } }', "fields.mode.codes.A", "did you mean AIR?"),
        ('mode = { from = "x", codes = "yess" }', "fields.mode.codes", "did you mean yes?"),
        ('mode = { from = "x", codes = "yes" }', "fields.mode.codes", "[codes.yes] has values"),
        ('mode = { from = "x", codes = "icao-9303" }', "fields.mode.codes", "gives countries"),
        ('mode = { from = ["x", "y"], codes = { A = "AIR" } }', "fields.mode.codes", "rows of a decision"),
        ('mode = { from = ["x", "y"], codes = [["A", "AIR"]] }', "fields.mode.codes[0]", "needs 2 patterns"),
        ('mode = { from = "x", codes = [["A", "AIRY"]] }', "fields.mode.codes[0]", "is not a TransportMode"),
        ('mode = { from = "x", codes = [[1, "AIR"]] }', "fields.mode.codes[0]", "patterns are texts"),
        ("mode = { from = 'x', codes = 5 }", "fields.mode.codes", "must be a table"),
        ('packages = { from = "x", absent = "0" }', "fields.packages.absent", "whole number"),
        ('held = { from = "x", codes = { Y = "yes" } }', "fields.held.codes.Y", "true or false"),
        ('portOfArrival = { const = "Vancouver" }', "fields.portOfArrival.const", "is not a Locode"),
        ('eta = { from = "x", as = "YYYYMMdd" }', "fields.eta.as", "unknown format"),
        ('eta = { from = "x", as = "cents" }', "fields.eta.as", "format of numbers"),
        ('ucr = { from = "x", read = ["lower"] }', "fields.ucr.read", "unknown step"),
        ('ucr = { from = "x", ask = ["left"] }', "fields.ucr.ask", "needs a length"),
        ('ucr = { from = "x", split = "," }', "fields.ucr.split", "is not a list"),
        ('ucr = { from = "x", path = "a..b" }', "fields.ucr.path", "no segment"),
        ('eta = ["a", "b"]', "fields.eta", "without `as` or `codes`"),
    ],
)
def test_bindings(text: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    found = faults(HEAD + SQL + text, types, tmp_path)
    assert any(at.startswith(f"collections.c.{key}") and problem in told for at, told in found), found
    assert len(found) == 1, found


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ('source = "db"', 'source = "dbb"', "source", "did you mean db?"),
        ('"Shipment"', '"Shipmnt"', "provides", "did you mean Shipment?"),
        ('"Shipment"', '"Money"', "provides", "no type `Money`"),
        ('table = "t"', "", "table", "missing"),
        ('table = "t"', 'table = "t"\ntabel = "t"', "tabel", "did you mean table?"),
        ('table = "t"', 'table = "t"\nrequests = [{ get = "/x" }]', "requests", "use `table`"),
        ('table = "t"', 'table = "t"\nwhere = { a = [] }', "where.a", "must be a value"),
        ('table = "t"', 'table = "t"\nfreshness = "1 day"', "freshness", "must be a duration"),
        ('table = "t"', 'table = "t"\nas_of = { table = "x" }', "as_of", "{ table, column }"),
        ('table = "t"', 'table = "t"\nas_of = { colum = "x" }', "as_of.colum", "did you mean column?"),
        ('table = "t"', 'table = "t"\nfilterable = ["ccnn"]', "filterable", "did you mean ccn?"),
        ('ccn = "ccn"', 'ucr = "ucr"', "fields", "ccn is part of the key"),
    ],
)
def test_collections(old: str, new: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    found = faults(HEAD + SQL.replace(old, new), types, tmp_path)
    assert any(at == f"collections.c.{key}" and problem in told for at, told in found), found


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        (
            'parts.p]\ntable = "x"\non = { a = "a" }\n[collections.c.parts.p.fields]\nccn = "x"',
            "parts.p.fields.ccn",
            "twice",
        ),
        ('parts.p]\ntable = "x"\n[collections.c.parts.p.fields]\nucr = "x"', "parts.p.on", "missing"),
        ('parts.p]\ntable = "x"\nnewset = 1', "parts.p.newset", "did you mean newest?"),
        ('children.boxes]\ntable = "x"', "children.boxes", "no list `boxes`"),
        ('children.containers]\nfrom = "x"\neach = ["a"]', "children.containers", "one of them"),
        ('children.containers]\ntable = "x"', "children.containers.on", "missing"),
        ('children.containers]\neach = [["a"], ["b", "c"]]', "children.containers.each", "one length"),
        ('children.containers]\nfrom = "x"\nvalue = "y"', "children.containers.value", "bind their `fields`"),
        (
            'children.containers]\nfrom = "x"\n[collections.c.children.containers.fields]\nnmber = "n"',
            "children.containers.fields.nmber",
            "did you mean number?",
        ),
    ],
)
def test_parts_and_children(text: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    found = faults(f"{HEAD}{SQL}[collections.c.{text}", types, tmp_path)
    assert any(at == f"collections.c.{key}" and problem in told for at, told in found), found


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("", "", "needs `get` or `post`"),
        ('get = "/{number}"\npost = "/x"', "", "needs `get` or `post`"),
        ('get = "http://elsewhere/{number}"', ".get", "must be a path"),
        ('get = "/a-{number}"', ".get", "whole segment"),
        ('get = "/{numbr}"', "", "did you mean number?"),
        ('get = "/x"', ".by", "no placeholder {number}"),
        ('get = "/{number}"\nbody = {}', ".body", "GET has no body"),
        ('get = "/{number}"\nmany = "body"', ".many", "needs a POST"),
        ('get = "/{number}"\nmany = "coma"', ".many", "did you mean comma?"),
        ('get = "/{number}"\nmany = "comma"', ".many", "query parameter"),
        ('get = "/{number}"\nmax_keys = 5', ".max_keys", "needs `many`"),
        ('get = "/{number}"\nrows = "a.^"', ".rows", "`^` stands alone"),
        ('get = "/{number}"\nmissing = [200]', ".missing", "4xx"),
        ('get = "/{number}"\nquery = { "{number}" = "x" }', ".query", "name of a parameter"),
        ('get = "/{number}"\nquery = { o = "{order}" }', ".order", "what does {order} become"),
        ('get = "/{number}"\norder = { validTo = ["a", "b"] }', ".order", "no placeholder {order}"),
        ('get = "/{number}"\nquery = { o = "{order}" }\norder = { validTo = "a" }', ".order.validTo", "[ascending"),
        ('get = "/{number}"\nquery = { o = "{order}" }\norder = { type = ["a", "b"] }', ".order.type", "is not bound"),
        ('get = "/{number}"\nquery = { p = "{page}" }', ".paging", "needs a page size"),
        ('get = "/{number}"\npaging = { size = 5 }', ".paging", "needs {page}"),
        ('get = "/{number}"\nquery = { p = "{cursor}" }\npaging = { size = 5 }', ".paging.next", "next cursor"),
        ('get = "/{number}"\npaging = { size = 0, next = "x" }', ".paging.size", "1 or more"),
        ('get = "/{number}"\npaging = { size = 1, next = "header:X" }', ".paging.next", "header:Link"),
        ('post = "/x"\nbody = { a = "no {number}" }', ".body.a", "whole JSON value"),
        ('post = "/x"\nbody = { "{number}" = "{number}" }', ".body", "cannot be a key"),
        ('get = "/{number}"\nrow = "x"', ".row", "did you mean rows?"),
    ],
)
def test_requests(text: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    found = faults(HEAD + HTTP + text, types, tmp_path)
    assert any(at == f"collections.c.requests[0]{key}" and problem in told for at, told in found), found


def test_a_key_that_is_not_bound_cannot_match_answers(types: TypeCatalog, tmp_path: Path) -> None:
    text = HTTP.replace('["number"]', '["type"]') + 'get = "/{type}"'
    assert (
        "collections.c.requests[0].by",
        "type is not bound: answers are matched to keys by it (a search has `cap`)",
    ) in (faults(HEAD + text, types, tmp_path))


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ('where = { a = "b" }', "collections.c.where", "use `requests`"),
        ("[collections.c.children.lines]\ntable = 'x'", "collections.c.children.lines.table", "use `from` or `each`"),
    ],
)
def test_an_api_has_no_tables(text: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    body = HTTP + 'get = "/{number}"\n'
    body = body + text if text.startswith("[") else body.replace('provides = "Permit"', f'provides = "Permit"\n{text}')
    assert any(at == key and problem in told for at, told in faults(HEAD + body, types, tmp_path))


def test_an_enclosing_object_needs_rows_that_cross_arrays(types: TypeCatalog, tmp_path: Path) -> None:
    body = HTTP.replace('validTo = "to"', 'validTo = "^.to"') + 'get = "/{number}"\n'
    assert [at for at, _ in faults(HEAD + body, types, tmp_path)] == ["collections.c.fields.validTo"]


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ('[codes.icao-9303]\nA = "CA"', "codes.icao-9303", "built-in"),
        ('[lookups.yes]\nsource = "db"\ntable = "t"\ncode = "c"\nvalue = "v"', "lookups.yes", "another code list"),
        ('[lookups.x]\nsource = "db"\nget = "/x"\ncode = "c"\nvalue = "v"', "lookups.x.table", "missing"),
        ('[lookups.x]\nsource = "db"\nget = "/x"\ncode = "c"\nvalue = "v"', "lookups.x.get", "use `table`"),
        ('[lookups.x]\nsource = "api"\nget = "/x"\ncode = "c"', "lookups.x.value", "missing"),
        ('[terms]\nwithold = ["Hold.key"]', "terms.withold", "did you mean withhold?"),
        ('[terms]\nwithhold = ["Lookout.resson"]', "terms.withhold", "did you mean reason?"),
        ('[terms]\nwithhold = ["Lookot.reason"]', "terms.withhold", "did you mean Lookout?"),
        ("[terms.cache_seconds]\nd = 5", "terms.cache_seconds.d", "no collection `d`"),
        ("[terms.filterable]\nd = ['ccn']", "terms.filterable.d", "no collection `d`"),
        ("[terms.orderable]\nc = ['eta']", "terms.orderable.c", "eta is not bound"),
    ],
)
def test_lists_and_terms(text: str, key: str, problem: str, types: TypeCatalog, tmp_path: Path) -> None:
    found = faults(HEAD + SQL + text, types, tmp_path)
    assert any(at == key and problem in told for at, told in found), found


def test_a_lookup_serves_its_own_source(types: TypeCatalog, tmp_path: Path) -> None:
    text = HTTP.replace('validTo = "to"', 'type = { from = "t", codes = "port" }') + 'get = "/{number}"'
    assert any("belongs to source db" in told for _, told in faults(HEAD + text, types, tmp_path))


def test_all_faults_of_all_files_are_told_at_once(types: TypeCatalog, tmp_path: Path) -> None:
    one, two, three = tmp_path / "1.toml", tmp_path / "2.toml", tmp_path / "3.toml"
    one.write_text(HEAD + SQL + 'a = "x"\nb = "y"', encoding="utf-8")
    two.write_text(HEAD + SQL, encoding="utf-8")
    with pytest.raises(AgencyFileError) as caught:
        load_agencies([one, two, three], types)
    assert [(Path(fault.file).name, fault.key) for fault in caught.value.faults] == [
        ("1.toml", "collections.c.fields.a"),
        ("1.toml", "collections.c.fields.b"),
        ("2.toml", "code"),
        ("3.toml", ""),
    ]
    assert str(caught.value).count("\n") == 3
