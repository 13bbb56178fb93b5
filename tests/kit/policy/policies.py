"""Random policies as plain data, written as the files that the product reads, and one step narrower each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from adapters.contract import CollectionSpec
from gateway.policy import Policy
from gateway.policy.view import View
from gateway.request import Principal
from tests.kit.memory_world import COLLECTIONS, MASTER
from tests.kit.policy.harmonised import CHILDREN, COMPUTED, FIELDS, LEAF, PARENTS, ROOTS, TEXT
from tests.kit.policy.marked import PORTS, Marked
from tests.kit.policy.rules import RULES

WITHHELD = (
    ("FOOD", "Hold.reasonCode"),
    ("FOOD", "Hold.place"),
    ("TRADE_CONTROLS", "Hold.shipment"),
    ("FOOD", "Permit.holder"),
    ("TRADE_CONTROLS", "Permit.number"),
    ("FOOD", "Party.name"),
    ("FOOD", "Permit.lines"),
    ("CUSTOMS", "Shipment.carrierName"),
    ("REVENUE", "Organization.legalName"),
    ("CUSTOMS", "Hold.agency"),
    ("POLICE", "PersonRecord.familyName"),
    ("IMMIGRATION", "PersonRecord.key"),
    ("TRAVELLER", "Crossing.place"),
    ("POLICE", "EnforcementAction.kind"),
)
SCOPES = ("shipments:read", "permits:read", "people:read", "permits:verify")


@dataclass(frozen=True)
class Role:
    """``fields``: type → field → its action. ``rows``: type → a rule's name."""

    name: str
    roots: frozenset[str]
    fields: Mapping[str, Mapping[str, str]]
    rows: Mapping[str, str]

    def toml(self) -> str:
        text = f"[roles.{self.name}]\nquery = {sorted(self.roots)}\n"
        for owner, actions in self.fields.items():
            shown = [name for name, action in actions.items() if action == "SHOW"]
            masks = [f'{name} = "{a}"' for name, a in actions.items() if a in ("PARTIAL", "PRESENCE")]
            withheld = [name for name, action in actions.items() if action == "WITHHOLD"]
            text += f"[roles.{self.name}.types.{owner}]\nfields = {shown}\n"
            text += f"mask = {{ {', '.join(masks)} }}\n" if masks else ""
            text += f"withhold = {withheld}\n" if withheld else ""
            text += f"rows = {RULES[owner][self.rows[owner]][0]}\n" if owner in self.rows else ""
        return text


@dataclass(frozen=True)
class Sharing:
    """An agreement: the fields it covers of each type, and its own rules."""

    fields: Mapping[str, frozenset[str]]
    rows: Mapping[str, str]

    def toml(self) -> str:
        text = """[agreements.a]
title = "A"
parties = ["ORG", "OTHER"]
from = 2000-01-01
status = "IN_FORCE"
purposes = ["p"]
retention_days = 1
onward = "NEVER"
caveat = "c"
citation = "c"
"""
        for owner, names in self.fields.items():
            text += f"[agreements.a.types.{owner}]\nfields = {sorted(names)}\n"
            text += f"rows = {RULES[owner][self.rows[owner]][0]}\n" if owner in self.rows else ""
        return text


@dataclass(frozen=True)
class _Terms:
    withhold: tuple[str, ...]


@dataclass(frozen=True)
class _Agency:
    code: str
    terms: _Terms
    file: Path
    collections: Sequence[CollectionSpec]


