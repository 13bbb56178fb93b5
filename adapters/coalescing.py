"""Lookups of concurrent requests go to an agency as one: those that differ in keys alone, while one is under way.

Lookups may share a batch when they ask for the same call shape, with the same open values, in the same
``FetchCall.scope``: the caller's rights, as the gateway sees them. A lookup without a scope is never joined with
another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.contract import Capabilities, FetchCall, FetchSpec, PreparedFetch, Rows, Source
from adapters.errors import SourceBadData, SourceError, SourceTimeout, SourceUnavailable
from adapters.group_commit import GroupCommit
from adapters.predicates import params_of
from adapters.rows import answers_by_key, places_by_key, take
from adapters.wrapping import JoiningSource

DEFAULT_WAIT_MS = 25
MOST_WAIT_MS = 1_000
MAX_KEYS = 2_000
"""Keys of one batch."""


class CoalescingSource(JoiningSource):
    """``inner``, whose keyed lookups join while they are many. ``wait_s``: seconds."""

    def __init__(self, inner: Source, wait_s: float) -> None:
        super().__init__(inner)
        self.wait_s = wait_s

    @property
    def capabilities(self) -> Capabilities:
        return replace(self.inner.capabilities, wait_s=self.wait_s)

    def wrapped(self, prepared: PreparedFetch, spec: FetchSpec) -> PreparedFetch:
        return CoalescedFetch(prepared, spec, self.wait_s) if answers_by_key(spec) else prepared


class CoalescedFetch(GroupCommit[FetchCall, Rows]):
    def __init__(self, inner: PreparedFetch, spec: FetchSpec, wait_s: float) -> None:
        super().__init__()
        self.inner = inner
        self.spec = spec
        self.wait_s = wait_s
        self.most = MAX_KEYS
        self.known = (SourceError,)
        self._params = params_of(spec)

    def run(self, call: FetchCall) -> Coroutine[Any, Any, Rows]:
        if call.scope is None:
            return self.inner.run(call)
        name = (call.scope, *[repr(call.params.get(param)) for param in self._params])
        return self.commit(call, name, self.wait_s, call.deadline)

    def size(self, asked: FetchCall) -> int:
        return len(asked.keys)

    def alone(self, asked: FetchCall) -> Coroutine[Any, Any, Rows]:
        return self.inner.run(asked)

    async def as_one(self, asked: Sequence[FetchCall]) -> Sequence[Rows | BaseException]:
        """Runs until the latest of their deadlines; each gets the rows of its own keys. An answer that may be the fault
        of one key alone is asked for again, by each for himself."""
        ends = [call.deadline for call in asked]
        deadline = None if None in ends else max(end for end in ends if end is not None)
        keys = list(dict.fromkeys([key for call in asked for key in call.keys]))
        try:
            rows = await self.inner.run(FetchCall(keys, asked[0].params, deadline=deadline, scope=asked[0].scope))
        except SourceError as error:
            if not _of_one_key(error):
                raise
            return await asyncio.gather(*map(self.inner.run, asked), return_exceptions=True)
        of_key = places_by_key(rows, self.spec)
        return [take(rows, [row for key in call.keys for row in of_key.get(key, ())]) for call in asked]

    def late(self) -> Exception:
        return SourceTimeout("waiting to be asked with others")

    def explain(self) -> str:
        return self.inner.explain()


def _of_one_key(error: SourceError) -> bool:
    """Whether it may be one key's: what came cannot be read, or the agency, which is there, finds the request at fault.
    A refusal is the caller's, and says perhaps to ask less."""
    return isinstance(error, SourceBadData) or (isinstance(error, SourceUnavailable) and not error.retryable)


def coalesce_ms(table: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    """``coalesce_ms`` of a ``[sources.*]`` table (default 25; 0 turns joining off), and the table without it.

    Raises ``ValueError`` that says what is wrong with it."""
    rest = dict(table)
    wait = rest.pop("coalesce_ms", DEFAULT_WAIT_MS)
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= MOST_WAIT_MS:
        raise ValueError(f"coalesce_ms must be a number of milliseconds up to {MOST_WAIT_MS}, 0 for never")
    return wait, rest
