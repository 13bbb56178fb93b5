"""A fetch as one SQL statement. Pure: the same spec, collection and catalog give the same text.

From the inside out: the collection's rows (``where``, ``newest``, the parts that conditions need), policy and filter
conditions outside of those; pages per key or per value of a listed condition by a lateral subquery; then the parts
and child lists that are only shown, for the rows of the page alone; and around it all one record, with a JSON array
for each column: the database writes what the gateway reads at once, instead of row by row and value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import reduce
from typing import Any

import sqlalchemy as sa

from adapters.contract import CollectionSpec, FetchSpec
from adapters.mapping import CodeTables
from adapters.postgres.catalog import Catalog
from adapters.postgres.children import OWN, ChildLayout, Children, ColumnLayout, Selected
from adapters.postgres.joins import JoinLayout, Joins, numbered
from adapters.postgres.keys import key_join
from adapters.postgres.pages import Page, Pages
from adapters.postgres.scope import Context, Rows, hung_on, locate, part_lateral, table
from adapters.postgres.statement import Element, Statement


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in the one record: a JSON array for each column of the rows, then ``total`` and ``as_of`` of
    the whole answer. ``owner``: the index of the key that a row belongs to; ``present``: null in a row that only says
    how many a key has (``totals``); ``-1`` for what is not selected."""

    columns: tuple[ColumnLayout, ...]
    children: tuple[ChildLayout, ...]
    width: int
    owner: int = -1
    spelling: int = -1
    present: int = -1
    totals: int = -1
    total: int = -1
    as_of: int = -1
    marks: tuple[int, ...] = ()
    joins: tuple[JoinLayout, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    statement: Statement
    layout: Layout


def translate(
    spec: FetchSpec,
    collections: Mapping[str, CollectionSpec],
    catalog: Catalog,
    tables: CodeTables,
    zone_name: str,
    zone: tzinfo,
) -> Translation:
    """``collections``: those of the same source, by name. Raises ``Unsupported``."""
    context = Context(collections, catalog, tables, zone_name, zone)
    return _Translator(context, spec, context.collection(spec.collection)).translate()


class _Translator:
    def __init__(self, context: Context, spec: FetchSpec, collection: CollectionSpec) -> None:
        self.context = context
        self.spec = spec
        self.collection = collection
        self.pages = Pages(context, spec, collection)
        self.selected = Selected()

    def translate(self) -> Translation:
        spec, context = self.spec, self.context
        page = self.pages.page()
        from_ = page.from_
        laterals: dict[str, Any] = {}

        def part_column(name: str) -> Callable[[str], Element]:
            nonlocal from_
            if name in page.inner_parts:
                return page.inner_parts[name]
            if name not in laterals:
                part = self.collection.parts[name]
                laterals[name] = part_lateral(context, part, {ours: page.own(ours) for ours in part.on.values()})
                from_ = from_.outerjoin(laterals[name], sa.true())
            return lambda column: laterals[name].c[column]

        columns = tuple(self._column(path, page, part_column) for path in spec.columns)
        children = Children(context, self.selected)
        lists = tuple(children.top(self.collection, select, page.own) for select in spec.children)
        for lateral in children.laterals:
            from_ = from_.outerjoin(lateral, sa.true())
        if not self.selected.elements:
            self.selected.add("nothing", lambda: sa.literal_column("1"))
        marks = tuple(self._extra(mark) for mark in page.marks)
        owner = -1 if page.owner is None else self._extra(page.owner)
        spelling = -1 if page.spelling is None else self._extra(page.spelling)
        present = -1 if page.present is None else self._extra(page.present)
        totals = -1 if page.total is None else self._extra(page.total)
        width = len(self.selected.elements)
        labelled = [element.label(f"c{i}") for i, element in enumerate(self.selected.elements)]
        labelled += [page.own(name).label(f"#{name}") for name in hung_on(self.collection, spec.joins)]
        rows = sa.select(*labelled).select_from(from_).where(*page.where).order_by(*page.order).subquery("answer")
        facts: list[Element] = []
        total = as_of = -1
        if spec.count and not spec.per_key:
            total = width + len(facts)
            facts.append(self._count().label("total"))
        if self._as_of_column() is not None:
            as_of = width + len(facts)
            facts.append(self._as_of().label("as_of"))
        levels: tuple[JoinLayout, ...] = ()
        if spec.joins:
            level = numbered(context, self.collection, rows)
            joins = Joins(context, width + len(facts))
            levels = joins.layouts(spec.joins, level)
            own = sa.select(*_gathered(level.cte, width)).select_from(level.cte).subquery(context.alias("g"))
            from_ = reduce(lambda left, right: left.join(right, sa.true()), [own, *joins.gathered])
            below = (column for one in joins.gathered for column in one.c)
            query = sa.select(*own.c, *facts, *below).select_from(from_)
        else:
            query = sa.select(*_gathered(rows, width), *facts).select_from(rows)
        layout = Layout(columns, lists, width, owner, spelling, present, totals, total, as_of, marks, levels)
        return Translation(context.parameters.statement(query), layout)

    # ---- what is selected ------------------------------------------------------------------------

    def _extra(self, element: Element) -> int:
        return self.selected.add(object(), lambda: element)

    def _column(self, path: str, page: Page, part_column: Callable[[str], Callable[[str], Element]]) -> ColumnLayout:
        located = locate(self.collection, path)
        if located.part is None:
            place = self.collection.table, OWN, page.own
        else:
            place = located.part.table, located.part.name, part_column(located.part.name)
        return self.selected.column(self.context, path, located.binding, *place)

    # ---- facts about the answer ------------------------------------------------------------------

    def _as_of_column(self) -> tuple[str, str] | None:
        as_of = self.collection.as_of
        return (as_of.table, as_of.column) if as_of is not None and as_of.table else None

    def _as_of(self) -> Element:
        found = self._as_of_column()
        assert found is not None
        name, column = found
        log = table(name, [column], self.context.alias("a"))
        return sa.select(sa.func.max(log.c[column])).select_from(log).scalar_subquery()

    def _count(self) -> Element:
        rows = Rows(self.context, self.collection)
        conditions = self.pages.conditions(rows)
        from_, more = key_join(rows, self.spec)
        query = sa.select(sa.func.count()).select_from(rows.joined(from_)).where(*conditions, *more)
        return query.scalar_subquery()


def _gathered(rows: Any, width: int) -> list[Element]:
    """Each column of ``rows`` as an array."""
    return [sa.func.json_agg(rows.c[f"c{i}"]).label(f"c{i}") for i in range(width)]


__all__ = ["Layout", "Translation", "translate"]
