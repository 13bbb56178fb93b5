"""Links whose rows may come with those that lead to them, in one read: lists of an object's own, in its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.contract import TYPE_KEYS
from gateway.planning.plan import Fetch, Plan
from gateway.planning.shapes import LinkField, ObjectField, Shape


def note_joins(plan: Plan) -> None:
    """Fills ``Fetch.joins``. Whether a source can join them is found out when it is asked."""
    for root in plan.roots:
        if root.fetch is not None and not root.special:
            _note(root.fetch, root.fetched())
        for name, fetch in root.fetches.items():
            _note(fetch, [root.shapes[name]])


def _note(fetch: Fetch, shapes: Sequence[Shape]) -> None:
    for item in (item for shape in shapes for item in _links(shape)):
        if item.fetch is None:
            continue
        if _goes_with(fetch, item, item.fetch):
            fetch.joins.append(item)
        if item.page is None:  # pages are per key, which nothing is joined with
            _note(item.fetch, item.shapes())


def _links(shape: Shape) -> Iterator[LinkField]:
    """The links of the rows themselves, not of lists inside them."""
    for item in shape.beyond:
        if isinstance(item, LinkField):
            yield item
        elif isinstance(item, ObjectField) and item.shape is not None and item.shape.needs is shape.needs:
            yield from _links(item.shape)


def _goes_with(fetch: Fetch, item: LinkField, below: Fetch) -> bool:
    """Of each row its own: by the key of its type, so that none is read twice. All that a row rule may ask is in the
    statement. A computed field reads by itself, and so does whatever grants or agencies show in part."""
    if item.kind not in ("one", "list") or item.page is not None or item.many or item.agency is not None:
        return False
    if item.held or item.again or item.inner or item.own_agency or item.withheld_of or item.follows is not None:
        return False
    if fetch.inner or fetch.groups or below.shared or below.groups or below.checks:
        return False
    if len(fetch.owners) != 1 or len(below.owners) != 1 or local_paths(fetch, item) != TYPE_KEYS[fetch.target]:
        return False
    (ours,), (theirs,) = fetch.owners, below.owners
    alike = (ours.spec.as_of, ours.spec.freshness) == (theirs.spec.as_of, theirs.spec.freshness)
    return alike and ours.source is theirs.source


def local_paths(fetch: Fetch, item: LinkField) -> tuple[str, ...]:
    """The paths of a link's own key columns, in rows of ``fetch``."""
    of_index = {index: path for path, index in fetch.needs.columns.items()}
    return tuple(of_index[index] for index in item.local)
