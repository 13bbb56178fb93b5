"""Reads that ask for what is being asked already: one statement for all of them, and nobody's fate but his own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from adapters import registry
from adapters.caching import CachingSource
from adapters.coalescing import CoalescingSource
from adapters.contract import CollectionSpec, Compare, FetchSpec, FieldBinding, Param
from adapters.errors import SourceBadData, SourceTimeout, SourceUnavailable
from adapters.sharing import SharingSource
from tests.kit.slow_source import Slow, finish, keys_asked, lookup, settle

RULE = Compare("portOfArrival", "in", Param("claims.ports"))
SPEC = FetchSpec("shipment", ("ccn", "status"), keys=("ccn",), predicate=RULE)
PORTS = {"claims.ports": ["CAVAN"]}


@pytest.fixture
def slow() -> Slow:
    return Slow()


async def test_what_is_being_asked_is_not_asked_again(slow: Slow) -> None:
    source = SharingSource(slow)
    tasks = [lookup(source.prepare(SPEC), "A", "B", params=dict(PORTS)) for _ in range(5)]
    await settle()
    assert keys_asked(slow) == [["A", "B"]]
    answers = await finish(slow, *tasks)
    assert all(answer is answers[0] for answer in answers)
    await finish(slow, lookup(source.prepare(SPEC), "A", "B", params=PORTS))
    assert len(slow.calls) == 2  # nothing is kept


@pytest.mark.parametrize(
    "other",
    [
        {"scope": "another view"},
        {"scope": None},
        {"params": {"claims.ports": ["CAMTR"]}},
        {"limit": 2},
        {"cursor": ("A",)},
        {"keys": ("B",)},
        {"keys": ("A", "B")},
        {"spec": FetchSpec("shipment", ("ccn", "eta"), keys=("ccn",), predicate=RULE)},
    ],
    ids=["view", "no scope", "values", "limit", "cursor", "key", "more keys", "columns"],
)
async def test_never_with_what_differs_in_anything(slow: Slow, other: Mapping[str, Any]) -> None:
    source = SharingSource(slow)
    first = lookup(source.prepare(SPEC), "A", params=PORTS)
    asked = {"scope": "view", "params": PORTS, **other}
    second = lookup(source.prepare(asked.pop("spec", SPEC)), *asked.pop("keys", ("A",)), **asked)
    await settle()
    assert len(slow.calls) == 2
    await finish(slow, first, second)


async def test_without_a_scope_nothing_is_shared(slow: Slow) -> None:
    fetch = SharingSource(slow).prepare(SPEC)
    tasks = [lookup(fetch, "A", scope=None) for _ in range(2)]
    await settle()
    assert len(slow.calls) == 2
    await finish(slow, *tasks)


async def test_when_the_first_leaves_the_next_asks(slow: Slow) -> None:
    fetch = SharingSource(slow).prepare(SPEC)
    first, *others = [lookup(fetch, "A") for _ in range(3)]
    await settle()
    first.cancel()
    await settle()
    assert (slow.cancelled, len(slow.calls)) == (1, 2)
    answers = await finish(slow, *others)
    assert [answer.columns[0] for answer in answers] == [["A", "A"]] * 2
    assert len(slow.calls) == 2


async def test_who_waits_may_leave_without_harm(slow: Slow) -> None:
    fetch = SharingSource(slow).prepare(SPEC)
    first, leaving = lookup(fetch, "A"), lookup(fetch, "A")
    await settle()
    leaving.cancel()
    await settle()
    assert (leaving.cancelled(), slow.cancelled) == (True, 0)
    await finish(slow, first)


async def test_who_waits_has_his_own_deadline(slow: Slow) -> None:
    now = asyncio.get_running_loop().time()
    fetch = SharingSource(slow).prepare(SPEC)
    first = lookup(fetch, "A", deadline=now + 60)
    await settle()
    with pytest.raises(SourceTimeout):
        await lookup(fetch, "A", deadline=now + 0.02)
    await finish(slow, first)


async def test_a_failure_of_the_agency_is_everyone_s(slow: Slow) -> None:
    fetch = SharingSource(slow).prepare(SPEC)
    for error in (SourceUnavailable("gone"), SourceBadData("nonsense"), SourceTimeout("its own limit")):
        slow.calls.clear()
        slow.error = error
        later = asyncio.get_running_loop().time() + 60
        tasks = [lookup(fetch, "A", deadline=later) for _ in range(3)]
        await settle()
        for gate in slow.gates:
            gate.set()
        assert await asyncio.gather(*tasks, return_exceptions=True) == [error] * 3
        assert len(slow.calls) == 1


async def test_the_first_one_s_deadline_is_nobody_else_s(slow: Slow) -> None:
    now = asyncio.get_running_loop().time()
    fetch = SharingSource(slow).prepare(SPEC)
    first = lookup(fetch, "A", deadline=now)
    second = lookup(fetch, "A", deadline=now + 60)
    await settle()
    slow.error = SourceTimeout("it had no time")
    slow.gates[0].set()
    with pytest.raises(SourceTimeout):
        await first
    slow.error = None
    (answer,) = await finish(slow, second)
    assert answer.count == 2
    assert len(slow.calls) == 2


async def test_a_fault_of_our_own_is_not_handed_on(slow: Slow) -> None:
    fetch = SharingSource(slow).prepare(SPEC)
    first, second = lookup(fetch, "A"), lookup(fetch, "A")
    await settle()
    slow.error = KeyError("ours")
    slow.gates[0].set()
    with pytest.raises(KeyError):
        await first
    slow.error = None
    await finish(slow, second)


async def test_it_shares_what_waits_to_be_joined_too(slow: Slow) -> None:
    """Behind a busy lane the same lookup waits once, and others with it."""
    fetch = SharingSource(CoalescingSource(slow, 60.0)).prepare(SPEC)
    busy = lookup(fetch, "A")
    await settle()
    tasks = [lookup(fetch, *keys) for keys in (["B"], ["B"], ["C"])]
    await settle()
    slow.gates[0].set()
    await settle()
    tasks.append(lookup(fetch, "B"))  # under way by now
    answers = await finish(slow, busy, *tasks)
    assert keys_asked(slow) == [["A"], ["B", "C"]]
    assert [answer.columns[0] for answer in answers[1:]] == [["B", "B"], ["B", "B"], ["C", "C"], ["B", "B"]]


async def test_two_who_miss_the_same_kept_answers_ask_once(slow: Slow) -> None:
    kept = CachingSource(SharingSource(CoalescingSource(slow, 60.0)), {"shipment": 60})
    page = FetchSpec("shipment", ("ccn", "status"), limit=True)
    by_key, listed = kept.prepare(SPEC), kept.prepare(page)
    tasks = [lookup(by_key, "A", "B") for _ in range(3)] + [lookup(listed, limit=5) for _ in range(3)]
    await settle()
    await finish(slow, *tasks)
    assert len(slow.calls) == 2
    await finish(slow, lookup(by_key, "B"), lookup(listed, limit=5))
    assert len(slow.calls) == 2


async def test_a_shape_nobody_holds_is_forgotten(slow: Slow) -> None:
    source = SharingSource(slow)
    held = source.prepare(SPEC)
    assert source.prepare(SPEC) is held
    del held
    assert not list(source._fetches)


@pytest.mark.parametrize(("wait", "shared"), [(2, True), (0, False)])
def test_together_is_one_option(wait: int, shared: bool) -> None:
    number = {"number": FieldBinding("number", "String", ("no",))}
    spec = CollectionSpec("FOOD", "db", "permit", "Permit", number, table="permit")
    table = {"kind": "postgres", "dsn": "postgresql://nowhere/x", "coalesce_ms": wait}
    found: Any = registry.create("db", "FOOD", table, [spec], {})
    assert isinstance(found, SharingSource) is shared


async def test_everything_else_is_the_source_s_own(slow: Slow) -> None:
    source = SharingSource(slow)
    await source.start()
    assert (source.name, source.agency, source.capabilities) == (slow.name, slow.agency, slow.capabilities)
    assert await source.health() is await slow.health()
    assert await source.check() == []
    assert source.prepare(SPEC).explain() == "slow"
    await source.close()
