"""What planning receives: plain dicts by GraphQL names, enum members, parsed scalars; nothing for what was left out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from graphql.execution.values import get_argument_values

from resolvers.enums import ShipmentStatus
from resolvers.fields import unresolved
from resolvers.filters import OrderDirection, ShipmentOrderField
from resolvers.schema import master

VERIFY = """{ verifyPermit(input: {
  issuer: "FOOD", number: "1", importer: "123456782RM0001", hs: "0401.10", originCountry: "CA"
  quantity: {value: 5, unit: "KGM"}, arrival: "2026-01-01"
}) { verdict } }"""


def arguments(text: str) -> dict[str, Any]:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    root = master()._schema.query_type
    assert root is not None
    return get_argument_values(root.fields[node.name.value], node, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ shipments { totalCount } }", {}),
        ("{ shipments(first: null) { totalCount } }", {"first": None}),
        (
            '{ shipments(filter: {status: {in: [HELD]}, not: {eta: {gte: "2026-01-01T01:00:00+01:00"}}, or: []}) '
            "{ totalCount } }",
            {
                "filter": {
                    "status": {"in": [ShipmentStatus.HELD]},
                    "not": {"eta": {"gte": datetime(2026, 1, 1, tzinfo=UTC)}},
                    "or": [],
                }
            },
        ),
        (
            "{ shipments(orderBy: [{field: HELD, direction: DESC}, {field: ETA}]) { totalCount } }",
            {
                "orderBy": [
                    {"field": ShipmentOrderField.HELD, "direction": OrderDirection.DESC},
                    {"field": ShipmentOrderField.ETA, "direction": OrderDirection.ASC},
                ]
            },
        ),
        ('{ heldContainers(place: "CA VAN") { totalCount } }', {"place": "CAVAN", "agencies": 2}),
        (
            VERIFY,
            {
                "input": {
                    "issuer": "FOOD",
                    "number": "1",
                    "importer": "123456782RM0001",
                    "hs": "040110",
                    "originCountry": "CA",
                    "quantity": {"value": "5", "unit": "KGM"},
                    "arrival": date(2026, 1, 1),
                }
            },
        ),
    ],
)
def test_coerced(text: str, expected: dict[str, Any]) -> None:
    assert arguments(text) == expected


def test_members_are_the_text_that_crosses_the_seam() -> None:
    assert ShipmentStatus.HELD == "HELD"
    # What is not there fails the test.
    assert master()._schema.type_map["ShipmentStatus"].serialize("HELD") == "HELD"  # type: ignore[attr-defined]


def test_planned_fields_are_never_resolved_by_the_stock_executor() -> None:
    with pytest.raises(AssertionError, match="stock executor"):
        unresolved()
