"""A source that is asked again when that may help, and left alone while it is down.

Retries: reads that failed on the way (``SourceUnavailable``), and refusals that name a time (``Retry-After``), within
the call's deadline. Circuit breaker: after ``failures`` calls in a row that found nobody, calls are refused at once for
``recover_s`` seconds; then one call probes, and its end decides. The others wait for that, but not long.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import stamina
from purgatory.domain.model import Context, OpenedState

from adapters.contract import FetchCall, FetchSpec, Health, PreparedFetch, Rows, Source
from adapters.errors import SourceBusy, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.wrapping import WrappedSource

CLOSED, HALF_OPENED = "closed", "half-opened"

PATIENCE_S = 0.5
"""How long a call waits for another's probe: a source that is back answers within it, one that hangs delays nobody
more."""


@dataclass(frozen=True, slots=True)
class Resilience:
    """``attempts`` in all; ``wait_s``: first wait, doubled and jittered; ``failures`` in a row open the breaker."""

    attempts: int = 3
    wait_s: float = 0.05
    failures: int = 5
    recover_s: float = 5.0


class Breaker:
    """One source's circuit. Counts what found nobody (unavailable, timed out); an answer of any kind closes it. That
    many wait for a source, and some too long, opens nothing."""

    def __init__(self, name: str, resilience: Resilience) -> None:
        self._context = Context(name, resilience.failures, resilience.recover_s)
        self._probing = False
        self._probe_ended = asyncio.Event()

    @property
    def state(self) -> str:
        """``closed``, ``opened`` or ``half-opened``."""
        return str(self._context.state)

    async def enter(self, deadline: float | None = None) -> bool:
        """Whether this call is the probe. While another one is, its end is waited for. Raises ``SourceUnavailable``
        while the circuit is open."""
        if self._probing:
            await self._probed(deadline)
        try:
            self._context.handle_new_request()
        except OpenedState:
            raise _open("the circuit is open") from None
        if self._context.state != HALF_OPENED:
            return False
        self._probing = True
        self._probe_ended.clear()
        return True

    async def _probed(self, deadline: float | None) -> None:
        patience = _now() + PATIENCE_S
        try:
            async with asyncio.timeout_at(patience if deadline is None else min(patience, deadline)):
                while self._probing:  # a probe whose caller left decides nothing: the next call is one
                    await self._probe_ended.wait()
        except TimeoutError:
            raise _open("the circuit is open, and a probe is under way") from None

    def leave(self, probe: bool, error: BaseException | None) -> None:
        if probe:
            self._probing = False
            self._probe_ended.set()
        if isinstance(error, SourceBusy):
            pass
        elif isinstance(error, SourceUnavailable | SourceTimeout):
            self._context.handle_exception(error)
        elif error is None or isinstance(error, SourceError):
            self._context.handle_end_request()
        self._context.messages.clear()


def _open(detail: str) -> SourceUnavailable:
    error = SourceUnavailable(detail)
    error.retryable = False  # asking again at once is what the breaker is there to prevent
    return error


class ResilientSource(WrappedSource):
    """``inner`` with retries and a breaker."""

    def __init__(self, inner: Source, resilience: Resilience) -> None:
        super().__init__(inner)
        self.resilience = resilience
        self.breaker = Breaker(f"{inner.agency}.{inner.name}", resilience)

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        return ResilientFetch(self.inner.prepare(spec), self.resilience, self.breaker)

    async def health(self) -> Health:
        """What the source says, but never better than its breaker."""
        if self.breaker.state != CLOSED:
            return Health.DOWN
        return await super().health()


class ResilientFetch:
    def __init__(self, inner: PreparedFetch, resilience: Resilience, breaker: Breaker) -> None:
        self._inner = inner
        self._resilience = resilience
        self._breaker = breaker

    async def run(self, call: FetchCall) -> Rows:
        try:
            return await self._once(call)
        except SourceError as error:  # the common case costs nothing more than this
            if self._resilience.attempts < 2:
                raise
            wait = self._wait(error, call)
            if not wait:
                raise
        await asyncio.sleep(self._jittered() if wait is True else wait)
        return await self._again(call)

    async def _again(self, call: FetchCall) -> Rows:
        wait = self._resilience.wait_s
        async for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, SourceError) and self._wait(error, call),
            attempts=self._resilience.attempts - 1,
            timeout=None if call.deadline is None else max(0.001, call.deadline - _now()),
            wait_initial=2 * wait,
            wait_jitter=wait,
        ):
            with attempt:
                return await self._once(call)
        raise AssertionError("a retry ends with an answer or an error")

    def _jittered(self) -> float:
        return self._resilience.wait_s * random.uniform(1, 2)  # noqa: S311 - spreads callers, guards nothing

    def _wait(self, error: SourceError, call: FetchCall) -> bool | float:
        """Whether the same read may go better in the time that is left; seconds, where the source names them. Every
        fetch is a read, the POSTs of an agency file included, so that repeating one is harmless."""
        left = float("inf") if call.deadline is None else call.deadline - _now()
        if isinstance(error, SourceRefused) and error.retry_after is None:
            return False
        if not isinstance(error, SourceRefused) and not error.retryable:
            return False
        if error.retry_after:
            return error.retry_after < left and error.retry_after
        return left > 3 * self._resilience.wait_s

    async def _once(self, call: FetchCall) -> Rows:
        probe = await self._breaker.enter(call.deadline)
        error: BaseException | None = None
        try:
            return await self._inner.run(call)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._breaker.leave(probe, error)

    def explain(self) -> str:
        return self._inner.explain()


def _now() -> float:
    return asyncio.get_running_loop().time()


def resilience_of(table: Mapping[str, Any]) -> tuple[Resilience, dict[str, Any]]:
    """``resilience = { attempts, wait_s, failures, recover_s }`` of a ``[sources.*]`` table, and the table without it.

    Raises ``ValueError`` that says what is wrong with it."""
    rest = dict(table)
    given = rest.pop("resilience", {})
    if not isinstance(given, Mapping):
        raise ValueError("resilience is a table: { attempts = 3, wait_s = 0.05, failures = 5, recover_s = 5 }")
    defaults = Resilience()
    for key, value in given.items():
        kind = type(getattr(defaults, key, None))
        if kind is type(None):
            raise ValueError(f"resilience has no option {key!r}; there are attempts, wait_s, failures, recover_s")
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0 or (kind is int and value % 1):
            raise ValueError(f"resilience.{key} must be a positive {'whole number' if kind is int else 'number'}")
    return Resilience(**given), rest
