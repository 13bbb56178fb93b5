"""One request of the oracle: batches of a level, fetches of every owner, and what each agency answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema

from adapters.contract import TYPE_KEYS, FetchCall, FetchSpec, OrderTerm, Predicate, PreparedFetch
from adapters.errors import SourceError, SourceRefused, SourceTimeout, Unsupported
from gateway.planning.catalog import Catalog, Owner
from gateway.planning.rows import NO_RULE, RowRules, SemiJoin, settle
from resolvers.filters import ORDERS
from tests.kit.oracle.rows import Row, every_child, every_column, in_order, rows_of

Order = tuple[tuple[str, bool], ...]
IDLE_TICKS = 3
"""Turns of the event loop without a newcomer after which a level is taken to be complete."""


class SourceFailed(GraphQLError):
    """A field whose agencies all failed."""


class BadInput(GraphQLError):
    """What the gateway refuses before it executes anything."""


@dataclass(slots=True)
class Report:
    agency: str
    outcome: str
    as_of: datetime | None = None
    rows: int | None = 0
    truncated: bool = False
    failed: bool = False


@dataclass(slots=True)
class Found:
    rows: list[Row] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    totals: list[Any] = field(default_factory=list)

    @property
    def failed(self) -> list[Report]:
        return [report for report in self.reports if report.failed]

    @property
    def all_failed(self) -> bool:
        return bool(self.failed) and len(self.failed) == len(self.reports)

    def error(self) -> SourceFailed:
        return SourceFailed(", ".join(sorted({report.agency for report in self.failed})) + " failed")


@dataclass(slots=True)
class _Batch:
    run: Callable[[list[Any]], Awaitable[Sequence[Any]]]
    items: list[Any] = field(default_factory=list)
    futures: list[asyncio.Future[Any]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Asking:
    """``loose``: response paths that are not comparable; ``refused``: bad arguments met on the way."""

    schema: GraphQLSchema
    catalog: Catalog
    rules: RowRules
    params: Mapping[str, Any]
    node_ids: Any
    principal: Any
    view: Any
    now: datetime
    page_size: int
    default_page: int
    prepared: dict[Any, PreparedFetch]
    pushes: bool = False
    statements: int = 0
    loose: set[tuple[Any, ...]] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    _batches: dict[Hashable, _Batch] = field(default_factory=dict)
    _followed: dict[Hashable, asyncio.Task[Found]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    # ---- batches --------------------------------------------------------------------------------

    def load(
        self, info: GraphQLResolveInfo, item: Any, run: Callable[[list[Any]], Awaitable[Sequence[Any]]]
    ) -> Awaitable[Any]:
        """The value for one object; ``run`` gets all objects of this field and level at once."""
        key = (level(info), info.parent_type.name)
        batch = self._batches.get(key)
        if batch is None:
            batch = self._batches[key] = _Batch(run)
            task = asyncio.ensure_future(self._dispatch(key, batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        future = asyncio.get_running_loop().create_future()
        batch.items.append(item)
        batch.futures.append(future)
        return future

    async def _dispatch(self, key: Hashable, batch: _Batch) -> None:
        size, idle = 0, 0
        while idle < IDLE_TICKS:
            await asyncio.sleep(0)
            idle = idle + 1 if len(batch.items) == size else 0
            size = len(batch.items)
        del self._batches[key]
        try:
            values = await batch.run(batch.items)
        except Exception as error:
            values = [error] * len(batch.items)
        for future, value in zip(batch.futures, values, strict=True):
            if future.done():
                continue
            if isinstance(value, Exception):
                future.set_exception(value)
                future.exception()  # a field that was given up on does not warn
            else:
                future.set_result(value)

    def loosen(self, info: GraphQLResolveInfo) -> None:
        """What is counted over all objects of a level is not comparable object by object."""
        self.loose.add(level(info))

    def bad(self, problem: str) -> BadInput:
        self.refused.append(problem)
        return BadInput(problem)

    # ---- fetches --------------------------------------------------------------------------------

    async def by_keys(
        self,
        target: str,
        keys: Sequence[tuple[Any, ...]],
        paths: tuple[str, ...],
        *,
        routed: Mapping[str, Sequence[tuple[Any, ...]]] | None = None,
        inner: bool = False,
        owners: Sequence[Owner] | None = None,
    ) -> Found:
        """Rows by distinct keys, of every owner that can be asked so, in the order of plain lists."""
        asked = self.catalog.lookup_owners(target, paths) if owners is None else owners
        waiting = []
        for owner in asked:
            wanted = keys if routed is None else routed.get(owner.agency, ())
            if wanted:
                waiting.append(self.ask(owner, FetchCall(keys=list(wanted)), keys=paths, inner=inner))
        found = join(await asyncio.gather(*waiting))
        found.rows = in_order(found.rows, list_order(target))
        return found

    async def followed(
        self,
        name: Hashable,
        target: str,
        keys: Sequence[tuple[Any, ...]],
        paths: tuple[str, ...],
        *,
        routed: Mapping[str, Sequence[tuple[Any, ...]]] | None,
        inner: bool,
    ) -> Found:
        """Rows by keys, asked for once a link of that ``name``: what a computed field reads and the caller selects too
        is one call, where the caller sees every row of it."""
        whole = inner or all(self.rules.rule(owner) == NO_RULE for owner in self.catalog.lookup_owners(target, paths))
        lookup = name, paths, tuple(keys), whole
        asked = self._followed.get(lookup)
        if asked is None:
            asking = self.by_keys(target, keys, paths, routed=routed, inner=inner)
            asked = self._followed[lookup] = asyncio.ensure_future(asking)
        return await asked

    async def listing(self, target: str, *, inner: bool = False) -> Found:
        owners = self.catalog.listing_owners(target)
        return join(await asyncio.gather(*(self.ask(owner, FetchCall(), inner=inner) for owner in owners)))

    async def ask(
        self,
        owner: Owner,
        call: FetchCall,
        *,
        keys: tuple[str, ...] = (),
        inner: bool = False,
        condition: Predicate | None = None,
        order: Order = (),
        limit: bool = False,
        count: bool = False,
    ) -> Found:
        policy = NO_RULE if inner else self.rules.rule(owner)
        rule = settle(policy.predicate, owner, self.params)
        if rule is False:
            return Found([], [Report(owner.agency, "ANSWERED", self.now)], [0])
        terms = order or list_order(owner.spec.provides)
        spec = FetchSpec(
            owner.spec.name,
            every_column(owner.spec),
            every_child(owner.spec.children),
            keys,
            None if rule is True else rule,
            condition,
            tuple(OrderTerm(path, down) for path, down in terms if owner.spec.supplies(path)),
            limit,
            bool(keys) and limit,
            None,
            count,
        )
        self.statements += 1
        try:
            prepared = self.prepared.get((owner.id, spec))
            if prepared is None:
                prepared = self.prepared[owner.id, spec] = owner.source.prepare(spec)
            call.params = {**self.params, **call.params}
            call.deadline = asyncio.get_running_loop().time() + 8.0
            rows = await prepared.run(call)
        except (SourceError, Unsupported) as error:
            return Found([], [_failure(owner, error)], [None])
        made = rows_of(owner, rows, self.now)
        for join_ in policy.semi_joins:
            kept = await self._joined(join_, made)
            if isinstance(kept, Report):
                return Found([], [kept], [None])
            made = kept
        stale = owner.spec.freshness is not None and self.now - rows.as_of > owner.spec.freshness
        report = Report(owner.agency, "STALE" if stale else "ANSWERED", rows.as_of, len(made), rows.truncated)
        return Found(made, [report], [rows])

    async def _joined(self, policy: SemiJoin, rows: Sequence[Row]) -> list[Row] | Report:
        """Those of ``rows`` whose linked row passes; or the failure of an agency that could not say."""
        keys = {id(row): tuple(row.values.get(ours) for _, ours in policy.on) for row in rows}
        wanted = [key for key in dict.fromkeys(keys.values()) if None not in key]
        if not wanted:
            return []
        paths = tuple(theirs for theirs, _ in policy.on)
        other = replace(self, rules=RowRules(self.schema, self.catalog, {policy.target: policy.term}))
        found = await other.by_keys(policy.target, wanted, paths)
        self.statements += other.statements - self.statements
        if found.failed:
            return found.failed[0]
        passed = {tuple(row.values.get(path) for path in paths) for row in found.rows}
        return [row for row in rows if keys[id(row)] in passed]


def _failure(owner: Owner, error: Exception) -> Report:
    outcome = "UNAVAILABLE"
    if isinstance(error, SourceTimeout):
        outcome = "TIMED_OUT"
    elif isinstance(error, SourceRefused | Unsupported):
        outcome = "REFUSED"
    return Report(owner.agency, outcome, None, None, failed=True)


def join(parts: Sequence[Found]) -> Found:
    found = Found()
    for part in parts:
        found.rows += part.rows
        found.reports += part.reports
        found.totals += part.totals
    return found


def list_order(target: str) -> Order:
    terms: Order = tuple(ORDERS[target].default) if target in ORDERS else ()
    return (*terms, *((path, False) for path in TYPE_KEYS[target]))


def level(info: GraphQLResolveInfo) -> tuple[str, ...]:
    """The response keys that lead to a field, without list positions."""
    return tuple(key for key in info.path.as_list() if isinstance(key, str))
