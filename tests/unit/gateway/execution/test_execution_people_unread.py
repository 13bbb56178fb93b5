"""Whoever has something on record that could not be read is not shown by a rule that it might forbid."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Compare, Negation, RowFlag, Value
from tests.kit.memory_people import passports, record
from tests.kit.memory_world import World, whole

NOT_DOE = whole({"Person": Negation(Compare("records.familyName", "eq", Value("DOE")))}, name="not doe")
ROE = whole({"Person": Compare("records.familyName", "eq", Value("ROE"))}, name="roe")
PERSON = '{ person(document: {issuer: "CA", number: "X1"}) { records { agency } } }'
NAMED = '{ person(document: {issuer: "CA", number: "X1"}) { records { familyName } } }'


def world(flags: list[RowFlag], **papers: Any) -> World:
    return World(
        {
            "IMMIGRATION": {
                "personrecord": [record("i1", "X1", "ROE"), record("i2", "X2", "ROE")],
                "traveldocument": [*passports("i1", "X1"), *papers.get("further", [])],
            },
            "POLICE": {"personrecord": [record("p1", "X0", "DOE")]},
        },
        flags={"IMMIGRATION": {"personrecord": flags}},
    )


@pytest.mark.parametrize("query", [PERSON, NAMED])
async def test_a_value_that_could_not_be_read_may_be_what_the_rule_forbids(query: str) -> None:
    """Whether the value is asked for by the caller or not."""
    odd = RowFlag(0, "familyName", "unmapped code")
    assert (await world([]).data_of(query, view=NOT_DOE))["person"] is not None
    assert (await world([odd]).data_of(query, view=NOT_DOE))["person"] is None
    assert (await world([odd]).data_of(query, view=ROE))["person"] is not None
    assert (await world([RowFlag(1, "familyName", "?")]).data_of(query, view=NOT_DOE))["person"] is not None
    assert (await world([RowFlag(0, "givenNames", "?")]).data_of(query, view=NOT_DOE))["person"] is not None


async def test_a_document_that_could_not_be_read_may_lead_to_what_the_rule_forbids() -> None:
    """It may be X0, under which the police know DOE."""
    further = [{"personKey": "i1", "issuer": None, "number": "X0"}]
    assert (await world([], further=further).data_of(PERSON, view=NOT_DOE))["person"] is None
    assert (await world([], further=further).data_of(PERSON, view=ROE))["person"] is not None
