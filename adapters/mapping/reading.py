"""A binding compiled into what turns native columns into one harmonised column, and the flags of what was odd."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from adapters.contract import MISSING, Decision, FieldBinding
from adapters.mapping.codes import CodeTables
from adapters.mapping.columns import TRUTH_OR_NULL, Column, Flags, Stages, texts
from adapters.mapping.days import days_and_times
from adapters.mapping.memo import PLAIN, Memo
from adapters.mapping.scalars import PATTERNS, converter
from adapters.mapping.stages import compiled
from adapters.mapping.standing import as_it_stands

_BINDINGS = 1024
"""Bindings whose conversions are kept with their memos; those of one agency are some hundred."""


class Reading:
    """``columns``: the native inputs in order (column names or JSON paths); none for a constant."""

    __slots__ = ("_constant", "_run", "binding", "columns")

    def __init__(self, binding: FieldBinding, run: Stages | None, constant: Any = None) -> None:
        self.binding = binding
        self.columns = binding.columns
        self._run = run
        self._constant = constant

    def read(self, natives: Sequence[Column], count: int) -> tuple[Column, Flags]:
        """``natives``: one column of ``count`` values for each of ``columns``. Gives the harmonised column and (row,
        problem) flags. The column may be the very list that was passed in: treat both as read-only afterwards."""
        if self._run is None:
            return [self._constant] * count, []
        return self._run(natives)


def reading(binding: FieldBinding, *, zone: str | None, tables: CodeTables) -> Reading:
    """``zone``: of local times; ``tables``: lookups as they are when read. Raises ``FormatError`` or ``PathError``."""
    if binding.const is not MISSING:
        constant, _ = converter(binding.type, binding.enum, zone)([binding.const])
        value = [binding.const] if binding.list and not isinstance(binding.const, list) else constant[0]
        return Reading(binding, None, value)
    return Reading(binding, _remembering(binding, zone) if _remembered(binding) else compiled(binding, zone, tables))


def _remembered(binding: FieldBinding) -> bool:
    """Whether a value's conversion costs more than looking it up, and depends on nothing else."""
    if binding.list or binding.json_path or not (binding.codes is None or isinstance(binding.codes, Decision)):
        return False
    costly = binding.type in ("Date", "PartialDate", "Decimal") or binding.type in PATTERNS
    return costly or len(binding.columns) > 1 or bool(binding.read or binding.format)


class _Odd(NamedTuple):
    value: Any
    problems: tuple[str, ...]


@lru_cache(_BINDINGS)
def _remembering(binding: FieldBinding, zone: str | None) -> Stages:
    """The stages behind a memo that every call shape of the binding shares, for what does not stand as it is."""
    run = _memo(compiled(binding, zone, CodeTables()), single=len(binding.columns) == 1)
    return days_and_times(binding, zone, run) or as_it_stands(binding, run)


def _memo(stages: Stages, *, single: bool) -> Stages:
    some_odd = False

    def make(rows: list[Any]) -> Column:
        nonlocal some_odd
        column, flags = stages([rows] if single else list(map(list, zip(*rows, strict=True))))
        if not flags:
            return column
        some_odd = True
        problems: dict[int, tuple[str, ...]] = {}
        for row, problem in flags:
            problems[row] = (*problems.get(row, ()), problem)
        return [_Odd(value, problems[row]) if row in problems else value for row, value in enumerate(column)]

    memo = Memo(make)

    def run(natives: Sequence[Column]) -> tuple[Column, Flags]:
        column = memo.known(natives[0] if single else zip(*natives, strict=True))
        if column is None:
            kinds = [set(map(type, native)) for native in natives]
            if not all(kind <= PLAIN or kind <= TRUTH_OR_NULL for kind in kinds):
                return stages(natives)
            # Booleans by their text, which is what the stages make of them: ``True`` would be found for ``1``.
            natives = [texts(native) if bool in kind else native for native, kind in zip(natives, kinds, strict=True)]
            column = memo(natives[0] if single else list(zip(*natives, strict=True)))
        if not some_odd or _Odd not in set(map(type, column)):
            return column, []
        flags = [(row, problem) for row, one in enumerate(column) if type(one) is _Odd for problem in one.problems]
        return [one.value if type(one) is _Odd else one for one in column], flags

    return run
