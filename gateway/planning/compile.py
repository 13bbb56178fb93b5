"""Selection → plan. Pure: a binding says what kind of field it is, the catalog who supplies it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from graphql import GraphQLSchema

from adapters.contract import TYPE_KEYS
from gateway.planning import special
from gateway.planning.alike import alike
from gateway.planning.catalog import Catalog
from gateway.planning.fetches import FetchBuilder
from gateway.planning.joining import note_joins
from gateway.planning.links import LinkCompiler
from gateway.planning.paging import page
from gateway.planning.plan import Plan, RootField
from gateway.planning.rights import WITHHOLD, Mask, Rights
from gateway.planning.rows import RowRules
from gateway.planning.selection import TYPENAME, Selected, Selection, inner_selection
from gateway.planning.shapes import (
    ChildrenField,
    ChoiceField,
    ColumnField,
    ComputedField,
    ConstField,
    EnclosingField,
    IdField,
    MetaField,
    Needs,
    ObjectField,
    Shape,
    ShapeField,
)
from gateway.planning.sites import Site
from resolvers.fields import (
    Bound,
    Children,
    Computed,
    Embedded,
    Enclosing,
    Link,
    LinkedValue,
    Listing,
    Lookup,
    Meta,
    Special,
)
from resolvers.rules.cited_permits import PERMIT_NEEDS
from resolvers.rules.required import REQUIRED

PRESENCE: Mapping[str, tuple[str, ...]] = {
    "Money": ("amount",),
    "Quantity": ("value",),
    "Party": ("name", "businessNumber"),
    "Conveyance": ("name", "imo", "flight", "carrierCode"),
    "TravelDocument": ("number",),
}
"""An embedded object is null where all of these are: an amount without its number is no money."""


class Compiler:
    """Compiles selections of one view. ``schema`` is the whole schema (for computed fields' inner selections);
    ``readable`` are the types that may be read by node id; ``rights`` what the view does with each field."""

    def __init__(
        self, schema: GraphQLSchema, catalog: Catalog, rules: RowRules, readable: Container[str], rights: Rights
    ) -> None:
        self.schema = schema
        self.catalog = catalog
        self.readable = readable
        self.rights = rights
        self.masked: dict[str, str] = {}
        self.withheld: dict[str, None] = {}
        self.fetches = FetchBuilder(schema, catalog, rules, rights)
        self.links = LinkCompiler(self, self.fetches)

    # ---- roots ------------------------------------------------------------------------------

    def plan(self, operation_type: str, name: str | None, selection: Selection) -> Plan:
        plan = Plan(operation_type, name, [])
        for item in selection:
            plan.keys.append(item.key)
            if item.name == TYPENAME:
                plan.typenames.append(item.key)
            elif item.type_name == "__Introspection":
                plan.introspection.append(item)
            else:
                plan.roots.append(self._root(item))
        plan.fetches = self.fetches.made
        plan.masked, plan.withheld = self.masked, list(self.withheld)
        note_joins(plan)
        plan.alike = alike(plan)
        return plan

    def _root(self, item: Selected) -> RootField:
        root = RootField(item.key, item.coordinate, item.nullable, selected=item)
        at = (item.key,)
        match item.binding:
            case Lookup(target=target, on=on, agency=agency):
                needs = Needs()
                root.shape = self.shape(item.only(), target, Site(needs, at))
                if target == "Declaration":
                    needs.column("version")  # a 19-digit argument names one
                keys = tuple(path for path, _ in on)
                root.fetch = self.fetches.keyed(item.coordinate, target, needs, at, keys=keys, single=True)
                root.arguments, root.agency = on, agency
            case Listing(target=target):
                root.page = page(self, item, at, merged=len(self.catalog.owners(target)) > 1)
                root.fetch = self.fetches.listing(item.coordinate, target, root.page.needs, at)
            case Special(name=name):
                root.special = name
                self._special(root, item, name, at)
            case other:
                raise TypeError(f"{item.coordinate} cannot be a root field: {other!r}")
        return root

    def _special(self, root: RootField, item: Selected, name: str, at: tuple[str, ...]) -> None:
        """Runners of their own get the shapes of what they may return, and the fetches they ask."""
        if name in ("node", "nodes"):
            for type_name in filter(self.readable.__contains__, item.select):
                self._node(root, item, type_name, at)
        elif name == "people":
            root.page = page(self, item, at)
            root.fetch = special.candidates(self.fetches, root.page, item.coordinate, at)
            root.rule = self.fetches.rules.rows.get("Person")
        elif name == "heldContainers":
            root.page = page(self, item, at)
            root.fetch = special.held_containers(self.fetches, root.page, item.coordinate, at)
        else:
            root.shape = self.shape(item.only(), item.type_name, Site(Needs(made=True), at))
            if name == "verifyPermit":
                needs = Needs()
                selection = inner_selection(self.schema, "Permit", PERMIT_NEEDS)
                root.inner = self.shape(selection, "Permit", Site(needs, at, inner=True))
                root.fetch = self.fetches.keyed(item.coordinate, "Permit", needs, at, keys=("number",), inner=True)

    def _node(self, root: RootField, item: Selected, type_name: str, at: tuple[str, ...]) -> None:
        needs = Needs()
        root.shapes[type_name] = self.shape(item.select[type_name], type_name, Site(needs, at))
        if type_name in TYPE_KEYS:
            keys = TYPE_KEYS[type_name]
            root.fetches[type_name] = self.fetches.keyed(item.coordinate, type_name, needs, at, keys=keys, single=True)

    # ---- shapes -----------------------------------------------------------------------------

    def shape(self, selection: Selection, type_name: str, site: Site) -> Shape:
        shape = Shape(type_name, site.needs, site.at)
        shape.fields = [self._field(item, type_name, site) for item in selection]
        shape.settle(inner=site.inner)
        if type_name == "Person":
            shape.person = special.person_fetches(self.fetches, site)
        links = tuple(shape.links())
        for found in shape.fields:
            if isinstance(found, MetaField) and found.kind == "completeness":
                found.links = links
        return shape

    def _field(self, item: Selected, type_name: str, here: Site) -> ShapeField:
        """A field as the view has it. Nothing below a withheld one is compiled, so nothing is asked for it."""
        where = item.coordinate
        if here.inner or item.name == TYPENAME or self.rights.view.is_clear(where):
            return self._bare(item, type_name, here)
        level, withheld = self.rights.told(where)
        if level is not None:
            self.masked[where] = level
        if withheld:
            self.withheld[where] = None
        action = self.rights.action(where)
        withheld_of = self.rights.withheld_of(where)
        if action == WITHHOLD or (withheld_of and here.needs.made):  # rows that the gateway made are of many agencies
            return ConstField(item.key, where, True)
        made = self._bare(item, type_name, here.sparing(withheld_of))
        made.withheld_of |= withheld_of
        made.cells = self.rights.cells(where, item.type_name, here.granted)
        if level is not None and made.cells is None:
            assert isinstance(made, ColumnField)
            made.mask = Mask(action, item.type_name)
        return made

    def _bare(self, item: Selected, type_name: str, here: Site) -> ShapeField:
        key, where = item.key, item.coordinate
        site = here.under(key)
        if item.name == TYPENAME:
            return ConstField(key, where, False, value=type_name)
        match item.binding:
            case Bound(path=path) | Children(path=path) if item.select and item.is_list:
                return self._children(item, path or item.name, site)
            case Bound(path=path) if item.select:  # an object that the gateway makes: null when it is not there
                return self._embedded(item, path or item.name, site, (site.column(path or item.name),))
            case Bound(path=path) | Children(path=path):
                index = site.column(path or item.name) if self._dim(where) else site.show(path or item.name)
                return ColumnField(key, where, item.nullable, index=index, list=item.is_list)
            case Embedded(path=path):
                inside = site.embedded(path or item.name, site.granted)
                presence = tuple(
                    inside.column(name)
                    for name in PRESENCE.get(item.type_name, ())
                    if site.inner or self.rights.reads(item.type_name, name)
                )
                return self._embedded(item, path or item.name, site, presence)
            case Link() if where == "Person.records":
                site.needs.child("records", site.spared).made = False  # only the person is made here
                return self._children(item, "records", site)
            case Link():
                return self.links.link(item, item.binding, site)
            case LinkedValue():
                return self.links.value(item, item.binding, site)
            case Enclosing():
                assert site.needs.parent is not None
                return EnclosingField(
                    key, where, shape=self.shape(item.only(), item.type_name, site.over(site.needs.parent))
                )
            case Computed(needs=text, function=function):
                return self._computed(item, type_name, site, text, function)
            case Meta(kind=kind):
                return self._meta(item, type_name, site, kind)
            case Special(name="crossing_person"):
                return self.links.person(item, site)
            case other:
                raise TypeError(f"{where} cannot stand below an object: {other!r}")

    def _dim(self, coordinate: str) -> bool:
        """A value that is not shown as it is bears no flag either: it would tell what the mask hides."""
        return not self.rights.view.is_clear(coordinate)

    def _granted(self, item: Selected, site: Site) -> int:
        """The groups that have a say in what is inside an object of the row."""
        follows = None if site.inner else self.rights.follows(item.coordinate)
        return site.granted if follows is None else site.granted & follows

    def _embedded(self, item: Selected, path: str, site: Site, presence: tuple[int, ...]) -> ObjectField:
        shape = self.shape(item.only(), item.type_name, site.embedded(path, self._granted(item, site)))
        return ObjectField(item.key, item.coordinate, item.nullable, shape=shape, presence=presence)

    def _children(self, item: Selected, path: str, site: Site) -> ChildrenField:
        name = site.prefix + path
        shape = self.shape(item.only(), item.type_name, site.child(name, self._granted(item, site)))
        return ChildrenField(
            item.key, item.coordinate, item.nullable, name=name, shape=shape, item_nullable=item.item_nullable
        )

    def _meta(self, item: Selected, type_name: str, site: Site, kind: str) -> ShapeField:
        key, where = item.key, item.coordinate
        match kind:
            case "id":
                path = "@anchor" if type_name == "Person" else TYPE_KEYS[type_name][0]
                return IdField(key, where, False, index=site.needs.column(path))
            case "match":
                return self._embedded(item, "@match", site, ())
            case "name":
                choices = {"EN": site.column("name.en"), "FR": site.column("name.fr")}
                return ChoiceField(key, where, item.nullable, selected=item, argument="language", choices=choices)
            case "required" if site.needs.made:
                return ColumnField(key, where, item.nullable, index=site.column(kind))
            case "required":
                return self._computed(item, type_name, site, REQUIRED.needs, REQUIRED.function)
            case "issuer":
                shape = self.shape(item.only(), "Agency", site.over(Needs(made=True)))
                return MetaField(key, where, False, kind=kind, shape=shape)
            case _:
                return MetaField(key, where, item.nullable, kind=kind, selection=item.only())

    def _computed(
        self, item: Selected, type_name: str, site: Site, text: str, function: Callable[..., Any]
    ) -> ComputedField:
        inside = Site(site.needs, site.at, site.prefix, inner=True)
        inner = self.shape(inner_selection(self.schema, type_name, text), type_name, inside)
        result = None
        if item.select:
            result = self.shape(item.only(), item.type_name, Site(Needs(made=True), site.at, granted=site.granted))
        return ComputedField(item.key, item.coordinate, item.nullable, inner=inner, function=function, shape=result)
