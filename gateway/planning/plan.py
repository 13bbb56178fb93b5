"""A plan: fetches, and the shapes that turn their rows into response objects. Frozen once compiled; no request in it.

A *shape* is a selection over rows of one type. Its fields read columns of the rows by index; ``Needs`` collects, while
a selection is compiled, which columns and child lists the fetch below must bring, and which of them the caller sees
(``shown``); ``spared`` are the agencies that withhold one of them, where nothing else needs it. ``made`` rows are the
gateway's own, not an agency's. Paths that begin with ``@`` are made by the gateway (a match score) and asked of no
source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import ChildSelect, Predicate
from gateway.planning.catalog import Owner
from gateway.planning.rights import Cells, GroupRules, Mask
from gateway.planning.selection import Selected


class Needs:
    """Columns and child lists that rows of one type must carry, in order of first use."""

    def __init__(self, parent: Needs | None = None, *, made: bool = False) -> None:
        self.columns: dict[str, int] = {}
        self.children: dict[str, Needs] = {}
        self.parent = parent
        self.made = made
        self.shown: set[str] = set()
        self.spared: dict[str, frozenset[str]] = {}

    def column(self, path: str, spared: frozenset[str] = frozenset()) -> int:
        self.spared[path] = self.spared.get(path, spared) & spared
        return self.columns.setdefault(path, len(self.columns))

    def child(self, name: str, spared: frozenset[str] = frozenset()) -> Needs:
        self.spared[name] = self.spared.get(name, spared) & spared
        return self.children.setdefault(name, Needs(self, made=self.made))

    def select(self) -> tuple[ChildSelect, ...]:
        return tuple(ChildSelect(name, tuple(below.columns), below.select()) for name, below in self.children.items())


@dataclass(slots=True)
class Shape:
    """``fields`` over rows with ``needs``. ``at``: the response keys that lead here. Of its fields: ``celled``: one
    shows on some rows only; ``beyond``: those for which the rows' own columns are not enough; ``flagged``:
    ``dataFlags`` is one, here or in objects and lists inside the rows. ``fixed`` are the keys with the same value in
    every object; ``open`` the other fields, and ``places`` the columns that they are, ``-1`` for what must be made."""

    type_name: str
    needs: Needs
    at: tuple[str, ...]
    fields: list[ShapeField] = field(default_factory=list)
    person: PersonFetches | None = None
    celled: bool = False
    beyond: tuple[ShapeField, ...] = ()
    flagged: bool = False
    keys: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str | None], ...] = ()
    open: tuple[ShapeField, ...] = ()
    places: tuple[int, ...] = ()

    def settle(self) -> None:
        """Once ``fields`` are complete."""
        self.keys = tuple(item.key for item in self.fields)
        self.fixed = tuple((item.key, item.value) for item in self.fields if isinstance(item, ConstField))
        self.open = tuple(item for item in self.fields if not isinstance(item, ConstField))
        self.places = tuple(item.index if isinstance(item, ColumnField) and item.plain else -1 for item in self.open)
        self.celled = any(item.cells is not None or item.withheld_of for item in self.fields)
        inside = [item.shape for item in self.fields if isinstance(item, ObjectField | ChildrenField) and item.shape]
        self.flagged = any(shape.flagged for shape in inside) or any(
            isinstance(item, MetaField) and item.kind == "dataFlags" for item in self.fields
        )
        self.beyond = tuple(
            item
            for item in self.fields
            if isinstance(item, LinkField | ComputedField | ChildrenField | EnclosingField | MetaField)
            or (isinstance(item, ObjectField) and item.shape is not None and item.shape.beyond)
        )

    def links(self) -> list[LinkField]:
        """Every link at or below this shape that runs as a fetch of its own, those inside linked rows included."""
        found: list[LinkField] = []
        for item in self.fields:
            if isinstance(item, LinkField):
                found.append(item)
                found += [link for shape in item.shapes() for link in shape.links()]
            elif isinstance(item, ObjectField | ChildrenField) and item.shape is not None:
                found += item.shape.links()
        return found


@dataclass(frozen=True, slots=True)
class PersonFetches:
    """How persons are read: records by exact document, records by key, documents by the key of a record. ``rule``:
    who may be seen, decided on what was read."""

    records: Fetch
    by_key: Fetch
    documents: Fetch
    rule: Predicate | None = None


@dataclass(slots=True)
class ShapeField:
    """``cells``: what groups show of it, where they differ; ``withheld_of``: agencies on whose rows it is null."""

    key: str
    coordinate: str
    nullable: bool = True
    cells: Cells | None = None
    withheld_of: frozenset[str] = frozenset()


@dataclass(slots=True)
class ColumnField(ShapeField):
    index: int = 0
    list: bool = False
    mask: Mask | None = None

    @property
    def plain(self) -> bool:
        return not self.list and self.mask is None


@dataclass(slots=True)
class ConstField(ShapeField):
    value: Any = None


@dataclass(slots=True)
class ChoiceField(ShapeField):
    """A value picked by an argument: ``name(language:)``."""

    selected: Selected | None = None
    argument: str = ""
    choices: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class IdField(ShapeField):
    index: int = 0


@dataclass(slots=True)
class ObjectField(ShapeField):
    """An object over the same rows; null where every ``presence`` column is null."""

    shape: Shape | None = None
    presence: tuple[int, ...] = ()


@dataclass(slots=True)
class ChildrenField(ShapeField):
    name: str = ""
    shape: Shape | None = None
    item_nullable: bool = False


@dataclass(slots=True)
class MetaField(ShapeField):
    """``agency``, ``provenance``, ``issuer``, ``dataFlags`` or ``completeness``; ``selection`` picks its keys.
    ``links``: the fetches whose reports a ``completeness`` shows."""

    kind: str = ""
    selection: tuple[Selected, ...] = ()
    shape: Shape | None = None
    links: tuple[LinkField, ...] = ()


@dataclass(slots=True)
class EnclosingField(ShapeField):
    """The row that holds this child, by a shape over that row's own columns."""

    shape: Shape | None = None


