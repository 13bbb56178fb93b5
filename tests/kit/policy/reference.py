"""What an answer may be: the answer to one who may see everything, filtered by hand. Knows nothing of the product.

Written from the rules alone: a row shows when some grant admits it; a cell shows as the best of the grants that admit
its row say; what a link leads to is seen by a grant's own rule, or, where it has none beside others, only by the grants
that led there. Roles that see the same rows are one grant and add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.kit.policy.harmonised import CHILDREN, COMPUTED, EMBEDDED, FIELDS, LINK, LINKS, MERGED, PAGE, ROOTS
from tests.kit.policy.policies import Case, Role
from tests.kit.policy.queries import AGENCY, KEY, NAMED, NAMES, Pick
from tests.kit.policy.rules import RULES

ORDER = ("SHOW", "PARTIAL", "PRESENCE", "WITHHOLD", "HIDE")
FOLLOWERS = ("Party", "PermitLine")
WITH_THE_ROW = ("id", "__typename")
SCOPES = {
    **dict.fromkeys(ROOTS, "shipments:read"),
    "Permit": "permits:read",
    **dict.fromkeys(("Person", "Crossing"), "people:read"),
}
"""What a token must have for the root fields of a type."""


@dataclass
class Grant:
    """``rules``: type → names of rules that all hold. ``by_id``: types that a node id may read."""

    rules: Mapping[str, tuple[str, ...]]
    roots: set[str] = field(default_factory=set)
    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    by_id: set[str] = field(default_factory=set)

    def action(self, owner: str, name: str) -> str:
        return self.fields.get(owner, {}).get(name, "HIDE")


def grants_of(case: Case) -> list[Grant]:
    found: dict[str, Grant] = {}
    for role in case.roles:
        rules, fields = _of_role(case, role)
        grant = found.setdefault(repr(sorted(rules.items())), Grant(rules))
        grant.roots |= role.roots
        grant.by_id |= _by_id(case, role, rules)
        for owner, actions in fields.items():
            mine = grant.fields.setdefault(owner, {})
            for name, action in actions.items():
                mine[name] = min(mine.get(name, "HIDE"), action, key=ORDER.index)
    return list(found.values())


def _of_role(case: Case, role: Role) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, str]]]:
    """A role's rules and fields, with what its agreement leaves of them."""
    rules: dict[str, tuple[str, ...]] = {owner: (rule,) for owner, rule in role.rows.items()}
    fields = {owner: dict(actions) for owner, actions in role.fields.items()}
    for owner in FOLLOWERS:  # they come whole with whatever shows them
        fields.setdefault(owner, dict.fromkeys(FIELDS[owner], "SHOW"))
    _without_dead_ends(fields)
    if case.sharing is None:
        return rules, fields
    for owner, rule in case.sharing.rows.items():
        if owner in role.fields:
            rules[owner] = (*rules.get(owner, ()), rule)
    covered = case.sharing.fields
    fields = {
        owner: {
            name: action
            for name, action in actions.items()
            if name in covered.get(owner, FIELDS[owner] if owner in FOLLOWERS else ())
        }
        for owner, actions in fields.items()
    }
    _without_dead_ends(fields)
    return rules, fields


def _without_dead_ends(fields: dict[str, dict[str, str]]) -> None:
    """A link shows only when its target is granted."""
    dead: list[tuple[str, str]] | None = None
    while dead is None or dead:
        dead = [
            (owner, name)
            for owner, actions in fields.items()
            for name in actions
            if (target := FIELDS[owner][name][1]) and not fields.get(target)
        ]
        for owner, name in dead:
            del fields[owner][name]
    shown = {FIELDS[owner][name][1] for owner, actions in fields.items() for name in actions}
    for owner in FOLLOWERS:
        if owner not in shown:
            fields.pop(owner, None)


def _by_id(case: Case, role: Role, rules: Mapping[str, tuple[str, ...]]) -> set[str]:
    yielded = {owner for owner, roots in ROOTS.items() if role.roots & set(roots) and SCOPES[owner] in case.scopes}
    own = {owner for owner in role.fields if not role.rows or owner in role.rows or owner in yielded}
    return own & rules.keys() if case.sharing is not None and case.sharing.rows else own


def expected(case: Case, roots: Sequence[Pick], full: Mapping[str, Any]) -> dict[str, Any]:
    return Reference(case).answer(roots, full)


