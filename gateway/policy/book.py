"""The policy as a whole: which view a principal has, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema

from gateway.cache import WeightedCache
from gateway.errors import ConfigurationError, Fault, Forbidden
from gateway.policy.grants import Grants, combine
from gateway.policy.narrowing import narrow
from gateway.policy.params import require_claims
from gateway.policy.records import Agreement, Purpose, load_agreements, load_purposes
from gateway.policy.roles import RoleGrant, load_roles
from gateway.policy.scopes import CLOSED_ROOTS, SCOPES
from gateway.policy.sharing import agreement_of, permitted, under
from gateway.policy.terms import Agency, Terms, terms_of
from gateway.policy.view import FieldAccess, View
from gateway.request import Principal

CACHE_BYTES = 64_000_000
KEY_BYTES = 1_000
"""What a set of roles and scopes weighs that leads to a view."""

Key = tuple[frozenset[str], frozenset[str] | None, str | None]


class UnknownRole(Exception):
    """A role that the policy does not have."""


class UnknownAgreement(Exception):
    """An agreement that the policy does not have."""


def today() -> date:
    return datetime.now(UTC).date()


class Policy:
    """All roles, and the views made of them. A view is made on first use, shared, and kept in ``cache`` under its
    fingerprint, with the plans made for it: least recently used views go first, and their plans with them."""

    def __init__(
        self,
        schema: GraphQLSchema,
        roles: Mapping[str, RoleGrant],
        terms: Terms | None = None,
        purposes: Mapping[str, Purpose] | None = None,
        agreements: Mapping[str, Agreement] | None = None,
        clock: Callable[[], date] = today,
        cache: WeightedCache[Any] | None = None,
    ) -> None:
        self.schema = schema
        self.roles = roles
        self.terms = terms or Terms()
        self.purposes = purposes or {}
        self.agreements = agreements or {}
        self._clock = clock
        self._cache: WeightedCache[Any] = WeightedCache(CACHE_BYTES) if cache is None else cache

    @classmethod
    def load(
        cls,
        directory: Path,
        schema: GraphQLSchema,
        agencies: Iterable[Agency] = (),
        cache: WeightedCache[Any] | None = None,
    ) -> Policy:
        """Read the files of ``directory``; ``agencies`` add their own terms. Raises
        :class:`~gateway.errors.ConfigurationError` with the faults of all files."""
        faults: list[Fault] = []
        roles: Mapping[str, RoleGrant] | None = None
        purposes: Mapping[str, Purpose] | None = None
        agreements: Mapping[str, Agreement] = {}
        try:
            roles = load_roles(directory / "roles.toml", schema)
        except ConfigurationError as error:
            faults += error.faults
        try:
            purposes = load_purposes(directory / "purposes.toml", roles)
        except ConfigurationError as error:
            faults += error.faults
        try:
            agreements = load_agreements(directory / "agreements.toml", schema, purposes)
        except ConfigurationError as error:
            faults += error.faults
        if faults or roles is None:
            raise ConfigurationError(faults)
        return cls(schema, roles, terms_of(agencies), purposes, agreements, cache=cache)

    def view(self, principal: Principal) -> View:
        """What this principal may see. Raises :class:`RequestRefused` when the token as a whole gives no right."""
        known = principal.roles.intersection(self.roles)
        if not known:
            raise Forbidden("no role of this token is known here")
        if strange := principal.scopes.difference(SCOPES):
            raise Forbidden(f"{len(strange)} of the token's scopes are not known here")
        agreement = agreement_of(principal, self.agreements, self._clock())
        if agreement is None and any(self.roles[role].agreement for role in known):
            raise Forbidden("a role of this token needs a sharing agreement, and the token names none")
        known = permitted(known, principal.purpose, self.purposes, agreement)
        for role in known:
            require_claims(self.roles[role].claims, principal)
        if agreement is not None:
            require_claims(agreement.claims, principal)
        return self._view((known, principal.scopes, agreement.told.id if agreement is not None else None))

    def view_of(
        self, roles: Collection[str], scopes: Collection[str] | None = None, agreement: str | None = None
    ) -> View:
        """The view of roles as such, all scopes unless given. Raises :class:`UnknownRole`,
        :class:`UnknownAgreement`."""
        for role in roles:
            if role not in self.roles:
                raise UnknownRole(role)
        if agreement is not None and agreement not in self.agreements:
            raise UnknownAgreement(agreement)
        return self._view((frozenset(roles), None if scopes is None else frozenset(scopes), agreement))

    def _view(self, key: Key) -> View:
        fingerprint = self._cache.get((self, key))
        found: View | None = None if fingerprint is None else self._cache.get(fingerprint)
        if found is None:
            found = self._shared(self._grants(key), key[2])
            self._cache.put((self, key), found.fingerprint, KEY_BYTES, under=found.fingerprint)
        return found

    def _grants(self, key: Key) -> Grants:
        names, scopes, agreement = key
        roles = [self.roles[name] for name in sorted(names)]
        if agreement is not None:
            roles = [under(role, self.agreements[agreement]) for role in roles]
        return combine(self.schema, roles, scopes, self.terms)

    def _shared(self, grants: Grants, agreement: str | None) -> View:
        """Equal grants share a view, and with it everything that is cached by fingerprint."""
        told = self.agreements[agreement].told if agreement is not None else None
        fingerprint = sha256("\n".join([*grants.lines(), repr(told)]).encode()).hexdigest()[:32]
        found: View | None = self._cache.get(fingerprint)
        if found is None:
            found = View(
                fingerprint=fingerprint,
                schema=narrow(
                    self.schema,
                    grants.coordinates,
                    grants.nodes,
                    {CLOSED_ROOTS: dict(grants.closed_roots)},
                    clear=grants.clear,
                    nullable=grants.nullable,
                ),
                rows=grants.rows,
                params=grants.params,
                explain=grants.explain,
                access=grants.access,
                actions=grants.actions,
                cells={name: tuple(map(str, each)) for name, each in grants.cells.items()},
                groups=grants.groups,
                withheld_of=grants.withheld_of,
                agreement=told,
                caveats=(told.caveat,) if told is not None and told.caveat else (),
            )
            self._cache.put(fingerprint, found, found.weight)
        return found

    def explain_access(
        self,
        roles: Collection[str],
        coordinate: str | None = None,
        scopes: Collection[str] | None = None,
        agreement: str | None = None,
    ) -> tuple[FieldAccess, ...]:
        """Verdicts for one coordinate (``HIDE`` when nothing grants it), or for every coordinate of the schema.

        For the command line: it names hidden fields. Raises :class:`UnknownRole`, and :class:`KeyError` when the
        schema has no such coordinate.
        """
        granted = {each.coordinate: each for each in self.view_of(roles, scopes, agreement).access}
        if coordinate is not None:
            owner, _, name = coordinate.partition(".")
            fields = getattr(self.schema.type_map.get(owner), "fields", {})
            if name not in fields:
                raise KeyError(coordinate)
            return (granted.get(coordinate, _hidden(coordinate)),)
        every = [
            f"{name}.{each}"
            for name, named in sorted(self.schema.type_map.items())
            if hasattr(named, "fields") and not name.startswith("__") and hasattr(named, "interfaces")
            for each in named.fields
        ]
        return tuple(granted.get(each, _hidden(each)) for each in every)


def _hidden(coordinate: str) -> FieldAccess:
    return FieldAccess(coordinate, "HIDE", None, "no grant")
