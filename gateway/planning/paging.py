"""A connection as selected: its parts, and the columns by which its rows are ordered."""

from __future__ import annotations

from typing import Protocol

from graphql import GraphQLSchema

from adapters.contract import TYPE_KEYS
from gateway.planning.calls import name_of
from gateway.planning.catalog import Catalog
from gateway.planning.plan import Page, PagePart
from gateway.planning.rights import Rights
from gateway.planning.selection import Selected, Selection
from gateway.planning.shapes import Needs, Shape
from gateway.planning.sites import Site
from resolvers.filters import ORDERS

_CURSORS = frozenset({"startCursor", "endCursor"})


class Shaping(Protocol):
    """What connections and links need of the compiler."""

    schema: GraphQLSchema
    catalog: Catalog
    rights: Rights

    def shape(self, selection: Selection, type_name: str, site: Site) -> Shape: ...


def page(shaping: Shaping, item: Selected, at: tuple[str, ...], *, merged: bool = True) -> Page:
    """Rows that are ``merged`` in the gateway, or have cursors, carry the values that they are ordered by."""
    needs = Needs()
    made = Page(item, [], needs)
    node_type = item.type_name.removesuffix("Connection")
    made.parts += [_part(shaping, part, node_type, (*at, part.key), made) for part in item.only()]
    orders = ORDERS.get(node_type)
    default = [path for path, _ in orders.default] if orders is not None else []
    asked = _orders_asked(item)
    if asked is None:
        paths = [*orders.fields.values(), *default] if orders is not None else []
    else:
        paths = [orders.fields[name] for name in asked] if orders is not None and asked else default
    paths = [path for path in paths if shaping.rights.orders(shaping.schema, node_type, path)]
    made.default = tuple(term for term in (orders.default if orders else ()) if term[0] in paths)
    if merged or made.wants_cursors:
        for path in (*TYPE_KEYS.get(node_type, ()), *paths):
            if any(owner.spec.supplies(path) for owner in shaping.catalog.owners(node_type)):
                needs.column(path)
    return made


def _part(shaping: Shaping, item: Selected, node_type: str, at: tuple[str, ...], made: Page) -> PagePart:
    part = PagePart(item.key, item.name, selection=item.only())
    if item.name in ("nodes", "node"):
        part.shape = shaping.shape(item.only(), node_type, Site(made.needs, at))
        part.selection = ()
    elif item.name == "edges":
        part.below = [_part(shaping, below, node_type, (*at, below.key), made) for below in item.only()]
    elif item.name == "totalCount":
        made.wants_total = True
    elif item.name == "score":
        made.needs.column("@score")
    elif item.name == "cursor" or not _CURSORS.isdisjoint(below.name for below in item.only()):
        made.wants_cursors = True
    return part


def _orders_asked(item: Selected) -> list[str] | None:
    """The order fields that a connection's arguments name; none: the default; ``None``: a variable will tell."""
    if item.arguments is None:
        return []
    if item.arguments.varies("orderBy"):
        return None
    return [name_of(term["field"]) for term in item.arguments.constant.get("orderBy") or ()]
