"""Links of a selection: our key columns, the fetch they feed, and what is shown of the rows it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from adapters.errors import Unsupported
from adapters.mapping import misfits
from gateway.planning.fetches import FetchBuilder
from gateway.planning.paging import Shaping, page
from gateway.planning.plan import Fetch
from gateway.planning.selection import Selected
from gateway.planning.shapes import ColumnField, ConstField, IdField, LinkField, Needs, Shape
from gateway.planning.sites import Site
from resolvers.fields import Link, LinkedValue
from resolvers.identifiers import identifier_of

Pairs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Lookup:
    """A lookup over the rows at hand, which a computed field and the caller's own selection may share: what either
    needs, and the links that follow it. ``shown``: one of them is the caller's."""

    needs: Needs
    followers: list[LinkField]
    shown: bool


class LinkCompiler:
    def __init__(self, shaping: Shaping, fetches: FetchBuilder) -> None:
        self.shaping = shaping
        self.fetches = fetches
        self.lookups: dict[tuple[Needs, str, str, Pairs], Lookup] = {}

    def link(self, item: Selected, link: Link, site: Site) -> LinkField:
        if link.via:
            return self._walk(item, link, site)
        if not link.any_of:
            return self._one(item, link, site, link.on, routed=bool(link.agency))
        groups: dict[str, list[tuple[str, str]]] = {}
        for pair in link.on:
            groups.setdefault(pair[1].split(".")[0], []).append(pair)
        found = self._field(item, "any_of", site)
        found.steps = tuple(
            self._one(item, link, site, tuple(on), routed=link.agency.startswith(head)) for head, on in groups.items()
        )
        return found

    def value(self, item: Selected, link: LinkedValue, site: Site) -> LinkField:
        """One value of another agency's row."""
        found = self._field(item, "value", site)
        found.local = tuple(site.column(ours) for _, ours in link.on)
        needs = Needs()
        found.value = needs.column(link.path)
        keys = tuple(theirs for theirs, _ in link.on)
        found.fetch = self.fetches.keyed(item.coordinate, link.target, needs, site.at, keys=keys, inner=site.inner)
        found.fetch.owners = tuple(owner for owner in found.fetch.owners if owner.spec.supplies(link.path))
        return found

    def person(self, item: Selected, site: Site) -> LinkField:
        """The person who presented a crossing's document."""
        found = self._field(item, "person", site)
        found.local = tuple(site.column(path) for path in ("document.issuer", "document.number"))
        found.shape = self.shaping.shape(item.only(), item.type_name, site.over(Needs()))
        return found

    def _one(self, item: Selected, link: Link, site: Site, on: Pairs, *, routed: bool) -> LinkField:
        found = self._field(item, link.kind, site)
        found.agency = site.column(link.agency) if routed else None
        found.many = item.parent == "Person"
        found.local = tuple(site.column(ours) for _, ours in on)
        keys = tuple(theirs for theirs, _ in on)
        name = (site.needs, site.prefix, item.coordinate, on)
        same = self._lookup(name, link, keys, inner=site.inner)
        needs = same.needs
        if link.kind == "connection":
            found.page = page(self.shaping, item, site.at)
            needs = found.page.needs
        else:
            found.shape = self.shaping.shape(item.only(), link.target, site.over(needs))
        found.held = not same.followers and self._held(link, keys, needs, found.shape, inner=site.inner)
        if found.held:
            self.lookups.pop(name, None)
        fetch = self.fetches.keyed(
            item.coordinate,
            link.target,
            needs,
            site.at,
            keys=keys,
            inner=site.inner,
            merged=found.many and link.kind == "list",
            single=link.kind == "one" and not found.many,
        )
        found.fetch = self._joined(same, found, fetch)
        if found.page is not None and found.fetch.checks:  # rows are dropped after they were counted and cut to a page
            raise Unsupported(f"a row rule of {link.target} needs another agency's data: it cannot be paged")
        found.unfit = _unfit(found.fetch, keys)
        return found

    def _lookup(self, name: tuple[Needs, str, str, Pairs], link: Link, keys: tuple[str, ...], *, inner: bool) -> Lookup:
        """The lookup that a link may share, or one of its own. A computed field reads every row, whatever the caller's
        grants: what the caller selects joins only where nothing is kept from him. Two selections of his do not join:
        each bears the flags of what it shows."""
        if link.kind == "connection" or not (inner or self.fetches.seen_whole(link.target, keys)):
            return Lookup(Needs(), [], not inner)
        same = self.lookups.get(name)
        if same is None:
            same = self.lookups[name] = Lookup(Needs(), [], False)
        elif same.shown and not inner:
            return Lookup(Needs(), [], True)
        same.shown |= not inner
        return same

    def _joined(self, same: Lookup, found: LinkField, fetch: Fetch) -> Fetch:
        """One fetch for all that follow the lookup: the caller's, when one of them is his."""
        if same.followers:
            first = same.followers[0].fetch
            assert first is not None
            kept, dropped = (first, fetch) if found.inner else (fetch, first)
            self.fetches.drop(dropped)
            for one in same.followers:
                one.fetch = kept
            kept.shared = found.again = True
            fetch = kept
        same.followers.append(found)
        return fetch

    def _field(self, item: Selected, kind: str, site: Site) -> LinkField:
        found = LinkField(item.key, item.coordinate, item.nullable, kind=kind, item_nullable=item.item_nullable)
        follows = None if site.inner else self.fetches.rights.follows(item.coordinate)
        found.follows = None if follows is None else follows & site.granted
        found.withheld_of = site.spared
        found.inner = site.inner
        return found

    def _held(self, link: Link, keys: tuple[str, ...], needs: Needs, shape: Shape | None, *, inner: bool) -> bool:
        """Whether the linking row already holds all that is selected. A row rule of the target must be asked."""
        return (
            link.kind == "one"
            and shape is not None
            and all(isinstance(one, ColumnField | ConstField | IdField) for one in shape.fields)
            and set(needs.columns) <= set(keys)
            and (self.fetches.unruled(link.target) or (inner and len(self.fetches.catalog.owners(link.target)) == 1))
            and bool(self.fetches.catalog.lookup_owners(link.target, keys))
        )

    def _walk(self, item: Selected, link: Link, site: Site) -> LinkField:
        """The types walked through, each fetched by the key of the one before; only their keys are read."""
        found = self._field(item, "via", site)
        found.own_agency = True
        found.page = page(self.shaping, item, site.at)
        found.local = tuple(site.column(ours) for _, ours in link.via[0][1] if ours != "agency")
        onward = [*(on for _, on in link.via[1:]), link.on]
        steps: list[LinkField] = []
        for (type_name, on), following in zip(link.via, onward, strict=True):
            needs = Needs()
            step = self._field(item, "via", site)
            step.local = tuple(needs.column(ours) for _, ours in following)
            keys = tuple(theirs for theirs, _ in on)
            if steps:
                step.fetch = self.fetches.keyed(item.coordinate, type_name, needs, site.at, keys=keys, inner=True)
            else:  # what cites us is a list inside the item: found by number, matched with the issuer here
                child = needs.child(keys[0].split(".")[0])
                for path in keys:
                    child.column(path.split(".", 1)[1])
                step.fetch = self.fetches.listing(item.coordinate, type_name, needs, site.at, inner=True)
            steps.append(step)
        found.steps = tuple(steps)
        keys = tuple(theirs for theirs, _ in link.on)
        found.fetch = self.fetches.keyed(item.coordinate, link.target, found.page.needs, site.at, keys=keys)
        return found


def _unfit(fetch: Fetch, keys: tuple[str, ...]) -> Callable[[list[Any]], Iterator[int]] | None:
    """A link is followed when the key has its identifier's pattern; a wrong check digit does not matter here."""
    if len(keys) != 1 or not fetch.owners or keys[0] not in fetch.owners[0].spec.fields:
        return None
    known = identifier_of(fetch.owners[0].spec.fields[keys[0]].type)
    return misfits(known.pattern.pattern, known.pattern.flags) if known is not None else None