@dataclass(frozen=True)
class Case:
    """Everything that decides what one caller sees. ``terms``: agency and coordinate."""

    marked: Marked
    roles: tuple[Role, ...]
    claims: Mapping[str, Any]
    scopes: frozenset[str] = frozenset(SCOPES)
    terms: frozenset[tuple[str, str]] = frozenset()
    sharing: Sharing | None = None

    @property
    def reads_persons_whole(self) -> bool:
        """Not where records have a rule: persons are then decided on, and read, by those that it admits."""
        ruled = [role.rows for role in self.roles] + ([self.sharing.rows] if self.sharing is not None else [])
        return not any("PersonRecord" in rows for rows in ruled)

    def view(self, directory: Path) -> View:
        """By the product's own loader and its own way from a token."""
        (directory / "roles.toml").write_text("\n".join(role.toml() for role in self.roles).replace("'", '"'))
        holders = [role.name for role in self.roles]
        (directory / "purposes.toml").write_text(
            f'[purposes.p]\ntitle = "P"\nbasis = "P"\nroles = {holders}'.replace("'", '"')
        )
        agreements = self.sharing.toml() if self.sharing is not None else "[agreements]\n"
        (directory / "agreements.toml").write_text(agreements.replace("'", '"'))
        agencies = [
            _Agency(
                code,
                _Terms(tuple(sorted(name for agency, name in self.terms if agency == code))),
                directory / code,
                COLLECTIONS[code],
            )
            for code in COLLECTIONS
        ]
        return Policy.load(directory, MASTER, agencies).view(self.principal())

    def principal(self) -> Principal:
        agreement = "a" if self.sharing is not None else None
        names = frozenset(role.name for role in self.roles)
        return Principal("s", "ORG", names, self.scopes, "p", agreement, claims=self.claims)


def case_of(rng: Random, marked: Marked) -> Case:
    anchors = [row["anchor"] for _, row in marked.rows.values() if "anchor" in row]
    claims = {
        "ports": rng.sample(PORTS, rng.randint(1, 2)),
        "bn": rng.sample(marked.business_numbers, rng.randint(1, 2)),
        "agency": rng.choice(("FOOD", "TRADE_CONTROLS")),
        "document": dict(zip(("issuer", "number"), rng.choice(anchors), strict=True)),
    }
    roles = tuple(role_of(rng, f"r{n}") for n in range(rng.choice((1, 1, 2, 2, 3))))
    return Case(
        marked,
        roles,
        claims,
        frozenset(rng.sample(SCOPES, 3)) if rng.random() < 0.15 else frozenset(SCOPES),
        frozenset(rng.sample(WITHHELD, rng.randint(1, 3))) if rng.random() < 0.4 else frozenset(),
        sharing_of(rng) if rng.random() < 0.25 else None,
    )


def role_of(rng: Random, name: str) -> Role:
    owners = rng.sample(sorted(ROOTS), rng.randint(1, len(ROOTS)))
    owners += [owner for owner, (parent, _) in PARENTS.items() if parent in owners and rng.random() < 0.7]
    if "Person" in owners and not {"PersonRecord", "TravelDocument", "EnforcementAction"} & set(owners):
        owners.append(rng.choice(("PersonRecord", "TravelDocument", "EnforcementAction")))  # it has no value of its own
    fields: dict[str, dict[str, str]] = {owner: _actions(rng, owner, owners) for owner in owners}
    for owner, (parent, link) in PARENTS.items():
        if owner in fields:
            fields[parent][link] = "SHOW"
    parties = any(one in fields.get(owner, ()) for owner in fields for one in ("importer", "holder"))
    if parties and rng.random() < 0.4:
        fields["Party"] = _actions(rng, "Party", owners)
    rows = {
        owner: rng.choice(sorted(RULES[owner]))
        for owner in owners
        if owner in RULES and rng.random() < (0.2 if owner == "PersonRecord" else 0.6)
    }
    roots = set()
    for owner in owners:
        each = ROOTS.get(owner, ())
        roots |= {one for one in each if rng.random() < 0.7} or set(each[:1])
    roots |= {"verifyPermit"} if rng.random() < 0.3 else set()
    if rows.get("Hold") == "crossing":
        roots.discard("holds")  # a list whose rule leaves its source is not in the view
    return Role(name, frozenset(roots), fields, rows)


