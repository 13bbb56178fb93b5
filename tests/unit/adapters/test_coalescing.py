"""Lookups of concurrent requests joined while a source is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.coalescing import CoalescingSource, coalesce_after
from adapters.contract import Compare, FetchSpec, Join, Param
from adapters.errors import SourceTimeout, SourceUnavailable
from tests.kit.slow_source import Slow, finish, keys_asked, lookup, settle

RULE = Compare("portOfArrival", "in", Param("claims.ports"))
SPEC = FetchSpec("shipment", ("ccn", "status"), keys=("ccn",), predicate=RULE)
OTHER = FetchSpec("shipment", ("ccn", "eta"), keys=("ccn",), predicate=RULE)


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def test_one_at_a_time_nobody_waits(slow: Slow) -> None:
    fetch = CoalescingSource(slow, 2).prepare(SPEC)
    first, second = lookup(fetch, "A"), lookup(fetch, "B")
    await settle()
    assert keys_asked(slow) == [["A"], ["B"]]
    await finish(slow, first, second)


async def test_while_two_are_under_way_the_rest_go_as_one(slow: Slow) -> None:
    fetch = CoalescingSource(slow, 2).prepare(SPEC)
    tasks = [lookup(fetch, "A"), lookup(fetch, "B"), lookup(fetch, "C", "D"), lookup(fetch, "D", "missing")]
    await settle()
    assert keys_asked(slow) == [["A"], ["B"]]
    answers = await finish(slow, *tasks)
    assert keys_asked(slow) == [["A"], ["B"], ["C", "D", "missing"]]
    assert answers[2].columns == (["C", "C", "D", "D"], ["C-0", "C-1", "D-0", "D-1"])
    assert answers[3].columns == (["D", "D"], ["D-0", "D-1"])


@pytest.mark.parametrize(
    "other",
    [{"scope": "another view"}, {"scope": None}, {"spec": OTHER}, {"params": {"claims.ports": ["CAMTR"]}}],
    ids=["view", "no scope", "columns", "values"],
)
async def test_never_across_rights_call_shapes_or_values(slow: Slow, other: Mapping[str, Any]) -> None:
    source = CoalescingSource(slow, 1)
    fetch = source.prepare(SPEC)
    ports = {"claims.ports": ["CAVAN"]}
    busy, first = lookup(fetch, "A"), lookup(fetch, "B", params=ports)
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
    fetch = CoalescingSource(slow, 1).prepare(spec)
    busy = lookup(fetch, "A")
    mine, too = (lookup(fetch, key, params={"claims.bn": ["1"]}) for key in ("B", "C"))
    other = lookup(fetch, "D", params={"claims.bn": ["2"]})
    await settle()
    await finish(slow, busy, mine, too, other)
    assert sorted(keys_asked(slow)) == [["A"], ["B", "C"], ["D"]]


async def test_equal_shapes_of_two_plans_join(slow: Slow) -> None:
    source = CoalescingSource(slow, 1)
    busy = lookup(source.prepare(SPEC), "A")
    joined = [lookup(source.prepare(SPEC), "B"), lookup(source.prepare(SPEC), "C")]
    await settle()
    await finish(slow, busy, *joined)
    assert keys_asked(slow) == [["A"], ["B", "C"]]


async def test_pages_and_counts_are_never_joined(slow: Slow) -> None:
    source = CoalescingSource(slow, 1)
    page = source.prepare(FetchSpec("shipment", ("ccn",), keys=("ccn",), limit=True, per_key=True))
    tasks = [lookup(page, "A"), lookup(page, "B")]
    await settle()
    assert keys_asked(slow) == [["A"], ["B"]]
    await finish(slow, *tasks)


async def test_a_failure_reaches_every_member_and_the_lane_goes_on(slow: Slow) -> None:
    fetch = CoalescingSource(slow, 1).prepare(SPEC)
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
    fetch = CoalescingSource(slow, 1).prepare(SPEC)
    busy = lookup(fetch, "A")
    await settle()
    hasty, patient = lookup(fetch, "B", deadline=now + 0.02), lookup(fetch, "C", deadline=now + 60)
    with pytest.raises(SourceTimeout):
        await hasty
    assert not patient.done()
    await finish(slow, busy, patient)
    assert slow.calls[1].deadline == now + 60


async def test_a_batch_is_cancelled_when_all_have_left_and_not_before(slow: Slow) -> None:
    fetch = CoalescingSource(slow, 1).prepare(SPEC)
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
    fetch = CoalescingSource(slow, 1).prepare(SPEC)
    busy, waiting = lookup(fetch, "A"), lookup(fetch, "B")
    await settle()
    waiting.cancel()
    await settle()
    await finish(slow, busy)
    assert keys_asked(slow) == [["A"]]


async def test_what_those_who_left_wanted_is_not_asked(slow: Slow) -> None:
    fetch = CoalescingSource(slow, 1).prepare(SPEC)
    busy, leaving, staying = lookup(fetch, "A"), lookup(fetch, "B", "C"), lookup(fetch, "C", "D")
    await settle()
    leaving.cancel()
    await settle()
    await finish(slow, busy, staying)
    assert keys_asked(slow) == [["A"], ["C", "D"]]


async def test_a_full_batch_keeps_its_turn(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.coalescing.MAX_KEYS", 3)
    source = CoalescingSource(slow, 1)
    fetch, other = source.prepare(SPEC), source.prepare(OTHER)
    tasks = [lookup(fetch, "A"), lookup(fetch, "B", "C"), lookup(other, "X"), lookup(fetch, "D", "E")]
    await settle()
    tasks.append(lookup(fetch, "F"))
    await settle()
    await finish(slow, *tasks)
    assert keys_asked(slow) == [["A"], ["B", "C"], ["X"], ["D", "E", "F"]]


async def test_a_batch_left_in_the_moment_it_begins_gives_its_place_back(slow: Slow) -> None:
    """Who was waited for and who waits leave at one deadline: as when an agency hangs."""
    fetch = CoalescingSource(slow, 1).prepare(SPEC)
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
    source = CoalescingSource(slow, 1)
    fetch = source.prepare(SPEC)
    busy, member = lookup(fetch, "A"), lookup(fetch, "B")
    await settle()
    (batch,) = source.lane.waiting
    slow.gates[0].set()
    await settle()
    slow.gates[1].set()
    member.cancel()
    await asyncio.wait([busy, member])
    assert batch.task is not None
    await batch.task
    assert source.lane.under_way == 0


@pytest.mark.parametrize("wrong", [-1, True, "2", 1.5])
def test_the_option_is_strict(wrong: Any) -> None:
    with pytest.raises(ValueError, match="coalesce_after"):
        coalesce_after({"kind": "rest", "coalesce_after": wrong})


def test_the_option_is_taken_out_of_the_table() -> None:
    assert coalesce_after({"kind": "rest", "coalesce_after": 4}) == (4, {"kind": "rest"})
    assert coalesce_after({"kind": "rest"}) == (2, {"kind": "rest"})
