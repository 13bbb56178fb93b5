"""One pass per selection: every field is a column, and the columns are zipped into objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from gateway.execution.flags import flags_of
from gateway.execution.masking import chosen, kept_back, masked
from gateway.execution.node_ids import NodeIds
from gateway.execution.nulls import Null, missing
from gateway.execution.reports import pick, pick_completeness
from gateway.execution.run import Run
from gateway.execution.table import Origin, Table
from gateway.planning.shapes import (
    ChildrenField,
    ChoiceField,
    ColumnField,
    ComputedField,
    EnclosingField,
    IdField,
    LinkField,
    MetaField,
    ObjectField,
    Shape,
    ShapeField,
)

Column = list[Any]
Linked = dict[tuple[int, int], Column]
"""The columns of fields that needed a fetch, by field and table identity: one field serves one table."""


class Assembly:
    """Objects of one shape tree, when everything that had to be fetched is there (``linked``)."""

    def __init__(self, run: Run, ids: NodeIds, person_tag: bytes, linked: Linked) -> None:
        self.run = run
        self.ids = ids
        self.person_tag = person_tag
        self.linked = linked

    def objects(self, shape: Shape, table: Table) -> list[Any]:
        """One object per row; a row that may not be null but has to be is a ``Null``."""
        if shape.objects is None:
            return [{} for _ in range(table.count)]
        columns = [
            table.columns[place] if place >= 0 else self.COLUMNS[type(item)](self, item, table)
            for place, item in zip(shape.places, shape.open, strict=True)
        ]
        if shape.celled:
            grants = table.grants if table.grants is not None else [self.run.inherited] * table.count
            for index, item in enumerate(shape.open):
                if item.cells is not None:
                    columns[index] = chosen(columns[index], item.cells, grants)
                if item.withheld_of:
                    owners = table.per_row([origin.agency for origin in table.origins])
                    columns[index] = kept_back(columns[index], owners, item.withheld_of)
        objects: list[Any] = shape.objects(columns, table.count)
        for place in shape.required:
            if self.run.nulls or None in columns[place]:
                self._propagate(shape.open[place], columns[place], objects)
        return objects

    def _propagate(self, item: ShapeField, column: Sequence[Any], objects: list[Any]) -> None:
        """A null where none is allowed makes its object null, and carries the cause up."""
        for row, value in enumerate(column):
            if value is None:
                objects[row] = missing(item.coordinate, item.key)
                self.run.nulls = True
            elif type(value) is Null and type(objects[row]) is not Null:
                objects[row] = value.raised(item.key)

    def _column(self, item: ColumnField, table: Table) -> Column:
        column = table.columns[item.index]
        if item.mask is not None:
            return masked(column, item.mask)
        return [_items(values, item.nullable) for values in column] if item.list else column

    def _choice(self, item: ChoiceField, table: Table) -> Column:
        assert item.selected is not None
        wanted = item.selected.values(self.run.variables)[item.argument]
        return table.columns[item.choices[wanted if isinstance(wanted, str) else wanted.name]]

    def _id(self, item: IdField, table: Table) -> Column:
        if table.origin is None and table.origins:
            return self.ids.column(self._tag(table.origins[0]), table.columns[item.index])
        return self.ids.column(table.per_row(list(map(self._tag, table.origins))), table.columns[item.index])

    def _tag(self, origin: Origin) -> bytes:
        return origin.owner.tag if origin.owner is not None else self.person_tag

    def _object(self, item: ObjectField, table: Table) -> Column:
        assert item.shape is not None
        objects = self.objects(item.shape, table)
        presence = [table.columns[index] for index in item.presence]
        if not presence or None not in presence[0]:
            return objects
        absent = [all(value is None for value in row) for row in zip(*presence, strict=True)]
        return [None if gone else made for gone, made in zip(absent, objects, strict=True)]

    def _children(self, item: ChildrenField, table: Table) -> Column:
        assert item.shape is not None
        below = table.children[item.name]
        objects = self.objects(item.shape, below.table)
        lists: Column = [objects[start:end] for start, end in pairwise(below.offsets)]
        return settle_lists(self.run, item.item_nullable, lists)

    def _fetched(self, item: ShapeField, table: Table) -> Column:
        return self.linked[id(item), id(table)]

    def _meta(self, item: MetaField, table: Table) -> Column:
        match item.kind:
            case "agency":
                return table.per_row([origin.agency for origin in table.origins])
            case "provenance":
                told = [
                    {"agency": origin.agency, "asOf": origin.as_of, "stale": origin.stale} for origin in table.origins
                ]
                return table.per_row([pick(item.selection, values, "Provenance") for values in told])
            case "completeness":
                reports_of = self.run.reports_of
                reports = [*table.reports, *(one for link in item.links for one in reports_of.get(id(link), []))]
                return [pick_completeness(item.selection, reports)] * table.count
            case "dataFlags":
                found = flags_of(table)
                return [
                    [
                        pick(item.selection, {"field": path, "problem": why}, "DataFlag")
                        for path, why in found.get(row, ())
                    ]
                    for row in range(table.count)
                ]
            case _:
                return self._fetched(item, table)

    COLUMNS: ClassVar[Mapping[type, Callable[..., Column]]] = {
        ColumnField: _column,
        ChoiceField: _choice,
        IdField: _id,
        ObjectField: _object,
        ChildrenField: _children,
        LinkField: _fetched,
        ComputedField: _fetched,
        EnclosingField: _fetched,
        MetaField: _meta,
    }


def _items(values: Any, nullable: bool) -> Any:
    if values is None:
        return None if nullable else []
    return [value for value in values if value is not None] if None in values else values


def settle_lists(run: Run, item_nullable: bool, lists: Column) -> Column:
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
