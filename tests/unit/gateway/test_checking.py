"""`guichet check` beyond one source: keys that one agency names, looked up at another."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adapters.contract import Finding
from adapters.errors import SourceUnavailable
from adapters.memory import MemorySource
from gateway.cli.checking import shared_findings
from gateway.planning.catalog import Owner
from gateway.planning.shared_keys import SharedKey
from tests.kit.memory_world import collection

NAMED = ["100123454RM0001", "119220382RM0001", None]


def shared(registered: Sequence[str]) -> tuple[SharedKey, MemorySource]:
    """Customs names these importers; revenue has these organisations."""
    importers = collection("CUSTOMS", "Declaration", "importer.businessNumber:BusinessNumber")
    organizations = collection("REVENUE", "Organization", "businessNumber:BusinessNumber")
    giver = MemorySource(
        "db", "CUSTOMS", [importers], {"declaration": [{"importer.businessNumber": one} for one in NAMED]}
    )
    owner = MemorySource(
        "db", "REVENUE", [organizations], {"organization": [{"businessNumber": one} for one in registered]}
    )
    return SharedKey(
        Owner("REVENUE", organizations, owner), Owner("CUSTOMS", importers, giver), ("importer.businessNumber",)
    ), owner


@pytest.mark.parametrize(
    ("registered", "problem", "note"),
    [
        ([NAMED[0]], None, False),
        ([NAMED[0], NAMED[0], NAMED[1]], "1 of 2 keys (businessNumber) have more than one row", False),
        (
            ["123456782RM0001"],
            "none of 2 keys (businessNumber) that CUSTOMS.declaration names is found",
            True,
        ),
    ],
)
async def test_keys_that_another_agency_names(registered: list[str], problem: str | None, note: bool) -> None:
    key, _ = shared(registered)
    expected = [] if problem is None else [Finding("collections.organization.requests", problem, note=note)]
    assert await shared_findings(key) == expected


async def test_an_agency_that_fails_has_said_so_itself() -> None:
    key, owner = shared([])
    owner.fail(error=SourceUnavailable("down"))
    assert await shared_findings(key) == []
