"""Masks and cells, column by column: a mask is one list comprehension, whatever the number of rows. Null stays null."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from gateway.planning.rights import PARTIAL, PRESENCE, Cells, Mask

Column = list[Any]


def masked(column: Column, mask: Mask) -> Column:
    """``PRESENCE``: ``*``. ``PARTIAL``: a date's year; characters 6 to 9 of a business number; of other text the last 3
    characters, or none of a text that has no more."""
    if mask.level == PRESENCE:
        return [None if text is None else "*" for text in column]
    if mask.scalar == "PartialDate":
        return [None if text is None else text[:4] for text in column]
    if mask.scalar == "BusinessNumber":
        return [
            None if text is None else "*" * min(len(text), 5) + text[5:9] + "*" * (len(text) - 9) for text in column
        ]
    return [
        None if text is None else "*" * (len(text) - 3) + text[-3:] if len(text) > 3 else "*" * len(text)
        for text in column
    ]


def chosen(column: Column, cells: Cells, grants: Sequence[int]) -> Column:
    """Per row the best that the groups which grant it allow: as it is, masked, or null."""
    show, partial, presence = cells.show, cells.partial, cells.presence
    if not (partial or presence):
        return [value if bits & show else None for value, bits in zip(column, grants, strict=True)]
    short = masked(column, Mask(PARTIAL, cells.scalar)) if partial else column
    star = masked(column, Mask(PRESENCE, cells.scalar)) if presence else column
    return [
        value if bits & show else less if bits & partial else least if bits & presence else None
        for value, less, least, bits in zip(column, short, star, grants, strict=True)
    ]


def kept_back(column: Column, owners: Sequence[str], withholding: Collection[str]) -> Column:
    """Null on the rows of agencies that withhold the field; everywhere, when nobody knows whose the rows are."""
    if not owners:
        return [None] * len(column)
    return [None if agency in withholding else value for value, agency in zip(column, owners, strict=True)]
