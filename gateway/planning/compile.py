"""Selection → plan. Pure: a binding says what kind of field it is, the catalog who supplies it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any

from graphql import GraphQLSchema

from adapters.contract import TYPE_KEYS, Predicate
from adapters.errors import Unsupported
from gateway.planning.catalog import Catalog, Owner
from gateway.planning.person_rules import paths_of
from gateway.planning.plan import (
    Check,
    ChildrenField,
    ChoiceField,
    ColumnField,
    ComputedField,
    ConstField,
    EnclosingField,
    Fetch,
    IdField,
    LinkField,
    MetaField,
    Needs,
    ObjectField,
    Page,
    PagePart,
    PersonFetches,
    Plan,
    RootField,
    Shape,
    ShapeField,
)
from gateway.planning.rows import NO_RULE, RowRules, SemiJoin
from gateway.planning.selection import TYPENAME, Selected, Selection, inner_selection
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
from resolvers.filters import ORDERS
from resolvers.identifiers import identifier_of
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
    ``readable`` are the types that may be read by node id."""

    def __init__(self, schema: GraphQLSchema, catalog: Catalog, rules: RowRules, readable: Container[str]) -> None:
        self.schema = schema
        self.catalog = catalog
        self.rules = rules
        self.readable = readable
        self.fetches: list[Fetch] = []

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
        plan.fetches = self.fetches
        return plan

    def _root(self, item: Selected) -> RootField:
        root = RootField(item.key, item.coordinate, item.nullable, selected=item, item_nullable=item.item_nullable)
        at = (item.key,)
        match item.binding:
            case Lookup(target=target, on=on, agency=agency):
                needs = Needs()
                root.shape = self.shape(item.only(), target, needs, at)
                root.fetch = self._fetch(item.coordinate, target, needs, at, keys=tuple(path for path, _ in on))
                root.arguments, root.agency = on, agency
            case Listing(target=target):
                root.page = self._page(item, at)
                root.fetch = self._listing(item.coordinate, target, root.page.needs, at)
            case Special(name=name):
                root.special = name
                self._special(root, item, name, at)
            case other:
                raise TypeError(f"{item.coordinate} cannot be a root field: {other!r}")
        return root

    def _special(self, root: RootField, item: Selected, name: str, at: tuple[str, ...]) -> None:
        """Runners of their own get shapes for every type they may return, and fetches where they look up by key."""
        if name in ("node", "nodes"):
            for type_name, selection in item.select.items():
                if type_name not in self.readable:
                    continue
                needs = Needs()
                shape = self.shape(selection, type_name, needs, at)
                root.shapes = {**root.shapes, type_name: shape}
                if type_name in TYPE_KEYS:
                    fetch = self._fetch(item.coordinate, type_name, needs, at, keys=TYPE_KEYS[type_name])
                    root.fetches = {**root.fetches, type_name: fetch}
        elif name == "people":
            root.page = self._page(item, at)
            root.fetch = self._candidates(root, item, at)
        elif name == "heldContainers":
            root.page = self._page(item, at)
            root.fetch = self._held_containers(root.page, item, at)
        else:
            root.shape = self.shape(item.only(), item.type_name, Needs(made=True), at)
            if name == "verifyPermit":
                needs = Needs()
                root.inner = self.shape(
                    inner_selection(self.schema, "Permit", PERMIT_NEEDS), "Permit", needs, at, inner=True
                )
                root.fetch = self._fetch(item.coordinate, "Permit", needs, at, keys=("number",), inner=True)

    def _candidates(self, root: RootField, item: Selected, at: tuple[str, ...]) -> Fetch:
        """Records by name and year of birth. They carry what the persons' shapes show of records, and what is scored."""
        assert root.page is not None
        needs = root.page.needs.child("records")
        root.rule = self.rules.rows.get("Person")
        for path in paths_of(root.rule):
            if path.startswith("records.") and path != "records.agency":
                needs.column(path.removeprefix("records."))
        for path in ("key", "familyName", "givenNames", "birthDate", "document.issuer", "document.number"):
            needs.column(path)
        for path in ("@match.kind", "@match.score"):
            needs.column(path)
        return self._listing(item.coordinate, "PersonRecord", needs, at)

    def _held_containers(self, page: Page, item: Selected, at: tuple[str, ...]) -> Fetch:
        """Open holds at a place; their own selection is that of ``holds`` below the containers."""
        needs = page.needs.child("holds")
        for path in ("container", "place", "shipment.ccn", "key"):
            needs.column(path)
        for path in ("number", "place", "agencies", "shipment.ccn"):
            page.needs.column(path)
        return self._listing(item.coordinate, "Hold", needs, at)

    # ---- shapes -----------------------------------------------------------------------------

    def shape(
        self,
        selection: Selection,
        type_name: str,
        needs: Needs,
        at: tuple[str, ...],
        *,
        prefix: str = "",
        inner: bool = False,
    ) -> Shape:
        shape = Shape(type_name, needs, at)
        for item in selection:
            shape.fields.append(self._field(item, type_name, needs, at, prefix, inner))
        if type_name == "Person":
            shape.person = self._person(needs, at)
        links = tuple(shape.links())
        for found in shape.fields:
            if isinstance(found, MetaField) and found.kind == "completeness":
                found.links = links
        return shape

    def _field(
        self, item: Selected, type_name: str, needs: Needs, at: tuple[str, ...], prefix: str, inner: bool
    ) -> ShapeField:
        key, where = item.key, item.coordinate
        below = (*at, key)
        if item.name == TYPENAME:
            return ConstField(key, where, False, value=type_name)
        match item.binding:
            case Bound(path=path) if item.select and item.is_list:  # lists of objects that the gateway makes
                return self._children(item, needs, below, prefix + (path or item.name), inner)
            case Bound(path=path) if item.select:
                index = needs.column(prefix + (path or item.name))
                start = prefix + (path or item.name) + "."
                shape = self.shape(item.only(), item.type_name, needs, below, prefix=start, inner=inner)
                return ObjectField(key, where, item.nullable, shape=shape, presence=(index,))
            case Bound(path=path):
                path = prefix + (path or item.name)
                if not inner:
                    needs.shown.add(path)
                return ColumnField(key, where, item.nullable, index=needs.column(path), list=item.is_list)
            case Embedded(path=path):
                start = prefix + (path or item.name) + "."
                shape = self.shape(item.only(), item.type_name, needs, below, prefix=start, inner=inner)
                presence = tuple(needs.column(start + name) for name in PRESENCE.get(item.type_name, ()))
                return ObjectField(key, where, item.nullable, shape=shape, presence=presence)
            case Children(path=path):
                return self._children(item, needs, below, prefix + (path or item.name), inner)
            case Link() if where == "Person.records":
                return self._children(item, needs, below, "records", inner)
            case Enclosing():
                parent = needs.parent
                assert parent is not None
                shape = self.shape(item.only(), item.type_name, parent, below, inner=True)
                return EnclosingField(key, where, shape=shape)
            case Link():
                return self._link(item, needs, below, prefix, inner)
            case LinkedValue(target=target, on=on, path=path):
                return self._linked_value(item, needs, below, prefix, inner, target, on, path)
            case Computed(needs=text, function=function):
                return self._computed(item, type_name, needs, below, text, function)
            case Meta(kind=kind):
                return self._meta(item, type_name, needs, below, prefix, inner, kind)
            case Special(name="crossing_person"):
                shape = self.shape(item.only(), item.type_name, Needs(), below)
                columns = tuple(needs.column(prefix + path) for path in ("document.issuer", "document.number"))
                return LinkField(key, where, item.nullable, local=columns, kind="person", shape=shape)
            case other:
                raise TypeError(f"{where} cannot stand below an object: {other!r}")

    def _children(self, item: Selected, needs: Needs, at: tuple[str, ...], name: str, inner: bool) -> ShapeField:
        if not item.select:
            if not inner:
                needs.shown.add(name)
            return ColumnField(item.key, item.coordinate, item.nullable, index=needs.column(name), list=True)
        child = needs.child(name)
        shape = self.shape(item.only(), item.type_name, child, at, inner=inner)
        return ChildrenField(
            item.key, item.coordinate, item.nullable, name=name, shape=shape, item_nullable=item.item_nullable
        )

    def _meta(
        self, item: Selected, type_name: str, needs: Needs, at: tuple[str, ...], prefix: str, inner: bool, kind: str
    ) -> ShapeField:
        key, where = item.key, item.coordinate
        if kind == "id":
            index = needs.column("@anchor" if type_name == "Person" else TYPE_KEYS[type_name][0])
            return IdField(key, where, False, index=index)
        if kind == "match":
            shape = self.shape(item.only(), item.type_name, needs, at, prefix="@match.", inner=inner)
            return ObjectField(key, where, item.nullable, shape=shape)
        if kind == "name":
            choices = {"EN": needs.column(prefix + "name.en"), "FR": needs.column(prefix + "name.fr")}
            return ChoiceField(key, where, item.nullable, selected=item, argument="language", choices=choices)
        if kind == "required" and needs.made:
            return ColumnField(key, where, item.nullable, index=needs.column(prefix + kind))
        if kind == "required":
            return self._computed(item, type_name, needs, at, REQUIRED.needs, REQUIRED.function)
        if kind == "issuer":
            return MetaField(key, where, False, kind=kind, shape=self.shape(item.only(), "Agency", Needs(), at))
        return MetaField(key, where, item.nullable, kind=kind, selection=item.only())

    def _computed(
        self, item: Selected, type_name: str, needs: Needs, at: tuple[str, ...], text: str, function: Callable[..., Any]
    ) -> ComputedField:
        inner = self.shape(inner_selection(self.schema, type_name, text), type_name, needs, at, inner=True)
        result = None
        if item.select:
            result = self.shape(item.only(), item.type_name, Needs(made=True), at)
        return ComputedField(
            item.key, item.coordinate, item.nullable, inner=inner, function=function, shape=result, is_list=item.is_list
        )

    def _person(self, needs: Needs, at: tuple[str, ...]) -> PersonFetches:
        """The fetches that make a person; the records' own selection rides on the first."""
        records = needs.children.get("records") or Needs()
        for path in ("key", "document.issuer", "document.number"):
            records.column(path)
        by_key, documents = Needs(), Needs()
        for path in ("key", "document.issuer", "document.number"):
            by_key.column(path)
        for path in ("personKey", "issuer", "number"):
            documents.column(path)
        rule = self.rules.rows.get("Person")
        for path in paths_of(rule):
            head, _, rest = path.partition(".")
            if head == "records" and rest != "agency":
                records.column(rest)
        where = "Person.records"
        return PersonFetches(
            self._fetch(where, "PersonRecord", records, at, keys=("document.issuer", "document.number")),
            self._fetch(where, "PersonRecord", by_key, at, keys=("key",)),
            self._fetch("Person.documents", "TravelDocument", documents, at, keys=("personKey",)),
            rule,
        )

    # ---- links ------------------------------------------------------------------------------

    def _link(self, item: Selected, needs: Needs, at: tuple[str, ...], prefix: str, inner: bool) -> LinkField:
        link = item.binding
        assert isinstance(link, Link)
        found = LinkField(item.key, item.coordinate, item.nullable, kind=link.kind, item_nullable=item.item_nullable)
        if link.any_of:
            groups: dict[str, list[tuple[str, str]]] = {}
            for pair in link.on:
                groups.setdefault(pair[1].split(".")[0], []).append(pair)
            found.kind = "any_of"
            found.steps = tuple(
                self._link_by(
                    item, needs, at, prefix, inner, on=tuple(on), link=link, routed=link.agency.startswith(head)
                )
                for head, on in groups.items()
            )
            return found
        return self._link_by(item, needs, at, prefix, inner, on=link.on, link=link, routed=bool(link.agency))

    def _link_by(
        self,
        item: Selected,
        needs: Needs,
        at: tuple[str, ...],
        prefix: str,
        inner: bool,
        *,
        on: tuple[tuple[str, str], ...],
        link: Link,
        routed: bool,
    ) -> LinkField:
        found = LinkField(item.key, item.coordinate, item.nullable, kind=link.kind, item_nullable=item.item_nullable)
        if routed:
            found.agency = needs.column(prefix + link.agency)
        found.many = item.parent == "Person"
        keys = tuple(theirs for theirs, _ in on)
        if link.via:
            return self._via(found, item, needs, at, link)
        found.local = tuple(needs.column(prefix + ours) for _, ours in on)
        target_needs = Needs()
        if link.kind == "connection":
            found.page = self._page(item, at)
            target_needs = found.page.needs
        else:
            found.shape = self.shape(item.only(), link.target, target_needs, at, inner=inner)
        found.held = self._held(link, keys, target_needs, inner) and found.shape is not None and _plain(found.shape)
        found.fetch = self._fetch(item.coordinate, link.target, target_needs, at, keys=keys, inner=inner)
        found.pattern = self._pattern(found.fetch, keys)
        return found

    def _pattern(self, fetch: Fetch, keys: tuple[str, ...]) -> re.Pattern[str] | None:
        """A link is followed when the key has its identifier's pattern; a wrong check digit does not matter here."""
        if len(keys) != 1 or not fetch.owners or keys[0] not in fetch.owners[0].spec.fields:
            return None
        known = identifier_of(fetch.owners[0].spec.fields[keys[0]].type)
        return known.pattern if known is not None else None

    def _via(self, found: LinkField, item: Selected, needs: Needs, at: tuple[str, ...], link: Link) -> LinkField:
        """The types walked through, each fetched by the key of the one before; only their keys are read."""
        found.kind, found.own_agency = "via", True
        found.page = self._page(item, at)
        found.local = tuple(needs.column(ours) for _, ours in link.via[0][1] if ours != "agency")
        onward = [*(on for _, on in link.via[1:]), link.on]
        steps = []
        for (type_name, on), following in zip(link.via, onward, strict=True):
            step = LinkField(item.key, item.coordinate, kind="via")
            below = Needs()
            step.local = tuple(below.column(ours) for _, ours in following)
            keys = tuple(theirs for theirs, _ in on)
            if steps:
                step.fetch = self._fetch(item.coordinate, type_name, below, at, keys=keys, inner=True)
            else:  # cited permits are a list inside the item: found by number, matched with the issuer here
                child = below.child(keys[0].split(".")[0])
                for path in keys:
                    child.column(path.split(".", 1)[1])
                owners = self.catalog.listing_owners(type_name)
                step.fetch = self._register(Fetch(item.coordinate, type_name, below, owners, at=at, inner=True))
            steps.append(step)
        found.steps = tuple(steps)
        found.fetch = self._fetch(
            item.coordinate, link.target, found.page.needs, at, keys=tuple(theirs for theirs, _ in link.on)
        )
        return found

    def _linked_value(
        self,
        item: Selected,
        needs: Needs,
        at: tuple[str, ...],
        prefix: str,
        inner: bool,
        target: str,
        on: tuple[tuple[str, str], ...],
        path: str,
    ) -> LinkField:
        found = LinkField(item.key, item.coordinate, item.nullable, kind="value")
        found.local = tuple(needs.column(prefix + ours) for _, ours in on)
        target_needs = Needs()
        found.value = target_needs.column(path)
        keys = tuple(theirs for theirs, _ in on)
        found.fetch = self._fetch(item.coordinate, target, target_needs, at, keys=keys, inner=inner)
        found.fetch.owners = tuple(owner for owner in found.fetch.owners if owner.spec.supplies(path))
        return found

    def _held(self, link: Link, keys: tuple[str, ...], needs: Needs, inner: bool) -> bool:
        """Whether the linking row already holds all that is selected. A row rule of the target must be asked."""
        owners = self.catalog.owners(link.target)
        return (
            link.kind == "one"
            and len(owners) == 1
            and not needs.children
            and set(needs.columns) <= set(keys)
            and (inner or self.rules.rule(owners[0]) == NO_RULE)
        )

    # ---- fetches ----------------------------------------------------------------------------

    def _fetch(
        self,
        coordinate: str,
        target: str,
        needs: Needs,
        at: tuple[str, ...],
        *,
        keys: tuple[str, ...],
        inner: bool = False,
    ) -> Fetch:
        for path in keys:
            needs.column(path)
        owners = self.catalog.lookup_owners(target, keys)
        predicates, checks = self._policy(coordinate, owners, needs, at, inner)
        order = self._list_order(target, needs, len(owners) > 1)
        return self._register(Fetch(coordinate, target, needs, owners, keys, predicates, checks, order, at, inner))

    def _listing(self, coordinate: str, target: str, needs: Needs, at: tuple[str, ...]) -> Fetch:
        owners = self.catalog.listing_owners(target)
        predicates, checks = self._policy(coordinate, owners, needs, at, False)
        if checks:
            raise Unsupported(f"a row rule of {target} needs another agency's data: it cannot be listed")
        return self._register(Fetch(coordinate, target, needs, owners, (), predicates, checks, (), at))

    def _policy(
        self, coordinate: str, owners: tuple[Owner, ...], needs: Needs, at: tuple[str, ...], inner: bool
    ) -> tuple[Mapping[str, Predicate | None], Mapping[str, tuple[Check, ...]]]:
        """Row rules for each owner; a computed field's inputs are read whatever the caller's other grants."""
        if inner:
            return {}, {}
        rules = {owner.id: self.rules.rule(owner) for owner in owners}
        checks = {
            name: tuple(self._check(coordinate, join, needs, at) for join in rule.semi_joins)
            for name, rule in rules.items()
            if rule.semi_joins
        }
        return {name: rule.predicate for name, rule in rules.items()}, checks

    def _check(self, coordinate: str, join: SemiJoin, needs: Needs, at: tuple[str, ...]) -> Check:
        """The linked keys, asked of their owners under the rule's own term."""
        keys = tuple(theirs for theirs, _ in join.on)
        owners = self.catalog.lookup_owners(join.target, keys)
        below = Needs()
        for path in keys:
            below.column(path)
        rules = RowRules(self.schema, self.catalog, {join.target: join.term})
        predicates = {owner.id: rules.rule(owner).predicate for owner in owners}
        if any(rules.rule(owner).semi_joins for owner in owners):
            raise Unsupported(f"a row rule of {coordinate} leaves two sources")
        fetch = self._register(Fetch(coordinate, join.target, below, owners, keys, predicates, at=at))
        return Check(tuple(needs.column(ours) for _, ours in join.on), fetch)

    def _register(self, fetch: Fetch) -> Fetch:
        self.fetches.append(fetch)
        return fetch

    def _list_order(self, target: str, needs: Needs, merged: bool) -> tuple[tuple[str, bool], ...]:
        """Order of plain lists: the type's default, then its key. Merged lists need those values in the gateway."""
        terms = ORDERS[target].default if target in ORDERS else ()
        order = (*terms, *((path, False) for path in TYPE_KEYS[target]))
        if merged:
            for path, _ in order:
                needs.column(path)
        return order

    # ---- connections ------------------------------------------------------------------------

    def _page(self, item: Selected, at: tuple[str, ...]) -> Page:
        needs = Needs()
        page = Page(item, [], needs)
        node_type = item.type_name.removesuffix("Connection")
        for part in item.only():
            page.parts.append(self._part(part, node_type, needs, (*at, part.key), page))
        if node_type in TYPE_KEYS:
            orders = ORDERS.get(node_type)
            for path in TYPE_KEYS[node_type]:
                needs.column(path)
            for path in (
                *(orders.fields.values() if orders else ()),
                *(p for p, _ in (orders.default if orders else ())),
            ):
                if any(owner.spec.supplies(path) for owner in self.catalog.owners(node_type)):
                    needs.column(path)
        return page

    def _part(self, item: Selected, node_type: str, needs: Needs, at: tuple[str, ...], page: Page) -> PagePart:
        part = PagePart(item.key, item.name, selection=item.only())
        if item.name in ("nodes", "node"):
            part.shape = self.shape(item.only(), node_type, needs, at)
            part.selection = ()
        elif item.name == "edges":
            part.below = [self._part(below, node_type, needs, (*at, below.key), page) for below in item.only()]
            page.wants_cursors |= any(below.name == "cursor" for below in part.below)
        elif item.name == "totalCount":
            page.wants_total = True
        elif item.name == "score":
            needs.column("@score")
        return part


def _plain(shape: Shape) -> bool:
    """Only values: no meta of the row that a fetch alone could tell."""
    return all(isinstance(item, ColumnField | ConstField | IdField) for item in shape.fields)
