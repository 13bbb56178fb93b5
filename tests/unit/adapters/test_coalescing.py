"""Lookups of concurrent requests, joined while one like them is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.coalescing import CoalescingSource, coalesce_ms
from adapters.contract import Compare, FetchSpec, Join, Param
from adapters.errors import SourceBadData, SourceError, SourceTimeout, SourceUnavailable
from tests.kit.patience import until
from tests.kit.slow_source import Slow, finish, keys_asked, lookup, settle

RULE = Compare("portOfArrival", "in", Param("claims.ports"))
SPEC = FetchSpec("shipment", ("ccn", "status"), keys=("ccn",), predicate=RULE)
LONG = 60.0
"""Seconds: in these tests, for ever."""
OTHER = FetchSpec("shipment", ("ccn", "eta"), keys=("ccn",), predicate=RULE)


def unanswerable() -> SourceError:
    """An agency's answer to a request that it finds at fault."""
    error = SourceUnavailable("answered 400")
    error.retryable = False
    return error


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def test_one_at_a_time_nobody_waits(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    for key in ("A", "B"):
        await finish(slow, lookup(fetch, key))
    assert keys_asked(slow) == [["A"], ["B"]]


async def test_while_one_is_under_way_the_rest_go_as_one(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    tasks = [lookup(fetch, "A"), lookup(fetch, "C", "D"), lookup(fetch, "D", "missing"), lookup(fetch, "E", "C")]
    await settle()
    assert keys_asked(slow) == [["A"]]
    answers = await finish(slow, *tasks)
    assert keys_asked(slow) == [["A"], ["C", "D", "missing", "E"]]
    assert answers[1].columns == (["C", "C", "D", "D"], ["C-0", "C-1", "D-0", "D-1"])
    assert answers[2].columns == (["D", "D"], ["D-0", "D-1"])
    assert answers[3].columns == (["E", "E", "C", "C"], ["E-0", "E-1", "C-0", "C-1"])


async def test_those_who_come_while_a_batch_is_under_way_are_the_next(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    tasks = [lookup(fetch, key) for key in ("A", "B", "C")]
    await settle()
    slow.gates[0].set()
    await settle()
    tasks += [lookup(fetch, key) for key in ("D", "E")]
    await settle()
    assert keys_asked(slow) == [["A"], ["B", "C"]]
    await finish(slow, *tasks)
    assert keys_asked(slow) == [["A"], ["B", "C"], ["D", "E"]]


async def test_one_that_takes_long_is_waited_for_no_longer_than_that(slow: Slow) -> None:
    fetch = CoalescingSource(slow, 0.02).prepare(SPEC)
    stuck, first, second = lookup(fetch, "A"), lookup(fetch, "B"), lookup(fetch, "C")
    await settle()
    assert keys_asked(slow) == [["A"]]
    await until(lambda: len(slow.calls) == 2)
    slow.gates[1].set()
    assert (await first).columns[0] == ["B", "B"]
    assert (await second).columns[0] == ["C", "C"]
    later = lookup(fetch, "D")
    await settle()
    assert keys_asked(slow) == [["A"], ["B", "C"], ["D"]]
    assert not stuck.done()
    await finish(slow, stuck, later)


async def test_lookups_that_could_not_be_joined_wait_for_nobody(slow: Slow) -> None:
    source = CoalescingSource(slow, LONG)
    tasks = [lookup(source.prepare(SPEC), "A"), lookup(source.prepare(OTHER), "B")]
    tasks.append(lookup(source.prepare(SPEC), "C", scope="another view"))
    await settle()
    assert keys_asked(slow) == [["A"], ["B"], ["C"]]
    await finish(slow, *tasks)


@pytest.mark.parametrize(
    "other",
    [{"scope": "another view"}, {"scope": None}, {"spec": OTHER}, {"params": {"claims.ports": ["CAMTR"]}}],
    ids=["view", "no scope", "columns", "values"],
)
async def test_never_across_rights_call_shapes_or_values(slow: Slow, other: Mapping[str, Any]) -> None:
    source = CoalescingSource(slow, LONG)
    fetch = source.prepare(SPEC)
    ports = {"claims.ports": ["CAVAN"]}
    busy, first = lookup(fetch, "A", params=ports), lookup(fetch, "B", params=ports)
    asked = {"scope": "view", "params": ports, **other}
    second = lookup(source.prepare(asked.pop("spec", SPEC)), "C", **asked)
    await settle()
    await finish(slow, busy, first, second)
    assert sorted(keys_asked(slow)) == [["A"], ["B"], ["C"]]


async def test_never_across_values_of_a_rule_of_what_is_joined(slow: Slow) -> None:
    below = FetchSpec(
        "declaration", ("version",), predicate=Compare("importer.businessNumber", "in", Param("claims.bn"))
    )
    spec = FetchSpec("shipment", ("ccn",), keys=("ccn",), joins=(Join((("shipment.ccn", "ccn"),), below),))
    fetch = CoalescingSource(slow, LONG).prepare(spec)
    busy = lookup(fetch, "A", params={"claims.bn": ["1"]})
    mine, too = (lookup(fetch, key, params={"claims.bn": ["1"]}) for key in ("B", "C"))
    other = lookup(fetch, "D", params={"claims.bn": ["2"]})
    await settle()
    await finish(slow, busy, mine, too, other)
    assert sorted(keys_asked(slow)) == [["A"], ["B", "C"], ["D"]]


async def test_equal_shapes_of_two_plans_join(slow: Slow) -> None:
    source = CoalescingSource(slow, LONG)
    busy = lookup(source.prepare(SPEC), "A")
    joined = [lookup(source.prepare(SPEC), "B"), lookup(source.prepare(SPEC), "C")]
    await settle()
    await finish(slow, busy, *joined)
    assert keys_asked(slow) == [["A"], ["B", "C"]]


async def test_pages_and_counts_are_never_joined(slow: Slow) -> None:
    source = CoalescingSource(slow, LONG)
    page = source.prepare(FetchSpec("shipment", ("ccn",), keys=("ccn",), limit=True, per_key=True))
    tasks = [lookup(page, "A"), lookup(page, "B")]
    await settle()
    assert keys_asked(slow) == [["A"], ["B"]]
    await finish(slow, *tasks)


async def test_a_failure_reaches_every_member_and_the_lane_goes_on(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, first, second = lookup(fetch, "A"), lookup(fetch, "B"), lookup(fetch, "C")
    await settle()
    slow.error = SourceUnavailable("gone")
    slow.gates[0].set()
    await settle()
    slow.gates[1].set()
    await settle()
    assert [type(task.exception()) for task in (busy, first, second)] == [SourceUnavailable] * 3
    slow.error = None
    (answer,) = await finish(slow, lookup(fetch, "E"))
    assert answer.columns[0] == ["E", "E"]


async def test_each_member_leaves_at_its_own_deadline(slow: Slow) -> None:
    now = asyncio.get_running_loop().time()
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy = lookup(fetch, "A")
    await settle()
    hasty, patient = lookup(fetch, "B", deadline=now + 0.02), lookup(fetch, "C", deadline=now + 60)
    with pytest.raises(SourceTimeout):
        await hasty
    assert not patient.done()
    await finish(slow, busy, patient)
    assert slow.calls[1].deadline == now + 60


async def test_a_batch_is_cancelled_when_all_have_left_and_not_before(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, first, second = lookup(fetch, "A"), lookup(fetch, "B"), lookup(fetch, "C")
    await settle()
    slow.gates[0].set()
    await settle()
    first.cancel()
    await settle()
    assert slow.cancelled == 0
    second.cancel()
    await settle()
    assert slow.cancelled == 1
    (answer,) = await finish(slow, lookup(fetch, "D"))
    assert answer.count == 2
    await busy


async def test_a_batch_that_everyone_left_before_its_turn_is_not_asked(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, waiting = lookup(fetch, "A"), lookup(fetch, "B")
    await settle()
    waiting.cancel()
    await settle()
    await finish(slow, busy)
    assert keys_asked(slow) == [["A"]]


async def test_what_those_who_left_wanted_is_not_asked(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, leaving, staying = lookup(fetch, "A"), lookup(fetch, "B", "C"), lookup(fetch, "C", "D")
    await settle()
    leaving.cancel()
    await settle()
    await finish(slow, busy, staying)
    assert keys_asked(slow) == [["A"], ["C", "D"]]


async def test_a_full_batch_goes_and_the_next_opens(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.coalescing.MAX_KEYS", 3)
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    tasks = [lookup(fetch, *keys) for keys in ("A", "BC", "DE", "F")]
    await settle()
    assert keys_asked(slow) == [["A"], ["B", "C"]]
    await finish(slow, *tasks)
    assert keys_asked(slow) == [["A"], ["B", "C"], ["D", "E", "F"]]


async def test_a_batch_left_in_the_moment_it_begins_gives_its_place_back(slow: Slow) -> None:
    """Who was waited for and who waits leave at one deadline: as when an agency hangs."""
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, waiting = lookup(fetch, "A"), lookup(fetch, "B")
    await settle()
    busy.cancel()
    waiting.cancel()
    await asyncio.wait([busy, waiting])
    later = lookup(fetch, "C")
    await settle()
    assert keys_asked(slow) == [["A"], ["C"]]
    await finish(slow, later)


async def test_a_member_that_leaves_as_its_rows_come_is_no_error(slow: Slow) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, member = lookup(fetch, "A"), lookup(fetch, "B")
    await settle()
    slow.gates[0].set()
    await settle()
    slow.gates[1].set()
    member.cancel()
    await asyncio.wait([busy, member])
    await settle()
    (answer,) = await finish(slow, lookup(fetch, "C"))
    assert answer.count == 2
    assert not fetch.flights


@pytest.mark.parametrize("wrong", [-1, True, "2", 1_001, float("nan")])
def test_the_option_is_strict(wrong: Any) -> None:
    with pytest.raises(ValueError, match="coalesce_ms"):
        coalesce_ms({"kind": "rest", "coalesce_ms": wrong})


def test_the_option_is_taken_out_of_the_table() -> None:
    assert coalesce_ms({"kind": "rest", "coalesce_ms": 4}) == (4, {"kind": "rest"})
    assert coalesce_ms({"kind": "rest"}) == (25, {"kind": "rest"})


@pytest.mark.parametrize("error", [SourceBadData("x"), unanswerable()], ids=["unreadable", "refused"])
async def test_what_may_be_one_keys_fault_is_asked_again_by_each(slow: Slow, error: SourceError) -> None:
    fetch = CoalescingSource(slow, LONG).prepare(SPEC)
    busy, first, second = lookup(fetch, "A"), lookup(fetch, "B"), lookup(fetch, "C")
    await settle()
    slow.gates[0].set()
    await settle()
    slow.error = error
    slow.gates[1].set()
    await until(lambda: len(slow.calls) == 4)
    slow.error = None
    answers = await finish(slow, busy, first, second)
    assert keys_asked(slow) == [["A"], ["B", "C"], ["B"], ["C"]]
    assert [one.columns[0] for one in answers[1:]] == [["B", "B"], ["C", "C"]]


def test_for_how_long_lookups_wait_is_known_of_a_source(slow: Slow) -> None:
    assert slow.capabilities.wait_s is None
    assert CoalescingSource(slow, 0.02).capabilities.wait_s == 0.02
