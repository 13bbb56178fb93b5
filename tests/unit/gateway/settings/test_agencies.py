"""Agency files that load: the demo's, a stranger's, and one with every construct that those do without."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from graphql import build_schema

from adapters.contract import MISSING, TYPE_KEYS, AsOf, CodeMap, CollectionSpec, Decision, Lookup, Paging
from gateway.settings.agencies import AgencyFile, TypeCatalog, load_agencies, resolve, type_catalog
from gateway.settings.agency_keys import BINDING, CHILD, COLLECTION, FILE, LOOKUP, PART, REQUEST
from gateway.settings.agency_schema import agency_schema, render
from gateway.settings.secrets import Secret

ROOT = Path(__file__).parents[4]
FIXTURES = ROOT / "tests" / "fixtures" / "northwind"


@pytest.fixture(scope="module")
def types() -> TypeCatalog:
    return type_catalog(build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def northwind(types: TypeCatalog) -> AgencyFile:
    return load_agencies([FIXTURES / "northwind.toml"], types)[0]


@pytest.fixture(scope="module")
def catalogue(types: TypeCatalog) -> dict[str, CollectionSpec]:
    return {spec.name: spec for spec in load_agencies([FIXTURES / "catalogue.toml"], types)[0].collections}


def test_the_demo_agencies_load(types: TypeCatalog) -> None:
    files = sorted((ROOT / "agencies").glob("*.toml"))
    agencies = load_agencies(files, types)
    assert [agency.file for agency in agencies] == files
    assert {agency.code for agency in agencies} >= {"CUSTOMS", "FOOD", "POLICE", "REVENUE", "TRADE_CONTROLS"}


def test_the_catalog_has_every_keyed_type_with_its_keys(types: TypeCatalog) -> None:
    for name, keys in TYPE_KEYS.items():
        assert set(keys) <= set(types.types[name].fields), name


def test_the_catalog_leaves_out_what_the_gateway_makes(types: TypeCatalog) -> None:
    shipment = types.types["Shipment"]
    assert {"importer.businessNumber", "office.code", "held", "conveyance.mode"} <= set(shipment.fields)
    assert shipment.children == {"containers": "TransportEquipment"}
    made = {"id", "jointStatus", "provenance.agency", "risk.band", "holds", "importer.organization.businessNumber"}
    assert not made & {*shipment.fields, *shipment.children}
    assert "agency" not in types.types["Hold"].fields
    assert "agency" in types.types["RequiredDecision"].fields
    assert types.types["Crossing"].fields["document.number"].name == "String"
    assert types.types["PersonRecord"].fields["citizenships"].list
    assert types.types["Shipment"].fields["status"].enum >= {"HELD", "RELEASED"}


# ---- a stranger's database ----------------------------------------------------------------------


def test_a_strangers_database(northwind: AgencyFile) -> None:
    assert northwind.name == {"en": "Northwind Traders", "fr": "Négoce Northwind"}
    assert northwind.sources["northwind"]["dsn"] == {"env": "NORTHWIND_DSN"}
    assert [spec.id for spec in northwind.collections] == [
        "NORTHWIND.order",
        "NORTHWIND.declaration",
        "NORTHWIND.line",
    ]
    assert northwind.terms.withhold == {"Declaration.invoiceTotal"}
    assert {spec.name: spec.cache_seconds for spec in northwind.collections if spec.cache_seconds} == {"line": 300}


def test_bindings_of_a_strangers_database(northwind: AgencyFile) -> None:
    order, declaration, line = northwind.collections
    assert order.fields["ccn"].read == (("lpad0", "13"),)
    assert order.fields["ccn"].ask == (("lstrip0", ""),)
    assert order.fields["eta"].ask is None
    assert order.fields["mode"].const == "MARITIME"
    assert order.fields["conveyance.name"].absent == "unknown"
    assert order.fields["carrierName"].codes == CodeMap(
        {"1": "Speedy Express", "2": "United Package", "3": "Federal Shipping"}, "shipper"
    )
    decision = order.fields["status"].codes
    assert isinstance(decision, Decision)
    assert decision.rows[0] == (("+", "*"), "RELEASED")
    assert order.fields["status"].columns == ("shipped_date", "ship_via")
    assert order.orderable == frozenset({"eta", "ccn"})
    assert declaration.unless == {"order_date": ("",)}
    assert declaration.parts["customer"].on == {"customer_id": "customer_id"}
    assert declaration.supplies("importer.name")
    lookup = line.parts["product"].fields["intendedUse"].codes
    assert isinstance(lookup, Lookup)
    assert (lookup.table, lookup.refresh) == ("public.categories", timedelta(hours=24))


# ---- everything else ----------------------------------------------------------------------------


def test_rows_that_count(catalogue: dict[str, CollectionSpec]) -> None:
    shipment = catalogue["shipment"]
    assert shipment.where == {"kind": ("1", "C"), "live": ("true",), "gone": ("",)}
    assert shipment.unless == {"state": ("X", "V")}
    assert shipment.newest == ("version",)
    assert shipment.freshness == timedelta(days=7)
    assert shipment.as_of == AsOf(table="old.loads", column="at")
    assert shipment.fields["ccn"].ask == ()
    assert shipment.fields["grossMass.value"].json_path == "mass.'gross.kg'"
    assert shipment.fields["grossMass.value"].const is MISSING


def test_children(catalogue: dict[str, CollectionSpec]) -> None:
    containers = catalogue["shipment"].children["containers"]
    assert containers.each == (("eq1", "typ1", "seal1"), ("eq2", "typ2", "seal2"))
    assert containers.type == "TransportEquipment"
    assert (containers.fields["seals"].split, containers.fields["seals"].list) == (";", True)
    vins = catalogue["item"].children["vins"]
    assert vins.each == (("vin1",), ("vin2",))
    assert vins.value is not None
    assert (vins.value.columns, vins.value.list) == (("vin1",), False)
    assert catalogue["item"].children["citedPermits"].array == "permits_json"
    origins = catalogue["permit"].children["originCountries"]
    assert origins.value is not None
    assert origins.value.columns == ("code",)
    rules = catalogue["risk"].children["rules"].value
    assert rules is not None
    assert rules.columns == ("",)


def test_requests(catalogue: dict[str, CollectionSpec]) -> None:
    (risk,) = catalogue["risk"].requests
    assert (risk.method, risk.many, risk.max_keys, risk.missing) == ("POST", "body", 10, (404, 410))
    assert risk.body == {"keys": [{"ccn": "{ccn}"}], "page": "{page}"}
    assert risk.paging == Paging(10, "", "n")
    assert catalogue["risk"].as_of == AsOf(header="Last-Modified")
    one, some = catalogue["permit"].requests
    assert (one.path, one.max_keys, one.rows) == ("/permits/{number}", 1, "")
    assert some.order == {"validTo": ("to", "-to"), "holder.businessNumber": ("h", "-h")}
    assert catalogue["permit"].parts["balance"].requests[0].max_keys == 50
    assert catalogue["hold"].requests[0].paging == Paging(100, "header:Link")
    assert catalogue["hold"].fields["key"].tuple_key


# ---- secrets ------------------------------------------------------------------------------------


def test_references_are_resolved_and_redacted(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n", encoding="utf-8")
    table = {"dsn": {"env": "DSN"}, "auth": {"token": {"file": str(secret)}, "user": "g"}, "list": [{"env": "DSN"}]}
    resolved, faults = resolve(table, {"DSN": "postgres://u:p@h/d"})
    assert faults == []
    assert isinstance(resolved["dsn"], Secret)
    assert resolved["auth"]["token"].reveal() == "s3cret"
    assert resolved["list"][0].reveal() == "postgres://u:p@h/d"
    assert "s3cret" not in repr(resolved)
    assert "postgres" not in repr(resolved)


def test_references_that_point_at_nothing_are_faults() -> None:
    table = {"a": {"env": "NOPE"}, "b": [{"file": "/nowhere/x"}], "c": {"env": 5}}
    _, faults = resolve(table, {}, file="f.toml", key="sources.api")
    assert [(fault.key, fault.problem.split(":")[0]) for fault in faults] == [
        ("sources.api.a", "environment variable NOPE is not set"),
        ("sources.api.b[0]", "file /nowhere/x cannot be read"),
        ("sources.api.c", "a reference names an environment variable or a file"),
    ]


# ---- the editors' schema ------------------------------------------------------------------------


def test_the_committed_schema_is_the_generated_one(types: TypeCatalog) -> None:
    committed = (ROOT / "agencies" / "schema.json").read_text(encoding="utf-8")
    assert committed == render(types), "run: python -m gateway.settings.agency_schema schema.graphql"


def test_the_schema_offers_every_key_that_the_loader_takes(types: TypeCatalog) -> None:
    schema = agency_schema(types)
    definitions = schema["definitions"]
    assert set(schema["properties"]) == set(FILE)
    assert set(schema["properties"]["lookups"]["additionalProperties"]["properties"]) == set(LOOKUP)
    for name, keys in (("collection", COLLECTION), ("part", PART), ("child", CHILD), ("request", REQUEST)):
        assert set(definitions[name]["properties"]) == set(keys)
    assert set(definitions["binding"]["anyOf"][-1]["properties"]) == set(BINDING)
    importer = definitions["Shipment.fields"]["properties"]["importer"]
    assert set(importer["properties"]) == {"name", "businessNumber", "country"}
