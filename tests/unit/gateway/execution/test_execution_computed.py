"""Computed fields whose inputs fail, are late, or are read for several tables at once."""

from __future__ import annotations

import pytest

from adapters.errors import SourceRefused, SourceTimeout, SourceUnavailable
from tests.kit.memory_world import World, day, fail_where

STATE = """{ shipment(ccn: "1234PARS00001") {
  jointStatus { state unknownAgencies decisions { agency status required } } } }"""


def world() -> World:
    """Shipment n is cited under permit Fn and needs a decision of food, which consents."""
    numbers = (1, 2)
    return World(
        {
            "CUSTOMS": {
                "shipment": [{"ccn": f"1234PARS0000{n}", "status": "RELEASED"} for n in numbers],
                "declaration": [
                    {"transactionNumber": f"1234567890123{n}", "shipment.ccn": f"1234PARS0000{n}"} for n in numbers
                ],
                "goodsitem": [
                    {
                        "transactionNumber": f"1234567890123{n}",
                        "sequence": 1,
                        "citedPermits": [{"issuer": "FOOD", "number": f"F{n}"}],
                    }
                    for n in numbers
                ],
                "requireddecision": [
                    {"transactionNumber": f"1234567890123{n}", "agency": "FOOD", "sequence": 1} for n in numbers
                ],
            },
            "FOOD": {
                "permit": [{"number": f"F{n}"} for n in numbers],
                "agencydecision": [
                    {"transactionNumber": f"1234567890123{n}", "sequence": 1, "status": "RELEASED", "at": day(1)}
                    for n in numbers
                ],
            },
        }
    )


async def test_a_shipment_that_everyone_released() -> None:
    data = await world().data_of(STATE)
    assert data["shipment"]["jointStatus"] == {
        "state": "RELEASED",
        "unknownAgencies": [],
        "decisions": [{"agency": "FOOD", "status": "RELEASED", "required": True}],
    }


@pytest.mark.parametrize("collection", ["hold", "agencydecision"])
@pytest.mark.parametrize("error", [SourceUnavailable("x"), SourceTimeout("x"), SourceRefused("x")])
async def test_an_input_that_fails_makes_its_agency_unknown(collection: str, error: Exception) -> None:
    here = world()
    here.sources["FOOD"].fail(collection, error)  # type: ignore[arg-type]  # an error of either kind
    answer = await here.ask(STATE)
    assert answer.data is not None
    assert answer.errors == []
    assert answer.data["shipment"]["jointStatus"]["state"] == "UNKNOWN"
    assert answer.data["shipment"]["jointStatus"]["unknownAgencies"] == ["FOOD"]


@pytest.mark.parametrize("collection", ["declaration", "requireddecision"])
async def test_without_what_customs_requires_nothing_is_clear(collection: str) -> None:
    here = world()
    here.sources["CUSTOMS"].fail(collection, SourceUnavailable("x"))
    answer = await here.ask(STATE)
    assert answer.data is not None
    assert answer.data["shipment"]["jointStatus"]["state"] == "UNKNOWN"


@pytest.mark.parametrize("broken", [1, 2])
async def test_an_answer_for_one_table_does_not_stand_in_for_another(broken: int) -> None:
    """Two permits' shipments are read side by side; holds can be had for the one only."""
    here = world()
    food = here.sources["FOOD"]
    food.delay(0.02)
    ccn = f"1234PARS0000{broken}"
    fail_where(food, lambda collection, _, call: collection.name == "hold" and (ccn,) in call.keys)
    data = await here.data_of(
        '{ a: permit(issuer: "FOOD", number: "F1") { ...S } b: permit(issuer: "FOOD", number: "F2") { ...S } '
        "permits { ...P } } fragment S on Permit { shipments { nodes { ccn jointStatus { state } } } } "
        "fragment P on PermitConnection { nodes { ...S } }"
    )
    pages = [data["a"], data["b"], *data["permits"]["nodes"]]
    states = {(node["ccn"], node["jointStatus"]["state"]) for page in pages for node in page["shipments"]["nodes"]}
    assert (ccn, "RELEASED") not in states
    assert (f"1234PARS0000{broken}", "UNKNOWN") in states
    assert (f"1234PARS0000{3 - broken}", "RELEASED") in states
