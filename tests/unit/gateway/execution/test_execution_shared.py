"""What a computed field reads and the caller selects too is asked for once, unless something is kept from him."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Compare, Value
from adapters.errors import SourceUnavailable
from tests.kit.memory_world import World, codes, day, whole

HOLDING = ("CUSTOMS", "FOOD", "TRADE_CONTROLS")
HOLDS = "holds { agency reasonCode placedAt }"
STATUS = "jointStatus { state }"


def query(*fields: str) -> str:
    return f"{{ shipments {{ nodes {{ ccn {' '.join(fields)} }} }} }}"


def world() -> World:
    ccns = ["9QRT1001", "9QRT1002"]
    return World(
        {
            "CUSTOMS": {
                "shipment": [{"ccn": ccn, "status": "ARRIVED", "eta": day(n)} for n, ccn in enumerate(ccns)],
                "declaration": [
                    {"transactionNumber": f"1234567890123{n}", "shipment.ccn": c} for n, c in enumerate(ccns)
                ],
                "hold": [{"key": "h1", "reasonCode": "C1", "placedAt": day(1), "shipment.ccn": ccns[0]}],
            },
            "FOOD": {"hold": [{"key": "h1", "reasonCode": "F1", "placedAt": day(2), "shipment.ccn": ccns[0]}]},
        }
    )


def asked(here: World, name: str = "hold") -> list[int]:
    return [here.asked(agency, name) for agency in HOLDING]


@pytest.mark.parametrize("fields", [(STATUS, HOLDS), (HOLDS, STATUS), (HOLDS, STATUS, "again: jointStatus { state }")])
async def test_one_statement_a_source_and_the_same_answer(fields: tuple[str, ...]) -> None:
    here = world()
    data = await here.data_of(query(*fields))
    assert asked(here) == [1, 1, 1]
    apart = [await world().data_of(query(one)) for one in (STATUS, HOLDS)]
    for node, status, holds in zip(
        data["shipments"]["nodes"], *(one["shipments"]["nodes"] for one in apart), strict=True
    ):
        assert (node["jointStatus"], node["holds"]) == (status["jointStatus"], holds["holds"])
    assert [one["agency"] for one in data["shipments"]["nodes"][0]["holds"]] == ["CUSTOMS", "FOOD"]


async def test_what_lies_below_is_shared_too() -> None:
    here = world()
    declarations = "declarations { transactionNumber agencyDecisions { agency status } }"
    await here.data_of(query(declarations, STATUS))
    assert here.asked("CUSTOMS", "declaration") == 1
    assert here.asked("FOOD", "agencydecision") == 1


async def test_a_caller_who_may_not_see_every_row_shares_nothing() -> None:
    """The state is never narrowed, and no row that he may not see is fetched for him."""
    here = world()
    view = whole({"Hold": Compare("reasonCode", "eq", Value("F1"))}, name="some holds")
    data = await here.data_of(query(STATUS, HOLDS), view=view)
    assert asked(here) == [2, 2, 2]
    free = await world().data_of(query(STATUS))
    for node, other in zip(data["shipments"]["nodes"], free["shipments"]["nodes"], strict=True):
        assert node["jointStatus"] == other["jointStatus"]
        assert {one["reasonCode"] for one in node["holds"]} <= {"F1"}


async def test_two_selections_of_the_caller_are_asked_apart() -> None:
    here = world()
    await here.data_of(query(HOLDS, "others: holds { canMove }", STATUS))
    assert asked(here) == [2, 2, 2]


@pytest.mark.parametrize("fields", [(STATUS, HOLDS), (HOLDS, STATUS)])
async def test_an_agency_that_fails_is_told_once(fields: tuple[str, ...]) -> None:
    here = world()
    here.sources["FOOD"].fail("hold", SourceUnavailable("x"))
    answer = await here.ask(query(*fields))
    assert codes(answer) == ["SOURCE_UNAVAILABLE"]
    assert answer.errors[0]["extensions"]["at"] == ["shipments.nodes.holds"]
    data: Any = answer.data
    assert {node["jointStatus"]["state"] for node in data["shipments"]["nodes"]} == {
        node["jointStatus"]["state"]
        # What is not there fails the test.
        for node in (await here.ask(query(STATUS))).data["shipments"]["nodes"]  # type: ignore[index]
    }


async def test_lists_are_cut_for_the_caller_and_not_for_the_rule() -> None:
    here = world()
    here.engine.runner.list_items = 1
    here.sources["CUSTOMS"].data["hold"] += [
        {"key": f"h{n}", "placedAt": day(9), "canMove": False, "shipment.ccn": "9QRT1001"} for n in range(2, 5)
    ]
    data = (await here.ask(query(STATUS, HOLDS))).data
    other = (await here.ask(query(STATUS))).data
    assert data is not None
    assert other is not None
    assert max(len(node["holds"]) for node in data["shipments"]["nodes"]) == 1
    for node, free in zip(data["shipments"]["nodes"], other["shipments"]["nodes"], strict=True):
        assert node["jointStatus"] == free["jointStatus"]
