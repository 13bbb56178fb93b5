"""What one set of grants may see: a schema, a predicate per type, and nothing of who asks.

A view is shared by every principal with the same grants, so it holds no claim *values*: row predicates name them as
``Param("claims.ports")``, and moments as ``Param("now-5y")``; both are bound per request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from adapters.contract import Predicate


@dataclass(frozen=True, slots=True)
class FieldAccess:
    """One coordinate of the view: ``Shipment.ccn``, ``SHOW``, its row rule as text, and the grant that decided it."""

    coordinate: str
    action: str
    rows: str | None
    rule: str


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """``schema`` lacks whatever is not granted. ``rows``: type name → predicate in harmonised paths, which may follow
    links (``declarations.items.hs``); an absent type has all its rows. ``params``: the names the predicates use."""

    fingerprint: str
    schema: GraphQLSchema
    rows: Mapping[str, Predicate] = field(default_factory=dict)
    params: tuple[str, ...] = ()
    explain: bool = False
    access: tuple[FieldAccess, ...] = ()
