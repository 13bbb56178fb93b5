"""``AgencyDecision.required``: whether the goods may not be released without this agency's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.fields import Computed
from resolvers.rules.joint_status import Decision, Requirement


def required(rows: Sequence[Mapping[str, Any]], _answers: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """One boolean per decision; false where what is required could not be learned."""
    found: list[Any] = []
    for row in rows:
        decision = Decision("", row["agency"], row.get("sequence"))
        found.append(
            any(
                decision.answers(Requirement("", one["agency"], one.get("sequence")))
                for one in row.get("requirements") or ()
                if one.get("agency") is not None
            )
        )
    return found


REQUIRED = Computed("{ agency sequence requirements { agency sequence } }", required)
"""What stands behind ``Meta("required")``."""
