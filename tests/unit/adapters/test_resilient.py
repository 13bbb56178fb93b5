"""Retries and the circuit breaker around a source."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.contract import FetchCall, FetchSpec, Health, PreparedFetch, Rows
from adapters.errors import SourceBadData, SourceBusy, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.resilient import Resilience, ResilientSource, resilience_of
from tests.kit.idle_source import IdleSource

ROWS = Rows(0, (), datetime(2026, 1, 1, tzinfo=UTC))
SPEC = FetchSpec("shipment", ())


class Scripted(IdleSource):
    """Answers with the script's errors, then with rows."""

    def __init__(self, *script: BaseException) -> None:
        self.script = list(script)
        self.asked = 0
        self.at: list[float] = []

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        return self

    async def run(self, call: FetchCall) -> Rows:
        self.asked += 1
        self.at.append(asyncio.get_running_loop().time())
        if self.script:
            raise self.script.pop(0)
        return ROWS

    def explain(self) -> str:
        return "scripted"


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


@pytest.mark.parametrize("error", [SourceRefused("429", retry_after=30), SourceUnavailable("503", retry_after=30)])
@pytest.mark.parametrize("before", [0, 1])
async def test_but_not_beyond_the_deadline(error: SourceError, before: int) -> None:
    inner = Scripted(*[SourceUnavailable("reset")] * before, error)
    started = asyncio.get_running_loop().time()
    with pytest.raises(type(error)) as raised:
        await ResilientSource(inner, QUICK).prepare(SPEC).run(soon(0.2))
    assert raised.value is error
    assert inner.asked == before + 1
    assert asyncio.get_running_loop().time() - started < 0.15


async def test_waits_grow_and_are_jittered() -> None:
    """Callers that failed together do not come back together."""
    wait = 0.02
    firsts, seconds = [], []

    async def one() -> None:
        inner = Scripted(SourceUnavailable("reset"), SourceUnavailable("reset"))
        await ResilientSource(inner, Resilience(attempts=3, wait_s=wait)).prepare(SPEC).run(soon())
        first, second, third = inner.at
        firsts.append(second - first)
        seconds.append(third - second)

    await asyncio.gather(*(one() for _ in range(20)))
    assert min(firsts) >= wait
    assert min(seconds) >= 2 * wait
    assert max(firsts) - min(firsts) > wait / 4
    assert max(seconds) - min(seconds) > wait / 4


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


class Recovering(Scripted):
    """Down at first; then each answer takes until ``ready`` is set."""

    def __init__(self) -> None:
        super().__init__(*[SourceTimeout("late") for _ in range(QUICK.failures)])
        self.ready = asyncio.Event()

    async def run(self, call: FetchCall) -> Rows:
        if self.script:
            return await super().run(call)
        self.asked += 1
        await self.ready.wait()
        if self.script:
            raise self.script.pop(0)
        return ROWS


@pytest.fixture
async def recovering() -> tuple[Recovering, ResilientSource]:
    """A source whose breaker is about to let a probe through."""
    inner = Recovering()
    source = ResilientSource(inner, QUICK)
    for _ in range(QUICK.failures):
        with pytest.raises(SourceTimeout):
            await source.prepare(SPEC).run(soon())
    assert source.breaker.state == "opened"
    await asyncio.sleep(QUICK.recover_s + 0.01)
    inner.asked = 0
    return inner, source


async def _three(source: ResilientSource) -> list[asyncio.Task[Rows]]:
    """The fetches of one request, under way."""
    tasks = [asyncio.create_task(source.prepare(SPEC).run(soon())) for _ in range(3)]
    await asyncio.sleep(0.01)
    return tasks


async def test_the_others_wait_for_the_probe_and_are_answered_after_it(
    recovering: tuple[Recovering, ResilientSource],
) -> None:
    inner, source = recovering
    tasks = await _three(source)
    assert (inner.asked, source.breaker.state) == (1, "half-opened")
    inner.ready.set()
    assert await asyncio.gather(*tasks) == [ROWS] * 3
    assert (inner.asked, source.breaker.state) == (3, "closed")


async def test_a_probe_that_fails_refuses_the_others_unasked(recovering: tuple[Recovering, ResilientSource]) -> None:
    inner, source = recovering
    tasks = await _three(source)
    inner.script.append(SourceTimeout("still"))
    inner.ready.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [SourceTimeout, SourceUnavailable, SourceUnavailable]
    assert (inner.asked, source.breaker.state) == (1, "opened")


async def test_a_probe_whose_caller_leaves_is_followed_by_another(
    recovering: tuple[Recovering, ResilientSource],
) -> None:
    inner, source = recovering
    probe, *others = await _three(source)
    probe.cancel()
    await asyncio.sleep(0.01)
    assert (inner.asked, source.breaker.state) == (2, "half-opened")
    inner.ready.set()
    assert await asyncio.gather(*others) == [ROWS] * 2


async def test_nobody_waits_long_for_a_probe_that_hangs(
    recovering: tuple[Recovering, ResilientSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.resilient.PATIENCE_S", 0.05)
    inner, source = recovering
    probe, *others = await _three(source)
    with pytest.raises(SourceUnavailable, match="probe"):
        await source.prepare(SPEC).run(soon(0.01))
    ends = await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 0.2)
    assert ["probe" in str(end) for end in ends] == [True, True]
    assert not probe.done()
    inner.ready.set()
    assert await probe is ROWS


async def test_answers_of_any_kind_keep_it_closed() -> None:
    inner = Scripted(*[SourceRefused("403") for _ in range(9)])
    source = ResilientSource(inner, QUICK)
    for _ in range(9):
        with pytest.raises(SourceRefused):
            await source.prepare(SPEC).run(soon())
    assert source.breaker.state == "closed"


async def test_that_many_wait_too_long_says_nothing_about_the_source() -> None:
    inner = Scripted(SourceUnavailable("1"), SourceUnavailable("2"), *(SourceBusy("no turn") for _ in range(10)))
    source = ResilientSource(inner, Resilience(attempts=1, failures=3, recover_s=60))
    for _ in range(12):
        with pytest.raises(SourceError):
            await source.prepare(SPEC).run(soon())
    assert source.breaker.state == "closed"
    inner.script = [SourceUnavailable("3")]
    with pytest.raises(SourceUnavailable):
        await source.prepare(SPEC).run(soon())
    assert source.breaker.state == "opened"


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