@dataclass(slots=True)
class ComputedField(ShapeField):
    inner: Shape | None = None
    function: Callable[[Sequence[Any], Mapping[str, Any]], list[Any]] | None = None
    shape: Shape | None = None


@dataclass(slots=True)
class LinkField(ShapeField):
    """Rows of another type. ``local`` are our key columns, in the order of ``fetch.keys``; with ``many`` each holds a
    list a row. ``agency`` is our column with the owner to ask, ``own_agency`` the owner of our own row. ``held``: the
    keys themselves answer what is selected. ``steps``: alternatives (``any_of``) or types walked through (``via``).
    ``follows``: the groups that grant the link, where rows are of several. ``inner``: a computed field follows it.
    ``again``: its fetch is that of an earlier link over the same rows. ``unfit``: the rows of a key column, up to so
    many, that do not have the identifier's pattern: they are not followed."""

    fetch: Fetch | None = None
    local: tuple[int, ...] = ()
    many: bool = False
    agency: int | None = None
    own_agency: bool = False
    kind: str = "one"
    held: bool = False
    shape: Shape | None = None
    value: int | None = None
    page: Page | None = None
    item_nullable: bool = False
    steps: tuple[LinkField, ...] = ()
    unfit: Callable[[list[Any], int], list[int] | None] | None = None
    follows: int | None = None
    inner: bool = False
    again: bool = False

    def shapes(self) -> list[Shape]:
        if self.page is not None:
            return self.page.node_shapes()
        return [self.shape] if self.shape is not None else []


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


@dataclass(slots=True)
class Plan:
    """``introspection``: the root selects ``__schema`` or ``__type``, answered by graphql-core beside the data."""

    operation_type: str
    operation_name: str | None
    roots: list[RootField]
    typenames: list[str] = field(default_factory=list)
    introspection: list[Selected] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    masked: dict[str, str] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)

    def page_of(self, fetch: Fetch) -> Page | None:
        """The connection that pages a fetch."""
        for root in self.roots:
            if root.fetch is fetch:
                return root.page
            shapes = [root.shape] if root.shape is not None else []
            shapes += [*root.shapes.values(), *(root.page.node_shapes() if root.page is not None else [])]
            for link in (link for shape in shapes for link in shape.links()):
                if link.fetch is fetch:
                    return link.page
        return None
