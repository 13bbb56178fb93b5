"""Where a request's CPU goes: functions of the product, wrapped in a clock for as long as a profile lasts.

A stage has what its functions spend themselves, without what other stages spend under them. Coroutines are timed step
by step: what passes between two steps belongs to whoever runs then. Outside of a profile nothing is wrapped.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

STAGES: dict[str, tuple[str, ...]] = {
    "read": (
        "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.data_received",
        "gateway.http.body:headers_of",
        "gateway.http.body:read",
    ),
    "identity and view": ("gateway.http.exchange:Exchange.admit",),
    "plan lookup": ("gateway.planning.operations:Planner.plan",),
    "fetches: call shapes, keys, who is asked": (
        "gateway.execution.runner:Runner.run",
        "gateway.execution.run:Run.ask_owner",
        "gateway.planning.calls:CallReader.page",
    ),
    "sources: sending and receiving": (
        "adapters.postgres.source:PostgresFetch.run",
        "adapters.postgres.source:PostgresSource.fetch",
        "adapters.rest.fetch:RestFetch.run",
        "adapters.rest.client:Client.ask",
        "adapters.rest.wire:_Connection.data_received",
    ),
    "mapping": (
        "adapters.postgres.source:decoder",
        "adapters.rest.rows:RowsAt.find",
        "adapters.rest.rows:Decoder.decode",
        "gateway.execution.run:from_rows",
    ),
    "shaping": ("gateway.execution.shaping:build", "gateway.execution.assembly:Assembly.objects"),
    "answer and completeness": ("gateway.execution.engine:Engine._answer",),
    "encoding": ("gateway.http.finish:Finisher.finish",),
    "log line and metrics": ("gateway.http.view:GraphQLView._record",),
    "http, schema and middleware": (
        "gateway.http.request_id:RequestId.__call__",
        "gateway.http.view:GraphQLView.__call__",
        "gateway.http.schema:PlannedSchema.execute",
        "gateway.execution.engine:Engine.execute",
    ),
    "write": ("uvicorn.protocols.http.httptools_impl:RequestResponseCycle.send",),
}
"""Functions by stage, as ``module:name``, in the order in which a request comes to them."""

SOURCES = {
    "adapters.postgres.source:PostgresSource.fetch": lambda source: source.agency,
    "adapters.rest.client:Client.ask": lambda client: client.name,
}
"""Functions that wait for an agency, and how the first argument says which."""

MAKERS = frozenset({"adapters.postgres.source:decoder"})
"""Functions that make the one that is timed."""


@dataclass(slots=True)
class Clock:
    """``spent``: nanoseconds of this thread's CPU by stage. ``waits``: by source how often, and seconds on the wall."""

    spent: Counter[str] = field(default_factory=Counter)
    waits: dict[str, tuple[int, float]] = field(default_factory=dict)
    _stack: list[str] = field(default_factory=list)
    _since: int = 0

    def enter(self, stage: str) -> None:
        now = time.thread_time_ns()
        if self._stack:
            self.spent[self._stack[-1]] += now - self._since
        self._stack.append(stage)
        self._since = now

    def leave(self) -> None:
        now = time.thread_time_ns()
        self.spent[self._stack.pop()] += now - self._since
        self._since = now

    def waited(self, source: str, seconds: float) -> None:
        count, total = self.waits.get(source, (0, 0.0))
        self.waits[source] = (count + 1, total + seconds)

    def clear(self) -> None:
        self.spent.clear()
        self.waits.clear()


class _Steps:
    """Awaits a coroutine, each of its steps under the clock."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], stage: str, clock: Clock) -> None:
        self.coroutine, self.stage, self.clock = coroutine, stage, clock

    def __await__(self) -> Generator[Any, Any, Any]:
        advance: Callable[[], Any] = functools.partial(self.coroutine.send, None)
        while True:
            self.clock.enter(self.stage)
            try:
                waited_for = advance()
            except StopIteration as end:
                return end.value
            finally:
                self.clock.leave()
            try:
                yield waited_for
            except BaseException as thrown:
                advance = functools.partial(self.coroutine.throw, thrown)
            else:
                advance = functools.partial(self.coroutine.send, None)


def timed(function: Callable[..., Any], stage: str, clock: Clock) -> Callable[..., Any]:
    """``function``, its CPU noted under ``stage``."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def steps(*args: Any, **kwargs: Any) -> Any:
            return await _Steps(function(*args, **kwargs), stage, clock)

        return steps

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        clock.enter(stage)
        try:
            return function(*args, **kwargs)
        finally:
            clock.leave()

    return call


def made(maker: Callable[..., Any], stage: str, clock: Clock) -> Callable[..., Any]:
    """``maker``, whose functions are timed."""

    @functools.wraps(maker)
    def make(*args: Any, **kwargs: Any) -> Any:
        return timed(maker(*args, **kwargs), stage, clock)

    return make


def awaited(function: Callable[..., Any], source: Callable[[Any], str], clock: Clock) -> Callable[..., Any]:
    """``function``, a method that waits for a source, noted with the time on the wall that it takes."""

    @functools.wraps(function)
    async def wait(asked: Any, *args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return await function(asked, *args, **kwargs)
        finally:
            clock.waited(source(asked), time.perf_counter() - started)

    return wait


@contextlib.contextmanager
def profiling() -> Iterator[Clock]:
    """The product under a clock, on this thread, for as long as the context lasts."""
    clock = Clock()
    with contextlib.ExitStack() as stack:
        for stage, places in STAGES.items():
            for place in places:
                owner, name = found(place)
                function = getattr(owner, name)
                wrapped = made(function, stage, clock) if place in MAKERS else timed(function, stage, clock)
                if place in SOURCES:
                    wrapped = awaited(wrapped, SOURCES[place], clock)
                setattr(owner, name, wrapped)
                stack.callback(setattr, owner, name, function)
        yield clock


def found(place: str) -> tuple[Any, str]:
    """The module or class that has the function of a ``place``, and its name there. Raises when it is not there."""
    module, _, path = place.partition(":")
    owner: Any = importlib.import_module(module)
    *above, name = path.split(".")
    for part in above:
        owner = getattr(owner, part)
    if not callable(getattr(owner, name)):
        raise TypeError(f"{place} is no function")
    return owner, name
