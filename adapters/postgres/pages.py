"""Which rows a fetch answers with: conditions, order, cursor, and pages by key or by listed value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from adapters.contract import AllOf, CollectionSpec, Compare, FetchSpec, Predicate
from adapters.postgres.keys import Keys, key_join, key_rows, listed
from adapters.postgres.order import Branch, Term, after_cursor, first_page, order_term
from adapters.postgres.predicates import condition
from adapters.postgres.scope import Context, Rows, handed_on
from adapters.postgres.statement import Element, outer


@dataclass(slots=True)
class Page:
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
    marks: list[Element] = field(default_factory=list)


class Pages:
    def __init__(self, context: Context, spec: FetchSpec, collection: CollectionSpec) -> None:
        self.context = context
        self.spec = spec
        self.collection = collection

    def page(self) -> Page:
        spec = self.spec
        rows = Rows(self.context, self.collection)
        if spec.keys and spec.per_key and (spec.limit or spec.count):
            return self._per_key(rows, key_rows(rows, spec))
        if spec.limit and not spec.keys:
            chosen = listed(rows, [spec.predicate, spec.filter])
            if chosen is not None:
                return self._merged(rows, *chosen)
        return self._plain(rows)

    def conditions(self, rows: Rows, without: Compare | None = None) -> list[Element]:
        found = rows.restrictions()
        for predicate in (self.spec.predicate, self.spec.filter):
            remaining = _without(predicate, without) if predicate is not None and without is not None else predicate
            if remaining is not None:
                found.append(condition(rows, remaining))
        return found

    def _marks(self, rows: Rows) -> list[Element]:
        """Whether each of the spec's marks holds of a row. Made before the rows are joined: a mark may need a part."""
        return [condition(rows, mark).is_(sa.true()) for mark in self.spec.marks]

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

    def _plain(self, rows: Rows) -> Page:
        conditions = self.conditions(rows)
        marks = self._marks(rows)
        from_, more = key_join(rows, self.spec)
        conditions += more
        terms, positions = self._terms(rows)
        branches = self._branches(terms, positions)
        if not self.spec.limit and len(branches) == 1:
            return Page(
                rows.joined(from_),
                lambda name: outer(rows.alias, name),
                {name: _of(lateral) for name, lateral in rows.parts.items()},
                _directions(terms, branches[0]),
                [*conditions, *branches[0].conditions],
                marks=marks,
            )
        page = self._paged(rows, rows.joined(from_), conditions, terms, branches, marks).subquery(
            self.context.alias("page")
        )
        return self._over(page, page, rows, terms, len(branches))

    def _merged(self, rows: Rows, term: Compare, keys: Keys) -> Page:
        """One limited page for each value of a listed condition, merged: each branch reads its index in order."""
        conditions = [*self.conditions(rows, without=term), *keys.equal]
        marks = self._marks(rows)
        terms, positions = self._terms(rows)
        branches = self._branches(terms, positions)
        inner = self._paged(rows, rows.joined(), conditions, terms, branches, marks)
        inner = inner.lateral(self.context.alias("page"))
        names = [column.key for column in inner.c]
        merged = sa.select(*(inner.c[name] for name in names)).select_from(keys.from_.join(inner, sa.true()))
        merged = merged.order_by(*self._sorted(inner, terms, len(branches))).limit(self._limit())
        page = merged.subquery(self.context.alias("merged"))
        return self._over(page, page, rows, terms, len(branches))

    def _per_key(self, rows: Rows, keys: Keys) -> Page:
        conditions = [*self.conditions(rows), *keys.equal]
        marks = self._marks(rows)
        terms, positions = self._terms(rows)
        branches = self._branches(terms, positions)
        inner = self._paged(rows, rows.joined(), conditions, terms, branches, marks)
        inner = inner.lateral(self.context.alias("page"))
        from_ = keys.from_
        total: Element | None = None
        if self.spec.count:
            again = Rows(self.context, self.collection)
            same = keys.again(again)
            counted = self.conditions(again)
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
        self,
        rows: Rows,
        from_: Any,
        conditions: list[Element],
        terms: list[Term],
        branches: list[Branch],
        marks: list[Element],
    ) -> Any:
        """The rows of all branches in order, limited. Their order values are ``#0``, ``#1``, …"""
        exported: list[Element] = [rows.from_.c[name] for name in handed_on(self.collection, self.spec)]
        for name, lateral in rows.parts.items():
            exported += [column.label(f"{name}.{column.key}") for column in lateral.c]
        exported += [mark.label(f"#mark{i}") for i, mark in enumerate(marks)]
        exported.append(sa.literal_column("1").label("#present"))
        limited = self.spec.limit
        if not branches:
            return sa.select(*exported, *_values(terms, Branch())).select_from(from_).where(sa.false())
        queries = []
        for number, branch in enumerate(branches):
            which: list[Element] = [sa.literal_column(str(number)).label("#branch")] if len(branches) > 1 else []
            query = sa.select(*exported, *_values(terms, branch), *which).select_from(from_)
            query = query.where(*conditions, *branch.conditions)
            query = query.order_by(*_directions(terms, branch))
            queries.append(query.limit(self._limit()) if limited else query)
        if len(queries) == 1:
            return queries[0]
        parts = [query.subquery(self.context.alias("b")) for query in queries]
        union = sa.union_all(*(sa.select(part) for part in parts)).subquery(self.context.alias("u"))
        if not limited:
            return sa.select(union).order_by(*self._sorted(union, terms, len(branches)))
        # The branches are runs of the order: reading stops at the limit, and what is cut is never even looked for.
        first = sa.select(union).limit(self._limit()).subquery(self.context.alias("f"))
        return sa.select(first).order_by(*self._sorted(first, terms, len(branches)))

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

    def _over(self, from_: Any, page: Any, rows: Rows, terms: list[Term], branches: int) -> Page:
        parts = {name: _labelled(page, name) for name in rows.parts}
        marks = [page.c[f"#mark{i}"] for i in range(len(self.spec.marks))]
        return Page(from_, lambda name: outer(page.name, name), parts, self._sorted(page, terms, branches), marks=marks)


def _of(lateral: Any) -> Callable[[str], Element]:
    return lambda column: lateral.c[column]


def _labelled(page: Any, part: str) -> Callable[[str], Element]:
    return lambda column: outer(page.name, f"{part}.{column}")


def _values(terms: list[Term], branch: Branch) -> list[Element]:
    return [value.label(f"#{i}") for i, (value, _, _, _) in enumerate(branch.sorts(terms))]


def _directions(terms: list[Term], branch: Branch) -> list[Any]:
    return [
        value.desc() if descending else value.asc()
        for value, _, descending, constant in branch.sorts(terms)
        if not constant
    ]


def _without(predicate: Predicate, term: Compare) -> Predicate | None:
    """``predicate`` without one of its top-level terms."""
    if predicate is term:
        return None
    if isinstance(predicate, AllOf):
        kept = tuple(rest for rest in (_without(inner, term) for inner in predicate.terms) if rest is not None)
        return AllOf(kept) if kept else None
    return predicate
