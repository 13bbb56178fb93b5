"""One run for several requests of a plan that ask for different records (``Plan.alike``) under the same rights.

Rows lead from record to record, so that of each table every request has its part. What a run notes of rows, a joint run
notes in each request's own run, of its own part: what comes of it is what the request would have come to by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.execution.answered import Answered, Report
from gateway.execution.links import Failing, routed
from gateway.execution.nulls import Null
from gateway.execution.run import Run
from gateway.execution.services import Services
from gateway.execution.table import Children, Table, concat, take
from gateway.planning.plan import Fetch, Plan
from gateway.planning.shapes import LinkField, Shape

Part = Sequence[int]
"""The rows of a table that are a request's, in their order; a range where they lie together."""


@dataclass(slots=True)
class Asked:
    """A request, and the key of the record that it asks for; ``agency``: the only one to ask, if it says so."""

    run: Run
    plan: Plan
    key: tuple[Any, ...]
    agency: str | None = None


async def joint_values(runner: Services, asked: Sequence[Asked]) -> list[Any]:
    """Of each request the value of the root; all else is in its run."""
    plan, members = asked[0].plan, [one.run for one in asked]
    (root,) = plan.roots
    assert root.fetch is not None
    assert root.shape is not None
    run = _joint(members)
    if root.agency:
        keys_of: dict[str, list[tuple[Any, ...]]] = {}
        for one in asked:
            keys_of.setdefault(one.agency or "", []).append(one.key)
        answered = await run.ask(root.fetch, keys_of=keys_of, typed=True)
    else:
        answered = await run.ask(root.fetch, keys=[one.key for one in asked], typed=True)
    table = concat(root.fetch.needs, answered.tables)
    parts = _parts_by_key(root.fetch, table, asked)
    lost: list[Null | None] = []
    for index, (one, part) in enumerate(zip(asked, parts, strict=True)):
        theirs = None if one.agency is None else (one.agency,)
        mine = Answered([], note_reports(one.run, answered.reports, table, part, theirs))
        lost.append(Null(root.fetch.coordinate, mine.causes()) if mine.failed else None)
        if mine.failed:
            parts[index] = ()
    run.parts[id(table)] = table, parts
    objects = await runner.build(run, root.shape, table) if None in lost else []
    for member in members:
        member.nulls |= run.nulls or any(lost)
    return [null or (objects[part[0]] if part else None) for null, part in zip(lost, parts, strict=True)]


def _joint(members: Sequence[Run]) -> JointRun:
    """Its sources have no more time than the most hasty request leaves them."""
    first = members[0]
    context = replace(first.context, deadline=min(one.context.deadline for one in members))
    return JointRun(
        context, first.view, first.params, first.variables, first.source_timeout, first.now, members=members
    )


def _parts_by_key(fetch: Fetch, table: Table, asked: Sequence[Asked]) -> list[Part]:
    owners = table.per_row([origin.owner.id if origin.owner is not None else "" for origin in table.origins])
    places: dict[tuple[Any, ...], list[int]] = {}
    columns = [table.columns[fetch.needs.columns[path]] for path in fetch.keys]
    for place, key in enumerate(zip(owners, *columns, strict=True)):
        places.setdefault(key, []).append(place)
    return [
        [
            place
            for owner in fetch.owners
            if one.agency in (None, owner.agency)
            for place in places.get((owner.id, *owner.spelled(fetch.keys, one.key)), ())
        ]
        for one in asked
    ]


def note_reports(
    member: Run, reports: Sequence[Report], found: Table, part: Part, agencies: Collection[str] | None
) -> list[Report]:
    """A request's own reports of a fetch: of its ``agencies`` (``None``: of all), with the rows of its part."""
    shown: dict[str, int] = {}
    if found.origin is None:
        shown = {origin.agency: len(part) for origin in found.origins}
    else:
        for row in part:
            agency = found.origins[found.origin[row]].agency
            shown[agency] = shown.get(agency, 0) + 1
    mine = [
        replace(report, rows=None if report.rows is None else shown.pop(report.agency, 0))
        for report in reports
        if agencies is None or report.agency in agencies
    ]
    member.reports += mine
    return mine


@dataclass(slots=True)
class JointRun(Run):
    """``members``: the runs of the requests. ``parts``: by a table's identity, the table, and what of it is whose."""

    members: Sequence[Run] = ()
    parts: dict[int, tuple[Table, list[Part]]] = field(default_factory=dict)

    def own(self, table: Table) -> list[Part]:
        """Of each member his part. Raises ``LookupError`` for rows that lead from nowhere."""
        known = self.parts.get(id(table))
        if known is None:
            above = table.parent
            if above is None:
                raise LookupError("rows that are nobody's")
            (children,) = [one for one in above.children.values() if one.table is table]
            known = self.parts[id(table)] = table, [children.below(part) for part in self.own(above)]
        return known[1]

    def note_followed(
        self, item: LinkField, table: Table, wanted: Sequence[Any], found: Table, keys: Sequence[Any], answered: Answered
    ) -> None:
        places: dict[Any, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        parts: list[Part] = []
        for member, part in zip(self.members, self.own(table), strict=True):
            mine = {wanted[row]: None for row in part if wanted[row] is not None}
            parts.append(sorted([place for key in mine for place in places.get(key, ())]))
            if mine:
                agencies = {key[0] for key in mine} if routed(item) else None
                reports = note_reports(member, answered.reports, found, parts[-1], agencies)
                Failing(member, item, Answered([], reports)).mark([], ())
        self.parts[id(found)] = found, parts

    def note_beside(self, item: LinkField, table: Table, wanted: Sequence[Any], joined: Children, report: Report) -> None:
        parts = [joined.below(part) for part in self.own(table)]
        for member, above, part in zip(self.members, self.own(table), parts, strict=True):
            if any(wanted[row] is not None for row in above):
                member.reports.append(replace(report, rows=len(part)))
        self.parts[id(joined.table)] = joined.table, parts

    def note_cut(self, item: LinkField, table: Table, row: int) -> None:
        for member, part in zip(self.members, self.own(table), strict=True):
            if row in part:
                member.note_cut(item, table, row)

    def count_flags(self, shape: Shape, table: Table) -> None:
        if not (shape.flagged or table.flagged) or id(table) in self.counted:
            return
        self.counted[id(table)] = table
        for member, part in zip(self.members, self.own(table), strict=True):
            if part:
                member.count_flags(shape, take(table, part))
