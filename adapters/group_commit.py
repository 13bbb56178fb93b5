"""Group commit: while one is under way, those like it wait, and go as one when it is done.

Who comes alone goes at once, and nobody waits for longer than ``wait_s`` after the one before was sent: one that takes
long holds up no other. Whoever waits may leave; what all have left is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Hashable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class Member(Generic[Asked, Answer]):
    """One who waits. He may leave before the batch is done."""

    asked: Asked
    answer: asyncio.Future[Answer]


@dataclass(slots=True, eq=False)
class Batch(Generic[Asked, Answer]):
    """Those who wait for a flight to land. ``size``: of all who ever joined; ``timer`` sends it when the flight is
    late."""

    timer: asyncio.TimerHandle
    size: int = 0
    members: list[Member[Asked, Answer]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, eq=False)
class Flight(Generic[Asked, Answer]):
    """One, or a batch, under way. ``sent``: event loop clock."""

    sent: float
    waiting: Batch[Asked, Answer] | None = None


class GroupCommit(Generic[Asked, Answer]):
    """``flights``: the one sent last, by what those must have in common who go as one."""

    def __init__(self) -> None:
        self.flights: dict[Hashable, Flight[Asked, Answer]] = {}

    # ---- what is committed: for subclasses to say ----------------------------------------------

    most: int
    """The size of the largest batch; who would make it larger sends it off, and opens the next."""

    known: tuple[type[Exception], ...] = ()
    """Failures that say all there is to say: every member gets one of his own, without where it came from. Frames that
    it came through would else keep it, and be kept by it."""

    def size(self, asked: Asked) -> int:  # noqa: ARG002 - for subclasses, whose members are not all of one size
        return 1

    def alone(self, asked: Asked) -> Awaitable[Answer]:
        raise NotImplementedError

    async def as_one(self, asked: Sequence[Asked]) -> Sequence[Answer | BaseException]:
        """The answers of two or more, in their order, or how they failed. What it raises reaches them all."""
        raise NotImplementedError

    def late(self) -> Exception:
        """What one is told whose deadline passes while he waits."""
        raise NotImplementedError

    # ---- how ------------------------------------------------------------------------------------

    async def commit(self, asked: Asked, name: Hashable, wait_s: float, deadline: float | None = None) -> Answer:
        """``deadline``: event loop clock."""
        loop = asyncio.get_running_loop()
        flight = self.flights.get(name)
        if flight is not None and loop.time() < flight.sent + wait_s:
            return await self._joined(asked, name, flight, wait_s, deadline)
        flight = self.flights[name] = Flight(loop.time())
        try:
            return await self.alone(asked)
        finally:
            self._landed(name, flight)

    async def _joined(
        self, asked: Asked, name: Hashable, flight: Flight[Asked, Answer], wait_s: float, deadline: float | None
    ) -> Answer:
        loop = asyncio.get_running_loop()
        batch = flight.waiting
        if batch is not None and batch.size + self.size(asked) > self.most:
            self._send(name, flight)
            return await self.commit(asked, name, wait_s, deadline)
        if batch is None:
            batch = flight.waiting = Batch(loop.call_at(flight.sent + wait_s, self._send, name, flight))
        member: Member[Asked, Answer] = Member(asked, loop.create_future())
        batch.members.append(member)
        batch.size += self.size(asked)
        # Nothing is to be cancelled when it is late, so a timer does, at a fraction of what ``timeout_at`` costs.
        timer = loop.call_at(deadline, self._late, member) if deadline is not None else None
        try:
            return await member.answer
        finally:
            if timer is not None:
                timer.cancel()
            batch.members.remove(member)
            if not batch.members and batch.task is not None:
                batch.task.cancel()
            del batch, member  # or this frame would be kept by the exception that comes through it, and keep that

    def _late(self, member: Member[Asked, Answer]) -> None:
        if not member.answer.done():
            member.answer.set_exception(self.late())

    def _landed(self, name: Hashable, flight: Flight[Asked, Answer]) -> None:
        if flight.waiting is not None:
            self._send(name, flight)
        elif self.flights.get(name) is flight:
            del self.flights[name]

    def _send(self, name: Hashable, flight: Flight[Asked, Answer]) -> None:
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
        batch.task.add_done_callback(lambda _: self._done(batch, name, sent))

    def _done(self, batch: Batch[Asked, Answer], name: Hashable, flight: Flight[Asked, Answer]) -> None:
        batch.task = None  # which may hold an exception, and with it the frame that has the batch
        self._landed(name, flight)

    async def _run(self, batch: Batch[Asked, Answer]) -> None:
        """For those who have not left by now."""
        members = tuple(batch.members)
        answers: Sequence[Answer | BaseException]
        try:
            asked = [member.asked for member in members]
            answers = [await self.alone(asked[0])] if len(asked) == 1 else await self.as_one(asked)
        except Exception as error:
            answers = [copy(error) if isinstance(error, self.known) else error for _ in members]
        except BaseException:
            for member in members:
                member.answer.cancel()
            raise
        for member, answer in zip(members, answers, strict=True):
            if member.answer.done():  # he is just leaving
                continue
            if isinstance(answer, BaseException):
                member.answer.set_exception(answer)
                member.answer.exception()  # read: a member that leaves now never will
            else:
                member.answer.set_result(answer)
