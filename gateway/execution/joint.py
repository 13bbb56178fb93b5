"""One run for several requests of a plan that ask for different records (``Plan.alike``) under the same rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.rows import places_of
from gateway.execution.parts import Apart, Parts, note_reports
from gateway.execution.run import Run
from gateway.execution.services import Services
from gateway.execution.table import Part, Table, concat
from gateway.planning.plan import Fetch, Plan


@dataclass(slots=True)
class Asked:
    run: Run
    plan: Plan


Wanted = tuple[tuple[Any, ...], str | None]
"""What a request asks for: ``RootField.record``."""


async def joint_values(runner: Services, asked: Sequence[Asked]) -> list[Any]:
    """Of each request the value of the root; all else is in its run. Raises ``Apart``, ``ClientError``."""
    (root,) = asked[0].plan.roots
    fetch, shape = root.fetch, root.shape
    assert fetch is not None
    assert shape is not None
    members = [one.run for one in asked]
    wanted = [root.record(member.variables) for member in members]
    run = _joint(members)
    assert run.parts is not None
    keys_of: dict[str, list[tuple[Any, ...]]] = {}
    for key, agency in wanted:
        keys_of.setdefault(agency or "", []).append(key)
    answered = await run.ask(fetch, keys=keys_of.get("", ()), keys_of=keys_of if root.agency else None, typed=True)
    table = concat(fetch.needs, answered.tables)
    parts = run.parts.place(table, _parts_by_key(fetch, table, wanted))
    for member, (_, agency), part in zip(members, wanted, parts, strict=True):
        note_reports(member, answered.reports, table, part, None if agency is None else (agency,))
    objects = await runner.build(run, shape, table)
    for member in members:
        member.nulls |= run.nulls
    return [objects[part[0]] if part else None for part in parts]


def _joint(members: Sequence[Run]) -> Run:
    """Its sources have the time of the request that has most; whoever has less is gone by then."""
    one = members[0]
    context = replace(one.context, deadline=max(member.context.deadline for member in members))
    return Run(context, one.view, one.params, one.variables, one.source_timeout, one.now, parts=Parts(members))


def _parts_by_key(fetch: Fetch, table: Table, wanted: Sequence[Wanted]) -> list[Part]:
    """Of each request the rows that it asked for. Raises ``Apart`` where an agency answers to another spelling."""
    owners = table.per_row([origin.owner.id if origin.owner is not None else "" for origin in table.origins])
    columns = [table.columns[fetch.needs.columns[path]] for path in fetch.keys]
    places = places_of(zip(owners, *columns, strict=True))
    asked = [
        [(owner.id, *owner.spelled(fetch.keys, key)) for owner in fetch.owners if agency in (None, owner.agency)]
        for key, agency in wanted
    ]
    if not places.keys() <= {key for keys in asked for key in keys}:
        raise Apart
    return [[place for key in keys for place in places.get(key, ())] for keys in asked]
