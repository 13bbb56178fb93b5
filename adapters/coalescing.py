"""Group commit for reads: while a lookup is under way, those that differ from it in keys alone wait and go as one.

Lookups may share a batch when they ask for the same call shape, with the same open values, in the same
``FetchCall.scope``: the caller's rights, as the gateway sees them. A lookup without a scope is never joined with
another. Who comes alone goes at once, and no lookup is waited for once ``wait_s`` have passed since it was sent: one
that takes long holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import FetchCall, FetchSpec, PreparedFetch, Rows, Source
from adapters.errors import SourceTimeout
from adapters.predicates import params_of
from adapters.rows import answers_by_key, places_by_key, take
from adapters.wrapping import JoiningSource

DEFAULT_WAIT_MS = 25
MOST_WAIT_MS = 1_000
MAX_KEYS = 2_000
"""Keys of one batch; a lookup that would make it larger sends it off, and opens the next."""


@dataclass(slots=True, eq=False)
class Member:
    """One waiting lookup. It gets its own keys only, and may leave before the batch is done."""

    call: FetchCall
    answer: asyncio.Future[Rows]

    def late(self) -> None:
        if not self.answer.done():
            self.answer.set_exception(SourceTimeout("waiting to be asked with others"))


@dataclass(slots=True, eq=False)
class Batch:
    """Those who wait for a flight to land. ``keys``: what is asked for, once it is sent; ``size``: of all who ever
    joined; ``timer`` sends it when the flight is late."""

    timer: asyncio.TimerHandle
    size: int = 0
    members: list[Member] = field(default_factory=list)
    keys: list[tuple[Any, ...]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def call(self) -> FetchCall:
        """The joined call, for those who have not left: it runs until the latest of their deadlines."""
        self.keys = list(dict.fromkeys([key for member in self.members for key in member.call.keys]))
        first = self.members[0].call
        ends = [member.call.deadline for member in self.members]
        deadline = None if None in ends else max(end for end in ends if end is not None)
        return FetchCall(self.keys, first.params, deadline=deadline, scope=first.scope)


@dataclass(slots=True, eq=False)
class Flight:
    """A lookup or a batch under way. ``sent``: event loop clock."""

    sent: float
    waiting: Batch | None = None


class CoalescingSource(JoiningSource):
    """``inner``, whose keyed lookups join while they are many. ``wait_s``: seconds."""

    def __init__(self, inner: Source, wait_s: float) -> None:
        super().__init__(inner)
        self.wait_s = wait_s

    def wrapped(self, prepared: PreparedFetch, spec: FetchSpec) -> PreparedFetch:
        return CoalescedFetch(prepared, spec, self.wait_s) if answers_by_key(spec) else prepared


class CoalescedFetch:
    """``flights``: the one sent last, by what lookups must have in common to be joined with it."""

    def __init__(self, inner: PreparedFetch, spec: FetchSpec, wait_s: float) -> None:
        self.inner = inner
        self.spec = spec
        self.wait_s = wait_s
        self.flights: dict[Hashable, Flight] = {}
        self._params = params_of(spec)

    async def run(self, call: FetchCall) -> Rows:
        if call.scope is None:
            return await self.inner.run(call)
        name = (call.scope, *[repr(call.params.get(param)) for param in self._params])
        loop = asyncio.get_running_loop()
        flight = self.flights.get(name)
        if flight is not None and loop.time() < flight.sent + self.wait_s:
            return await self._joined(call, name, flight, loop)
        flight = self.flights[name] = Flight(loop.time())
        try:
            return await self.inner.run(call)
        finally:
            self._landed(name, flight)

    async def _joined(self, call: FetchCall, name: Hashable, flight: Flight, loop: asyncio.AbstractEventLoop) -> Rows:
        batch = flight.waiting
        if batch is not None and batch.size + len(call.keys) > MAX_KEYS:
            self._send(name, flight)
            return await self.run(call)
        if batch is None:
            batch = flight.waiting = Batch(loop.call_at(flight.sent + self.wait_s, self._send, name, flight))
        member = Member(call, loop.create_future())
        batch.members.append(member)
        batch.size += len(call.keys)
        # Nothing is to be cancelled when it is late, so a timer does, at a fraction of what ``timeout_at`` costs.
        timer = loop.call_at(call.deadline, member.late) if call.deadline is not None else None
        try:
            return await member.answer
        finally:
            if timer is not None:
                timer.cancel()
            batch.members.remove(member)
            if not batch.members and batch.task is not None:
                batch.task.cancel()

    def _landed(self, name: Hashable, flight: Flight) -> None:
        if flight.waiting is not None:
            self._send(name, flight)
        elif self.flights.get(name) is flight:
            del self.flights[name]

    def _send(self, name: Hashable, flight: Flight) -> None:
        """Those who wait for ``flight`` go; whoever comes now waits for them."""
        batch, flight.waiting = flight.waiting, None
        assert batch is not None
        batch.timer.cancel()
        if not batch.members:
            self._landed(name, flight)
            return
        loop = asyncio.get_running_loop()
        sent = self.flights[name] = Flight(loop.time())
        batch.task = loop.create_task(self._run(batch))
        # Not at the end of its body: a task that is cancelled before its first step has none.
        batch.task.add_done_callback(lambda _: self._landed(name, sent))

    async def _run(self, batch: Batch) -> None:
        try:
            self._hand_out(await self.inner.run(batch.call()), batch)
        except BaseException as error:
            for member in batch.members:
                if not member.answer.done():
                    member.answer.set_exception(error)
                    member.answer.exception()  # read: a member that left never will
            if isinstance(error, asyncio.CancelledError):
                raise

    def _hand_out(self, rows: Rows, batch: Batch) -> None:
        """Each member gets the rows of its own keys."""
        if len(batch.members) == 1 and len(batch.members[0].call.keys) == len(batch.keys):
            if not batch.members[0].answer.done():  # else it is just leaving
                batch.members[0].answer.set_result(rows)
            return
        of_key = places_by_key(rows, self.spec)
        for member in batch.members:
            if not member.answer.done():
                mine = [row for key in member.call.keys for row in of_key.get(key, ())]
                member.answer.set_result(take(rows, mine))

    def explain(self) -> str:
        return self.inner.explain()


def coalesce_ms(table: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    """``coalesce_ms`` of a ``[sources.*]`` table (default 25; 0 turns joining off), and the table without it.

    Raises ``ValueError`` that says what is wrong with it."""
    rest = dict(table)
    wait = rest.pop("coalesce_ms", DEFAULT_WAIT_MS)
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= MOST_WAIT_MS:
        raise ValueError(f"coalesce_ms must be a number of milliseconds up to {MOST_WAIT_MS}, 0 for never")
    return wait, rest
