"""Which texts a date format can read, as a condition: a text that cannot be read is null to everyone else. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa

from adapters.contract import FieldBinding
from adapters.postgres.expressions import TEXT_TYPE
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
_SHORT_MONTHS = "(?![0-9]{4}(0230|0231|0431|0631|0931|1131))"
_PIECE = re.compile("|".join(_TOKENS) + "|.")


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
            sa.cast(element, TEXT_TYPE).op("~", is_comparison=True)(inline(_regex(pattern)))
            for pattern, (element, _) in zip(patterns, columns, strict=True)
        )
    )


def _regex(pattern: str) -> str:
    body = "".join(_TOKENS.get(piece) or re.escape(piece) for piece in _PIECE.findall(pattern))
    return f"^{_SHORT_MONTHS if pattern.startswith('yyyyMMdd') else ''}{body}$"
