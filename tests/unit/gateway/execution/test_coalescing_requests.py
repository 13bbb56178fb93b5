"""Requests alike but for the record they ask for, answered by one run: which ones, and what holds for each of them."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest
import structlog

from adapters.contract import Compare, Param, RowFlag
from adapters.errors import SourceBadData, SourceError, SourceUnavailable
from adapters.group_commit import Batch, Member
from gateway.execution import coalescing
from gateway.execution.joint import Asked
from gateway.execution.parts import Parts
from gateway.execution.run import Run
from gateway.request import Answer
from gateway.settings.config import Limits
from tests.kit.memory_world import World, codes, day, fail_where, told, whole

BN = "123456782RM0001"
QUERY = """query Q($ccn: CargoControlNumber!) { shipment(ccn: $ccn) {
  ccn portOfArrival importer { organization { legalName } } holds { agency } declarations { transactionNumber } } }"""
OTHER = "query Q($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { ccn importer { organization { country } } } }"
NUMBERED = "1234PARS0000"
PORT = Compare("portOfArrival", "in", Param("claims.ports"))


def unanswerable() -> SourceError:
    """An agency's answer to a request that it finds at fault."""
    error = SourceUnavailable("answered 400")
    error.retryable = False
    return error


class Joining(World):
    """Shipments 1 to 6, the odd ones with an importer. ``runs``: the requests of each joint run."""

    def __init__(self, **more: Any) -> None:
        shipments = [
            {"ccn": f"{NUMBERED}{n}", "portOfArrival": "CAVAN", "importer.name": "X"}
            | ({"importer.businessNumber": BN} if n % 2 else {})
            for n in range(1, 7)
        ]
        holds = [{"key": f"h{n}", "shipment.ccn": f"{NUMBERED}{n}", "placedAt": day(n)} for n in (1, 1, 2)]
        organizations = [{"businessNumber": BN, "legalName": "X Ltd", "country": "CA"}]
        customs = {"shipment": shipments, "hold": holds}
        permits = {
            "FOOD": {"permit": [{"number": "P1", "type": "food"}]},
            "TRADE_CONTROLS": {"permit": [{"number": f"P{n}", "type": "trade"} for n in (1, 2)]},
        }
        data = {"CUSTOMS": customs, "REVENUE": {"organization": organizations}, **permits}
        super().__init__(data, **{"wait_s": 60, **more})
        self.runs: list[list[str]] = []
        coalescer = self.engine.coalescer
        as_one = coalescer.as_one

        async def noted(asked: Sequence[Asked]) -> Sequence[Any]:
            given = [one.run.variables.coerced if one.run.variables is not None else {} for one in asked]
            self.runs.append([str(one.get("ccn") or one["n"])[-1] for one in given])
            return await as_one(asked)

        coalescer.as_one = noted  # type: ignore[method-assign]  # of this one world

    def one(self, number: int, query: str = QUERY, **more: Any) -> asyncio.Task[Answer]:
        return asyncio.ensure_future(self.ask(query, {"ccn": f"{NUMBERED}{number}"}, request_id=f"r{number}", **more))

    async def behind(self, *others: Awaitable[Answer]) -> list[Answer]:
        """Answers of those who came while one was under way."""
        return list(await asyncio.gather(*others))


async def under_way(world: Joining, **more: Any) -> asyncio.Task[Answer]:
    """One request that has been sent, and takes a moment."""
    world.sources["CUSTOMS"].delay(0.01)
    first = world.one(6, **more)
    await asyncio.sleep(0.005)
    return first


async def test_while_one_is_under_way_those_like_it_become_one_run() -> None:
    world = Joining()
    alone = [await world.one(n) for n in (1, 2, 3, 9)]
    asked = world.asked("CUSTOMS", "shipment")
    first = await under_way(world)
    together = await world.behind(*(world.one(n) for n in (1, 2, 3, 9)))
    await first
    assert world.runs == [["1", "2", "3", "9"]]
    assert list(map(told, together)) == list(map(told, alone))
    assert world.asked("CUSTOMS", "shipment") == asked + 2
    assert [one.log["rows"] for one in together] == [one.log["rows"] for one in alone]
    assert [one.log["sources"] for one in together][1:] == [
        ["CUSTOMS", "FOOD", "TRADE_CONTROLS"],
        ["CUSTOMS", "FOOD", "REVENUE", "TRADE_CONTROLS"],
        ["CUSTOMS"],
    ]


