"""A plan as text: what is asked of whom, in which order, and what is read off the rows. Never a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gateway.planning.catalog import Owner
from gateway.planning.plan import (
    ChildrenField,
    ComputedField,
    EnclosingField,
    Fetch,
    LinkField,
    MetaField,
    ObjectField,
    Plan,
    RootField,
    Shape,
)

Explain = Callable[[Fetch, Owner, Any], str]
"""The statement of one fetch at one owner; the last argument is the root or link that pages it, if any."""


def render(plan: Plan, explain: Explain) -> str:
    """One block per fetch, indented by level; statements as the sources say them."""
    name = f" {plan.operation_name}" if plan.operation_name else ""
    lines = [f"{plan.operation_type}{name}"]
    for root in plan.roots:
        lines += [f"  {line}" for line in _root(root, explain)]
    lines += [f"  {item.key}: introspection" for item in plan.introspection]
    return "\n".join(lines) + "\n"


def _root(root: RootField, explain: Explain) -> Iterator[str]:
    how = "runs " + root.special if root.special else "pages" if root.page is not None else "looks up"
    yield f"{root.key}: {root.coordinate} {how}"
    if root.fetch is not None:
        yield from _fetch(root.fetch, explain, root.page is not None and not root.special)
    for fetch in root.fetches.values():
        yield from _fetch(fetch, explain, False)
    for shape in _shapes(root):
        yield from _indented(_shape(shape, explain))


def _shapes(root: RootField) -> list[Shape]:
    shapes = list(root.shapes.values())
    shapes += [shape for shape in (root.inner, root.shape) if shape is not None]
    return shapes + (root.page.node_shapes() if root.page is not None else [])


def _fetch(fetch: Fetch, explain: Explain, paged: bool) -> Iterator[str]:
    by = f" by ({', '.join(fetch.keys)})" if fetch.keys else ""
    for owner in fetch.owners:
        yield f"  fetch {fetch.target}{by} from {owner.id}"
        yield from (f"    | {line}" for line in explain(fetch, owner, paged).splitlines())


def _shape(shape: Shape, explain: Explain) -> Iterator[str]:
    if shape.person is not None:
        for fetch in (shape.person.by_key, shape.person.records, shape.person.documents):
            yield from _fetch(fetch, explain, False)
    for item in shape.fields:
        if isinstance(item, LinkField):
            yield from _link(item, explain)
        elif isinstance(item, ComputedField):
            yield f"{item.key}: {item.coordinate} computed from"
            if item.inner is not None:
                yield from _indented(_shape(item.inner, explain))
            if item.shape is not None:
                yield from _indented(_shape(item.shape, explain))
        elif isinstance(item, ObjectField | ChildrenField | EnclosingField | MetaField) and item.shape is not None:
            yield from _shape(item.shape, explain)


def _link(item: LinkField, explain: Explain) -> Iterator[str]:
    if item.held:
        yield f"{item.key}: {item.coordinate} is answered by the linking row's own key"
        return
    yield f"{item.key}: {item.coordinate} links to {item.kind}"
    for step in item.steps:
        if step.fetch is not None:
            yield from _fetch(step.fetch, explain, False)
    if item.fetch is not None and item.again:
        yield f"  shares the fetch of {item.fetch.target} above"
    elif item.fetch is not None:
        yield from _fetch(item.fetch, explain, item.page is not None and item.kind != "via")
    for shape in item.shapes():
        yield from _indented(_shape(shape, explain))


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
