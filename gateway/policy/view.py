"""What one set of grants may see: a schema, actions, row rules, and nothing of who asks.

A view is shared by every principal with the same grants, so it holds no claim *values*: row predicates name them as
``Param("claims.ports")``, and moments as ``Param("now-5y")``; both are bound per request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from graphql import GraphQLSchema

from adapters.contract import Predicate

VIEW_BYTES, FIELD_BYTES, LEAST_BYTES = 10_000, 1_400, 64_000
"""What a view was measured to weigh in the process: itself, and per field of its schema with its verdict. None counts
as less than ``LEAST_BYTES``, so that the bound in bytes is one in number too."""


@dataclass(frozen=True, slots=True)
class FieldAccess:
    """One coordinate of the view: ``Shipment.ccn``, ``SHOW``, its row rule as text, the grant that decided it, and
    where a file says so (for operators only)."""

    coordinate: str
    action: str
    rows: str | None
    rule: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Roles of one view that see the same rows; ``grants`` names them. ``rows``: granted type → its rule, ``None``
    without one of its own; ``whole``: the group has no row rule anywhere, so that such a type is all there. ``nodes``:
    types that an id may read. ``roots``: root fields it grants."""

    rows: Mapping[str, Predicate | None]
    whole: bool
    roots: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    grants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreementInForce:
    """The agreement that a view is under, as ``viewer.agreement`` tells it, with what is enforced per request."""

    id: str
    title: str
    parties: tuple[str, ...]
    purposes: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    caveat: str | None = None
    citation: str | None = None
    quota: int | None = None
    quota_days: int = 1
    retention_days: int | None = None
    onward: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """``schema`` lacks whatever is not granted. ``rows``: type name → predicate in harmonised paths, which may follow
    links (``declarations.items.hs``); an absent type has all its rows. ``params``: the names the predicates use.

    ``actions``: coordinate → ``PARTIAL``, ``PRESENCE`` or ``WITHHOLD`` on every row; others are shown. ``groups`` is
    empty when all grants see the same rows. Otherwise a row carries the groups that grant it (bit ``i``: group ``i``),
    and ``cells`` has, for each coordinate whose action differs between them, the action per group (``HIDE`` where the
    group lacks it). ``withheld_of``: coordinate → the agencies that withhold it on their own rows."""

    fingerprint: str
    schema: GraphQLSchema
    rows: Mapping[str, Predicate] = field(default_factory=dict)
    params: tuple[str, ...] = ()
    explain: bool = False
    access: tuple[FieldAccess, ...] = ()
    actions: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    agreement: AgreementInForce | None = None
    caveats: tuple[str, ...] = ()
    withheld_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Bytes of memory, as estimated."""
        fields = sum(len(getattr(named, "fields", ())) for named in self.schema.type_map.values())
        return max(LEAST_BYTES, VIEW_BYTES + FIELD_BYTES * fields)

    def rooted(self, name: str) -> int:
        """The groups, as bits, that grant a root field."""
        return sum(1 << index for index, group in enumerate(self.groups) if name in group.roots)

    def identified(self, type_name: str) -> int:
        """The groups, as bits, under which an id reads a type."""
        return sum(1 << index for index, group in enumerate(self.groups) if type_name in group.nodes)

    def is_clear(self, coordinate: str) -> bool:
        """Whether the field is shown as it is on every row: only then may it be filtered, ordered or searched by."""
        return not any(coordinate in dim for dim in (self.actions, self.cells, self.withheld_of))
