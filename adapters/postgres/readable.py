"""Which texts a date format can read, as a condition: a text that cannot be read is null to everyone else. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

from adapters.contract import FieldBinding
from adapters.postgres.scope import Column
from adapters.postgres.statement import Element, inline

_TOKENS = {
    "yyyy": "[0-9]{4}",
    "MM": "(0[1-9]|1[0-2])",
    "dd": "(0[1-9]|[12][0-9]|3[01])",
    "HH": "([01][0-9]|2[0-3])",
    "mm": "[0-5][0-9]",
    "ss": "[0-5][0-9]",
}
_DAY = "((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9]))"  # MMdd
_PIECE = re.compile("MMdd|" + "|".join(_TOKENS) + "|.")


def readable(binding: FieldBinding, columns: Sequence[Column]) -> Element | None:
    """A condition, true for rows whose texts are a date of the binding's format; ``None`` when there is no such
    format over text. (29 February of a common year passes.) An agency whose dates are dirty helps its lists with a
    partial index on the complement."""
    if "yyyy" not in binding.format or not all(column.textual for _, column in columns):
        return None
    patterns = [binding.format] if len(columns) == 1 else binding.format.split(" ")
    if len(patterns) != len(columns):
        return None
    return sa.and_(
        *(
            element.op("~", is_comparison=True)(inline(_regex(pattern, column.name == "bpchar")))
            for pattern, (element, column) in zip(patterns, columns, strict=True)
        )
    )


def _regex(pattern: str, padded: bool) -> str:
    """Over the bare column, whose statistics then tell the planner that nearly every row matches."""
    tokens = {**_TOKENS, "MMdd": _DAY}
    body = "".join(tokens.get(piece) or re.escape(piece) for piece in _PIECE.findall(pattern))
    return f"^{body}{' *' if padded else ''}$"
