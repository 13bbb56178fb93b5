"""Statements and their parameters, as text in ``golden``: what a fetch asks of the demo's databases.

To accept a change on purpose, delete the file and run again: a missing file is written, and the test fails once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from graphql import build_schema

from adapters.contract import (
    AllOf,
    ChildSelect,
    CollectionSpec,
    Compare,
    FetchCall,
    FetchSpec,
    Linked,
    Negation,
    OrderTerm,
    Param,
    Value,
)
from adapters.errors import Unsupported
from adapters.mapping import CodeTables
from adapters.postgres.catalog import Catalog, ColumnType
from adapters.postgres.translate import translate
from gateway.settings.agencies import load_agencies, type_catalog
from tests.kit.history import with_history

ROOT = Path(__file__).parents[4]
GOLDEN = Path(__file__).parent / "golden"
NAMES = {"char": "bpchar", "varchar": "character varying", "timestamp": "timestamp without time zone"}
PORTS = Compare("portOfArrival", "in", Param("ports"))
HELD_FIRST = (OrderTerm("held", True), OrderTerm("eta"), OrderTerm("ccn"))


def catalog(*agencies: str) -> Catalog:
    """Column types as the demo's DDL has them."""
    tables: dict[str, dict[str, ColumnType]] = {}
    for agency in agencies:
        ddl = re.sub("--.*", "", (ROOT / f"demo/world/sql/{agency}.sql").read_text())
        for name, body in re.findall(r"CREATE TABLE (\S+) \((.*?)\);", ddl, re.DOTALL):
            tables[name] = {}
            for column, kind, array, rest in re.findall(
                r"(\w+) ([a-z]+)(?:\([\d, ]+\))?(\[\])?([A-Z ]*)(?:,|\s*$)", body
            ):
                tables[name][column] = ColumnType(NAMES.get(kind, kind), "NOT NULL" in rest, bool(array))
    return Catalog(tables, frozenset(tables))


@pytest.fixture(scope="module")
def collections() -> dict[str, dict[str, CollectionSpec]]:
    types = type_catalog(build_schema((ROOT / "schema.graphql").read_text()))
    names = "customs", "trade_controls", "traveller"
    files = load_agencies([ROOT / f"agencies/{name}.toml" for name in names], types)
    return {name: {spec.name: spec for spec in file.collections} for name, file in zip(names, files, strict=True)}


@pytest.fixture(scope="module")
def historic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CollectionSpec]:
    """Customs with the status out of its history."""
    types = type_catalog(build_schema((ROOT / "schema.graphql").read_text()))
    file = tmp_path_factory.mktemp("agencies") / "customs.toml"
    file.write_text(with_history((ROOT / "agencies/customs.toml").read_text()), "utf-8")
    [read] = load_agencies([file], types)
    return {spec.name: spec for spec in read.collections}