def _actions(rng: Random, owner: str, owners: Sequence[str]) -> dict[str, str]:
    """At least one value. A link to what the role lacks shows nothing: only an action on it would be a mistake."""
    names = [name for name in FIELDS[owner] if rng.random() < 0.65]
    values = [name for name, (kind, _) in FIELDS[owner].items() if kind in (TEXT, LEAF)]
    names = names if set(names) & set(values) or not values else [*names, rng.choice(values)]
    actions = {}
    for name in names:
        kind, target = FIELDS[owner][name]
        actions[name] = _action(rng, kind) if target in ("", "Party", *owners) else "SHOW"
    return actions


def _action(rng: Random, kind: str) -> str:
    chance = rng.random()
    if chance < 0.72 or kind in (CHILDREN, COMPUTED):
        return "SHOW"
    if kind == TEXT and chance < 0.9:
        return rng.choice(("PARTIAL", "PRESENCE"))
    return "WITHHOLD" if chance > 0.85 else "SHOW"


def sharing_of(rng: Random) -> Sharing:
    owners = [owner for owner in (*ROOTS, *PARENTS, "Party") if rng.random() < 0.8] or ["Shipment"]
    fields = {
        owner: frozenset(name for name in FIELDS[owner] if rng.random() < 0.8) or frozenset(list(FIELDS[owner])[:1])
        for owner in owners
    }
    rules = {
        owner: rng.choice([name for name in sorted(RULES[owner]) if name != "crossing"])
        for owner in owners
        if owner in RULES and rng.random() < 0.25
    }
    return Sharing(fields, rules)


def narrower(rng: Random, case: Case) -> Case:
    """The same case less one grant."""
    steps: list[Callable[[Random, Case], Case]] = [_less_field, _less_action, _less_rows, _less_terms]
    if len(case.roles) > 1:
        steps += [_less_role, _less_role]
    if case.sharing is None:
        steps.append(lambda rng, case: replace(case, sharing=sharing_of(rng)))
    return rng.choice(steps)(rng, case)


def _less_role(rng: Random, case: Case) -> Case:
    gone = rng.choice(case.roles)
    return replace(case, roles=tuple(role for role in case.roles if role is not gone))


def _with(case: Case, role: Role, **changes: Any) -> Case:
    return replace(case, roles=tuple(replace(one, **changes) if one is role else one for one in case.roles))


def _less_field(rng: Random, case: Case) -> Case:
    role = rng.choice(case.roles)
    owner = rng.choice(sorted(role.fields))
    kept = dict(role.fields[owner])
    kept.pop(rng.choice(sorted(kept)))
    return _with(case, role, fields={**role.fields, owner: kept})


def _less_action(rng: Random, case: Case) -> Case:
    role = rng.choice(case.roles)
    owner = rng.choice(sorted(role.fields))
    name = rng.choice(sorted(role.fields[owner]))
    order = ("SHOW", "PARTIAL", "PRESENCE", "WITHHOLD")
    lower = order[order.index(role.fields[owner][name]) + 1 :]
    if FIELDS[owner][name][0] != TEXT:
        lower = tuple(one for one in lower if one == "WITHHOLD")
    if not lower:
        return _less_field(rng, case)
    return _with(case, role, fields={**role.fields, owner: {**role.fields[owner], name: rng.choice(lower)}})


def _less_rows(rng: Random, case: Case) -> Case:
    role = rng.choice(case.roles)
    free = [owner for owner in RULES if owner in role.fields and owner not in role.rows]
    if not free:
        return _less_action(rng, case)
    owner = rng.choice(free)
    rule = rng.choice([name for name in sorted(RULES[owner]) if name != "crossing"])
    return _with(case, role, rows={**role.rows, owner: rule})


def _less_terms(rng: Random, case: Case) -> Case:
    return replace(case, terms=case.terms | {rng.choice(WITHHELD)})
