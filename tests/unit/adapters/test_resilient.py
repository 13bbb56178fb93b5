"""Retries and the circuit breaker around a source."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.contract import Capabilities, FetchCall, FetchSpec, Health, PreparedFetch, Rows
from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.resilient import Resilience, ResilientSource, resilience_of

ROWS = Rows(0, (), datetime(2026, 1, 1, tzinfo=UTC))
SPEC = FetchSpec("shipment", ())


class Scripted:
    """Answers with the script's errors, then with rows."""

    name, agency = "cargo", "CUSTOMS"
    capabilities = Capabilities({})

    def __init__(self, *script: BaseException) -> None:
        self.script = list(script)
        self.asked = 0

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        return self

    async def run(self, call: FetchCall) -> Rows:
        self.asked += 1
        if self.script:
            raise self.script.pop(0)
        return ROWS

    def explain(self) -> str:
        return "scripted"

    async def start(self) -> None: ...

    async def health(self) -> Health:
        return Health.UP

    async def check(self) -> list[Any]:
        return []

    async def close(self) -> None: ...


QUICK = Resilience(attempts=3, wait_s=0.001, failures=3, recover_s=0.05)


def soon(seconds: float = 5.0) -> FetchCall:
    return FetchCall(deadline=asyncio.get_running_loop().time() + seconds)


async def test_what_failed_on_the_way_is_asked_again() -> None:
    inner = Scripted(SourceUnavailable("reset"), SourceUnavailable("reset"))
    assert await ResilientSource(inner, QUICK).prepare(SPEC).run(soon()) is ROWS
    assert inner.asked == 3


@pytest.mark.parametrize("error", [SourceTimeout("late"), SourceBadData("html"), SourceRefused("403")])
async def test_what_would_go_no_better_is_not(error: SourceError) -> None:
    inner = Scripted(error)
    with pytest.raises(type(error)):
        await ResilientSource(inner, QUICK).prepare(SPEC).run(soon())
    assert inner.asked == 1


async def test_attempts_have_an_end() -> None:
    inner = Scripted(*[SourceUnavailable("down") for _ in range(9)])
    with pytest.raises(SourceUnavailable):
        await ResilientSource(inner, Resilience(attempts=3, wait_s=0.001, failures=99)).prepare(SPEC).run(soon())
    assert inner.asked == 3


async def test_a_refusal_that_names_a_time_is_waited_for() -> None:
    inner = Scripted(SourceRefused("429", retry_after=0.03))
    started = asyncio.get_running_loop().time()
    assert await ResilientSource(inner, QUICK).prepare(SPEC).run(soon()) is ROWS
    assert asyncio.get_running_loop().time() - started >= 0.03


async def test_but_not_beyond_the_deadline() -> None:
    inner = Scripted(SourceRefused("429", retry_after=30))
    with pytest.raises(SourceRefused):
        await ResilientSource(inner, QUICK).prepare(SPEC).run(soon(0.2))
    assert inner.asked == 1


async def test_no_attempt_after_the_deadline() -> None:
    inner = Scripted(*[SourceUnavailable("down") for _ in range(9)])
    with pytest.raises(SourceUnavailable):
        await ResilientSource(inner, QUICK).prepare(SPEC).run(soon(-1))
    assert inner.asked == 1


async def test_the_breaker_opens_refuses_at_once_and_recovers_by_a_probe() -> None:
    inner = Scripted(*[SourceUnavailable("down") for _ in range(3)])
    source = ResilientSource(inner, QUICK)
    fetch = source.prepare(SPEC)
    with pytest.raises(SourceUnavailable):
        await fetch.run(soon())
    assert (inner.asked, source.breaker.state, await source.health()) == (3, "opened", Health.DOWN)
    with pytest.raises(SourceUnavailable, match="circuit"):
        await fetch.run(soon(0.001))
    assert inner.asked == 3
    await asyncio.sleep(0.06)
    assert await fetch.run(soon()) is ROWS
    assert (source.breaker.state, await source.health()) == ("closed", Health.UP)


async def test_one_probe_at_a_time_and_its_failure_opens_again() -> None:
    inner = Scripted(*[SourceTimeout("late") for _ in range(3)])
    source = ResilientSource(inner, QUICK)
    for _ in range(3):
        with pytest.raises(SourceTimeout):
            await source.prepare(SPEC).run(soon())
    await asyncio.sleep(0.06)
    probe = source.breaker.enter()
    assert probe
    with pytest.raises(SourceUnavailable, match="probe"):
        source.breaker.enter()
    source.breaker.leave(probe, SourceTimeout("still"))
    assert source.breaker.state == "opened"


async def test_answers_of_any_kind_keep_it_closed() -> None:
    inner = Scripted(*[SourceRefused("403") for _ in range(9)])
    source = ResilientSource(inner, QUICK)
    for _ in range(9):
        with pytest.raises(SourceRefused):
            await source.prepare(SPEC).run(soon())
    assert source.breaker.state == "closed"


async def test_a_caller_who_leaves_says_nothing_about_the_source() -> None:
    inner = Scripted(*[asyncio.CancelledError() for _ in range(5)])
    source = ResilientSource(inner, QUICK)
    for _ in range(5):
        with pytest.raises(asyncio.CancelledError):
            await source.prepare(SPEC).run(soon())
    assert source.breaker.state == "closed"


def test_options_are_strict() -> None:
    table = {"kind": "rest", "resilience": {"attempts": 1, "recover_s": 2}}
    assert resilience_of(table) == (Resilience(attempts=1, recover_s=2), {"kind": "rest"})
    for wrong in ({"tries": 2}, {"attempts": 0}, {"attempts": 1.5}, {"wait_s": "1"}, {"failures": True}):
        with pytest.raises(ValueError, match="resilience"):
            resilience_of({"resilience": wrong})
