"""Runs a plan: requests, pages, keys, parts; then what the API left to the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from yarl import URL

from adapters.contract import FetchCall, Rows
from adapters.errors import SourceRefused
from adapters.resilience import together
from adapters.rest.age import AgeReader
from adapters.rest.client import Answer, Client
from adapters.rest.explain import explain
from adapters.rest.paging import Pages
from adapters.rest.progress import Progress
from adapters.rest.pushes import Key, Natives, asked_keys
from adapters.rest.rows import Batch, Decoder, RowsAt
from adapters.rest.template import Unaskable
from adapters.rest.translate import CURSOR, Plan
from adapters.rows import concatenate


@dataclass(slots=True)
class Gathered:
    """What one run has read: rows not yet decoded, ages, and whether a capped search came back full."""

    batch: Batch
    as_of: datetime | None = None
    truncated: bool = False

    def merge(self, other: Gathered) -> None:
        self.batch.add(other.batch)
        self.truncated = self.truncated or other.truncated
        if other.as_of is not None and (self.as_of is None or other.as_of < self.as_of):
            self.as_of = other.as_of


@dataclass(slots=True)
class Probed:
    """What an API answers of itself: per page the rows as they came, and how many items the page held; the total that
    it told, and whether the list ended there. ``asked``: the keys that one request took, with all their spellings."""

    asked: set[Key]
    pages: list[Rows]
    items: list[int]
    total: int | None
    ended: bool


class Part(Protocol):
    """More columns of the same objects, from another endpoint."""

    async def complete(
        self, rows: Rows, columns: Mapping[str, list[Any]], deadline: float | None
    ) -> Mapping[str, list[Any]]: ...

    def explain(self) -> str: ...


class RestFetch:
    """A prepared fetch of one collection. Safe for many requests at once. ``ready`` makes the lookups current;
    ``placing`` reads what rows are ordered by."""

    def __init__(
        self,
        client: Client,
        plan: Plan,
        decoder: Decoder,
        rows_at: RowsAt,
        *,
        placing: Decoder | None = None,
        parts: Sequence[Part] = (),
        ready: Callable[[float | None], Awaitable[None]] | None = None,
        unordered_rows: int = 10_000,
    ) -> None:
        self.plan = plan
        self._client = client
        self._decoder = decoder
        self._rows_at = rows_at
        self._placing = placing
        self._parts = parts
        self._ready = ready
        self._unordered = unordered_rows
        self._age = AgeReader(plan.collection.as_of)

    def explain(self) -> str:
        lines = [explain(self._client.base, self.plan)]
        lines += [part.explain() for part in self._parts]
        return "\n".join(lines)

    async def run(self, call: FetchCall) -> Rows:
        """Raises a ``SourceError``."""
        if self._ready is not None:
            await self._ready(call.deadline)
        values, exact = self._pushed(call)
        if values is None:
            return self.plan.work.apply(await self._rows(Gathered(Batch()), call.deadline), call)
        if self.plan.keyed:
            gathered = await self._by_keys(call, values)
            return self.plan.work.apply(await self._rows(gathered, call.deadline), call)
        return await self._list(call, values, exact)

    async def probe(self, call: FetchCall, *, pages: int = 1, size: int | None = None) -> Probed:
        """The first pages, before anything is filtered, ordered or left out here: for ``check``. As many keys as fit
        go into one request. Raises a ``SourceError``."""
        if self._ready is not None:
            await self._ready(call.deadline)
        values, _ = self._pushed(call)
        request, natives = self.plan.template.request, list[Natives]()
        probed = Probed(set(), [], [], None, True)
        for key, found in asked_keys(self.plan.by, len(self.plan.spec.keys), call) if self.plan.keyed else ():
            if len(natives) + len(found) <= (request.max_keys if request.many else 1):
                natives += found
                probed.asked.add(key)
        if values is None or (self.plan.keyed and not natives):
            return probed
        state = Pages(self.plan.template, size=size)
        more = True
        while more and len(probed.pages) < pages:
            answer = await self._ask(state, values, natives, call.deadline)
            gathered = Gathered(Batch())
            probed.items.append(self._collect(answer, gathered, call.keys[0] if self.plan.asked else None))
            probed.pages.append(await self._rows(gathered, call.deadline))
            more = state.more(answer, probed.items[-1], self._client.same_origin)
        probed.total, probed.ended = state.total, not more
        return probed

    # -- what is sent

    def _pushed(self, call: FetchCall) -> tuple[Natives | None, bool]:
        """Natives by placeholder (``None``: no row can match), and whether they leave nothing to check."""
        values: Natives = {}
        exact = self.plan.pushed_all
        for push in self.plan.pushes:
            sent = push.native(call.params)
            if sent is None:
                return None, True
            if not sent:
                exact = False
                continue
            values[push.placeholder] = sent[0]
            exact = exact and sent[1]
        if self.plan.order_value is not None:
            values["order"] = self.plan.order_value
        return values, exact

    # -- lookups

    async def _by_keys(self, call: FetchCall, values: Natives) -> Gathered:
        request = self.plan.template.request
        asked = asked_keys(self.plan.by, len(self.plan.spec.keys), call)
        flat = [(key, native) for key, natives in asked for native in natives]
        several = len(flat) > len(asked)
        size = request.max_keys if request.many else 1
        chunks = [flat[i : i + size] for i in range(0, len(flat), size)]
        if not chunks:
            return Gathered(Batch())
        works = [partial(self._chunk, chunk, values, call.deadline) for chunk in chunks]
        gathered = Gathered(Batch())
        for answer in await together(works):
            gathered.merge(answer)
        if several:
            gathered.batch = gathered.batch.distinct()
        return gathered

    async def _chunk(self, chunk: Sequence[tuple[Key, Natives]], values: Natives, deadline: float | None) -> Gathered:
        gathered = Gathered(Batch())
        pages = Pages(self.plan.template)
        natives = [native for _, native in chunk]
        while True:
            answer = await self._ask(pages, values, natives, deadline)
            items = self._collect(answer, gathered, chunk[0][0] if self.plan.asked else None)
            if not pages.more(answer, items, self._client.same_origin):
                return gathered

    async def _ask(
        self, pages: Pages, values: Natives, natives: Sequence[Natives], deadline: float | None
    ) -> Answer | None:
        request = self.plan.template.request
        try:
            filled = self.plan.template.fill({**values, **pages.values}, natives)
        except Unaskable:
            return None
        url = pages.url or URL(self._client.base + filled.target, encoded=True)
        return await self._client.ask(
            filled.method, url, filled.body, path=request.path, deadline=deadline, missing=request.missing
        )

    def _collect(self, answer: Answer | None, gathered: Gathered, key: Key | None) -> int:
        if answer is None:
            return 0
        batch, items = self._rows_at.find(answer.document)
        if key is not None:
            by = [part.path for part in self.plan.by]
            batch.asked = [tuple(key[by.index(path)] for path in self.plan.asked)] * len(batch.rows)
        cap = self.plan.template.request.cap
        age = self._age.read(answer)
        gathered.merge(Gathered(batch, age, cap is not None and len(batch.rows) >= cap))
        return items

    # -- lists

    async def _list(self, call: FetchCall, values: Natives, exact: bool) -> Rows:
        """Near the cursor, where the API can start there; what is missing then may be rows without a value."""
        near = self._near(call)
        if near:
            answered = await self._read(call, {**values, **near}, exact, self._placing)
            if not self.plan.nulls_follow or answered.count == call.limit:
                return answered
        return await self._read(call, values, exact)

    def _near(self, call: FetchCall) -> Natives:
        resume = self.plan.resume
        if resume is None or call.cursor is None:
            return {}
        sent = resume.native({CURSOR: call.cursor[0]})
        return {resume.placeholder: sent[0]} if sent else {}

    async def _read(self, call: FetchCall, values: Natives, exact: bool, placing: Decoder | None = None) -> Rows:
        """Reads on until the answer is sure: enough rows in the API's own order, or all of them. With ``placing``, of
        each page only what follows the cursor and has a value there is read in full."""
        plan, work = self.plan, self.plan.work
        limit = call.limit if work.limit else None
        count = work.count
        early = limit is not None and plan.ordered
        small = early and exact and plan.whole and not count and call.cursor is None
        paging = plan.template.request.paging
        pages = Pages(plan.template, size=min(paging.size, max(1, limit or 1)) if small and paging else None)
        progress = Progress(plan.spec.order)
        parts: list[Rows] = []
        while True:
            answer = await self._ask(pages, values, (), call.deadline)
            gathered = Gathered(Batch())
            items = self._collect(answer, gathered, None)
            if placing is not None and gathered.batch.rows:
                columns, _, _ = placing.decode(gathered.batch)
                following = work.following(columns, call)
                gathered.batch = gathered.batch.only([i for i in following if columns[0][i] is not None])
            rows = await self._rows(gathered, call.deadline)
            parts.append(rows)
            more = pages.more(answer, items, self._client.same_origin)
            if more and early:
                kept, dropped = work.survivors(rows, call)
                exact = exact and not dropped  # an API that ignores a filter does not know the total either
                progress.add(work.comparable(rows, plan.spec.order[0].path) if plan.spec.order else [], kept)
                countable = not count or (exact and pages.total is not None)
                if countable and limit is not None and progress.enough(limit, plan.whole):
                    break
            if not more:
                break
            if progress.rows_read(rows.count) > self._unordered:
                raise SourceRefused(
                    f"{self._client.name}: {plan.collection.id}: more than {self._unordered} rows would have to be read"
                )
        answered = work.apply(concatenate(parts), call)
        if count and more and pages.total is not None:
            answered.total = pages.total
        return answered

    async def _rows(self, gathered: Gathered, deadline: float | None) -> Rows:
        columns, children, flags = self._decoder.decode(gathered.batch)
        rows = Rows(
            count=len(gathered.batch.rows),
            columns=columns,
            as_of=gathered.as_of or datetime.now(UTC),
            children=children,
            flags=flags,
            truncated=gathered.truncated,
        )
        if self._parts:
            columns_by_path = dict(zip(self._decoder.names, columns, strict=True))
            for part in self._parts:
                columns_by_path |= await part.complete(rows, columns_by_path, deadline)
            rows.columns = tuple(columns_by_path[path] for path in self.plan.work.columns)
        return rows
