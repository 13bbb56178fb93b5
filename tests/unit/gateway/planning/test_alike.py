"""Which operations may be answered by one run for several requests, and in what these must be equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cache import WeightedCache
from gateway.limits import DocumentLimits
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


def test_nor_what_is_kept_of_an_agencys_answers() -> None:
    """It differs in age from record to record."""

    def keeping(owner: Owner) -> Owner:
        kept = owner.spec.provides == "Organization"
        return Owner(owner.agency, replace(owner.spec, cache_seconds=60 if kept else 0), owner.source)

    catalog = replace(CATALOG, by_type={name: tuple(map(keeping, found)) for name, found in CATALOG.by_type.items()})
    assert alike(ONE % ("", "ccn"), catalog) is not None
    assert alike(ONE % ("", "importer { organization { legalName } }"), catalog) is None
