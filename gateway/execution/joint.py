"""One run for several requests of a plan that ask for different records (``Plan.alike``) under the same rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.execution.answered import Answered
from gateway.execution.nulls import Null
from gateway.execution.parts import Parts, note_reports
from gateway.execution.run import Run
from gateway.execution.services import Services
from gateway.execution.table import Part, Table, concat
from gateway.planning.plan import Fetch, Plan, RootField


@dataclass(slots=True)
class Asked:
    run: Run
    plan: Plan


@dataclass(slots=True)
class Wanted:
    """The key of the record that a request asks for; ``agency``: the only one to ask, if it says so."""

    key: tuple[Any, ...]
    agency: str | None


async def joint_values(runner: Services, asked: Sequence[Asked]) -> list[Any]:
    """Of each request the value of the root; all else is in its run. Raises ``ClientError``."""
    (root,) = asked[0].plan.roots
    fetch, shape = root.fetch, root.shape
    assert fetch is not None
    assert shape is not None
    members = [one.run for one in asked]
    wanted = [_wanted(root, member) for member in members]
    run = _joint(members)
    assert run.parts is not None
    keys_of: dict[str, list[tuple[Any, ...]]] = {}
    for one in wanted:
        keys_of.setdefault(one.agency or "", []).append(one.key)
    answered = await run.ask(fetch, keys=keys_of.get("", ()), keys_of=keys_of if root.agency else None, typed=True)
    table = concat(fetch.needs, answered.tables)
    parts = _parts_by_key(fetch, table, wanted)
    lost: list[Null | None] = []
    for index, (one, member) in enumerate(zip(wanted, members, strict=True)):
        agencies = None if one.agency is None else (one.agency,)
        own = Answered([], note_reports(member, answered.reports, table, parts[index], agencies))
        lost.append(Null(fetch.coordinate, own.causes()) if own.failed else None)
        if own.failed:
            parts[index] = ()
    run.parts.place(table, parts)
    objects = await runner.build(run, shape, table) if None in lost else []
    for member, null in zip(members, lost, strict=True):
        member.nulls |= run.nulls or null is not None
    return [null or (objects[part[0]] if part else None) for null, part in zip(lost, parts, strict=True)]


def _wanted(root: RootField, member: Run) -> Wanted:
    assert root.selected is not None
    arguments = root.selected.values(member.variables)
    key = tuple([arguments[name] for _, name in root.arguments])
    return Wanted(key, arguments[root.agency] if root.agency else None)


def _joint(members: Sequence[Run]) -> Run:
    """Its sources have no more time than the most hasty request leaves them."""
    one = members[0]
    context = replace(one.context, deadline=min(member.context.deadline for member in members))
    return Run(context, one.view, one.params, one.variables, one.source_timeout, one.now, parts=Parts(members))


def _parts_by_key(fetch: Fetch, table: Table, wanted: Sequence[Wanted]) -> list[Part]:
    """Of each request the rows that it asked for."""
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
        for one in wanted
    ]
