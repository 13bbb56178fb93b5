"""A fetch as one SQL statement. Pure: the same spec, collection and catalog give the same text.

From the inside out: the collection's rows (``where``, ``newest``, the parts that conditions need), policy and filter
conditions outside of those; pages per key or per value of a listed condition by a lateral subquery; then the parts
and child lists that are only shown, for the rows of the page alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from typing import Any

import sqlalchemy as sa

from adapters.contract import AllOf, ChildSelect, CollectionSpec, Compare, FetchSpec, Predicate
from adapters.errors import Unsupported
from adapters.mapping import CodeTables, reading
from adapters.postgres.catalog import Catalog
from adapters.postgres.children import ChildLayout, Children, ColumnLayout, Selected
from adapters.postgres.keys import Keys, key_join, key_rows, listed
from adapters.postgres.order import Branch, Term, after_cursor, first_page, null_of, order_term
from adapters.postgres.predicates import condition
from adapters.postgres.scope import Context, Rows, child_parent_columns, locate, part_lateral, shown, table
from adapters.postgres.statement import Element, Statement, outer


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a record. ``owner``: the index of the key that a row belongs to; ``present``: null when
    the record only carries ``total`` or ``as_of``; ``-1`` for what is not selected."""

    columns: tuple[ColumnLayout, ...]
    children: tuple[ChildLayout, ...]
    width: int
    owner: int = -1
    spelling: int = -1
    present: int = -1
    total: int = -1
    as_of: int = -1


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


@dataclass(slots=True)
class _Page:
    """The rows of the answer as a FROM clause, and how to name their columns."""

    from_: Any
    own: Callable[[str], Element]
    inner_parts: Mapping[str, Callable[[str], Element]]
    order: list[Any]
    where: list[Element] = field(default_factory=list)
    owner: Element | None = None
    spelling: Element | None = None
    present: Element | None = None
    total: Element | None = None


