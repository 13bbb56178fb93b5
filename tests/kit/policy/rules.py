"""Row rules as a policy file has them, and said again in Python over an agency's row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from adapters.memory import Row
from tests.kit.policy.marked import Marked
from tests.kit.policy.persons import document_of


class Asking(Protocol):
    """Whose claims a rule is about, over which data."""

    @property
    def claims(self) -> Mapping[str, Any]: ...
    @property
    def marked(self) -> Marked: ...


Rule = Callable[[str, Row, Asking], bool]


def _shipment_of(row: Row, case: Asking) -> list[Row]:
    rows = case.marked.world.data["CUSTOMS"]["shipment"]
    return [one for one in rows if one["ccn"] == row["shipment.ccn"]]


SELF = tuple(f'{{ eq = "claims.document.{part}" }}' for part in ("issuer", "number"))

RULES: Mapping[str, Mapping[str, tuple[str, Rule]]] = {
    "Shipment": {
        "port": (
            '{ portOfArrival = { in = "claims.ports" } }',
            lambda _, row, case: row["portOfArrival"] in case.claims["ports"],
        ),
        "own": (
            '{ importer.businessNumber = { in = "claims.bn" } }',
            lambda _, row, case: row["importer.businessNumber"] in case.claims["bn"],
        ),
        "held": ('{ status = { eq = "HELD" } }', lambda _, row, case: row["status"] == "HELD"),
        "either": (
            '{ or = [{ portOfArrival = { eq = "CAHAL" } }, { importer.businessNumber = { in = "claims.bn" } }] }',
            lambda _, row, case: row["portOfArrival"] == "CAHAL" or row["importer.businessNumber"] in case.claims["bn"],
        ),
        "elsewhere": (
            '{ not = { portOfArrival = { in = "claims.ports" } } }',
            lambda _, row, case: row["portOfArrival"] not in case.claims["ports"],
        ),
        "declared": (
            '{ declarations.importer.businessNumber = { in = "claims.bn" } }',
            lambda _, row, case: any(
                one["shipment.ccn"] == row["ccn"] and one["importer.businessNumber"] in case.claims["bn"]
                for one in case.marked.world.data["CUSTOMS"]["declaration"]
            ),
        ),
    },
    "Declaration": {
        "port": (
            '{ shipment.portOfArrival = { in = "claims.ports" } }',
            lambda _, row, case: any(one["portOfArrival"] in case.claims["ports"] for one in _shipment_of(row, case)),
        ),
        "own": (
            '{ importer.businessNumber = { in = "claims.bn" } }',
            lambda _, row, case: row["importer.businessNumber"] in case.claims["bn"],
        ),
    },
    "Hold": {
        "place": ('{ place = { in = "claims.ports" } }', lambda _, row, case: row["place"] in case.claims["ports"]),
        "agency": ('{ agency = { eq = "claims.agency" } }', lambda agency, row, case: agency == case.claims["agency"]),
        "crossing": (
            '{ shipment.portOfArrival = { in = "claims.ports" } }',
            lambda _, row, case: any(one["portOfArrival"] in case.claims["ports"] for one in _shipment_of(row, case)),
        ),
    },
    "Permit": {
        "own": (
            '{ holder.businessNumber = { in = "claims.bn" } }',
            lambda _, row, case: row["holder.businessNumber"] in case.claims["bn"],
        ),
        "issuer": ('{ issuer = { eq = "claims.agency" } }', lambda agency, row, case: agency == case.claims["agency"]),
        "issued": ('{ status = { eq = "ISSUED" } }', lambda _, row, case: row["status"] == "ISSUED"),
    },
    "Person": {
        "client": (
            '{ records.agency = { eq = "IMMIGRATION" } }',
            lambda _, person, case: "IMMIGRATION" in dict(person["records"]),
        ),
        "unknown-to-police": (
            '{ not = { records.agency = { eq = "POLICE" } } }',
            lambda _, person, case: "POLICE" not in dict(person["records"]),
        ),
        "canadian": (
            '{ documents.issuer = { eq = "CA" } }',
            lambda _, person, case: "CA" in dict(person["documents"]),
        ),
        "self": (
            f"{{ documents.issuer = {SELF[0]}, documents.number = {SELF[1]} }}",
            lambda _, person, case: tuple(case.claims["document"].values()) in person["documents"],
        ),
    },
    "PersonRecord": {"police": ('{ agency = { eq = "POLICE" } }', lambda agency, _, case: agency == "POLICE")},
    "Crossing": {
        "place": ('{ place = { in = "claims.ports" } }', lambda _, row, case: row["place"] in case.claims["ports"]),
        "own": (
            f"{{ document.issuer = {SELF[0]}, document.number = {SELF[1]} }}",
            lambda _, row, case: document_of(row) == tuple(case.claims["document"].values()),
        ),
        "completed": ('{ not = { state = { eq = "EXPECTED" } } }', lambda _, row, case: row["state"] != "EXPECTED"),
    },
    "EnforcementAction": {
        "seizures": ('{ kind = { eq = "SEIZURE" } }', lambda _, row, case: row["kind"] == "SEIZURE"),
    },
    "Organization": {
        "own": (
            '{ businessNumber = { in = "claims.bn" } }',
            lambda _, row, case: row["businessNumber"] in case.claims["bn"],
        ),
    },
}
"""Type → rules by name: as the file has them, and said again in Python over an agency's row."""
