"""The closed steps of ``read`` and ``ask``: ``trim upper digits alnum left:n lstrip0 lpad0:n group:a-b``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from adapters.contract import FieldBinding, Step
from adapters.mapping.columns import Column

STEPS = ("trim", "upper", "digits", "alnum", "left", "lstrip0", "lpad0", "group")

IMPLIED: dict[str, tuple[Step, ...]] = {
    "Locode": (("alnum", ""), ("upper", "")),
    "HsCode": (("alnum", ""),),
}
"""What the scalar itself drops (spaces, dots), as steps: the source must drop it too when it compares."""

_NOT_DIGITS = re.compile(r"[^0-9]+")
_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_GROUPS = re.compile(r"[1-9][0-9]?(-[1-9][0-9]?)+")


class StepError(ValueError):
    """A step that is not of the closed list, or with a wrong argument."""


def parse_step(step: str) -> Step:
    """``"lpad0:4"`` → ``("lpad0", "4")``. Raises :class:`StepError`."""
    name, _, argument = step.partition(":")
    if name not in STEPS:
        raise StepError(f"unknown step {name!r}; there are {', '.join(STEPS)}")
    if name in ("left", "lpad0"):
        if not _NUMBER.fullmatch(argument):
            raise StepError(f"`{name}` needs a length: `{name}:4`")
    elif name == "group":
        if not _GROUPS.fullmatch(argument):
            raise StepError("`group` needs lengths: `group:2-7`")
    elif argument or ":" in step:
        raise StepError(f"`{name}` takes no argument")
    return name, argument


def effective_steps(binding: FieldBinding) -> tuple[Step, ...]:
    """The ``read`` steps, or those that the scalar implies when the file names none."""
    if binding.read or binding.codes is not None or binding.format:
        return binding.read
    return IMPLIED.get(binding.type, ())


def step_column(step: Step) -> Callable[[Column], Column]:
    """One step over a column of texts without nulls."""
    name, argument = step
    if name == "trim":
        return lambda column: list(map(str.strip, column))
    if name == "upper":
        return lambda column: list(map(str.upper, column))
    if name == "digits":
        return _only(str.isdigit, _NOT_DIGITS)
    if name == "alnum":
        return _only(str.isalnum, _NOT_ALNUM)
    if name == "left":
        length = int(argument)
        return lambda column: [value[:length] for value in column]
    if name == "lstrip0":
        return lambda column: [value.lstrip("0") for value in column]
    if name == "lpad0":
        width = int(argument)
        return lambda column: [value.rjust(width, "0") if value else value for value in column]
    return _group(tuple(map(int, argument.split("-"))))


def _only(clean: Callable[[str], bool], dropped: re.Pattern[str]) -> Callable[[Column], Column]:
    def run(column: Column) -> Column:
        joined = "".join(column)
        if joined.isascii() and clean(joined):
            return column
        return [dropped.sub("", value) for value in column]

    return run


def _group(lengths: tuple[int, ...]) -> Callable[[Column], Column]:
    total = sum(lengths)
    ends = [sum(lengths[: index + 1]) for index in range(len(lengths))]
    cuts = list(zip([0, *ends], ends, strict=False))

    def run(column: Column) -> Column:
        return ["-".join(value[start:end] for start, end in cuts) if len(value) == total else value for value in column]

    return run


def apply_steps(steps: Sequence[Step], column: Column) -> Column:
    """All steps, in order, over a column of texts without nulls."""
    for step in steps:
        column = step_column(step)(column)
    return column
