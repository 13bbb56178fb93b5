"""Failures of agencies are logged with all that an operator needs, and without the identifiers that were asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.test_outage import EVERYTHING, ask, broken, recovered
from tests.kit.demo import RunningDemo

PERSON = """query ($document: TravelDocumentKey!) { person(document: $document) {
  records { agency key familyName birthDate } documents { number } authorizations { uci } lookouts { handlingCode }
} }"""
FAULTS: dict[str, dict[str, Any]] = {
    "status": {"status": 500},
    "malformed": {"malformed": True},
    "truncated": {"truncate": True},
    "dropped": {"drop": True},
    "reset": {"reset_after_bytes": 20},
}


def identifiers(value: Any) -> Iterator[str]:
    """Every text with five digits in a row: keys, numbers and names of an answer."""
    if isinstance(value, dict):
        for one in value.values():
            yield from identifiers(one)
    elif isinstance(value, list):
        for one in value:
            yield from identifiers(one)
    elif isinstance(value, str) and re.search(r"\d{5}", value):
        yield value


@pytest.mark.parametrize("fault", FAULTS)
def test_no_identifier_is_in_a_failure(demo: RunningDemo, fault: str) -> None:
    world = json.loads((demo.directory / "world.json").read_text())
    questions: list[tuple[str, dict[str, Any]]] = [
        (EVERYTHING, {"ccn": world["special"]["heldByTwo"]["ccn"]}),
        (PERSON, {"document": world["traveller_document"]}),
    ]
    known = {value for query, given in questions for value in identifiers(recovered(demo, query, **given)["data"])}
    known |= {world["traveller_document"]["number"]}
    assert len(known) > 8
    file = demo.directory / "logs" / "gateway.log"
    before = file.stat().st_size
    applied = FAULTS[fault]
    agencies = ("revenue", "immigration", "food", "police") + (
        ("customs", "traveller") if fault in ("dropped", "reset") else ()
    )
    for agency in agencies:
        with broken(demo, agency, **applied):
            for query, given in questions:
                ask(demo, query, **given)
    for query, given in questions:
        recovered(demo, query, **given)
    text = file.read_bytes()[before:].decode()
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line["event"] == "source failed" for line in lines)
    assert [value for value in known if value in text] == []
