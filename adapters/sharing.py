"""Single flight for reads: whoever asks just what is being asked waits for that answer instead.

What must be equal: the call shape, the keys, limit, cursor and open values, and the ``FetchCall.scope``, which is the
caller's rights as the gateway sees them. A call without a scope shares nothing. Who asked first runs the read, so one
at a time waits for nobody; when he leaves it, or his deadline ends it, the next of those who wait asks anew.
"""

from __future__ import annotations

import asyncio

from adapters.contract import FetchCall, FetchSpec, PreparedFetch, Rows
from adapters.errors import SourceError, SourceTimeout
from adapters.predicates import params_of
from adapters.wrapping import JoiningSource

TICK_S = 0.005
"""By how much an event loop may be early for a deadline."""


class SharingSource(JoiningSource):
    """``inner``, whose reads are shared."""

    def wrapped(self, prepared: PreparedFetch, spec: FetchSpec) -> PreparedFetch:
        return SharedFetch(prepared, spec)


class SharedFetch:
    def __init__(self, inner: PreparedFetch, spec: FetchSpec) -> None:
        self._inner = inner
        self._params = params_of(spec)
        self._flights: list[Flight] = []

    async def run(self, call: FetchCall) -> Rows:
        if call.scope is None:
            return await self._inner.run(call)
        while (same := self._alike(call)) is not None:
            rows = await same.answer(call.deadline)
            if rows is not None:
                return rows
        flight = Flight(call)
        self._flights.append(flight)
        try:
            rows = await self._inner.run(call)
        except BaseException as error:
            flight.failed(error)
            raise
        finally:
            self._flights.remove(flight)
        flight.end(rows)
        return rows

    def _alike(self, call: FetchCall) -> Flight | None:
        """The same read, if it is under way. Found out by comparing, so that a read alone costs nothing. Values are
        compared as they are written: ``1`` is not ``True``."""
        for flight in self._flights:
            one = flight.call
            if (
                one.keys == call.keys
                and one.scope == call.scope
                and one.limit == call.limit
                and repr(one.cursor) == repr(call.cursor)
                and all(repr(one.params.get(name)) == repr(call.params.get(name)) for name in self._params)
            ):
                return flight
        return None

    def explain(self) -> str:
        return self._inner.explain()


class Flight:
    """A read under way, and those who wait for how it ends: with rows, with a failure, or with ``None`` when it failed
    for whoever ran it alone."""

    __slots__ = ("_ended", "call")

    def __init__(self, call: FetchCall) -> None:
        self.call = call
        self._ended: asyncio.Future[Rows | SourceError | None] | None = None

    async def answer(self, deadline: float | None) -> Rows | None:
        """What the read brings before ``deadline``; ``None``: it must be asked anew. Raises a ``SourceError``."""
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout_at(deadline):
                found = await asyncio.shield(self._ended)
        except TimeoutError as error:
            raise SourceTimeout("waiting for an answer that another asked for") from error
        if isinstance(found, SourceError):
            raise found
        return found

    def end(self, how: Rows | SourceError | None) -> None:
        if self._ended is not None:
            self._ended.set_result(how)

    def failed(self, error: BaseException) -> None:
        end = self.call.deadline
        cut = end is not None and asyncio.get_running_loop().time() >= end - TICK_S
        own = isinstance(error, SourceTimeout) and cut
        self.end(error if isinstance(error, SourceError) and not own else None)