class _Translator:
    def __init__(self, context: Context, spec: FetchSpec, collection: CollectionSpec) -> None:
        self.context = context
        self.spec = spec
        self.collection = collection
        self.selected = Selected()

    def translate(self) -> Translation:
        spec, context = self.spec, self.context
        page = self._page()
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
        lists = tuple(self._child(select, children, page) for select in spec.children)
        for lateral in children.laterals:
            from_ = from_.outerjoin(lateral, sa.true())
        if not self.selected.elements:
            self.selected.add("nothing", lambda: sa.literal_column("1"))
        owner = -1 if page.owner is None else self._extra(page.owner)
        spelling = -1 if page.spelling is None else self._extra(page.spelling)
        present = -1 if page.present is None else self._extra(page.present)
        total = -1 if page.total is None else self._extra(page.total)
        as_of = -1
        query = sa.select(*self.selected.elements).select_from(from_).where(*page.where).order_by(*page.order)
        width = len(self.selected.elements)
        if not spec.per_key and (spec.count or self._as_of_column() is not None):
            query, present, total, as_of, width = self._with_facts(query, width)
        elif self._as_of_column() is not None:
            as_of, width = width, width + 1
            query = query.add_columns(self._as_of())
        layout = Layout(columns, lists, width, owner, spelling, present, total, as_of)
        return Translation(context.parameters.statement(query), layout)

    # ---- what is selected ------------------------------------------------------------------------

    def _extra(self, element: Element) -> int:
        return self.selected.add(object(), lambda: element)

    def _column(self, path: str, page: _Page, part_column: Callable[[str], Callable[[str], Element]]) -> ColumnLayout:
        located = locate(self.collection, path)
        read = reading(located.binding, zone=self.context.zone_name, tables=self.context.tables)
        if located.part is None:
            table_name, key, column = self.collection.table, "own", page.own
        else:
            part = located.part.name
            table_name, key, column = located.part.table, part, part_column(part)

        def make(name: str) -> Element:
            return shown(column(name), self.context.catalog.type_of(table_name, name))

        places = [self.selected.add((key, name), partial(make, name)) for name in read.columns]
        return ColumnLayout(path, read, tuple(places))

    def _child(self, select: ChildSelect, children: Children, page: _Page) -> ChildLayout:
        child = self.collection.children.get(select.name)
        if child is None:
            raise Unsupported(f"{self.collection.id} has no list {select.name}")
        return children.top(child, select, page.own)

    # ---- which rows ------------------------------------------------------------------------------

    def _page(self) -> _Page:
        spec = self.spec
        rows = Rows(self.context, self.collection)
        if spec.keys and spec.per_key and (spec.limit or spec.count):
            return self._per_key(rows, key_rows(rows, spec))
        if spec.limit and not spec.keys:
            chosen = listed(rows, [spec.predicate, spec.filter])
            if chosen is not None:
                return self._merged(rows, *chosen)
        return self._plain(rows)

    def _conditions(self, rows: Rows, without: Compare | None = None) -> list[Element]:
        found = rows.restrictions()
        for predicate in (self.spec.predicate, self.spec.filter):
            remaining = _without(predicate, without) if predicate is not None and without is not None else predicate
            if remaining is not None:
                found.append(condition(rows, remaining))
        return found

    def _terms(self, rows: Rows) -> tuple[list[Term], list[int]]:
        terms, positions = [], []
        for position, order in enumerate(self.spec.order):
            term = order_term(rows, order)
            if term is not None:
                terms.append(term)
                positions.append(position)
        return terms, positions

    def _branches(self, terms: list[Term], positions: list[int]) -> list[Branch]:
        after = self.spec.after
        if after is None:
            return first_page(terms) if self.spec.limit else [Branch()]
        nulls = [after[position] for position in positions]
        return after_cursor(self.context, self.spec, terms, positions, nulls)

    def _limit(self) -> Element:
        return self.context.parameters.one(":limit", "bigint", lambda call: call.limit, "limit")

    def _plain(self, rows: Rows) -> _Page:
        conditions = self._conditions(rows)
        from_, more = key_join(rows, self.spec)
        conditions += more
        terms, positions = self._terms(rows)
        branches = self._branches(terms, positions)
        if not self.spec.limit and len(branches) == 1:
            return _Page(
                rows.joined(from_),
                lambda name: outer(rows.alias, name),
                {name: _of(lateral) for name, lateral in rows.parts.items()},
                _directions(terms),
                [*conditions, *branches[0].conditions],
            )
        page = self._paged(rows, rows.joined(from_), conditions, terms, branches).subquery(self.context.alias("page"))
        return self._over(page, page, rows, terms, len(branches))

    def _merged(self, rows: Rows, term: Compare, keys: Keys) -> _Page:
        """One limited page for each value of a listed condition, merged: each branch reads its index in order."""
        conditions = [*self._conditions(rows, without=term), *keys.equal]
        terms, positions = self._terms(rows)
        branches = self._branches(terms, positions)
        inner = self._paged(rows, rows.joined(), conditions, terms, branches).lateral(self.context.alias("page"))
        names = [column.key for column in inner.c]
        merged = sa.select(*(inner.c[name] for name in names)).select_from(keys.from_.join(inner, sa.true()))
        merged = merged.order_by(*self._sorted(inner, terms, len(branches))).limit(self._limit())
        page = merged.subquery(self.context.alias("merged"))
        return self._over(page, page, rows, terms, len(branches))

    def _per_key(self, rows: Rows, keys: Keys) -> _Page:
        conditions = [*self._conditions(rows), *keys.equal]
        terms, positions = self._terms(rows)
        branches = self._branches(terms, positions)
        inner = self._paged(rows, rows.joined(), conditions, terms, branches).lateral(self.context.alias("page"))
        from_ = keys.from_
        total: Element | None = None
        if self.spec.count:
            again = Rows(self.context, self.collection)
            same = keys.again(again)
            counted = self._conditions(again)
            query = sa.select(sa.func.count().label("n")).select_from(again.joined()).where(*counted, *same)
            counts = query.lateral(self.context.alias("counts"))
            from_ = from_.join(counts, sa.true())
            total = counts.c.n
        from_ = from_.join(inner, sa.true(), isouter=self.spec.count)
        page = self._over(from_, inner, rows, terms, len(branches))
        page.owner, page.spelling = keys.owner, keys.spelling
        page.total = total
        page.present = inner.c["#present"]
        page.order.insert(0, keys.owner)
        return page

    def _paged(
        self, rows: Rows, from_: Any, conditions: list[Element], terms: list[Term], branches: list[Branch]
    ) -> Any:
        """The rows of all branches in order, limited. Their order values are ``#0``, ``#1``, …"""
        exported: list[Element] = [rows.from_.c[name] for name in self._own_names()]
        for name, lateral in rows.parts.items():
            exported += [column.label(f"{name}.{column.key}") for column in lateral.c]
        exported.append(sa.literal_column("1").label("#present"))
        limited = self.spec.limit
        if not branches:
            return sa.select(*exported, *_values(terms, Branch())).select_from(from_).where(sa.false())
        queries = []
        for number, branch in enumerate(branches):
            marks: list[Element] = [sa.literal_column(str(number)).label("#branch")] if len(branches) > 1 else []
            query = sa.select(*exported, *_values(terms, branch), *marks).select_from(from_)
            query = query.where(*conditions, *branch.conditions)
            query = query.order_by(*_directions(terms, branch.fixed))
            queries.append(query.limit(self._limit()) if limited else query)
        if len(queries) == 1:
            return queries[0]
        parts = [query.subquery(self.context.alias("b")) for query in queries]
        union = sa.union_all(*(sa.select(part) for part in parts)).subquery(self.context.alias("u"))
        merged = sa.select(union).order_by(*self._sorted(union, terms, len(branches)))
        return merged.limit(self._limit()) if limited else merged

    def _sorted(self, page: Any, terms: list[Term], branches: int) -> list[Any]:
        """The order of a page by its own columns."""
        order: list[Any] = [page.c["#branch"]] if branches > 1 else []
        number = 0
        for term in terms:
            for column in term.types:
                element = page.c[f"#{number}"]
                if term.codepoint and column.textual:
                    element = sa.collate(element, "C")
                order.append(element.desc() if term.descending else element.asc())
                number += 1
        return order

    def _over(self, from_: Any, page: Any, rows: Rows, terms: list[Term], branches: int) -> _Page:
        parts = {name: _labelled(page, name) for name in rows.parts}
        return _Page(from_, lambda name: outer(page.name, name), parts, self._sorted(page, terms, branches))

    def _own_names(self) -> list[str]:
        """Own columns that the page must hand on: those selected, and those that parts and lists hang on."""
        names: dict[str, None] = {}
        for path in self.spec.columns:
            located = locate(self.collection, path)
            names.update(dict.fromkeys(located.binding.columns if located.part is None else located.part.on.values()))
        for select in self.spec.children:
            if select.name in self.collection.children:
                names.update(dict.fromkeys(child_parent_columns(self.collection.children[select.name])))
        return list(names)

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
        conditions = self._conditions(rows)
        from_, more = key_join(rows, self.spec)
        query = sa.select(sa.func.count()).select_from(rows.joined(from_)).where(*conditions, *more)
        return query.scalar_subquery()

    def _with_facts(self, query: sa.Select[Any], width: int) -> tuple[sa.Select[Any], int, int, int, int]:
        """The rows beside one row of facts, which is there even when no row is."""
        facts: list[Element] = []
        if self.spec.count:
            facts.append(self._count().label("total"))
        if self._as_of_column() is not None:
            facts.append(self._as_of().label("as_of"))
        one = sa.select(*facts).subquery("facts")
        labelled = [element.label(f"c{i}") for i, element in enumerate(self.selected.elements)]
        rows = query.with_only_columns(*labelled, sa.literal_column("1").label("present")).subquery("answer")
        whole = sa.select(*(rows.c[f"c{i}"] for i in range(width)), rows.c.present, *one.c)
        whole = whole.select_from(one.outerjoin(rows, sa.true()))  # a loop over one row: the order stays
        total = width + 1 if self.spec.count else -1
        as_of = width + 1 + int(self.spec.count) if self._as_of_column() is not None else -1
        return whole, width, total, as_of, width + 1 + len(facts)


def _of(lateral: Any) -> Callable[[str], Element]:
    return lambda column: lateral.c[column]


def _labelled(page: Any, part: str) -> Callable[[str], Element]:
    return lambda column: outer(page.name, f"{part}.{column}")


def _values(terms: list[Term], branch: Branch) -> list[Element]:
    values: list[Element] = []
    for index, term in enumerate(terms):
        for element, column in zip(term.elements, term.types, strict=True):
            value = null_of(column) if index in branch.fixed else element
            values.append(value.label(f"#{len(values)}"))
    return values


def _directions(terms: list[Term], fixed: frozenset[int] = frozenset()) -> list[Any]:
    return [
        element.desc() if term.descending else element.asc()
        for index, term in enumerate(terms)
        if index not in fixed
        for element in term.elements
    ]


def _without(predicate: Predicate, term: Compare) -> Predicate | None:
    """``predicate`` without one of its top-level terms."""
    if predicate is term:
        return None
    if isinstance(predicate, AllOf):
        kept = tuple(rest for rest in (_without(inner, term) for inner in predicate.terms) if rest is not None)
        return AllOf(kept) if kept else None
    return predicate


__all__ = ["Layout", "Translation", "translate"]