async def test_one_alone_waits_for_nobody_and_runs_by_itself() -> None:
    world = Joining()
    for number in (1, 2):
        assert (await world.one(number)).errors == []
    assert world.runs == []
    assert not world.engine.coalescer.flights


async def test_one_that_waits_alone_is_no_joint_run() -> None:
    world = Joining()
    first = await under_way(world)
    assert (await world.one(1)).data == (await world.one(1)).data
    await first
    assert world.runs == []


async def test_equal_requests_share_their_rows() -> None:
    world = Joining()
    first = await under_way(world)
    answers = await world.behind(*(world.one(n) for n in (1, 1, 1)))
    await first
    assert world.runs == [["1", "1", "1"]]
    assert told(answers[0]) == told(answers[1]) == told(answers[2]) == told(await world.one(1))


@pytest.mark.parametrize(
    "other",
    [
        {"query": OTHER},
        {"view": whole(name="another")},
        {"view": whole({"Shipment": PORT}, ["claims.ports"], name="own port"), "claims": {"ports": ["CAVAN"]}},
    ],
    ids=["another document", "another view", "a view with a rule"],
)
async def test_never_across_documents_or_views(other: dict[str, Any]) -> None:
    world = Joining()
    first = await under_way(world)
    await world.behind(world.one(1), world.one(2), world.one(3, **other))
    await first
    assert world.runs == [["1", "2"]]


async def test_under_a_row_rule_only_with_equal_claims() -> None:
    world = Joining()
    view: dict[str, Any] = {"view": whole({"Shipment": PORT}, ["claims.ports"], name="own port")}
    here: dict[str, Any] = view | {"claims": {"ports": ["CAVAN"]}}
    elsewhere: dict[str, Any] = view | {"claims": {"ports": ["CAMTR"]}}
    firsts = [await under_way(world, **here), await under_way(world, **elsewhere)]
    answers = await world.behind(
        world.one(1, **here), world.one(1, **elsewhere), world.one(2, **here), world.one(2, **elsewhere)
    )
    await asyncio.gather(*firsts)
    assert sorted(world.runs) == [["1", "2"], ["1", "2"]]
    shown = [one.data is not None and one.data["shipment"] is not None for one in answers]
    assert shown == [True, False, True, False]


async def test_only_with_equal_values_of_what_is_selected() -> None:
    """The key is all that may differ, and the agency that is asked for it."""
    query = """query ($i: AgencyCode!, $n: String!, $l: Language!) { permit(issuer: $i, number: $n) {
      number type issuer { name(language: $l) } } }"""
    world = Joining()
    for agency in ("FOOD", "TRADE_CONTROLS"):
        world.sources[agency].delay(0.01)

    def one(issuer: str, number: int, language: str) -> asyncio.Task[Answer]:
        return asyncio.ensure_future(world.ask(query, {"i": issuer, "n": f"P{number}", "l": language}))

    firsts = [one("FOOD", 1, "EN"), one("FOOD", 1, "FR")]
    await asyncio.sleep(0.005)
    tasks = [
        one(issuer, n, language) for language in ("EN", "FR") for issuer in ("FOOD", "TRADE_CONTROLS") for n in (1, 2)
    ]
    answers = await asyncio.gather(*tasks)
    await asyncio.gather(*firsts)
    assert world.runs == [["1", "2", "1", "2"]] * 2
    shown = [one.data["permit"] if one.data else None for one in answers]
    assert shown[:4] == [
        {"number": "P1", "type": "food", "issuer": {"name": "Food"}},
        None,
        {"number": "P1", "type": "trade", "issuer": {"name": "Trade_Controls"}},
        {"number": "P2", "type": "trade", "issuer": {"name": "Trade_Controls"}},
    ]
    assert shown[4] == {"number": "P1", "type": "food", "issuer": {"name": "food"}}
    assert [one.log["sources"] for one in answers[:4]] == [["FOOD"], ["FOOD"], ["TRADE_CONTROLS"], ["TRADE_CONTROLS"]]
    assert [one.log["rows"] for one in answers[:4]] == [1, 0, 1, 1]


async def test_a_run_has_so_many_requests_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "MOST", 2)
    world = Joining()
    first = await under_way(world)
    await world.behind(*(world.one(n) for n in (1, 2, 3, 4)))
    await first
    assert world.runs == [["1", "2"], ["3", "4"]]


