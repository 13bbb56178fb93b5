"""Answers of thousands of values: every field of every type, in worlds with and without nulls where none is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.oracle.documents import whole
from tests.kit.oracle.dropped import DROPPED
from tests.kit.oracle.sides import sides

pytestmark = DROPPED


def connection(type_name: str, depth: int) -> str:
    page = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    return f"{{ {page} edges {{ cursor node {whole(type_name, depth)} }} nodes {whole(type_name, 1)} }}"


DOCUMENTS: dict[str, tuple[str, dict[str, Any], int]] = {
    "shipments": (
        "query ($f: ShipmentFilter, $o: [ShipmentOrder!], $n: Int, $a: String) "
        f"{{ shipments(filter: $f, orderBy: $o, first: $n, after: $a) {connection('Shipment', 3)} }}",
        {
            "f": {"or": [{"held": True}, {"not": {"held": True}}]},
            "o": [{"field": "HELD", "direction": "DESC"}, {"field": "ETA", "direction": "ASC"}],
            "n": 40,
        },
        20_000,
    ),
    "holds": (f"query ($n: Int) {{ holds(first: $n) {connection('Hold', 3)} }}", {"n": 100}, 15_000),
    "permits": (f"query ($n: Int) {{ permits(last: $n) {connection('Permit', 3)} }}", {"n": 100}, 4_000),
    "crossings": (f"query ($n: Int) {{ crossings(first: $n) {connection('Crossing', 2)} }}", {"n": 100}, 1_000),
    "person": (
        f"query ($d: TravelDocumentKey!) {{ person(document: $d) {whole('Person', 3)} }}",
        {"d": {"issuer": "CA", "number": "AB123456"}},
        1_000,
    ),
    "containers": (
        f"query ($p: Locode!) {{ heldContainers(place: $p, agencies: 1) {connection('HeldContainer', 2)} }}",
        {"p": "CAVAN"},
        100,
    ),
    "organization": (
        f"query ($b: BusinessNumber!) {{ organization(businessNumber: $b) {whole('Organization', 4)} }}",
        {"b": "123456782RM0001"},
        1_000,
    ),
    "declaration": (
        f"query ($t: TransactionNumber!) {{ declaration(transactionNumber: $t) {whole('Declaration', 4)} }}",
        {"t": "12345000000005"},
        500,
    ),
    "viewer": (f"{{ viewer {whole('Viewer', 2)} agencies {whole('Agency', 1)} __typename }}", {}, 30),
}
DOWN = (
    (),
    ("CUSTOMS.item",),
    ("CUSTOMS.hold", "FOOD.hold", "CUSTOMS.shipment"),
    ("FOOD.permit", "TRADE_CONTROLS.permit", "IMMIGRATION.document", "POLICE.lost", "TRAVELLER.completed"),
    ("REVENUE.organization", "FOOD.permit", "IMMIGRATION.person", "POLICE.enforcement", "CUSTOMS.required"),
)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_whole_types_agree_in_a_clean_world(name: str) -> None:
    document, variables, least = DOCUMENTS[name]
    compared = await sides(0, scale=2, clean=True).both(document, variables)
    assert compared.differences == []
    assert compared.values >= least


@pytest.mark.parametrize("down", DOWN, ids=lambda down: "+".join(down) or "all up")
async def test_whole_types_agree_with_nulls_and_failures(down: tuple[str, ...]) -> None:
    world = sides(1)
    world.fail(*down)
    for name, (document, variables, _) in DOCUMENTS.items():
        compared = await world.both(document, variables)
        assert compared.differences == [], name
