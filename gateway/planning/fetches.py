"""Fetches of a plan: who is asked, by which keys, under which row rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLSchema

from adapters.contract import TYPE_KEYS, Predicate
from adapters.errors import Unsupported
from gateway.planning.catalog import Catalog, Owner
from gateway.planning.plan import Check, Fetch
from gateway.planning.rights import GroupRules, Rights
from gateway.planning.rows import NO_RULE, RowRules, SemiJoin
from gateway.planning.shapes import Needs
from resolvers.filters import ORDERS

At = tuple[str, ...]

_ABSENT = {
    "AgencyCode": "NOBODY",
    "BusinessNumber": "000000000RM0000",
    "CargoControlNumber": "0000ABSENT",
    "ContainerNumber": "ZZZU0000000",
    "CountryCode": "ZZ",
    "Int": 0,
    "Locode": "ZZZZZ",
    "TransactionNumber": "00000000000000",
}


def absent_key(scalar: str) -> Any:
    """A well-formed key that no row has: asked where there is none to ask, so that nothing tells that there was not."""
    return _ABSENT.get(scalar, "0")


class FetchBuilder:
    """Builds and keeps the fetches of one plan. Raises ``Unsupported`` where a row rule cannot be kept."""

    def __init__(self, schema: GraphQLSchema, catalog: Catalog, rules: RowRules, rights: Rights) -> None:
        self.schema = schema
        self.catalog = catalog
        self.rules = rules
        self.rights = rights
        self.made: list[Fetch] = []

    def keyed(
        self,
        coordinate: str,
        target: str,
        needs: Needs,
        at: At,
        *,
        keys: tuple[str, ...],
        inner: bool = False,
        merged: bool = False,
        single: bool = False,
        leading: bool = False,
    ) -> Fetch:
        """A lookup by keys. ``inner``: an input of a computed field, read whatever the caller's other grants.
        ``merged``: rows of several keys make one list, as those of several owners always may. ``single``: one row of
        each key is shown, and where it is the type's own key there is no order. ``leading``: rows that lead to others,
        for grants too that lack their type."""
        placing = frozenset(keys).difference(needs.columns)
        for path in keys:
            needs.column(path)
        owners = self.catalog.lookup_owners(target, keys)
        predicates, checks = ({}, {}) if inner else self._policy(coordinate, owners, needs, at)
        order: tuple[tuple[str, bool], ...] = ()
        if not single or keys != TYPE_KEYS[target]:
            order = self._list_order(target, needs, merged=merged or len(owners) > 1, inner=inner)
        groups = self._groups(coordinate, owners, needs, at, inner=inner, leading=leading)
        return self._keep(
            Fetch(
                coordinate, target, needs, owners, keys, predicates, checks, order, at, inner, groups, placing=placing
            )
        )

    def listing(
        self,
        coordinate: str,
        target: str,
        needs: Needs,
        at: At,
        *,
        inner: bool = False,
        search: tuple[str, ...] = (),
    ) -> Fetch:
        """Rows without keys: a root list, or the first step of a walk. ``search``: keys by which owners that cannot
        list are searched instead; their rows need not carry them."""
        owners = self.catalog.listing_owners(target)
        if search:
            searched = [one for one in self.catalog.owners(target) if search in one.capabilities.lookups]
            owners = tuple(one for one in self.catalog.owners(target) if one in owners or one in searched)
        predicates, checks = ({}, {}) if inner else self._policy(coordinate, owners, needs, at)
        if checks:
            raise Unsupported(f"a row rule of {target} needs another agency's data: it cannot be listed")
        groups = self._groups(coordinate, owners, needs, at, inner=inner, leading=bool(search))
        return self._keep(Fetch(coordinate, target, needs, owners, (), predicates, at=at, inner=inner, groups=groups))

    def unruled(self, target: str) -> bool:
        """Whether a type has one owner and no row rule: its key alone says that the row may be seen."""
        owners = self.catalog.owners(target)
        return len(owners) == 1 and not self.rights.several and self.rules.rule(owners[0]) == NO_RULE

    def seen_whole(self, target: str, keys: tuple[str, ...]) -> bool:
        """Whether the caller sees every row of a lookup, in its order, and no agency withholds a value of it: then
        what a computed field reads is nothing else."""
        return (
            not self.rights.several
            and all(self.rules.rule(owner) == NO_RULE for owner in self.catalog.lookup_owners(target, keys))
            and self._default_order(target, inner=False) == self._default_order(target, inner=True)
            and not {name.partition(".")[0] for name in self.rights.view.withheld_of} - (TYPE_KEYS.keys() - {target})
        )

    def drop(self, fetch: Fetch) -> None:
        """A fetch that another one replaces."""
        self.made[:] = [one for one in self.made if one is not fetch]

    def _keep(self, fetch: Fetch) -> Fetch:
        self.made.append(fetch)
        return fetch

    def _policy(
        self, coordinate: str, owners: tuple[Owner, ...], needs: Needs, at: At
    ) -> tuple[Mapping[str, Predicate | None], Mapping[str, tuple[Check, ...]]]:
        if self.rights.several:
            return {}, {}
        rules = {owner.id: self.rules.rule(owner) for owner in owners}
        checks = {
            name: tuple(self._check(coordinate, join, needs, at) for join in rule.semi_joins)
            for name, rule in rules.items()
            if rule.semi_joins
        }
        return {name: rule.predicate for name, rule in rules.items()}, checks

    def _groups(
        self, coordinate: str, owners: tuple[Owner, ...], needs: Needs, at: At, *, inner: bool, leading: bool
    ) -> dict[str, GroupRules]:
        """Who grants the rows of each owner, where grants see different rows."""
        if inner or not self.rights.several:
            return {}
        return {owner.id: self._group_rules(coordinate, owner, needs, at, leading) for owner in owners}

    def _group_rules(self, coordinate: str, owner: Owner, needs: Needs, at: At, leading: bool) -> GroupRules:
        """A group whose rule cannot be kept at all grants none of that owner's rows."""
        name, whole, through = owner.spec.provides, 0, 0
        ruled: list[tuple[int, Predicate]] = []
        crossing: list[tuple[int, Predicate | None, tuple[Check, ...]]] = []
        for index, group in enumerate(self.rights.view.groups):
            rule, bit = group.rows.get(name), 1 << index
            if name not in group.rows and not leading:
                continue
            if rule is None:
                all_ = group.whole or leading  # what was led to says afterwards which of them are shown
                whole, through = (whole | bit, through) if all_ else (whole, through | bit)
                continue
            try:
                found = RowRules(self.schema, self.catalog, {name: rule}).rule(owner)
                checks = tuple(self._check(coordinate, join, needs, at) for join in found.semi_joins)
            except Unsupported:
                continue
            if checks:
                crossing.append((bit, found.predicate, checks))
            elif found.predicate is not None:
                ruled.append((bit, found.predicate))
        return GroupRules(whole, through, tuple(ruled), tuple(crossing))

    def _check(self, coordinate: str, join: SemiJoin, needs: Needs, at: At) -> Check:
        """The linked keys, asked of their owners under the rule's own term."""
        keys = tuple(theirs for theirs, _ in join.on)
        owners = self.catalog.lookup_owners(join.target, keys)
        below = Needs()
        for path in keys:
            below.column(path)
        rules = RowRules(self.schema, self.catalog, {join.target: join.term})
        found = {owner.id: rules.rule(owner) for owner in owners}
        if any(rule.semi_joins for rule in found.values()):
            raise Unsupported(f"a row rule of {coordinate} leaves two sources")
        predicates = {name: rule.predicate for name, rule in found.items()}
        fetch = self._keep(Fetch(coordinate, join.target, below, owners, keys, predicates, at=at))
        absent = tuple(absent_key(owners[0].spec.fields[path].type) if owners else "0" for path in keys)
        return Check(tuple(needs.column(ours) for _, ours in join.on), fetch, absent)

    def _list_order(self, target: str, needs: Needs, *, merged: bool, inner: bool) -> tuple[tuple[str, bool], ...]:
        """Order of plain lists: the type's default, then its key. Merged lists need those values in the gateway."""
        terms = self._default_order(target, inner=inner)
        order = (*terms, *((path, False) for path in TYPE_KEYS[target]))
        if merged:
            for path, _ in order:
                needs.column(path)
        return order

    def _default_order(self, target: str, *, inner: bool) -> tuple[tuple[str, bool], ...]:
        terms = ORDERS[target].default if target in ORDERS else ()
        return tuple(term for term in terms if inner or self.rights.orders(self.schema, target, term[0]))
