"""Which operations may be answered by one run for several requests, and in what these must be equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.agency_file import AsOf
from gateway.cache import WeightedCache
from gateway.limits import DocumentLimits
from gateway.planning.alike import MOST_WAIT_S
from gateway.planning.catalog import Catalog, Owner
from gateway.planning.operations import Planner
from gateway.planning.plan import Alike
from gateway.policy.view import View
from tests.kit.memory_world import MASTER, World, whole

CATALOG = World({}, wait_s=0.02).engine.planner.catalog
ONE = "query ($ccn: CargoControlNumber!%s) { shipment(ccn: $ccn) { %s } }"


def alike(text: str, catalog: Catalog = CATALOG, view: View | None = None, **variables: str | bool) -> Alike | None:
    planner = Planner(MASTER, catalog, DocumentLimits(1_000, 20, 20), WeightedCache(10_000_000))
    given = {"ccn": "1234PARS00001"} if "$ccn" in text else {}
    return planner.plan(text, None, {**given, **variables}, view or whole()).plan.alike


@pytest.mark.parametrize(
    "selected",
    [
        "ccn",
        "id __typename dataFlags { field } provenance { agency asOf }",
        "importer { name organization { legalName } } containers { number dataFlags { field } }",
        "holds { agency } declarations { items { citedPermits { number permit { type issuer { code } } } } }",
    ],
)
def test_what_is_of_a_records_own_rows(selected: str) -> None:
    assert alike(ONE % ("", selected)) == Alike((), 0.02)


def test_what_is_selected_with_variables_must_be_equal() -> None:
    text = """query ($i: AgencyCode!, $n: String!, $l: Language!, $with: Boolean!) { permit(issuer: $i, number: $n) {
      number issuer { name(language: $l) } validTo @include(if: $with) } }"""
    given: dict[str, str | bool] = {"i": "FOOD", "n": "P1", "l": "EN", "with": True}
    assert alike(text, **given) == Alike(("l",), 0.02)  # what decides what is selected makes another plan


@pytest.mark.parametrize(
    "text",
    [
        "{ shipments(first: 1) { nodes { ccn } } }",
        "{ viewer { subject } }",
        '{ node(id: "x") { id } }',
        '{ declaration(transactionNumber: "12345678901231") { version } }',
        ONE % ("", "jointStatus { state }"),
        ONE % ("", "completeness { complete }"),
        '{ person(document: { issuer: "CA", number: "X" }) { id } }',
    ],
)
def test_nothing_else_is(text: str) -> None:
    assert alike(text) is None


@pytest.mark.parametrize(
    ("changes", "joins"),
    [
        ({"cache_seconds": 60}, False),
        ({"as_of": AsOf(header="Last-Modified")}, False),
        ({"as_of": AsOf(path="loadedAt")}, False),
        ({"as_of": AsOf(table="load_log", column="loaded_at")}, True),
    ],
)
def test_nor_what_differs_in_age_from_record_to_record(changes: dict[str, Any], joins: bool) -> None:
    def aged(owner: Owner) -> Owner:
        changed = replace(owner.spec, **changes) if owner.spec.provides == "Organization" else owner.spec
        return Owner(owner.agency, changed, owner.source)

    catalog = replace(CATALOG, by_type={name: tuple(map(aged, found)) for name, found in CATALOG.by_type.items()})
    assert alike(ONE % ("", "ccn"), catalog) is not None
    assert (alike(ONE % ("", "importer { organization { legalName } }"), catalog) is not None) is joins


def test_a_request_waits_no_longer_than_is_worth_it_to_all() -> None:
    patient = World({}, wait_s=1).engine.planner.catalog
    assert alike(ONE % ("", "ccn"), patient) == Alike((), MOST_WAIT_S)