class Reference:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.grants = grants_of(case)

    def answer(self, roots: Sequence[Pick], full: Mapping[str, Any]) -> dict[str, Any]:
        return {root.key: self._root(root, full[root.key]) for root in roots}

    def _root(self, root: Pick, full: Any) -> Any:
        if root.kind == COMPUTED:
            return full
        if root.kind == "node":
            start = {n for n, grant in enumerate(self.grants) if root.target in grant.by_id}
        else:
            start = {n for n, grant in enumerate(self.grants) if root.name in grant.roots}
        if root.kind != "list":
            return self._row(root, full, start, start)
        return self._page(root, full, start, start)

    def _page(self, pick: Pick, full: Any, led: set[int], may: set[int] | None = None) -> Any:
        nodes = [one for node in full["nodes"] if (one := self._row(pick, node, led, may)) is not None]
        return {"totalCount": len(nodes), "nodes": nodes, "edges": [{"node": node} for node in nodes]}

    def _row(self, pick: Pick, full: Any, led: set[int], may: set[int] | None = None) -> Any:
        """A row, or None. ``may``: the grants of which one must admit the row; all unless given."""
        if not full:
            return None
        admitting = {n for n in range(len(self.grants)) if self._admits(n, pick.target, full, led)}
        if not (admitting if may is None else admitting & may):
            return None
        return self._object(pick, full, admitting, self._agency(full))

    def _admits(self, n: int, owner: str, full: Mapping[str, Any], led: set[int]) -> bool:
        grant = self.grants[n]
        if not grant.fields.get(owner):
            return False
        if owner in grant.rules:
            agency, row = self.case.marked.rows[full[KEY]] if KEY in full else (full[AGENCY], {})
            return all(RULES[owner][name][1](agency, row, self.case) for name in grant.rules[owner])
        return not grant.rules or n in led

    def _agency(self, full: Mapping[str, Any]) -> str:
        return self.case.marked.rows[full[KEY]][0] if KEY in full else full.get(AGENCY, "CUSTOMS")

    def _object(self, pick: Pick, full: Mapping[str, Any], seen: set[int], agency: str) -> dict[str, Any]:
        return {below.key: self._cell(below, self._told(below, full, agency), seen, agency) for below in pick.below}

    def _told(self, pick: Pick, full: Mapping[str, Any], agency: str) -> Any:
        """What the full answer has at a key. A link that shows nothing beyond what the row itself names is answered
        from it, and leads on whether there is such a row or not; any other leads to rows that there are."""
        if pick.kind != LINK or pick.target not in NAMES:
            return full[pick.key]
        named = full[NAMED + pick.key]
        if named and self._only_names(pick, agency):
            return {below.key: named.get(below.name) for below in pick.below}
        found = full[pick.key]
        return found if found and found[KEY] in self.case.marked.rows else None

    def _only_names(self, pick: Pick, agency: str) -> bool:
        if len(self.grants) > 1 or pick.target in self.grants[0].rules:
            return False
        own = [one for one in pick.below if one.name not in WITH_THE_ROW and not self._withheld(agency, one)]
        actions = {one.name: self.grants[0].action(one.owner, one.name) for one in own}
        return all(
            action == "WITHHOLD" or (name, action) == (NAMES[pick.target], "SHOW") for name, action in actions.items()
        )

    def _cell(self, pick: Pick, full: Any, seen: set[int], agency: str) -> Any:
        if pick.name in WITH_THE_ROW:
            return full
        if self._withheld(agency, pick):
            return None
        actions = {n: self.grants[n].action(pick.owner, pick.name) for n in seen}
        best = min(actions.values(), key=ORDER.index, default="HIDE")
        showing = {n for n, action in actions.items() if action == "SHOW"}
        if full is None or best in ("WITHHOLD", "HIDE"):
            return None
        if pick.kind == EMBEDDED:
            return self._object(pick, full, showing, agency)
        if pick.kind == CHILDREN:
            return [self._object(pick, one, showing, agency) for one in full]
        if pick.kind == LINK:
            return self._row(pick, full, showing)
        if pick.kind == PAGE:
            return self._page(pick, full, showing)
        if pick.kind == LINKS:
            rows = [self._row(pick, one, showing) for one in full]
            return [row for row in rows if row is not None]
        return full if best == "SHOW" else masked(pick.name, full, best)

    def clear(self, owner: str, name: str) -> bool:
        """Whether everyone who sees rows of the type sees the field as it is, on all of them."""
        actions = {grant.action(owner, name) for grant in self.grants if grant.fields.get(owner)}
        return actions == {"SHOW"} and not any(what == f"{owner}.{name}" for _, what in self.case.terms)

    def _withheld(self, agency: str, pick: Pick) -> bool:
        """An agency withholds its own rows' fields; what is not of its rows alone, it withholds from all."""
        by = {who for who, what in self.case.terms if what == f"{pick.owner}.{pick.name}"}
        return agency in by if pick.owner in MERGED else bool(by)


def masked(name: str, text: str, level: str) -> str:
    if level == "PRESENCE":
        return "*"
    if name == "businessNumber":
        return "".join(letter if 6 <= place <= 9 else "*" for place, letter in enumerate(text, 1))
    kept = 3 if len(text) > 3 else 0
    return "*" * (len(text) - kept) + (text[-kept:] if kept else "")
