"""Operations that differ in the record they ask for alone: whether requests of a plan may be answered by one run.

They may where every field of an answer, and every agency's report, is found again from the rows of its own record. That
is so of what agencies hold, and of links by key; not of what is reckoned from several agencies, nor of pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.planning.plan import Alike, Fetch, Plan
from gateway.planning.selection import Selected
from gateway.planning.shapes import (
    ChildrenField,
    ChoiceField,
    ColumnField,
    ConstField,
    IdField,
    LinkField,
    MetaField,
    ObjectField,
    Shape,
    ShapeField,
)

MOST_WAIT_S = 0.025
"""An agency that is worth a longer wait is not worth it to those of the requests that do not need it."""

OF_THE_ROW = (ColumnField, ConstField, ChoiceField, IdField)
META_OF_THE_ROW = ("agency", "provenance", "dataFlags", "issuer")


def alike(plan: Plan) -> Alike | None:
    """``None``: each request of the plan is run by itself."""
    if len(plan.roots) != 1 or plan.introspection:
        return None
    (root,) = plan.roots
    if root.special or root.page is not None or root.shape is None or root.selected is None:
        return None
    if root.withheld_of or root.cells is not None or "version" in root.shape.needs.columns:
        return None
    waits = [wait for fetch in plan.fetches for wait in _waits(fetch)]
    if None in waits or not _by_row(root.shape):
        return None
    wait = min(MOST_WAIT_S, *(wait for wait in waits if wait is not None))
    return Alike(tuple(sorted(_used_below(root.selected))), wait)


def _waits(fetch: Fetch) -> Iterator[float | None]:
    """Of each owner of a fetch how long its lookups wait for others. What is kept of an agency's answers differs in
    age from record to record, and so may what the answers themselves say of it."""
    if fetch.inner or fetch.shared or fetch.groups or not fetch.owners:
        yield None
    for owner in fetch.owners:
        told = owner.spec.as_of
        apart = owner.spec.cache_seconds or (told is not None and not told.table)
        yield None if apart else owner.source.capabilities.wait_s


def _by_row(shape: Shape) -> bool:
    return all(map(_is_by_row, shape.fields))


def _is_by_row(item: ShapeField) -> bool:
    if item.withheld_of or item.cells is not None:
        return False
    match item:
        case ObjectField(shape=Shape() as shape) | ChildrenField(shape=Shape() as shape):
            return _by_row(shape)
        case LinkField(kind="one" | "list" | "value", page=None, many=False, own_agency=False, inner=False):
            return all(map(_by_row, item.shapes()))
        case MetaField(kind=kind):
            return kind in META_OF_THE_ROW
    return isinstance(item, OF_THE_ROW)


def _used_below(item: Selected) -> set[str]:
    """The variables of what is selected below a field."""
    found: set[str] = set()
    for selection in item.select.values():
        for one in selection:
            found |= _used_below(one)
            if one.arguments is not None:
                found |= one.arguments.variables
    return found
