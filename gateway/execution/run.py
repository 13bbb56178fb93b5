"""One request under way: what it may ask, what the agencies answered, and how complete that is."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from graphql.execution.values import VariableValues

from adapters.contract import FetchCall, Predicate, PreparedFetch, Rows
from adapters.errors import SourceError, SourceRefused, SourceTimeout, Unsupported
from gateway.execution.answered import OUTCOMES, Answered, Report, collect
from gateway.execution.call_shapes import JoinRules, OwnerShape, join_rules, layout_of, spec_of, unruled
from gateway.execution.flags import shown_digits
from gateway.execution.layouts import Layout
from gateway.execution.parts import Parts
from gateway.execution.table import Origin, Part, Table, empty, from_rows, take
from gateway.planning.catalog import Owner
from gateway.planning.granted import Granting, granted
from gateway.planning.plan import Check, Fetch
from gateway.planning.rows import settle
from gateway.planning.shapes import LinkField, Shape
from gateway.policy.view import View
from gateway.request import RequestContext

log = structlog.get_logger("guichet.source")


@dataclass(slots=True)
class Run:
    """``params``: the values that row rules name. ``nulls``: whether any ``Null`` was made.

    Where a view's grants see different rows, ``inherited`` are the groups (as bits) that lead here, and ``allowed``
    those by whose rules a row may come here at all: at the root, the ones that grant the root field.

    Where the run answers several requests, ``parts`` are whose rows are whose."""

    context: RequestContext
    view: View
    params: Mapping[str, Any]
    variables: VariableValues | None
    source_timeout: float
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    reports: list[Report] = field(default_factory=list)
    reports_of: dict[int, list[Report]] = field(default_factory=dict)
    asked: dict[tuple[int, tuple[Any, ...]], asyncio.Task[Answered]] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    nulls: bool = False
    counted: dict[int, Table] = field(default_factory=dict)
    counted_digits: set[tuple[int, str]] = field(default_factory=set)
    inherited: int = -1
    allowed: int = -1
    parts: Parts | None = None

    def under(self, inherited: int, allowed: int = -1) -> Run:
        """The same request, further down: everything but ``nulls`` is shared."""
        return replace(self, inherited=inherited, allowed=allowed, nulls=False)

    # ---- what is noted of what is shown ---------------------------------------------------------

    def forget(self) -> None:
        """All that was noted, to run anew."""
        for noted in (self.reports, self.reports_of, self.errors, self.flags, self.counted, self.counted_digits):
            noted.clear()
        self.nulls = False

    def count_flags(self, shape: Shape, table: Table, part: Part | None = None) -> None:
        """Rows that are shown (``part``, or all) count once, however many shapes show them."""
        if self.parts is not None:
            self.parts.count_flags(shape, table)
            return
        for key, count in shown_digits(shape, table, part).items():
            if key not in self.counted_digits:
                self.counted_digits.add(key)
                self.flags[key[1]] = self.flags.get(key[1], 0) + count
        if id(table) in self.counted:
            return
        self.counted[id(table)] = table
        for coordinate in table.flag_coordinates(shape.type_name, part):
            self.flags[coordinate] = self.flags.get(coordinate, 0) + 1

    def note_cut(self, item: LinkField, table: Table, row: int) -> None:
        """A list of a row was longer than lists may be."""
        if self.parts is not None:
            self.parts.note_cut(item, table, row)
            return
        self.flags[item.coordinate] = self.flags.get(item.coordinate, 0) + 1

    def answered(self, link: object, reports: Sequence[Report]) -> None:
        """Notes who answered a link of the plan, which may be followed from several tables at once."""
        self.reports_of.setdefault(id(link), []).extend(reports)

    # ---- asking ---------------------------------------------------------------------------------

    async def ask(
        self,
        fetch: Fetch,
        *,
        keys: Sequence[tuple[Any, ...]] = (),
        keys_of: Mapping[str, Sequence[tuple[Any, ...]]] | None = None,
        typed: bool = False,
        told: bool = True,
    ) -> Answered:
        """A keyed fetch, of every owner. ``keys_of`` routes keys to the agency that owns them. ``typed``: the keys are
        a caller's own spelling. ``told``: the request's completeness tells of it."""
        waiting = []
        for owner in fetch.owners:
            routed = keys if keys_of is None else keys_of.get(owner.agency, ())
            if routed:
                if typed:
                    routed = list(dict.fromkeys([owner.spelled(fetch.keys, key) for key in routed]))
                waiting.append(self.ask_owner(fetch, owner, FetchCall(keys=routed), told=told))
        return collect(await together(waiting))

    async def ask_only(self, fetch: Fetch, owner: Owner, keys: Sequence[tuple[Any, ...]]) -> Answered:
        """A keyed fetch of one owner."""
        return collect([await self.ask_owner(fetch, owner, FetchCall(keys=keys))])

    async def ask_owner(
        self,
        fetch: Fetch,
        owner: Owner,
        call: FetchCall,
        shape: OwnerShape | None = None,
        *,
        told: bool = True,
    ) -> tuple[Table | None, Report, Rows | None]:
        """One fetch of one owner: its table and report. A failure is a report, never an exception."""
        table, report, rows = await self._ask_owner(fetch, owner, call, shape)
        if told:
            self.reports.append(report)
        return table, report, rows

    async def _ask_owner(
        self, fetch: Fetch, owner: Owner, call: FetchCall, shape: OwnerShape | None
    ) -> tuple[Table | None, Report, Rows | None]:
        granting: Granting | None = None
        if fetch.groups:
            bounded = shape is None and bool(call.keys)
            granting = granted(
                fetch.groups[owner.id], owner, self.params, self.inherited, self.allowed, bounded=bounded
            )
            rule = granting.rule
        else:
            rule = settle(fetch.predicates.get(owner.id), owner, self.params)
        how = layout_of(fetch, owner)
        if rule is False:
            nothing = Report(owner.agency, "ANSWERED", self.now, inner=fetch.inner, ruled=True)
            return empty(fetch.needs), nothing, None
        joins = join_rules(how, shape, self.params)
        try:
            marks = granting.marks if granting is not None else ()
            asked = owner, how, shape, None if rule is True else rule, marks
            call.params = {**self.params, **call.params} if call.params else self.params
            try:
                rows = await self._read(fetch, call, *asked, joins)
            except (SourceError, Unsupported) as error:
                if not joins or isinstance(error, SourceTimeout):
                    raise
                rows = await self._read(fetch, call, *asked, ())  # what fails together may do apart
        except (SourceError, Unsupported, TimeoutError) as error:
            return None, self._failed(fetch, owner, error), None
        stale = owner.spec.freshness is not None and self.now - rows.as_of > owner.spec.freshness
        table = from_rows(rows, how, Origin(owner.agency, rows.as_of, stale, owner))
        checks = granting.checks if granting is not None else fetch.checks.get(owner.id, ())
        sure: list[frozenset[int]] = []
        for passing in await together([self._passing(check, table) for check in checks]) if checks else ():
            if isinstance(passing, Report):
                # told as the owner's own failure: whom the rule asks is not the caller's to know
                lost = Report(owner.agency, passing.outcome, None, None, code=passing.code, inner=fetch.inner)
                return None, lost, None
            sure.append(passing)
        if granting is not None:
            table.grants = granting.bits(rows, sure)
            if granting.sift:
                table = take(table, [row for row, bits in enumerate(table.grants) if bits & self.allowed])
        elif checks:
            table = take(table, sorted(frozenset(range(table.count)).intersection(*sure)))
        outcome, shown = "STALE" if stale else "ANSWERED", 0 if fetch.inner else table.count
        ruled = not (rule is None or rule is True) or (granting.sift if granting is not None else bool(checks))
        report = Report(owner.agency, outcome, rows.as_of, shown, rows.truncated, inner=fetch.inner, ruled=ruled)
        return table, report, rows

    async def _read(
        self,
        fetch: Fetch,
        call: FetchCall,
        owner: Owner,
        how: Layout,
        shape: OwnerShape | None,
        rule: Any,
        marks: tuple[Predicate, ...],
        joins: JoinRules,
    ) -> Rows:
        """The call shape is prepared once. Raises ``SourceError``, ``Unsupported``."""
        key = (owner.id, shape, rule, marks, joins)
        prepared: PreparedFetch | None = fetch.calls.get(key)
        if prepared is None:
            spec = spec_of(fetch, owner, how, shape, rule, joins)
            prepared = owner.source.prepare(replace(spec, marks=marks) if marks else spec)
            if len(fetch.calls) >= MAX_CALL_SHAPES:
                fetch.calls.clear()
            fetch.calls[key] = prepared
        call.deadline = self._deadline()
        call.scope = self._scope(rule is None and not marks and unruled(joins))
        return await prepared.run(call)

    def _deadline(self) -> float:
        """A source has a share of what is left, so that one asked after it has some too; and what is kept remains to
        say who did not answer, however many hang one after the other."""
        now = asyncio.get_running_loop().time()
        left = self.context.deadline - self.source_timeout * KEPT - now
        return now + min(self.source_timeout, max(0.0, left) * SHARE_OF_REQUEST)

    async def _passing(self, check: Check, table: Table) -> frozenset[int] | Report:
        """The rows whose linked row passes its rule, or why that cannot be known. It is asked whether there are rows
        or not: otherwise the failure, or the time it takes, would tell of a row that may not be shown."""
        keys = list(zip(*(table.columns[index] for index in check.local), strict=True))
        wanted = [key for key in dict.fromkeys(keys) if None not in key]
        answered = await self.ask(check.fetch, keys=wanted or [check.absent], told=False)
        if answered.failed:
            return answered.failed[0]
        columns = check.fetch.needs.columns
        found: set[tuple[Any, ...]] = set()
        for other in answered.tables:
            found |= set(zip(*(other.columns[columns[path]] for path in check.fetch.keys), strict=True))
        return frozenset(row for row, key in enumerate(keys) if key in found)

    def claims(self) -> list[tuple[str, str]]:
        """The claim values that row rules name: what a cursor is bound to. Moments (``now-5y``) move between pages."""
        return sorted((name, str(value)) for name, value in self.params.items() if name.startswith("claims."))

    def _scope(self, unruled: bool) -> tuple[Any, ...]:
        """Who may be answered together: the same view and, where a row rule is kept, the same values for it."""
        if unruled:
            return (self.view.fingerprint,)
        return (self.view.fingerprint, *(f"{name}={value!r}" for name, value in self.params.items()))

    def _failed(self, fetch: Fetch, owner: Owner, error: BaseException) -> Report:
        if isinstance(error, Unsupported):
            error = SourceRefused(str(error))
        elif isinstance(error, TimeoutError):
            error = SourceTimeout(str(error))
        assert isinstance(error, SourceError)
        log.warning(
            "source failed",
            request_id=self.context.id,
            agency=owner.agency,
            collection=owner.id,
            code=error.code,
            detail=str(error),
        )
        outcome = OUTCOMES.get(error.code, "UNAVAILABLE")
        return Report(owner.agency, outcome, None, None, code=error.code, inner=fetch.inner)


SHARE_OF_REQUEST = 0.8
"""Of the time left to a request, what a source may use."""

KEPT = 0.1 / SHARE_OF_REQUEST
"""Of the longest time of a source: a tenth of the request, which no source may use."""

MAX_CALL_SHAPES = 256
"""Call shapes kept per fetch of a plan; a caller who varies filters endlessly only empties his own plan's."""


async def together(waiting: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All of them at once; one alone runs without a task of its own. When one fails, none of the others goes on."""
    if len(waiting) < 2:
        return [await waiting[0]] if waiting else []
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(one) for one in waiting]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