async def test_who_does_not_need_a_silent_agency_is_not_long_delayed_by_who_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_S", 0.1)
    world = Joining()
    first = await under_way(world)
    world.sources["CUSTOMS"].delay(0)
    world.sources["REVENUE"].delay(3)
    begun = time.monotonic()
    needs, needs_not = world.one(1), world.one(2)
    assert (await needs_not).errors == []
    assert time.monotonic() - begun < 1
    assert not needs.done()
    later = await world.behind(world.one(4), world.one(2))
    assert [one.errors for one in later] == [[], []]
    assert world.runs == [["1", "2"]]  # what took so long is not tried again soon
    needs.cancel()
    await first


async def test_it_is_tried_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "PATIENCE_S", 0.03)
    monkeypatch.setattr(coalescing, "REST_S", 0.1)
    world = Joining()
    first = await under_way(world)
    world.sources["CUSTOMS"].delay(0.05)
    late = await world.behind(world.one(1), world.one(2))
    await first
    await asyncio.sleep(0.1)
    first = await under_way(world)
    soon = await world.behind(world.one(1), world.one(2))
    await first
    assert world.runs == [["1", "2"], ["1", "2"]]
    assert list(map(told, late)) == list(map(told, soon))


async def test_what_fails_in_itself_is_run_apart_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def beside(*_: Any) -> None:
        raise LookupError("rows that are nobody's")

    world = Joining()
    alone = [await world.one(n) for n in (1, 2)]
    monkeypatch.setattr(Parts, "followed", beside)
    monkeypatch.setattr(Parts, "beside", beside)
    first = await under_way(world)
    with structlog.testing.capture_logs() as logs:
        together = await world.behind(world.one(1), world.one(2))
        await first
        assert list(map(told, together)) == list(map(told, alone))
        await world.behind(world.one(4), world.one(1), world.one(2))
    assert world.runs == [["1", "2"]]  # what has failed so is not tried again soon
    (line,) = [line for line in logs if line["event"] == "joint run failed"]
    assert line["request_ids"] == ["r1", "r2"]


async def test_where_an_agency_fails_each_is_run_by_itself_and_so_are_those_that_follow() -> None:
    world = Joining()
    world.sources["REVENUE"].fail(error=SourceUnavailable("x"))
    alone = [await world.one(n) for n in (1, 2, 3)]
    first = await under_way(world)
    together = await world.behind(*(world.one(n) for n in (1, 2, 3)))
    await world.behind(*(world.one(n) for n in (1, 2, 3)))
    await first
    assert world.runs == [["1", "2", "3"]]
    assert list(map(codes, together)) == [["SOURCE_UNAVAILABLE"], [], ["SOURCE_UNAVAILABLE"]]
    assert list(map(told, together)) == list(map(told, alone))


@pytest.mark.parametrize("error", [SourceBadData("x"), unanswerable()], ids=["unreadable", "refused"])
async def test_a_key_that_an_agency_cannot_answer_costs_nobody_else(error: SourceError) -> None:
    query = "query ($i: AgencyCode!, $n: String!) { permit(issuer: $i, number: $n) { type } }"
    world = Joining()

    def one(number: str) -> asyncio.Task[Answer]:
        return asyncio.ensure_future(world.ask(query, {"i": "TRADE_CONTROLS", "n": number}))

    world.sources["TRADE_CONTROLS"].delay(0.01)
    fail_where(world.sources["TRADE_CONTROLS"], lambda _, __, call: ("BAD",) in call.keys, error)
    first = one("P2")
    await asyncio.sleep(0.005)
    good, bad = await world.behind(one("P1"), one("BAD"))
    await first
    assert world.runs == [["1", "D"]]
    assert (good.data, good.errors) == ({"permit": {"type": "trade"}}, [])
    assert codes(bad) == [error.code]


async def test_a_failed_root_is_every_ones() -> None:
    world = Joining()
    first = await under_way(world)
    world.sources["CUSTOMS"].fail("shipment", SourceUnavailable("x"))
    together = await world.behind(world.one(1), world.one(2))
    assert list(map(codes, together)) == [["SOURCE_UNAVAILABLE"]] * 2
    assert [one.data for one in together] == [{"shipment": None}] * 2
    assert [one.extensions["completeness"]["complete"] for one in together] == [False, False]
    await first