CASES = {
    "lookup_by_char_key": ("customs", FetchSpec("shipment", ("ccn", "eta"), keys=("ccn",))),
    "lookup_by_read_expression_newest": (
        "customs",
        FetchSpec("declaration", ("transactionNumber", "invoiceTotal.amount"), keys=("transactionNumber",)),
    ),
    "lookup_by_two_keys": (
        "traveller",
        FetchSpec("person", ("familyName",), keys=("document.issuer", "document.number")),
    ),
    "page_held_first_at_ports": (
        "historic",
        FetchSpec("shipment", ("ccn", "status"), predicate=PORTS, order=HELD_FIRST, limit=True),
    ),
    "page_of_one_status": (
        "customs",
        FetchSpec(
            "shipment",
            ("ccn", "status"),
            predicate=PORTS,
            filter=Compare("status", "eq", Param("status")),
            order=(OrderTerm("eta", True), OrderTerm("ccn")),
            limit=True,
        ),
    ),
    "page_after_cursor": (
        "customs",
        FetchSpec("shipment", ("ccn",), order=HELD_FIRST, limit=True, after=(False, False, False)),
    ),
    "page_per_key_counted": (
        "customs",
        FetchSpec(
            "hold",
            ("key",),
            keys=("shipment.ccn",),
            order=(OrderTerm("placedAt", True), OrderTerm("key", codepoint=True)),
            limit=True,
            per_key=True,
            count=True,
        ),
    ),
    "children_and_age_of_copy": (
        "trade_controls",
        FetchSpec(
            "permit",
            ("number", "validTo"),
            (ChildSelect("originCountries"), ChildSelect("lines", ("hs", "authorized.value"))),
            order=(OrderTerm("validTo"), OrderTerm("number")),
            limit=True,
            count=True,
        ),
    ),
    "policy_outside_of_newest_and_parts": (
        "historic",
        FetchSpec(
            "shipment",
            ("ccn",),
            predicate=AllOf(
                (
                    Compare("status", "eq", Value("HELD")),
                    Linked(
                        "declaration", (("shipment.ccn", "ccn"),), Compare("importer.businessNumber", "eq", Param("bn"))
                    ),
                )
            ),
            filter=Negation(Compare("containers.number", "startsWith", Param("prefix"))),
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_statement(
    name: str, collections: dict[str, dict[str, CollectionSpec]], historic: dict[str, CollectionSpec]
) -> None:
    agency, spec = CASES[name]
    known = catalog("customs" if agency == "historic" else agency)
    made = translate(spec, {**collections, "historic": historic}[agency], known, CodeTables(), "UTC", ZoneInfo("UTC"))
    text = made.statement.explain() + "\n"
    file = GOLDEN / f"{name}.sql"
    if not file.exists():
        file.write_text(text, encoding="utf-8")
        pytest.fail(f"{file.name} was missing and is written now")
    assert text == file.read_text(encoding="utf-8")
    assert made.statement.text.count("%") == made.statement.text.count("'%'")


def test_values_are_bound_in_the_columns_own_form(collections: dict[str, dict[str, CollectionSpec]]) -> None:
    spec = FetchSpec("shipment", ("ccn",), keys=("ccn",), filter=Compare("packages", "in", Param("n")))
    made = translate(spec, collections["customs"], catalog("customs"), CodeTables(), "UTC", ZoneInfo("UTC"))
    call = FetchCall(keys=[("9042PARS1",), ("9042PARS1",)], params={"n": [1, 2**70, "x", 7]})
    assert sorted(map(str, made.statement.arguments(call))) == ["['9042PARS1']", "[1, 7]"]


@pytest.mark.parametrize(
    "spec",
    [
        FetchSpec("shipment", ("nothing",)),
        FetchSpec("shipment", ("ccn",), (ChildSelect("nothing"),)),
        FetchSpec("shipment", ("ccn",), filter=Compare("portOfArrival", "lt", Param("x"))),
        FetchSpec("shipment", ("ccn",), order=(OrderTerm("portOfArrival"),)),
        FetchSpec("risk", ("ccn",), order=(OrderTerm("rules"),)),
        FetchSpec("nothing", ("ccn",)),
    ],
    ids=lambda spec: f"{spec.collection}-{spec.columns[0]}",
)
def test_what_cannot_be_asked_is_refused(spec: FetchSpec, collections: dict[str, dict[str, CollectionSpec]]) -> None:
    with pytest.raises(Unsupported):
        translate(spec, collections["customs"], catalog("customs"), CodeTables(), "UTC", ZoneInfo("UTC"))


def test_names_are_quoted(collections: dict[str, dict[str, CollectionSpec]]) -> None:
    office = collections["customs"]["office"]
    fields = {"code": replace(office.fields["code"], columns=('odd" name',))}
    spec = replace(office, table='ref.Odd "table', fields=fields)
    made = translate(FetchSpec("office", ("code",)), {"office": spec}, Catalog(), CodeTables(), "UTC", ZoneInfo("UTC"))
    assert 't0."odd"" name"' in made.statement.text
    assert 'ref."Odd ""table"' in made.statement.text
