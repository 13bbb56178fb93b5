"""A plan: fetches, and the shapes that turn rows into response objects. Frozen once compiled; no request in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql.execution.values import VariableValues

from adapters.contract import Predicate
from gateway.planning.catalog import Owner
from gateway.planning.rights import GroupRules
from gateway.planning.selection import Selected
from gateway.planning.shapes import LinkField, Needs, Shape, ShapeField


@dataclass(frozen=True, slots=True)
class PersonFetches:
    """How persons are read: records by exact document, records by key, documents by the key of a record. ``rule``:
    who may be seen, decided on what was read."""

    records: Fetch
    by_key: Fetch
    documents: Fetch
    rule: Predicate | None = None


@dataclass(slots=True)
class RootField(ShapeField):
    """A root field: a lookup, a listing, or a runner of its own (``special``)."""

    selected: Selected | None = None
    fetch: Fetch | None = None
    shape: Shape | None = None
    page: Page | None = None
    arguments: tuple[tuple[str, str], ...] = ()
    agency: str = ""
    special: str = ""
    inner: Shape | None = None
    rule: Predicate | None = None
    shapes: dict[str, Shape] = field(default_factory=dict)
    fetches: dict[str, Fetch] = field(default_factory=dict)

    def record(self, variables: VariableValues | None) -> tuple[tuple[Any, ...], str | None]:
        """The key that a lookup asks for, and the only agency to ask, if it says so. Raises ``ClientError``."""
        assert self.selected is not None
        arguments = self.selected.values(variables)
        return tuple([arguments[name] for _, name in self.arguments]), arguments[self.agency] if self.agency else None

    def fetched(self) -> list[Shape]:
        """The shapes over the rows of ``fetch``."""
        own = [self.shape] if self.shape is not None else []
        return [*own, *(self.page.node_shapes() if self.page is not None else ())]


@dataclass(slots=True)
class Page:
    """A connection: what is selected of it. ``parts`` are (key, part name, payload): node shapes, edge parts, …"""

    selected: Selected
    parts: list[PagePart]
    needs: Needs
    wants_total: bool = False
    wants_cursors: bool = False
    default: tuple[tuple[str, bool], ...] = ()

    def node_shapes(self) -> list[Shape]:
        shapes = []
        for part in self.parts:
            if part.shape is not None:
                shapes.append(part.shape)
            shapes += [below.shape for below in part.below if below.shape is not None]
        return shapes


@dataclass(slots=True)
class PagePart:
    key: str
    name: str
    shape: Shape | None = None
    below: list[PagePart] = field(default_factory=list)
    selection: tuple[Selected, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A semi-join: rows stay whose ``local`` columns are the key of a row that ``fetch`` brings. ``absent``: the key to
    ask for when no row has one."""

    local: tuple[int, ...]
    fetch: Fetch
    absent: tuple[Any, ...]


@dataclass(slots=True)
class Fetch:
    """Rows of one type from each of its owners that can be asked this way. ``predicates`` and ``checks``: per owner,
    from policy; ``groups`` instead, where grants see different rows. ``shared``: several links follow it, and the first
    of them asks. ``joins``: links from its rows whose fetches may go with it, if the source can. ``placing``: columns
    that only tell which key a row is of."""

    coordinate: str
    target: str
    needs: Needs
    owners: tuple[Owner, ...]
    keys: tuple[str, ...] = ()
    predicates: Mapping[str, Predicate | None] = field(default_factory=dict)
    checks: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    order: tuple[tuple[str, bool], ...] = ()
    at: tuple[str, ...] = ()
    inner: bool = False
    groups: Mapping[str, GroupRules] = field(default_factory=dict)
    calls: dict[Any, Any] = field(default_factory=dict)
    lookups: dict[tuple[str, ...], Fetch] = field(default_factory=dict)
    shared: bool = False
    joins: list[LinkField] = field(default_factory=list)
    placing: frozenset[str] = frozenset()

    def keyed(self, keys: tuple[str, ...]) -> Fetch:
        """The same fetch, asked by keys instead: same rows, same predicates."""
        found = self.lookups.get(keys)
        if found is None:
            found = Fetch(
                self.coordinate,
                self.target,
                self.needs,
                self.owners,
                keys,
                self.predicates,
                self.checks,
                (),
                self.at,
                self.inner,
                self.groups,
            )
            self.lookups[keys] = found
        return found


@dataclass(frozen=True, slots=True)
class Alike:
    """Requests of one plan that may be answered by one run: those that are equal in these ``variables``. A request may
    wait for others for ``wait_s`` seconds."""

    variables: tuple[str, ...]
    wait_s: float


@dataclass(slots=True)
class Plan:
    """``introspection``: the root selects ``__schema`` or ``__type``, answered by graphql-core beside the data.
    ``alike``: which requests may be answered by one run; ``None``: each is run by itself."""

    operation_type: str
    operation_name: str | None
    roots: list[RootField]
    typenames: list[str] = field(default_factory=list)
    introspection: list[Selected] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    masked: dict[str, str] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    alike: Alike | None = None

    def page_of(self, fetch: Fetch) -> Page | None:
        """The connection that pages a fetch."""
        for root in self.roots:
            if root.fetch is fetch:
                return root.page
            for link in (link for shape in (*root.fetched(), *root.shapes.values()) for link in shape.links()):
                if link.fetch is fetch:
                    return link.page
        return None
