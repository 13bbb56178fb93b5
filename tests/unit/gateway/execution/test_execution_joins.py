"""Lists of an object's own that come with it: what is shown, flagged and told is what asking apart would show."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Compare, Param, RowFlag
from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from gateway.request import Answer
from tests.kit.memory_world import World, day, whole

CCN = "1234PARS0000{}".format
TXN = "1234567890123{}".format
QUERY = """query Q($first: Int) { shipments(first: $first) {
  nodes { ccn declarations { transactionNumber acceptedAt items { sequence hs } } }
  completeness { complete sources { agency outcome rows } } } }"""


def world(*, joining: bool = True, ccns: tuple[str, ...] = (CCN(1), CCN(2), CCN(3)), **more: Any) -> World:
    made = World(
        {
            "CUSTOMS": {
                "shipment": [
                    {"ccn": ccn, "eta": day(place), "importer.name": "A"} for place, ccn in enumerate(ccns, 1)
                ],
                "declaration": [
                    {"transactionNumber": TXN(1), "shipment.ccn": ccns[0], "acceptedAt": day(1)},
                    {"transactionNumber": TXN(2), "shipment.ccn": ccns[0], "acceptedAt": day(2)},
                    {"transactionNumber": TXN(3), "shipment.ccn": ccns[2], "acceptedAt": day(1)},
                    {"transactionNumber": TXN(4), "shipment.ccn": "nobody's"},
                ],
                "goodsitem": [
                    {"transactionNumber": TXN(1), "sequence": 2, "hs": "1"},
                    {"transactionNumber": TXN(1), "sequence": 1, "hs": "010101"},
                    {"transactionNumber": TXN(3), "sequence": 1, "hs": "020202"},
                ],
            }
        },
        **more,
    )
    made.sources["CUSTOMS"].joining = joining
    return made


async def both(query: str = QUERY, view: Any = None, variables: dict[str, Any] | None = None, **how: Any) -> Answer:
    """The answer, proved to be that of a source that joins nothing."""
    answers = []
    for joining in (True, False):
        here = world(joining=joining, **how)
        answers.append(await here.ask(query, variables, view=view))
        levels = {asked.joined for asked in here.sources["CUSTOMS"].calls if asked.spec.collection != "shipment"}
        assert levels <= {joining}
    joined, apart = answers
    assert (joined.data, joined.errors, joined.extensions) == (apart.data, apart.errors, apart.extensions)
    return joined


async def test_three_levels_are_one_read() -> None:
    here = world()
    answer = await here.ask(QUERY)
    assert answer.data["shipments"]["nodes"][0]["declarations"] == [
        {
            "transactionNumber": TXN(1),
            "acceptedAt": day(1),
            "items": [{"sequence": 1, "hs": "010101"}, {"sequence": 2, "hs": "1"}],
        },
        {"transactionNumber": TXN(2), "acceptedAt": day(2), "items": []},
    ]
    assert [(asked.spec.collection, asked.joined) for asked in here.sources["CUSTOMS"].calls if not asked.joined] == [
        ("shipment", False)
    ]


@pytest.mark.parametrize("first", [0, 1, 2, 50])
async def test_a_page_shows_its_own_rows_alone(first: int) -> None:
    """The row beyond the page, and what came with it, is not shown, counted or told."""
    flags = {"CUSTOMS": {"goodsitem": [RowFlag(0, "hs", "pattern"), RowFlag(2, "hs", "pattern")]}}
    answer = await both(variables={"first": first}, flags=flags)
    assert len(answer.data["shipments"]["nodes"]) == min(first, 3)
    assert answer.extensions.get("dataFlags", {}).get("GoodsItem.hs", 0) == (0, 1, 1, 2)[min(first, 3)]


async def test_flags_of_what_is_not_selected_are_not_told() -> None:
    flags = {"CUSTOMS": {"declaration": [RowFlag(0, "version", "not a number"), RowFlag(1, "importer.name", "?")]}}
    answer = await both(flags=flags)
    assert "dataFlags" not in answer.extensions


async def test_a_key_without_its_pattern_is_not_followed() -> None:
    answer = await both(ccns=("x", CCN(2), CCN(3)))
    assert [len(node["declarations"]) for node in answer.data["shipments"]["nodes"]] == [0, 0, 1]


async def test_plain_lists_are_cut_where_they_end() -> None:
    answer = await both(limits=World({}).limits.model_copy(update={"list_items": 1}))
    assert answer.extensions["dataFlags"]["Shipment.declarations"] == 1


@pytest.mark.parametrize("error", [SourceRefused("x"), SourceBadData("x"), SourceUnavailable("x")])
@pytest.mark.parametrize("lost", ["declaration", "goodsitem"])
async def test_what_fails_together_is_asked_apart(error: SourceError, lost: str) -> None:
    """A table that may not be read, say, costs what it holds and nothing else."""
    answers = []
    for joining in (True, False):
        here = world(joining=joining)
        here.sources["CUSTOMS"].fail(lost, error)
        answers.append(await here.ask(QUERY))
    assert answers[0].data == answers[1].data
    assert answers[0].data["shipments"]["nodes"][0]["ccn"] == CCN(1)
    assert answers[0].errors == answers[1].errors != []


async def test_an_agency_that_did_not_answer_in_time_is_not_asked_again() -> None:
    here = world()
    here.sources["CUSTOMS"].fail("declaration", SourceTimeout("x"))
    answer = await here.ask(QUERY)
    assert answer.data == {"shipments": None}
    assert len([asked for asked in here.sources["CUSTOMS"].calls if not asked.joined]) == 1


async def test_row_rules_of_each_level_are_kept() -> None:
    """Those of one caller never for another: what is open in the rules of what is joined counts as much."""
    rule = Compare("importer.name", "eq", Param("claims.name"))
    rows = {"Declaration": rule}
    for name, shown in (("A", 0), ("B", 1)):
        made = world()
        made.sources["CUSTOMS"].data["declaration"][0] |= {"importer.name": "B"}
        view = whole(rows, ("claims.name",))
        answer = await made.ask(QUERY, view=view, claims={"name": name})
        found = [one["transactionNumber"] for node in answer.data["shipments"]["nodes"] for one in node["declarations"]]
        assert found == [TXN(1)] * shown
        scopes = {asked.call.scope for asked in made.sources["CUSTOMS"].calls if not asked.joined}
        assert all(name in str(scope) for scope in scopes)
