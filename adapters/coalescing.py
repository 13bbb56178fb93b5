"""Group commit for reads: while a source is busy, lookups that differ in keys alone wait and go as one.

Lookups may share a batch when they ask for the same call shape, with the same open values, in the same
``FetchCall.scope``: the caller's rights, as the gateway sees them. A lookup without a scope is never joined with
another. While fewer than ``after`` lookups are under way a lookup goes at once, so one request at a time waits for
nobody. Batches go in the order of their first member.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import FetchCall, FetchSpec, PreparedFetch, Rows, Source
from adapters.errors import SourceTimeout
from adapters.predicates import params_of
from adapters.rows import answers_by_key, places_by_key, take
from adapters.wrapping import JoiningSource

DEFAULT_AFTER = 2
MAX_KEYS = 2_000
"""Keys of one batch; a lookup that would make it larger opens the next."""


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
    """``name``: what lookups must have in common to be in it; ``keys``: those of all who ever joined, then those that
    are asked for."""

    fetch: CoalescedFetch
    name: Hashable
    keys: dict[tuple[Any, ...], None] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    task: asyncio.Task[None] | None = None

    def call(self) -> FetchCall:
        """The joined call, for those who have not left: it runs until the latest of their deadlines."""
        self.keys = dict.fromkeys(key for member in self.members for key in member.call.keys)
        first = self.members[0].call
        ends = [member.call.deadline for member in self.members]
        deadline = None if None in ends else max(end for end in ends if end is not None)
        return FetchCall(list(self.keys), first.params, deadline=deadline, scope=first.scope)


class Lane:
    """The lookups under way and waiting at one source. ``open``: of those waiting, the batches with room for more."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.under_way = 0
        self.waiting: deque[Batch] = deque()
        self.open: dict[Hashable, Batch] = {}

    def full(self) -> bool:
        return self.under_way >= self.after

    def batch(self, fetch: CoalescedFetch, name: Hashable, keys: int) -> Batch:
        """The batch that so many more keys may wait in."""
        batch = self.open.get(name)
        if batch is None or len(batch.keys) + keys > MAX_KEYS:
            batch = self.open[name] = Batch(fetch, name)
            self.waiting.append(batch)
        return batch

    def done(self) -> None:
        """One of those under way has ended: whoever waits longest goes."""
        self.under_way -= 1
        while self.waiting and not self.full():
            batch = self.waiting.popleft()
            if self.open.get(batch.name) is batch:
                del self.open[batch.name]
            if batch.members:
                self.under_way += 1
                batch.task = asyncio.ensure_future(self._run(batch))
                # Not at the end of its body: a task that is cancelled before its first step has none.
                batch.task.add_done_callback(lambda _: self.done())

    async def _run(self, batch: Batch) -> None:
        try:
            batch.fetch.hand_out(await batch.fetch.inner.run(batch.call()), batch)
        except BaseException as error:
            for member in batch.members:
                if not member.answer.done():
                    member.answer.set_exception(error)
                    member.answer.exception()  # read: a member that left never will
            if isinstance(error, asyncio.CancelledError):
                raise


class CoalescingSource(JoiningSource):
    """``inner``, whose keyed lookups join while it is busy."""

    def __init__(self, inner: Source, after: int) -> None:
        super().__init__(inner)
        self.lane = Lane(after)

    def wrapped(self, prepared: PreparedFetch, spec: FetchSpec) -> PreparedFetch:
        return CoalescedFetch(prepared, spec, self.lane) if answers_by_key(spec) else prepared


class CoalescedFetch:
    def __init__(self, inner: PreparedFetch, spec: FetchSpec, lane: Lane) -> None:
        self.inner = inner
        self.spec = spec
        self.lane = lane
        self._params = params_of(spec)

    async def run(self, call: FetchCall) -> Rows:
        lane = self.lane
        if call.scope is None or not lane.full():
            lane.under_way += 1
            try:
                return await self.inner.run(call)
            finally:
                lane.done()
        return await self._joined(call)

    async def _joined(self, call: FetchCall) -> Rows:
        values = (repr(call.params.get(name)) for name in self._params)
        batch = self.lane.batch(self, (self, call.scope, *values), len(call.keys))
        batch.keys |= dict.fromkeys(call.keys)
        loop = asyncio.get_running_loop()
        member = Member(call, loop.create_future())
        batch.members.append(member)
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

    def hand_out(self, rows: Rows, batch: Batch) -> None:
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


def coalesce_after(table: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """``coalesce_after`` of a ``[sources.*]`` table (default 2; 0 turns joining off), and the table without it.

    Raises ``ValueError`` that says what is wrong with it."""
    rest = dict(table)
    after = rest.pop("coalesce_after", DEFAULT_AFTER)
    if isinstance(after, bool) or not isinstance(after, int) or after < 0:
        raise ValueError("coalesce_after must be a whole number, 0 for never")
    return after, rest
