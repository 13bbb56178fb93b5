"""From roles and scopes to one set of grants: what several roles together may see, without either leaking through the
other's rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from graphql import GraphQLSchema

from adapters.contract import AnyOf, Predicate
from gateway.policy.coordinates import EVERYONE, close
from gateway.policy.predicates import params_of, text_of
from gateway.policy.roles import RoleGrant
from gateway.policy.scopes import ROOT_SCOPES, TYPE_SCOPES
from gateway.policy.view import FieldAccess


@dataclass(frozen=True, slots=True)
class Grants:
    """Visible coordinates, a predicate per type, and root fields that scopes close, with the scope each needs."""

    coordinates: Mapping[str, frozenset[str]]
    rows: Mapping[str, Predicate]
    closed_roots: Mapping[str, str]
    explain: bool
    access: tuple[FieldAccess, ...]
    nodes: frozenset[str]

    @property
    def params(self) -> tuple[str, ...]:
        return tuple(sorted(frozenset().union(*map(params_of, self.rows.values()))))

    @property
    def fingerprint(self) -> str:
        """The same for equal grants of the same roles. Claim values are no part of it."""
        lines = [f"{each.coordinate} by {each.rule}" for each in self.access]
        lines += [f"node {name}" for name in self.nodes]
        lines += [f"{name}: {text_of(rule)}" for name, rule in self.rows.items()]
        lines += [f"closed {root}: {scope}" for root, scope in self.closed_roots.items()]
        lines.append(f"explain {self.explain}")
        return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]


def combine(schema: GraphQLSchema, roles: Sequence[RoleGrant], scopes: Collection[str] | None) -> Grants:
    """The union of ``roles``, less what ``scopes`` do not cover (``None``: all scopes).

    Where roles have different rows for a type, it has the rows of any of them and only the fields that all of them
    grant: otherwise a field of one role would show on the rows of another. A role that sees every row of a type keeps
    all its fields there. Types without a rule of their own are reached through parents with one, so for them the
    whole of a role's row rules counts.
    """
    names = {name for role in roles for name in role.coordinates} - {"Query"}
    coordinates: dict[str, frozenset[str]] = {}
    rows: dict[str, Predicate] = {}
    for name in sorted(names):
        groups: dict[str, set[str]] = {}
        rules: dict[str, Predicate | None] = {}
        for role in (each for each in roles if name in each.coordinates):
            rule = role.rows.get(name)
            context = text_of(rule) if rule is not None else role.rows_text and f"through {role.rows_text}"
            groups.setdefault(context, set()).update(role.coordinates[name])
            rules[context] = rule
        coordinates[name] = frozenset(groups[""] if "" in groups else set.intersection(*groups.values()))
        if all(rule is not None for rule in rules.values()):
            each = tuple(rule for _, rule in sorted(rules.items()) if rule is not None)
            rows[name] = each[0] if len(each) == 1 else AnyOf(each)
    roots = {root for role in roles for root in role.coordinates["Query"]} - EVERYONE
    closed = {
        root: ROOT_SCOPES[root]
        for root in roots
        if scopes is not None and root in ROOT_SCOPES and ROOT_SCOPES[root] not in scopes
    }
    covered = {
        name: fields
        for name, fields in coordinates.items()
        if scopes is None or name not in TYPE_SCOPES or TYPE_SCOPES[name] in scopes
    }
    visible = close_again(schema, covered, roots - closed.keys())
    rows = {name: rule for name, rule in rows.items() if name in visible}
    return Grants(
        coordinates=visible,
        rows=rows,
        closed_roots=closed,
        explain=any(role.explain for role in roles),
        access=_access(visible, rows, roles),
        nodes=frozenset(name for role in roles for name in role.nodes) & visible.keys(),
    )


def close_again(
    schema: GraphQLSchema, coordinates: Mapping[str, frozenset[str]], roots: Collection[str]
) -> dict[str, frozenset[str]]:
    """Prune after narrowing. Every type is named here, so that no follower comes back whole."""
    named = {name: frozenset[str]() for name in schema.type_map if not name.startswith("__")}
    return close(schema, {**named, **coordinates}, roots)


def _access(
    visible: Mapping[str, frozenset[str]], rows: Mapping[str, Predicate], roles: Sequence[RoleGrant]
) -> tuple[FieldAccess, ...]:
    found = []
    for name in sorted(visible):
        text = text_of(rows[name]) if name in rows else None
        for field in sorted(visible[name]):
            by = [f"role:{role.name}" for role in roles if field in role.coordinates.get(name, ())]
            rule = "everyone" if name == "Query" and field in EVERYONE else ", ".join(by)
            found.append(FieldAccess(f"{name}.{field}", "SHOW", text, rule))
    return tuple(found)
