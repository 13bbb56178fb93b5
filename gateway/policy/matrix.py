"""The whole role × field matrix, for the privacy officer: verdict, rows, rule, and where the policy says so.

A role that may ask under a sharing agreement is there once more under each, so that what the agreement limits is seen
beside what the role alone would grant. It names hidden fields and files, so it is for operators only. Its difference is
the review of a policy change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO

from gateway.policy.book import Policy
from gateway.policy.coordinates import is_follower
from gateway.policy.view import FieldAccess

SHORT = {"SHOW": "●", "MASK_PARTIAL": "◐", "MASK_PRESENCE": "◌", "WITHHOLD": "∅", "HIDE": ""}
COLUMNS = ("coordinate", "role", "agreement", "verdict", "rows", "rule", "place")


@dataclass(frozen=True, slots=True)
class Holder:
    """A role, as it is or under an agreement."""

    role: str
    agreement: str | None = None

    def __str__(self) -> str:
        return self.role if self.agreement is None else f"{self.role} under {self.agreement}"


def holders(policy: Policy) -> Iterator[Holder]:
    """Every role, each followed by what the agreements leave of it. One that has ended admits nobody."""
    for role in sorted(policy.roles):
        yield Holder(role)
        for name, agreement in sorted(policy.agreements.items()):
            may = [policy.purposes[each].roles for each in agreement.told.purposes if each in policy.purposes]
            if agreement.status != "ENDED" and any(role in roles for roles in may):
                yield Holder(role, name)


def verdicts(policy: Policy) -> dict[Holder, Mapping[str, FieldAccess]]:
    """Holder → coordinate → verdict, for every coordinate of the schema."""
    return {
        each: {found.coordinate: found for found in policy.explain_access([each.role], agreement=each.agreement)}
        for each in holders(policy)
    }


def as_csv(policy: Policy) -> str:
    """One line per verdict, with rule, file and key path."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for of, found in verdicts(policy).items():
        for one in found.values():
            verdict = (one.action, one.rows or "", one.rule, one.place)
            writer.writerow((one.coordinate, of.role, of.agreement or "", *verdict))
    return out.getvalue()


def as_markdown(policy: Policy) -> str:
    """A table of signs, roles across; then each role's row rules, what is masked or withheld, with its place, and what
    each agreement leaves out of its roles."""
    found = verdicts(policy)
    coordinates = list(next(iter(found.values()), {}))
    seen = [name for name in coordinates if any(by[name].action != "HIDE" for by in found.values())]
    lines = ["| field | " + " | ".join(map(str, found)) + " |", "|---" * (len(found) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(SHORT[by[name].action] for by in found.values()) + " |" for name in seen]
    unseen = [name for name in coordinates if name not in set(seen)]
    lines += ["", "● shown · ◐ partly masked · ◌ presence only · ∅ withheld", ""]
    lines += ["Hidden from every role: " + (", ".join(unseen) or "nothing"), ""]
    for of, by in found.items():
        rules = {one.coordinate.split(".")[0]: one.rows for one in by.values() if one.rows}
        lines += [f"- {of}, rows of {name}: {text}" for name, text in rules.items()]
    for name in coordinates:
        for of, one in ((of, by[name]) for of, by in found.items()):
            if one.action not in ("SHOW", "HIDE"):
                lines.append(f"- {of}, {name}: {one.action} by {one.rule} ({one.place})")
    for of, by in found.items():
        if of.agreement is not None:
            gone = ", ".join(_left_out(found[Holder(of.role)], by))
            lines.append(f"- {of} lacks of the role: {gone or 'nothing'}")
    ended = sorted(name for name, one in policy.agreements.items() if one.status == "ENDED")
    lines += [f"- {name} has ended: nobody asks under it" for name in ended]
    return "\n".join(lines) + "\n"


def _left_out(alone: Mapping[str, FieldAccess], under: Mapping[str, FieldAccess]) -> Iterator[str]:
    """Types that are gone, and fields of those that are left; embedded objects go with what shows them."""
    shown: dict[str, list[str]] = {}
    for name, one in alone.items():
        if one.action != "HIDE" and not is_follower(name.partition(".")[0]):
            shown.setdefault(name.partition(".")[0], []).append(name)
    for owner, names in shown.items():
        gone = [name for name in names if under[name].action == "HIDE"]
        yield from [owner] if len(gone) == len(names) else gone
