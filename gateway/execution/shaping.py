"""Columns → response objects: links first, all at once, then one pass per selection and never a call per value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.execution.assembly import Assembly, Linked
from gateway.execution.granting import hand_down
from gateway.execution.nulls import Null
from gateway.execution.reports import merged
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import Table, from_dicts
from gateway.planning.shapes import (
    ChildrenField,
    ComputedField,
    EnclosingField,
    LinkField,
    MetaField,
    ObjectField,
    Shape,
)

NAMING_AGENCIES = ("decisions", "blockingAgencies", "unknownAgencies")
"""What a computed object says of agencies by name. Its state or verdict is never narrowed."""


async def build(runner: Services, run: Run, shape: Shape, table: Table) -> list[Any]:
    """The objects of all rows. A row that may not be null but has to be is a ``Null``."""
    if not table.count:
        _note_unasked(run, shape)
        return []
    if shape.flagged or not table.clean:
        run.count_flags(shape, table)
    linked: Linked = {}
    waiting: list[Any] = []
    _collect(runner, run, shape, table, linked, waiting)
    if waiting:
        await together(waiting)
    return Assembly(run, runner.ids, runner.person_tag, linked).objects(shape, table)


def _note_unasked(run: Run, shape: Shape) -> None:
    for link in shape.links():
        run.reports_of.setdefault(id(link), [])


def _collect(runner: Services, run: Run, shape: Shape, table: Table, linked: Linked, waiting: list[Any]) -> None:
    for item in shape.beyond:
        if isinstance(item, LinkField):
            waiting.append(_link(runner, run, item, table, linked))
        elif isinstance(item, ComputedField):
            waiting.append(_computed(runner, run, item, table, linked))
        elif isinstance(item, ObjectField) and item.shape is not None:
            _collect(runner, run, item.shape, table, linked, waiting)
        elif isinstance(item, ChildrenField) and item.shape is not None:
            below = table.children[item.name]
            hand_down(table, below)
            _collect(runner, run, item.shape, below.table, linked, waiting)
        elif isinstance(item, EnclosingField):
            waiting.append(_enclosing(runner, run, item, table, linked))
        elif isinstance(item, MetaField) and item.kind == "issuer":
            waiting.append(_issuer(runner, run, item, table, linked))


async def _link(runner: Services, run: Run, item: LinkField, table: Table, linked: Linked) -> None:
    linked[id(item), id(table)] = await runner.link(run, item, table)


async def _enclosing(runner: Services, run: Run, item: EnclosingField, table: Table, linked: Linked) -> None:
    assert item.shape is not None
    assert table.parent is not None
    objects = await build(runner, run, item.shape, table.parent)
    below = next(children for children in table.parent.children.values() if children.table is table)
    linked[id(item), id(table)] = [objects[row] for row in below.parents()]


async def _issuer(runner: Services, run: Run, item: MetaField, table: Table, linked: Linked) -> None:
    assert item.shape is not None
    codes = table.per_row([origin.agency for origin in table.origins])
    linked[id(item), id(table)] = await runner.agency_objects(run, item.shape, codes)


async def _computed(runner: Services, run: Run, item: ComputedField, table: Table, linked: Linked) -> None:
    """The inner selection in full, then the pure function, then what was selected of its results."""
    assert item.inner is not None
    assert item.function is not None
    rows = await build(runner, run, item.inner, table)
    own = {origin.agency: ("STALE" if origin.stale else "ANSWERED", origin.as_of) for origin in table.origins}
    rows = [_plain_nulls(row) for row in rows] if run.nulls else rows
    results = item.function(rows, {"": own, **answers(run, item.inner)})
    if item.shape is None:
        linked[id(item), id(table)] = results
        return
    present = [row for row, result in enumerate(results) if result is not None]
    shown = _of_view(runner, run, [results[row] for row in present])
    inner = from_dicts(item.shape.needs, shown, run.now)
    if table.grants is not None:
        inner.grants = [table.grants[row] for row in present]
    objects = await build(runner, run, item.shape, inner)
    column: list[Any] = [None] * table.count
    for row, made in zip(present, objects, strict=True):
        column[row] = made
    linked[id(item), id(table)] = column


def _of_view(runner: Services, run: Run, results: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Lists of agencies, and of what they say, without agencies that the view does not contain."""
    names = [name for name in NAMING_AGENCIES if results and name in results[0]]
    if not names:
        return results
    seen = set(runner.agencies_seen(run))
    return [
        {
            **result,
            **{
                name: [one for one in result[name] if (one["agency"] if type(one) is dict else one) in seen]
                for name in names
            },
        }
        for result in results
    ]


def _plain_nulls(value: Any) -> Any:
    """For rules: what could not be read is ``None``; why, the answers say."""
    if type(value) is dict:
        return {key: _plain_nulls(item) for key, item in value.items()}
    if type(value) is list:
        return [_plain_nulls(item) for item in value]
    return None if type(value) is Null else value


def answers(run: Run, inner: Shape, prefix: str = "") -> dict[str, dict[str, tuple[str, Any]]]:
    """Per link path of an inner selection: agency → (outcome, as of). Several fetches of one link: the worst."""
    found: dict[str, dict[str, tuple[str, Any]]] = {}
    for item in inner.fields:
        if isinstance(item, EnclosingField) and item.shape is not None:
            found |= answers(run, item.shape, prefix + item.key + ".")
        elif isinstance(item, LinkField):
            path = prefix + item.key
            reports = merged(run.reports_of.get(id(item), []))
            found[path] = {report.agency: (report.outcome, report.as_of) for report in reports}
            for shape in item.shapes():
                found |= answers(run, shape, path + ".")
        elif isinstance(item, ObjectField | ChildrenField) and item.shape is not None:
            found |= answers(run, item.shape, prefix + item.key + ".")
    return found
