"""A plan as text: what is asked of whom, in which order, and what is read off the rows. Never a value.

Where grants see different rows, the text opens with the rows of each, and says of a field on whose rows it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapters.contract import Predicate
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch, Plan, RootField
from gateway.planning.shapes import (
    ChildrenField,
    ColumnField,
    ComputedField,
    EnclosingField,
    LinkField,
    MetaField,
    ObjectField,
    Shape,
    ShapeField,
)
from gateway.policy.predicates import text_of
from gateway.policy.view import Group

Explain = Callable[[Fetch, Owner, bool], str]
"""The statement of one fetch at one owner; the last argument says whether it is paged."""


def render(plan: Plan, groups: Sequence[Group], explain: Explain) -> str:
    """One block per fetch, indented by level; statements as the sources say them."""
    text = _Text([", ".join(group.grants) for group in groups], explain)
    name = f" {plan.operation_name}" if plan.operation_name else ""
    lines = [f"{plan.operation_type}{name}"]
    types = sorted({fetch.target for fetch in plan.fetches if not fetch.inner} | ({"Person"} & _types(plan)))
    for group, grants in zip(groups, text.groups, strict=True):
        lines += [f"  rows of {grants}", *(f"    {name}: {_rows(group, name)}" for name in types)]
    for root in plan.roots:
        lines += [f"  {line}" for line in text.root(root)]
    lines += [f"  {item.key}: introspection" for item in plan.introspection]
    return "\n".join(lines) + "\n"


def _types(plan: Plan) -> set[str]:
    shapes = [shape for root in plan.roots for shape in _shapes(root)]
    return {shape.type_name for top in shapes for shape in (top, *(s for link in top.links() for s in link.shapes()))}


def _rows(group: Group, type_name: str) -> str:
    if type_name not in group.rows:
        return "none"
    rule = group.rows[type_name]
    if rule is not None:
        return text_of(rule)
    return "all" if group.whole else "those that its other rows lead to"


def _shapes(root: RootField) -> list[Shape]:
    return [*root.shapes.values(), *([root.inner] if root.inner is not None else ()), *root.fetched()]


@dataclass(frozen=True, slots=True)
class _Text:
    """``groups``: the names of the grants of each."""

    groups: Sequence[str]
    explain: Explain

    def root(self, root: RootField) -> Iterator[str]:
        how = "runs " + root.special if root.special else "pages" if root.page is not None else "looks up"
        yield f"{root.key}: {root.coordinate} {how}"
        if root.fetch is not None:
            yield from self._fetch(root.fetch, root.page is not None and not root.special)
        for fetch in root.fetches.values():
            yield from self._fetch(fetch, False)
        yield from _persons(root.rule)
        for shape in _shapes(root):
            yield from _indented(self._shape(shape))

    def _fetch(self, fetch: Fetch, paged: bool) -> Iterator[str]:
        by = f" by ({', '.join(fetch.keys)})" if fetch.keys else ""
        for owner in fetch.owners:
            yield f"  fetch {fetch.target}{by} from {owner.id}"
            yield from (f"    | {line}" for line in self.explain(fetch, owner, paged).splitlines())
            for check in fetch.checks.get(owner.id, ()):
                yield "    shows the rows that this finds"
                yield from _indented(self._fetch(check.fetch, False), 4)
            for bit, _, checks in fetch.groups[owner.id].crossing if fetch.groups else ():
                for check in checks:
                    yield f"    is of {self._of(bit)} where this finds it"
                    yield from _indented(self._fetch(check.fetch, False), 4)

    def _shape(self, shape: Shape) -> Iterator[str]:
        if shape.person is not None:
            for fetch in (shape.person.by_key, shape.person.records, shape.person.documents):
                yield from self._fetch(fetch, False)
            yield from _persons(shape.person.rule)
        for item in shape.fields:
            yield from self._dim(item)
            if isinstance(item, LinkField):
                yield from self._link(item)
            elif isinstance(item, ComputedField):
                yield f"{item.key}: {item.coordinate} computed from"
                for below in (item.inner, item.shape):
                    if below is not None:
                        yield from _indented(self._shape(below))
            elif isinstance(item, ObjectField | ChildrenField | EnclosingField | MetaField) and item.shape is not None:
                yield from self._shape(item.shape)

    def _dim(self, item: ShapeField) -> Iterator[str]:
        """On whose rows a field shows, and how, where that is not all of them as they are."""
        said = []
        if item.cells is not None:
            how = {"shows": item.cells.show, "PARTIAL": item.cells.partial, "PRESENCE": item.cells.presence}
            said = [f"{level} on rows of {self._of(bits)}" for level, bits in how.items() if self._of(bits)]
            said = said or ["null on every row"]
        elif isinstance(item, ColumnField) and item.mask is not None:
            said = [item.mask.level]
        if item.withheld_of:
            said.append(f"null on rows from {', '.join(sorted(item.withheld_of))}")
        if said:
            yield f"{item.key}: {item.coordinate} {'; '.join(said)}"

    def _link(self, item: LinkField) -> Iterator[str]:
        if item.held:
            yield f"{item.key}: {item.coordinate} is answered by the linking row's own key"
            return
        yield f"{item.key}: {item.coordinate} links to {item.kind}"
        for step in item.steps:
            if step.fetch is not None:
                yield from self._fetch(step.fetch, False)
        if item.fetch is not None and item.again:
            yield f"  shares the fetch of {item.fetch.target} above"
        elif item.fetch is not None:
            yield from self._fetch(item.fetch, item.page is not None and item.kind != "via")
        for shape in item.shapes():
            yield from _indented(self._shape(shape))

    def _of(self, bits: int) -> str:
        return " and ".join(name for index, name in enumerate(self.groups) if bits & (1 << index))


def _persons(rule: Predicate | None) -> Iterable[str]:
    return [] if rule is None else [f"  persons: {text_of(rule)}"]


def _indented(lines: Iterable[str], by: int = 2) -> Iterator[str]:
    return (" " * by + line for line in lines)
