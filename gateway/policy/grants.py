"""From roles and scopes to one set of grants: what several roles together may see, without either leaking through the
other's rows.

Roles that see the same rows form a group and add up. Where groups differ, a cell has the best action of the groups
that grant its row: the view says per coordinate what each group does with it, and execution knows the groups per row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphql import GraphQLSchema

from adapters.contract import AnyOf, Predicate
from gateway.policy.actions import TOLD, Action, best, worst
from gateway.policy.coordinates import EVERYONE, close, is_follower
from gateway.policy.predicates import params_of, text_of
from gateway.policy.roles import RoleGrant
from gateway.policy.scopes import ROOT_SCOPES, TYPE_SCOPES
from gateway.policy.terms import Terms
from gateway.policy.view import FieldAccess, Group

SEARCHED: Mapping[str, tuple[str, ...]] = {
    "people": ("PersonRecord.familyName", "PersonRecord.givenNames", "PersonRecord.birthDate"),
    "heldContainers": ("Hold.container", "Hold.place", "Hold.liftedAt"),
}
"""Root fields that search what their rows show: gone when one of these is masked or withheld."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Visible coordinates, what is done with them, a predicate per type, and root fields that scopes close, with the
    scope each needs. ``cells``, ``groups`` and ``withheld_of`` as in :class:`~gateway.policy.view.View`."""

    coordinates: Mapping[str, frozenset[str]]
    rows: Mapping[str, Predicate]
    closed_roots: Mapping[str, str]
    explain: bool
    access: tuple[FieldAccess, ...]
    nodes: frozenset[str]
    actions: Mapping[str, Action] = field(default_factory=dict)
    cells: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    withheld_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def params(self) -> tuple[str, ...]:
        """Of every rule of every group: the union of rows may need fewer."""
        rules = [rule for group in self.groups for rule in group.rows.values() if rule is not None]
        return tuple(sorted(frozenset().union(*map(params_of, (*rules, *self.rows.values())))))

    @property
    def clear(self) -> dict[str, frozenset[str]]:
        """The coordinates that are shown as they are on every row."""
        dim = self.actions.keys() | self.cells.keys() | self.withheld_of.keys()
        return {
            name: frozenset(each for each in fields if f"{name}.{each}" not in dim)
            for name, fields in self.coordinates.items()
        }

    @property
    def nullable(self) -> frozenset[str]:
        """The coordinates that can be null by policy, whatever their type says."""
        hidden = {name for name, each in self.actions.items() if each is Action.WITHHOLD}
        hidden |= {name for name, each in self.cells.items() if worst(*each) in (Action.WITHHOLD, Action.HIDE)}
        return frozenset(hidden | self.withheld_of.keys())

    def lines(self) -> list[str]:
        """Everything that tells grants apart. Claim values are no part of it."""
        lines = [f"{each.coordinate} {each.action} by {each.rule}" for each in self.access]
        lines += [f"node {name}" for name in self.nodes]
        lines += [f"{name}: {text_of(rule)}" for name, rule in self.rows.items()]
        lines += [f"cell {name}: {' '.join(each)}" for name, each in self.cells.items()]
        for index, group in enumerate(self.groups):
            rules = {name: text_of(rule) if rule is not None else "" for name, rule in group.rows.items()}
            lines += [f"group {index} {name}: {rule}" for name, rule in rules.items()]
            lines.append(f"group {index} {group.whole} {sorted(group.roots)} {sorted(group.nodes)}")
        lines += [f"withheld {name} of {sorted(each)}" for name, each in self.withheld_of.items()]
        lines += [f"closed {root}: {scope}" for root, scope in self.closed_roots.items()]
        lines.append(f"explain {self.explain}")
        return sorted(lines)


def combine(
    schema: GraphQLSchema, roles: Sequence[RoleGrant], scopes: Collection[str] | None, terms: Terms | None = None
) -> Grants:
    """The union of ``roles``, less what ``scopes`` do not cover (``None``: all scopes) and what the agencies' own
    ``terms`` withhold."""
    terms = terms or Terms()
    roles = [_closed(schema, role) for role in roles]
    by_rows: dict[str, list[RoleGrant]] = {}
    for role in roles:
        by_rows.setdefault(role.rows_text, []).append(role)
    members = [found for _, found in sorted(by_rows.items())]
    coordinates = {
        name: frozenset(each for role in roles for each in role.coordinates.get(name, ()))
        for name in sorted({name for role in roles for name in role.coordinates} - {"Query"})
        if scopes is None or name not in TYPE_SCOPES or TYPE_SCOPES[name] in scopes
    }
    actions, cells = _actions(coordinates, members, terms)
    dim = actions.keys() | cells.keys() | terms.partly.keys()
    roots = {root for role in roles for root in role.coordinates["Query"]} - EVERYONE
    roots -= {root for root, needed in SEARCHED.items() if any(each in dim for each in needed)}
    closed = {
        root: ROOT_SCOPES[root]
        for root in roots
        if scopes is not None and root in ROOT_SCOPES and ROOT_SCOPES[root] not in scopes
    }
    visible = close_again(schema, coordinates, roots - closed.keys())
    rows = _rows(visible, roles)
    several = len(members) > 1
    actions = {name: each for name, each in actions.items() if _in(visible, name)}
    cells = {name: each for name, each in cells.items() if _in(visible, name)}
    withheld_of = {
        name: frozenset(by)
        for name, by in terms.partly.items()
        if _in(visible, name) and actions.get(name) is not Action.WITHHOLD
    }
    return Grants(
        coordinates=visible,
        rows=rows,
        closed_roots=closed,
        explain=any(role.explain for role in roles),
        access=_access(visible, rows, roles, actions, cells, terms),
        nodes=_nodes(roles, closed) & visible.keys(),
        actions=actions,
        cells=cells,
        groups=tuple(_group(found, visible, closed) for found in members) if several else (),
        withheld_of=withheld_of,
    )


def _closed(schema: GraphQLSchema, role: RoleGrant) -> RoleGrant:
    """A role that an agreement narrowed, without links to what is gone: on its rows they would show another role's
    fields."""
    if not role.under:
        return role
    return replace(role, coordinates=close_again(schema, role.coordinates, role.coordinates["Query"]))


def action_of(role: RoleGrant, owner: str, name: str) -> Action:
    if name not in role.coordinates.get(owner, ()):
        return Action.HIDE
    return role.actions.get(f"{owner}.{name}", Action.SHOW)


def close_again(
    schema: GraphQLSchema, coordinates: Mapping[str, frozenset[str]], roots: Collection[str]
) -> dict[str, frozenset[str]]:
    """Prune after narrowing. Every type is named here, so that no follower comes back whole."""
    named = {name: frozenset[str]() for name in schema.type_map if not name.startswith("__")}
    return close(schema, {**named, **coordinates}, roots)


def _in(visible: Mapping[str, frozenset[str]], coordinate: str) -> bool:
    owner, _, name = coordinate.partition(".")
    return name in visible.get(owner, ())


def _actions(
    coordinates: Mapping[str, frozenset[str]], members: Sequence[Sequence[RoleGrant]], terms: Terms
) -> tuple[dict[str, Action], dict[str, tuple[Action, ...]]]:
    """Coordinate → its action where that is not ``SHOW`` on every row: the same for all groups, or one per group. A
    group that does not grant the type has no row of it, and so no say."""
    actions: dict[str, Action] = {}
    cells: dict[str, tuple[Action, ...]] = {}
    for owner, names in coordinates.items():
        granting = [any(owner in role.coordinates for role in found) for found in members]
        for name in names:
            each = tuple(best(action_of(role, owner, name) for role in found) for found in members)
            if f"{owner}.{name}" in terms.withheld:
                each = tuple(worst(one, Action.WITHHOLD) for one in each)
            said = {one for one, grants in zip(each, granting, strict=True) if grants}
            if len(said) > 1:
                cells[f"{owner}.{name}"] = each
            elif said != {Action.SHOW}:
                actions[f"{owner}.{name}"] = next(iter(said))
    return actions, cells


def _rows(visible: Mapping[str, frozenset[str]], roles: Sequence[RoleGrant]) -> dict[str, Predicate]:
    """Type → the rows of any role that grants it; none when one of them has no rule there."""
    rows: dict[str, Predicate] = {}
    for name in visible:
        rules = {
            text_of(rule) if (rule := role.rows.get(name)) is not None else "": rule
            for role in roles
            if name in role.coordinates
        }
        each = tuple(rule for _, rule in sorted(rules.items()) if rule is not None)
        if rules and len(each) == len(rules):
            rows[name] = each[0] if len(each) == 1 else AnyOf(each)
    return rows


def _nodes(roles: Sequence[RoleGrant], closed: Collection[str]) -> frozenset[str]:
    """Types that an id may read: a root field that scopes close does not open its type to ids either."""
    return frozenset(
        name for role in roles for name in role.nodes if name not in role.by_root or role.by_root[name] - set(closed)
    )


def _group(found: Sequence[RoleGrant], visible: Mapping[str, frozenset[str]], closed: Collection[str]) -> Group:
    return Group(
        rows={
            name: next((role.rows[name] for role in found if name in role.rows), None)
            for name in visible
            if name != "Query" and (is_follower(name) or any(name in role.coordinates for role in found))
        },
        whole=not found[0].rows,
        roots=frozenset(root for role in found for root in role.coordinates["Query"]) | EVERYONE,
        nodes=_nodes(found, closed),
        grants=tuple(role.label for role in found),
    )


def _access(
    visible: Mapping[str, frozenset[str]],
    rows: Mapping[str, Predicate],
    roles: Sequence[RoleGrant],
    actions: Mapping[str, Action],
    cells: Mapping[str, tuple[Action, ...]],
    terms: Terms,
) -> tuple[FieldAccess, ...]:
    found = []
    for name in sorted(visible):
        text = text_of(rows[name]) if name in rows else None
        for each in sorted(visible[name]):
            coordinate = f"{name}.{each}"
            by = [role for role in roles if each in role.coordinates.get(name, ())]
            rule = "everyone" if name == "Query" and each in EVERYONE else ", ".join(role.label for role in by)
            action = best(cells[coordinate]) if coordinate in cells else actions.get(coordinate, Action.SHOW)
            place = "; ".join(dict.fromkeys(role.place(name, each) for role in by))
            if coordinate in terms.withheld:
                rule, place = f"agency:{terms.withheld[coordinate].agency}", terms.withheld[coordinate].place
            if coordinate in cells:
                text = _cell_rows(name, coordinate, roles) or text
            if coordinate in terms.partly:
                by_whom = sorted(terms.partly[coordinate].items())
                others = f"agency not in {[agency for agency, _ in by_whom]}"
                text = others if text is None else f"({text}) and {others}"
                rule = ", ".join([rule, *(f"agency:{agency}" for agency, _ in by_whom)])
                place = "; ".join([place, *(at for _, at in by_whom)])
            found.append(FieldAccess(coordinate, TOLD.get(action, str(action)), text, rule, place))
            text = text_of(rows[name]) if name in rows else None
    return tuple(found)


def _cell_rows(name: str, coordinate: str, roles: Sequence[RoleGrant]) -> str | None:
    """The rows on which a field shows that not every group shows."""
    granting = [role for role in roles if coordinate.partition(".")[2] in role.coordinates.get(name, ())]
    texts = dict.fromkeys(text_of(role.rows[name]) for role in granting if name in role.rows)
    return " or ".join(texts) if len(texts) and all(name in role.rows for role in granting) else None
