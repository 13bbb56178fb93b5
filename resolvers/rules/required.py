"""``AgencyDecision.required``: whether the goods may not be released without this agency's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.fields import Computed
from resolvers.rules.joint_status import Decision, Required, Requirement


def required_of(rows: Sequence[Mapping[str, Any]], _answers: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """One boolean per decision; false where what is required could not be learned."""
    found: list[Any] = []
    for row in rows:
        needed = row.get("requirements") or ()
        required = Required(Requirement("", one["agency"], one.get("sequence")) for one in needed if one.get("agency"))
        found.append(required.covers(Decision("", row["agency"], row.get("sequence"))))
    return found


REQUIRED = Computed("{ agency sequence requirements { agency sequence } }", required_of)
"""What stands behind ``Meta("required")``."""
