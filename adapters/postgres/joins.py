"""Joins: rows of other collections in the same statement, each a level of its own over the numbered rows above. Pure.

A level is one pass: for each row above, the lateral subquery reads the rows that belong to it by their index. They are
numbered in turn, so that the next level hangs on them, and each of their columns comes as one array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from adapters.contract import MISSING, CollectionSpec, FieldBinding, Join
from adapters.errors import Unsupported
from adapters.mapping import effective_steps
from adapters.postgres.children import OWN, ChildLayout, Children, ColumnLayout, Selected
from adapters.postgres.expressions import stepped
from adapters.postgres.operands import TEXT
from adapters.postgres.order import Branch, order_term
from adapters.postgres.predicates import condition, equal
from adapters.postgres.scope import Column, Context, Rows, handed_on, hung_on, own_binding
from adapters.postgres.statement import Element, outer

NUMBER, PARENT, PLACE = "#number", "#parent", "#place"


@dataclass(frozen=True, slots=True)
class JoinLayout:
    """Where a level is in the record: ``width`` arrays from ``start`` on, then that of the numbers of the rows above,
    from 1."""

    start: int
    width: int
    columns: tuple[ColumnLayout, ...]
    children: tuple[ChildLayout, ...]
    joins: tuple[JoinLayout, ...]


class Level:
    """Numbered rows that others are joined to: ``cte`` with the native columns of ``names`` as ``#name``."""

    def __init__(self, context: Context, spec: CollectionSpec, cte: Any) -> None:
        self.context, self.spec, self.cte = context, spec, cte

    def field(self, path: str) -> tuple[FieldBinding, tuple[Column, ...]]:
        """As ``Rows.field``, of the columns that were handed on, and as they are read: they are what is asked for."""
        binding = own_binding(self.spec, path)
        columns = tuple(
            (outer(self.cte.name, f"#{name}"), self.context.catalog.type_of(self.spec.table, name))
            for name in binding.columns
        )
        steps = effective_steps(binding)
        if steps and binding.ask is not None and not binding.ask:
            return replace(binding, read=()), tuple((stepped(*column, steps), TEXT) for column in columns)
        return binding, columns


def numbered(context: Context, spec: CollectionSpec, rows: Any) -> Level:
    """The outermost level: ``rows``, in their order."""
    number = sa.func.row_number().over().label(NUMBER)
    cte = sa.select(*rows.c, number).select_from(rows).cte(context.alias("level"))
    return Level(context, spec, cte)


class Joins:
    """Adds levels, and what is gathered of each, from position ``start`` of the record on."""

    def __init__(self, context: Context, start: int) -> None:
        self.context = context
        self.gathered: list[Any] = []
        self._next = start

    def layouts(self, joins: Sequence[Join], above: Level) -> tuple[JoinLayout, ...]:
        return tuple(self._layout(join, above) for join in joins)

    def _layout(self, join: Join, above: Level) -> JoinLayout:
        context, spec = self.context, join.spec
        collection = context.collection(spec.collection)
        rows = Rows(context, collection)
        conditions = rows.restrictions()
        if spec.predicate is not None:
            conditions.append(condition(rows, spec.predicate))
        for theirs, ours in join.on:
            _looked_up(collection, theirs)
            conditions += equal(rows, theirs, above, ours)
        inner = self._rows(join, rows, conditions)
        selected = Selected()

        def own(name: str) -> Element:
            return outer(inner.name, name)

        columns = tuple(
            selected.column(context, path, own_binding(collection, path), collection.table, OWN, own)
            for path in spec.columns
        )
        children = Children(context, selected)
        lists = tuple(children.top(collection, select, own) for select in spec.children)
        from_ = above.cte.join(inner, sa.true())
        for lateral in children.laterals:
            from_ = from_.outerjoin(lateral, sa.true())
        labelled = [element.label(f"c{i}") for i, element in enumerate(selected.elements)]
        handed = [own(name).label(f"#{name}") for name in hung_on(collection, spec.joins)]
        parent, place = above.cte.c[NUMBER], inner.c[PLACE]
        number = sa.func.row_number().over(order_by=[parent, place]).label(NUMBER)
        query = sa.select(*labelled, *handed, parent.label(PARENT), number).select_from(from_).order_by(parent, place)
        level = Level(context, collection, query.cte(context.alias("level")))
        width, start = len(labelled), self._next
        self._next += width + 1
        arrays = [level.cte.c[label.key] for label in labelled] + [level.cte.c[PARENT]]
        one = sa.select(*(sa.func.json_agg(array).label(f"a{i}") for i, array in enumerate(arrays)))
        self.gathered.append(one.select_from(level.cte).subquery(context.alias("g")))
        return JoinLayout(start, width, columns, lists, self.layouts(spec.joins, level))

    def _rows(self, join: Join, rows: Rows, conditions: Sequence[Element]) -> Any:
        """Those of one row above, with their place among them. The window keeps the planner from joining them in
        another way than row by row."""
        terms = [term for order in join.spec.order if (term := order_term(rows, order)) is not None]
        order = [value.desc() if descending else value.asc() for value, _, descending, _ in Branch().sorts(terms)]
        names = handed_on(rows.spec, join.spec)
        place = sa.func.row_number().over(order_by=order or None).label(PLACE)
        query = sa.select(*(rows.from_.c[name] for name in names), place).select_from(rows.joined())
        return query.where(*conditions).lateral(self.context.alias("j"))


def _looked_up(spec: CollectionSpec, path: str) -> None:
    """Raises ``Unsupported`` unless the path is compared as a lookup by key compares it, so that its index serves."""
    binding = own_binding(spec, path)
    plain = binding.codes is None and not (binding.format or binding.list or binding.json_path)
    if not plain or binding.ask or binding.const is not MISSING or binding.absent is not MISSING:
        raise Unsupported(f"{spec.id}: nothing is joined by {path}")
