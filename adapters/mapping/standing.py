"""Columns that are already what they should become, as most are: one run of the regex engine tells which rows are not,
and only those are converted. That is cheaper than remembering what each value became: identifiers are many, and a memo
of them is far away in memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from adapters.contract import FieldBinding, Step
from adapters.mapping.columns import Column, Flags, Stages, apart, misfits
from adapters.mapping.scalars import DECIMAL, PATTERNS

FEW = 16
"""One row of so many may be apart: where more are, all are converted."""
_WITH_DASHES = ("AgencyCode", "CargoControlNumber")


def as_it_stands(binding: FieldBinding, convert: Stages) -> Stages:
    """``convert`` of one native column, but values that it would leave as they are are not given to it."""
    pattern = _standing(binding)
    if pattern is None:
        return convert
    find = misfits(pattern)

    def run(natives: Sequence[Column]) -> tuple[Column, Flags]:
        column = natives[0]
        few = 2 + len(column) // FEW
        rows = list(islice(find(column), few + 1))
        if not rows:
            return column, []
        return apart(column.copy(), rows, natives, convert) if len(rows) <= few else convert(natives)

    return run


def _standing(binding: FieldBinding) -> str | None:
    """A pattern of texts that the binding leaves as they are; ``None`` when none is known."""
    if len(binding.columns) != 1 or binding.codes is not None or binding.format or binding.list or binding.json_path:
        return None
    if binding.type in PATTERNS:
        return PATTERNS[binding.type] if all(_leaves(step, binding.type) for step in binding.read) else None
    return DECIMAL if binding.type == "Decimal" and not binding.read else None


def _leaves(step: Step, type_name: str) -> bool:
    """Whether a step leaves every text of the type's pattern as it is: capitals and digits, without blanks."""
    name, _ = step
    return name in ("trim", "upper") or (name == "alnum" and type_name not in _WITH_DASHES)
