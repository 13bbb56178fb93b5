"""Shapes: selections over rows of one type, and what the rows must carry for them.

Fields of a shape read columns of the rows by index; ``Needs`` collects, while a selection is compiled, which columns
and child lists the fetch below must bring, and which of them the caller sees (``shown``); ``spared`` are the agencies
that withhold one of them, where nothing else needs it. ``made`` rows are the gateway's own, not an agency's. Paths that
begin with ``@`` are made by the gateway (a match score) and asked of no source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.contract import ChildSelect
from gateway.planning.literals import Zipping, zipping
from gateway.planning.records import Recording, recording
from gateway.planning.rights import Cells, Mask
from gateway.planning.selection import Selected

if TYPE_CHECKING:
    from gateway.planning.plan import Fetch, Page, PersonFetches


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
    ``dataFlags`` is one, here or in objects and lists inside the rows. ``open``: those that are not the same in every
    object, ``places`` the columns that they are, ``-1`` for what must be made, and ``required`` the places among them
    of those that may not be null. ``objects`` makes objects of their columns; there is none without fields."""

    type_name: str
    needs: Needs
    at: tuple[str, ...]
    fields: list[ShapeField] = field(default_factory=list)
    person: PersonFetches | None = None
    celled: bool = False
    beyond: tuple[ShapeField, ...] = ()
    flagged: bool = False
    objects: Zipping | Recording | None = None
    open: tuple[ShapeField, ...] = ()
    places: tuple[int, ...] = ()
    required: tuple[int, ...] = ()

    def settle(self, *, inner: bool) -> None:
        """Once ``fields`` are complete. ``inner``: for a computed field, which reads dicts."""
        fixed = tuple((item.key, item.value) for item in self.fields if isinstance(item, ConstField))
        keys = tuple(item.key for item in self.fields)
        self.objects = (zipping if inner else recording)(keys, fixed) if keys else None
        self.open = tuple(item for item in self.fields if not isinstance(item, ConstField))
        self.places = tuple(item.index if isinstance(item, ColumnField) and item.plain else -1 for item in self.open)
        self.required = tuple(place for place, item in enumerate(self.open) if not item.nullable)
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
    ``again``: its fetch is that of an earlier link over the same rows. ``unfit``: the rows of a key column that do
    not have the identifier's pattern: they are not followed."""

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
    unfit: Callable[[list[Any]], Iterator[int]] | None = None
    follows: int | None = None
    inner: bool = False
    again: bool = False

    @property
    def routed(self) -> bool:
        """Whether each row says which agency to ask."""
        return self.own_agency or self.agency is not None

    def shapes(self) -> list[Shape]:
        if self.page is not None:
            return self.page.node_shapes()
        return [self.shape] if self.shape is not None else []