async def test_who_leaves_disturbs_nobody_and_who_is_in_a_hurry_does_not_wait() -> None:
    world = Joining()
    alone = await world.one(3)
    first = await under_way(world)
    world.sources["CUSTOMS"].delay(0.05)
    leaving, hasty, staying, another = world.one(1), world.one(2, seconds=1), world.one(3), world.one(5)
    await asyncio.sleep(0.015)
    leaving.cancel()
    assert (await hasty).errors == []
    assert told(await staying) == told(alone)
    await asyncio.gather(first, another)
    assert leaving.cancelled()
    assert world.runs == [["3", "5"]]
    assert not world.engine.coalescer.flights


async def test_a_value_that_is_not_given_is_not_null() -> None:
    query = """query ($i: AgencyCode!, $n: String!, $l: Language) { permit(issuer: $i, number: $n) {
      number issuer { name(language: $l) } } }"""
    world = Joining()
    world.sources["TRADE_CONTROLS"].delay(0.01)
    given: dict[str, Any] = {"i": "TRADE_CONTROLS", "n": "P1"}
    tasks = [asyncio.ensure_future(world.ask(query, given))]
    await asyncio.sleep(0.005)
    tasks += [asyncio.ensure_future(world.ask(query, given | more)) for more in ({}, {"l": None}, {})]
    answers = await asyncio.gather(*tasks)
    assert world.runs == [["1", "1"]]
    assert list(map(codes, answers)) == [[], [], ["BAD_USER_INPUT"], []]


def of_runs() -> set[int]:
    """What there is of runs: other tests may keep some."""
    return {id(one) for one in gc.get_objects() if isinstance(one, Run | Asked | Member | Batch)}


@pytest.mark.parametrize("end", ["answered", "left", "late"])
async def test_nothing_of_a_joint_run_waits_for_a_collection_of_garbage(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Joining()
    monkeypatch.setattr(coalescing, "PATIENCE_S", 0.03 if end == "late" else 60)
    gc.collect()
    gc.disable()
    before = of_runs()
    try:
        first = await under_way(world)
        world.sources["REVENUE"].delay(0 if end == "answered" else 0.06)
        tasks = [world.one(1), world.one(3)]
        if end == "left":
            await asyncio.sleep(0.03)
            assert [one.cancel() for one in tasks] == [True, True]
        await asyncio.gather(first, *tasks, return_exceptions=True)
        assert world.runs == [["1", "3"]]
        del first, tasks
        await asyncio.sleep(0.05)
        assert not of_runs() - before
    finally:
        gc.enable()


async def test_flags_and_cut_lists_are_told_to_those_whose_they_are() -> None:
    flags = {"CUSTOMS": {"shipment": [RowFlag(0, "importer.name", "unmapped"), RowFlag(2, "ccn", "pattern")]}}
    query = """query Q($ccn: CargoControlNumber!) { shipment(ccn: $ccn) {
      ccn importer { name } dataFlags { field problem } holds { agency } } }"""
    world = Joining(flags=flags, limits=Limits(list_items=1))
    alone = [await world.one(n, query) for n in (1, 2, 3)]
    first = await under_way(world, query=query)
    together = await world.behind(*(world.one(n, query) for n in (1, 2, 3)))
    await first
    assert world.runs == [["1", "2", "3"]]
    assert list(map(told, together)) == list(map(told, alone))
    assert [one.extensions.get("dataFlags") for one in together] == [
        {"Shipment.importer.name": 1, "Shipment.holds": 1},
        None,
        {"Shipment.ccn": 1},
    ]


@pytest.mark.parametrize(
    "selected",
    [
        "jointStatus { state }",
        "holds { agency } } again: shipment(ccn: $ccn) { ccn",
        "holds { agency } completeness { complete }",
        "importer { organization { shipments(first: 1) { nodes { ccn } } } }",
        "... on Shipment { ccn } } __schema { queryType { name }",
    ],
    ids=["computed", "two roots", "completeness", "a page", "introspection"],
)
async def test_what_is_not_of_a_records_own_rows_is_run_by_itself(selected: str) -> None:
    world = Joining()
    query = f"query ($ccn: CargoControlNumber!) {{ shipment(ccn: $ccn) {{ ccn {selected} }} }}"
    first = await under_way(world, query=query)
    assert [one.errors for one in await world.behind(*(world.one(n, query) for n in (1, 2)))] == [[], []]
    await first
    assert world.runs == []


async def test_nor_where_a_source_lets_nothing_wait() -> None:
    world = Joining(wait_s=None)
    first = await under_way(world)
    await world.behind(world.one(1), world.one(2))
    await first
    assert world.runs == []
