"""The policy as a whole: which view a principal has, and why."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from graphql import GraphQLSchema

from gateway.errors import ErrorCode, Forbidden, RequestRefused
from gateway.policy.grants import Grants, combine
from gateway.policy.narrowing import narrow
from gateway.policy.params import require_claims
from gateway.policy.roles import RoleGrant, load_roles
from gateway.policy.scopes import CLOSED_ROOTS
from gateway.policy.terms import Agency, Terms, terms_of
from gateway.policy.view import FieldAccess, View
from gateway.request import Principal

VIEWS = 256
"""Views kept. One is 150 to 300 KiB; a deployment has a few dozen sets of grants."""


class UnknownRole(Exception):
    """A role that the policy does not have."""


class Policy:
    """All roles, and the views made of them so far. A view is made on first use and shared."""

    def __init__(self, schema: GraphQLSchema, roles: dict[str, RoleGrant], terms: Terms | None = None) -> None:
        self.schema = schema
        self.roles = roles
        self.terms = terms or Terms()
        self._views: OrderedDict[tuple[frozenset[str], frozenset[str] | None], View] = OrderedDict()
        self._by_fingerprint: dict[str, View] = {}

    @classmethod
    def load(cls, directory: Path, schema: GraphQLSchema, agencies: Iterable[Agency] = ()) -> Policy:
        """Read the files of ``directory``; ``agencies`` add their own terms. Raises
        :class:`~gateway.errors.ConfigurationError` with the faults of all files."""
        return cls(schema, load_roles(directory / "roles.toml", schema), terms_of(agencies))

    def view(self, principal: Principal) -> View:
        """What this principal may see. Raises :class:`RequestRefused` when the token as a whole gives no right."""
        known = frozenset(role for role in principal.roles if role in self.roles)
        if not known:
            raise Forbidden("no role of this token is known here")
        if principal.agreement is not None or any(self.roles[role].agreement for role in known):
            # Agreements are enforced per field, row and quota or not at all.
            raise RequestRefused(ErrorCode.FORBIDDEN, "sharing agreements are not in force at this gateway", status=403)
        for role in known:
            require_claims(self.roles[role].claims, principal)
        return self._view(known, principal.scopes)

    def view_of(self, roles: Collection[str], scopes: Collection[str] | None = None) -> View:
        """The view of roles as such, all scopes unless given. Raises :class:`UnknownRole`."""
        for role in roles:
            if role not in self.roles:
                raise UnknownRole(role)
        return self._view(frozenset(roles), None if scopes is None else frozenset(scopes))

    def _view(self, roles: frozenset[str], scopes: frozenset[str] | None) -> View:
        key = (roles, scopes)
        found = self._views.get(key)
        if found is None:
            found = self._views[key] = self._shared(self._grants(sorted(roles), scopes))
            while len(self._views) > VIEWS:
                _, dropped = self._views.popitem(last=False)
                if dropped not in self._views.values():
                    self._by_fingerprint.pop(dropped.fingerprint, None)
        else:
            self._views.move_to_end(key)
        return found

    def _grants(self, roles: Sequence[str], scopes: frozenset[str] | None) -> Grants:
        return combine(self.schema, [self.roles[role] for role in roles], scopes, self.terms)

    def _shared(self, grants: Grants) -> View:
        """Equal grants share a view, and with it everything that is cached by fingerprint."""
        fingerprint = sha256("\n".join(grants.lines()).encode()).hexdigest()[:32]
        if fingerprint not in self._by_fingerprint:
            self._by_fingerprint[fingerprint] = View(
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
            )
        return self._by_fingerprint[fingerprint]

    def explain_access(
        self, roles: Collection[str], coordinate: str | None = None, scopes: Collection[str] | None = None
    ) -> tuple[FieldAccess, ...]:
        """Verdicts for one coordinate (``HIDE`` when nothing grants it), or for every coordinate of the schema.

        For the command line: it names hidden fields. Raises :class:`UnknownRole`, and :class:`KeyError` when the
        schema has no such coordinate.
        """
        granted = {each.coordinate: each for each in self.view_of(roles, scopes).access}
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
