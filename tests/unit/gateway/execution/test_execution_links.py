"""Links: one fetch per level, routed keys, failing owners, lists that lack some."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from adapters.contract import AllOf, Compare, Value
from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from tests.kit.memory_world import World, codes, day, whole


def world(**more: Any) -> World:
    return World(
        {
            "CUSTOMS": {
                "shipment": [{"ccn": f"1234PARS0000{n}", "eta": day(n)} for n in (1, 2, 3)],
                "hold": [{"key": "c1", "shipment.ccn": "1234PARS00001", "placedAt": day(2), "place": "CAMTR"}],
                "declaration": [{"transactionNumber": "12345678901231", "shipment.ccn": "1234PARS00001", "version": 2}],
                "goodsitem": [
                    {
                        "transactionNumber": "12345678901231",
                        "sequence": 1,
                        "citedPermits": [
                            {"issuer": "FOOD", "number": "P1"},
                            {"issuer": "TRADE_CONTROLS", "number": "P1"},
                            {"issuer": "NOBODY", "number": "P1"},
                            {"issuer": "FOOD", "number": "P9"},
                            {"issuer": None, "number": "P1"},
                        ],
                    }
                ],
            },
            "FOOD": {
                "permit": [{"number": "P1", "type": "food"}],
                "hold": [
                    {"key": "f1", "shipment.ccn": "1234PARS00001", "placedAt": day(1)},
                    {"key": "f2", "shipment.ccn": "1234PARS00002", "placedAt": day(1)},
                ],
            },
            "TRADE_CONTROLS": {
                "permit": [{"number": "P1", "type": "trade"}],
                "hold": [{"key": "t1", "shipment.ccn": "1234PARS00001", "placedAt": day(3)}],
            },
        },
        **more,
    )


# A query is better read whole.
HOLDS = "{ shipments { nodes { ccn holds { agency placedAt } completeness { complete sources { agency outcome rows } } } } }"  # noqa: E501
CITED = """{ declaration(transactionNumber: "12345678901231") {
  items { citedPermits { issuer number permit { type } } } } }"""


async def test_one_fetch_per_owner_whatever_the_rows_and_lists_in_the_types_order() -> None:
    here = world()
    nodes = (await here.data_of(HOLDS))["shipments"]["nodes"]
    assert {node["ccn"][-1]: [hold["agency"] for hold in node["holds"]] for node in nodes} == {
        "1": ["FOOD", "CUSTOMS", "TRADE_CONTROLS"],
        "2": ["FOOD"],
        "3": [],
    }
    assert Counter(asked.spec.collection for source in here.sources.values() for asked in source.calls) == {
        "shipment": 1,
        "hold": 3,
    }


async def test_some_owners_failed_the_rest_is_shown_and_one_error_says_so() -> None:
    here = world()
    here.sources["FOOD"].fail("hold", SourceRefused("key 17 revoked"))
    answer = await here.ask(HOLDS)
    assert answer.errors == [
        {
            "message": "FOOD refused to answer",
            "extensions": {"code": "SOURCE_REFUSED", "agency": "FOOD", "at": ["shipments.nodes.holds"]},
        }
    ]
    nodes = answer.data["shipments"]["nodes"]  # type: ignore[index]  # there, or the test fails
    assert [len(node["holds"]) for node in nodes] == [2, 0, 0]
    assert nodes[0]["completeness"] == {
        "complete": False,
        "sources": [
            {"agency": "CUSTOMS", "outcome": "ANSWERED", "rows": 1},
            {"agency": "FOOD", "outcome": "REFUSED", "rows": None},
            {"agency": "TRADE_CONTROLS", "outcome": "ANSWERED", "rows": 1},
        ],
    }


async def test_every_owner_failed_the_lists_are_null_with_one_error_each() -> None:
    here = world()
    for agency in ("CUSTOMS", "FOOD", "TRADE_CONTROLS"):
        here.sources[agency].fail("hold", SourceUnavailable("x"))
    answer = await here.ask(HOLDS)
    # What is not there fails the test.
    assert [node["holds"] for node in answer.data["shipments"]["nodes"]] == [None] * 3  # type: ignore[index]
    assert [(one["path"], one["extensions"]["affected"]) for one in answer.errors] == [
        (["shipments", "nodes", 0, "holds"], 3)
    ] * 3


async def test_a_routed_link_asks_the_agency_that_is_named() -> None:
    here = world()
    cited = (await here.data_of(CITED))["declaration"]["items"][0]["citedPermits"]
    assert [one["permit"] for one in cited] == [{"type": "food"}, {"type": "trade"}, None, None, None]
    asked = {agency: here.sources[agency].asked("permit")[0].call.keys for agency in ("FOOD", "TRADE_CONTROLS")}
    assert asked == {"FOOD": [("P1",), ("P9",)], "TRADE_CONTROLS": [("P1",)]}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SourceUnavailable("secret"), "SOURCE_UNAVAILABLE"),
        (SourceTimeout("secret"), "SOURCE_TIMEOUT"),
        (SourceRefused("secret"), "SOURCE_REFUSED"),
        (SourceBadData("secret"), "SOURCE_BAD_DATA"),
    ],
)
async def test_a_routed_link_is_null_only_where_its_agency_failed(error: SourceError, code: str) -> None:
    here = world()
    here.sources["FOOD"].fail("permit", error)
    answer = await here.ask(CITED)
    cited = answer.data["declaration"]["items"][0]["citedPermits"]  # type: ignore[index]  # there, or the test fails
    assert [one["permit"] for one in cited] == [None, {"type": "trade"}, None, None, None]
    assert [(one["path"][-2:], one["extensions"]) for one in answer.errors] == [
        ([0, "permit"], {"code": code, "agency": "FOOD", "affected": 2})
    ]
    assert "secret" not in str(answer)


async def test_aliases_of_one_link_do_not_share_what_they_show() -> None:
    data = await world().data_of(
        '{ shipment(ccn: "1234PARS00001") { a: holds { place } b: holds { place agency } c: containers { number } } }'
    )
    one, other = data["shipment"]["a"], data["shipment"]["b"]
    assert one is not other
    assert not {id(made) for made in one} & {id(made) for made in other}
    assert set(one[0]) == {"place"}


async def test_a_transaction_number_of_another_version_is_not_there_and_asks_nothing_more() -> None:
    here = world()
    query = "query($t: TransactionNumber!) { declaration(transactionNumber: $t) { version shipment { eta } } }"
    assert (await here.data_of(query, {"t": "1234567890123100002"}))["declaration"]["version"] == 2
    here.sources["CUSTOMS"].calls.clear()
    other = await here.ask(query, {"t": "1234567890123100001"})
    absent = await here.ask(query, {"t": "1234567890199900001"})
    assert other.data == absent.data == {"declaration": None}
    assert other.extensions == absent.extensions
    assert here.asked("CUSTOMS", "shipment") == 0


async def test_plain_lists_end_at_their_limit_and_say_so_but_never_for_a_computed_field() -> None:
    from gateway.settings.config import Limits

    here = world(limits=Limits(list_items=2))
    data = await here.data_of(
        '{ shipment(ccn: "1234PARS00001") { holds { agency } dataFlags { field problem } jointStatus { state } } }'
    )
    assert [hold["agency"] for hold in data["shipment"]["holds"]] == ["FOOD", "CUSTOMS"]
    assert data["shipment"]["dataFlags"] == [{"field": "holds", "problem": "cut at 2 items"}]


async def test_a_list_under_a_rule_that_leaves_the_source_is_refused_not_cut_short() -> None:
    """Rows would be dropped after they were counted and cut to a page."""
    here = world()
    view = whole({"Hold": Compare("shipment.portOfArrival", "eq", Value("CAMTR"))}, name="crossing")
    answer = await here.ask("{ holds { totalCount nodes { place } } }", view=view)
    assert (answer.data, codes(answer)) == (None, ["FORBIDDEN"])
    assert here.asked("FOOD", "hold") == 0


async def test_held_containers_are_open_holds_of_several_agencies() -> None:
    def hold(key: str, container: str | None, **more: Any) -> dict[str, Any]:
        return {"key": key, "container": container, "place": "CAMTR", **more}

    here = World(
        {
            "CUSTOMS": {
                "hold": [
                    hold("1", "CSQU3054383", **{"shipment.ccn": "1234PARS00001"}),
                    hold("2", "MSKU0000018"),
                    hold("3", None),
                ]
            },
            "FOOD": {
                "hold": [
                    hold("1", "CSQU3054383"),
                    hold("2", "MSKU0000018", liftedAt=day(1)),
                    hold("3", None),
                    {**hold("4", "MSKU0000018"), "place": "CAVAN"},
                ]
            },
        }
    )
    # A query is better read whole.
    query = 'query($n: Int!) { heldContainers(place: "CAMTR", agencies: $n) { totalCount nodes { number agencies holds { agency } shipment { ccn } } } }'  # noqa: E501
    two = (await here.data_of(query, {"n": 2}))["heldContainers"]
    assert two["nodes"] == [
        {
            "number": "CSQU3054383",
            "agencies": ["CUSTOMS", "FOOD"],
            "holds": [{"agency": "CUSTOMS"}, {"agency": "FOOD"}],
            "shipment": {"ccn": "1234PARS00001"},
        }
    ]
    assert (await here.data_of(query, {"n": 1}))["heldContainers"]["totalCount"] == 2
    here.sources["FOOD"].fail("hold", SourceUnavailable("x"))
    partial = await here.ask(query, {"n": 1})
    assert partial.data["heldContainers"]["totalCount"] is None  # type: ignore[index]  # there, or the test fails
    assert codes(partial) == ["SOURCE_UNAVAILABLE"]


async def test_a_slow_source_is_told_and_the_rest_is_shown_at_every_level() -> None:
    """Each level has a share of what is left, so that the second too is late before the request is."""
    here = world(timeout=0.5)
    here.sources["CUSTOMS"].delay(0.25, "shipment")
    here.sources["FOOD"].delay(30, "hold")
    answer = await here.ask(HOLDS, seconds=0.5)
    assert answer.status == 200
    assert codes(answer) == ["SOURCE_TIMEOUT"]
    assert answer.data is not None
    assert len(answer.data["shipments"]["nodes"][0]["holds"]) == 2


async def test_a_tenth_of_a_request_is_nobody_s_but_the_answer_s() -> None:
    """However much of the time the levels above have used."""
    here = world(timeout=0.5)
    here.sources["CUSTOMS"].delay(0.34, "shipment")
    here.sources["FOOD"].delay(30, "hold")
    began = asyncio.get_running_loop().time()
    answer = await here.ask(HOLDS, seconds=0.5)
    assert (answer.status, codes(answer)) == (200, ["SOURCE_TIMEOUT"])
    deadlines = [one.call.deadline for source in here.sources.values() for one in source.calls]
    assert all(deadline is not None and deadline - began < 0.46 for deadline in deadlines)


async def test_a_request_that_is_late_is_refused_whole_and_leaves_no_task_behind() -> None:
    here = world(timeout=0.05)
    before = asyncio.all_tasks()
    here.sources["FOOD"].answer = _stuck  # type: ignore[assignment, method-assign]  # a stand-in
    answer = await here.ask(HOLDS, seconds=0.05)
    assert (answer.status, answer.data, codes(answer)) == (504, None, ["REQUEST_TIMEOUT"])
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_fault_of_ours_stops_what_runs_beside_it() -> None:
    here = world()
    before = asyncio.all_tasks()
    here.sources["FOOD"].answer = _broken  # type: ignore[assignment, method-assign]  # a stand-in
    here.sources["CUSTOMS"].delay(30, "hold")
    with pytest.raises(ZeroDivisionError):
        await here.ask(HOLDS)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def _stuck(*_: Any) -> Any:
    await asyncio.sleep(30)


async def _broken(*_: Any) -> Any:
    raise ZeroDivisionError


def test_rules_of_several_terms_keep_what_stays_in_the_source() -> None:
    from gateway.planning.rows import RowRules
    from tests.kit.memory_world import MASTER

    here = world()
    rule = AllOf(
        (Compare("place", "eq", Value("CAMTR")), Compare("shipment.importer.businessNumber", "eq", Value("X")))
    )
    rules = RowRules(MASTER, here.engine.planner.catalog, {"Hold": rule})
    food = rules.rule(here.owner("FOOD", "Hold"))
    assert food.predicate == Compare("place", "eq", Value("CAMTR"))
    assert [(join.target, join.on) for join in food.semi_joins] == [("Shipment", (("ccn", "shipment.ccn"),))]
