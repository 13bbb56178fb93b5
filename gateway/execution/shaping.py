"""Columns → response objects: links first, all at once, then one pass per selection and never a call per value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway.execution.flags import flags_of
from gateway.execution.nulls import Null, missing
from gateway.execution.run import Report, Run, together
from gateway.execution.table import Table, from_dicts
from gateway.planning.plan import (
    ChildrenField,
    ChoiceField,
    ColumnField,
    ComputedField,
    ConstField,
    EnclosingField,
    IdField,
    LinkField,
    MetaField,
    ObjectField,
    Shape,
    ShapeField,
)
from gateway.planning.selection import TYPENAME, Selected

if TYPE_CHECKING:
    from gateway.execution.runner import Runner

Linked = dict[tuple[int, int], list[Any]]
"""The columns of fields that needed a fetch, by field and table identity: one field serves one table."""


async def build(runner: Runner, run: Run, shape: Shape, table: Table) -> list[Any]:
    """The objects of all rows. A row that may not be null but has to be is a ``Null``."""
    if not table.count:
        _note_unasked(run, shape)
        return []
    run.count_flags(table, shape.type_name)
    linked: Linked = {}
    waiting: list[Any] = []
    _collect(runner, run, shape, table, linked, waiting)
    if waiting:
        await together(waiting)
    return assemble(runner, run, shape, table, linked)


def _note_unasked(run: Run, shape: Shape) -> None:
    for link in shape.links():
        run.reports_of.setdefault(id(link), [])


def _collect(runner: Runner, run: Run, shape: Shape, table: Table, linked: Linked, waiting: list[Any]) -> None:
    for item in shape.fields:
        if isinstance(item, LinkField):
            waiting.append(_link(runner, run, item, table, linked))
        elif isinstance(item, ComputedField):
            waiting.append(_computed(runner, run, item, table, linked))
        elif isinstance(item, ObjectField) and item.shape is not None:
            _collect(runner, run, item.shape, table, linked, waiting)
        elif isinstance(item, ChildrenField) and item.shape is not None:
            _collect(runner, run, item.shape, table.children[item.name].table, linked, waiting)
        elif isinstance(item, EnclosingField):
            waiting.append(_enclosing(runner, run, item, table, linked))
        elif isinstance(item, MetaField) and item.kind == "issuer":
            waiting.append(_issuer(runner, run, item, table, linked))


async def _link(runner: Runner, run: Run, item: LinkField, table: Table, linked: Linked) -> None:
    linked[id(item), id(table)] = await runner.link(run, item, table)


async def _enclosing(runner: Runner, run: Run, item: EnclosingField, table: Table, linked: Linked) -> None:
    assert item.shape is not None
    assert table.parent is not None
    objects = await build(runner, run, item.shape, table.parent)
    below = next(children for children in table.parent.children.values() if children.table is table)
    linked[id(item), id(table)] = [objects[row] for row in below.parents()]


async def _issuer(runner: Runner, run: Run, item: MetaField, table: Table, linked: Linked) -> None:
    assert item.shape is not None
    codes = table.per_row([origin.agency for origin in table.origins])
    linked[id(item), id(table)] = await runner.agency_objects(run, item.shape, codes)


async def _computed(runner: Runner, run: Run, item: ComputedField, table: Table, linked: Linked) -> None:
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
    inner = from_dicts(item.shape.needs, [results[row] for row in present], run.now)
    objects = await build(runner, run, item.shape, inner)
    column: list[Any] = [None] * table.count
    for row, made in zip(present, objects, strict=True):
        column[row] = made
    linked[id(item), id(table)] = column


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
            found[path] = {report.agency: (report.outcome, report.as_of) for report in run.reports_of.get(id(item), [])}
            for shape in item.shapes():
                found |= answers(run, shape, path + ".")
        elif isinstance(item, ObjectField | ChildrenField) and item.shape is not None:
            found |= answers(run, item.shape, prefix + item.key + ".")
    return found


# ---- one pass per selection -----------------------------------------------------------------------


def assemble(runner: Runner, run: Run, shape: Shape, table: Table, linked: Mapping[Any, list[Any]]) -> list[Any]:
    if not shape.fields:
        return [{} for _ in range(table.count)]
    keys = [item.key for item in shape.fields]
    columns = [COLUMNS[type(item)](runner, run, item, table, linked) for item in shape.fields]
    objects: list[Any] = [dict(zip(keys, row, strict=False)) for row in zip(*columns, strict=True)]
    for item, column in zip(shape.fields, columns, strict=True):
        if not item.nullable and (run.nulls or None in column):
            _propagate(run, item, column, objects)
    return objects


def _propagate(run: Run, item: ShapeField, column: Sequence[Any], objects: list[Any]) -> None:
    """A null where none is allowed makes its object null, and carries the cause up."""
    for row, value in enumerate(column):
        if value is None:
            objects[row] = missing(item.coordinate, item.key)
            run.nulls = True
        elif type(value) is Null and type(objects[row]) is not Null:
            objects[row] = value.raised(item.key)


def _column(runner: Runner, run: Run, item: ColumnField, table: Table, linked: Any) -> list[Any]:
    column = table.columns[item.index]
    if not item.list:
        return column
    return [_items(values, item.nullable) for values in column]


def _items(values: Any, nullable: bool) -> Any:
    if values is None:
        return None if nullable else []
    return [value for value in values if value is not None] if None in values else values


def _const(runner: Runner, run: Run, item: ConstField, table: Table, linked: Any) -> list[Any]:
    return [item.value] * table.count


def _choice(runner: Runner, run: Run, item: ChoiceField, table: Table, linked: Any) -> list[Any]:
    assert item.selected is not None
    wanted = item.selected.values(run.variables)[item.argument]
    return table.columns[item.choices[wanted if isinstance(wanted, str) else wanted.name]]


def _id(runner: Runner, run: Run, item: IdField, table: Table, linked: Any) -> list[Any]:
    tags = [origin.owner.tag if origin.owner is not None else runner.person_tag for origin in table.origins]
    return runner.ids.column(
        tags[0] if table.origin is None and tags else table.per_row(tags), table.columns[item.index]
    )


def _object(runner: Runner, run: Run, item: ObjectField, table: Table, linked: Any) -> list[Any]:
    assert item.shape is not None
    objects = assemble(runner, run, item.shape, table, linked)
    presence = [table.columns[index] for index in item.presence]
    if not presence or None not in presence[0]:
        return objects
    absent = [all(value is None for value in row) for row in zip(*presence, strict=True)]
    return [None if gone else made for gone, made in zip(absent, objects, strict=True)]


def _children(runner: Runner, run: Run, item: ChildrenField, table: Table, linked: Any) -> list[Any]:
    assert item.shape is not None
    below = table.children[item.name]
    objects = assemble(runner, run, item.shape, below.table, linked)
    offsets = below.offsets
    lists: list[Any] = [objects[start:end] for start, end in zip(offsets, offsets[1:], strict=False)]
    return settle_lists(run, item.item_nullable, lists)


def settle_lists(run: Run, item_nullable: bool, lists: list[Any]) -> list[Any]:
    """A list that may hold no null and does is null itself."""
    if item_nullable or not run.nulls:
        return lists
    for row, items in enumerate(lists):
        if type(items) is list:
            for index, value in enumerate(items):
                if type(value) is Null:
                    lists[row] = value.raised(index)
                    break
    return lists


def _linked(runner: Runner, run: Run, item: ShapeField, table: Table, linked: Mapping[Any, list[Any]]) -> list[Any]:
    return linked[id(item), id(table)]


def _meta(runner: Runner, run: Run, item: MetaField, table: Table, linked: Mapping[Any, list[Any]]) -> list[Any]:
    match item.kind:
        case "agency":
            return table.per_row([origin.agency for origin in table.origins])
        case "provenance":
            made = [
                pick(
                    item.selection, {"agency": origin.agency, "asOf": origin.as_of, "stale": origin.stale}, "Provenance"
                )
                for origin in table.origins
            ]
            return table.per_row(made)
        case "completeness":
            reports = [*table.reports, *(report for link in item.links for report in run.reports_of.get(id(link), []))]
            return [pick_completeness(item.selection, reports)] * table.count
        case "dataFlags":
            found = flags_of(table)
            return [
                [
                    pick(item.selection, {"field": path, "problem": problem}, "DataFlag")
                    for path, problem in found.get(row, ())
                ]
                for row in range(table.count)
            ]
        case _:
            return linked[id(item), id(table)]


def pick(selection: Sequence[Selected], values: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    """The selected keys of a small object that the gateway made."""
    return {item.key: type_name if item.name == TYPENAME else values[item.name] for item in selection}


def pick_completeness(selection: Sequence[Selected], reports: Sequence[Report]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for item in selection:
        if item.name == "sources":
            made[item.key] = [
                pick(
                    item.only(),
                    {
                        "agency": report.agency,
                        "outcome": report.outcome,
                        "asOf": report.as_of,
                        "rows": report.rows,
                        "truncated": report.truncated,
                    },
                    "SourceReport",
                )
                for report in merged(reports)
            ]
        elif item.name == "complete":
            made[item.key] = all(report.outcome in ("ANSWERED", "STALE") for report in reports)
        else:
            made[item.key] = "Completeness"
    return made


WORST = ("UNAVAILABLE", "TIMED_OUT", "REFUSED", "STALE", "ANSWERED")


def merged(reports: Sequence[Report]) -> list[Report]:
    """One report per agency: the worst outcome, the oldest as-of, all rows."""
    found: dict[str, Report] = {}
    for report in reports:
        old = found.get(report.agency)
        if old is None:
            found[report.agency] = report
            continue
        worst = min(old, report, key=lambda one: WORST.index(one.outcome))
        dates = [one.as_of for one in (old, report) if one.as_of is not None]
        rows = None if old.rows is None or report.rows is None else old.rows + report.rows
        found[report.agency] = Report(
            report.agency,
            worst.outcome,
            min(dates, default=None) if worst.code is None else None,
            rows,
            old.truncated or report.truncated,
            worst.code,
        )
    return [found[agency] for agency in sorted(found)]


COLUMNS: Mapping[type, Callable[..., list[Any]]] = {
    ColumnField: _column,
    ConstField: _const,
    ChoiceField: _choice,
    IdField: _id,
    ObjectField: _object,
    ChildrenField: _children,
    LinkField: _linked,
    ComputedField: _linked,
    EnclosingField: _linked,
    MetaField: _meta,
}
