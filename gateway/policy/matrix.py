"""The whole role × field matrix, for the privacy officer: verdict, rows, rule, and where the policy says so.

It names hidden fields and files, so it is for operators only. Its difference is the review of a policy change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from gateway.policy.book import Policy
from gateway.policy.view import FieldAccess

SHORT = {"SHOW": "●", "MASK_PARTIAL": "◐", "MASK_PRESENCE": "◌", "WITHHOLD": "∅", "HIDE": ""}
COLUMNS = ("coordinate", "role", "verdict", "rows", "rule", "place")


def verdicts(policy: Policy) -> Iterator[tuple[str, FieldAccess]]:
    """Role and verdict, for every role and coordinate. A partner's role is shown as it is before its agreement."""
    for role in sorted(policy.roles):
        for found in policy.explain_access([role]):
            yield role, found


def as_csv(policy: Policy) -> str:
    """One line per verdict, with rule, file and key path."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for role, found in verdicts(policy):
        writer.writerow((found.coordinate, role, found.action, found.rows or "", found.rule, found.place))
    return out.getvalue()


def as_markdown(policy: Policy) -> str:
    """A table of signs, roles across; then each role's row rules, and what is masked or withheld, with its place."""
    roles = sorted(policy.roles)
    cells: dict[str, dict[str, FieldAccess]] = {}
    for role, found in verdicts(policy):
        cells.setdefault(found.coordinate, {})[role] = found
    lines = ["| field | " + " | ".join(roles) + " |", "|---" * (len(roles) + 1) + "|"]
    for coordinate, by_role in cells.items():
        if any(found.action != "HIDE" for found in by_role.values()):
            signs = " | ".join(SHORT[by_role[role].action] for role in roles)
            lines.append(f"| {coordinate} | {signs} |")
    unseen = [name for name, by_role in cells.items() if all(each.action == "HIDE" for each in by_role.values())]
    lines += ["", "● shown · ◐ partly masked · ◌ presence only · ∅ withheld", ""]
    lines += ["Hidden from every role: " + (", ".join(unseen) or "nothing"), ""]
    for role in roles:
        rules = {each.coordinate.split(".")[0]: each.rows for each in (cells[c][role] for c in cells) if each.rows}
        lines += [f"- {role}, rows of {name}: {text}" for name, text in rules.items()]
    for coordinate, by_role in cells.items():
        for role, found in by_role.items():
            if found.action not in ("SHOW", "HIDE"):
                lines.append(f"- {role}, {coordinate}: {found.action} by {found.rule} ({found.place})")
    return "\n".join(lines) + "\n"
