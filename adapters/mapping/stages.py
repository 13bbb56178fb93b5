"""The stages of a binding: cleaning, joining, format, codes, type, a column at a time. Pure but for lookups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import orjson

from adapters.contract import MISSING, CodeMap, Decision, FieldBinding, Lookup
from adapters.mapping.codes import CodeTables, decide
from adapters.mapping.columns import (
    Column,
    Convert,
    Flags,
    Stages,
    blank,
    each_value,
    on_live,
    text,
    texts,
    without_blanks,
)
from adapters.mapping.dates import local_times_first
from adapters.mapping.formats import parse_format
from adapters.mapping.paths import parse_path, walk
from adapters.mapping.scalars import UNMAPPED, as_it_is, converter, nulling_blanks
from adapters.mapping.steps import step_column


def compiled(binding: FieldBinding, zone: str | None, tables: CodeTables) -> Stages:
    stages = _stages(binding, zone, tables)
    if binding.json_path:
        stages = _inside(binding.json_path, stages)
    if binding.absent is not MISSING:
        stages = _instead(binding.absent, stages)
    return stages


def _stages(binding: FieldBinding, zone: str | None, tables: CodeTables) -> Stages:
    clean = _cleaning(binding)
    if isinstance(binding.codes, Decision):
        return _decision(binding.codes, clean)
    if binding.tuple_key:
        return lambda natives: (_key([texts(clean(column)) for column in natives]), [])
    value = _value(binding, zone, tables)
    if binding.list:
        return _lists(value, clean, binding.split)
    if binding.format:
        joint = parse_format(binding.format, binding.type, len(binding.columns)).joint
        return lambda natives: value(_joined(natives, clean, joint, skip=False))
    if len(binding.columns) > 1:
        return lambda natives: value(_joined(natives, clean, " ", skip=True))
    return lambda natives: value(clean(natives[0]))


def _cleaning(binding: FieldBinding) -> Callable[[Column], Column]:
    steps = [step_column(step) for step in binding.read]
    if not steps:
        return lambda column: column

    def clean(column: Column) -> Column:
        column = texts(column)
        for step in steps:
            column = on_live(step, column)
        return column

    return clean


def _value(binding: FieldBinding, zone: str | None, tables: CodeTables) -> Convert:
    """One column of natives, clean → harmonised: codes, or format and type."""
    convert = converter(binding.type, binding.enum, zone)
    if isinstance(binding.codes, Lookup):
        return _lookup(binding, zone, tables, binding.codes.name)
    if isinstance(binding.codes, CodeMap):
        return _coded(_Table(binding.codes.values))
    if not binding.format:
        plain = nulling_blanks(_implied(binding, convert))
        if binding.type == "DateTime" and zone is not None:
            return local_times_first(zone, plain)
        return plain if binding.enum else as_it_is(binding.type, plain)
    form = parse_format(binding.format, binding.type, len(binding.columns))

    def formatted(column: Column) -> tuple[Column, Flags]:
        flags: Flags = []

        def read(live: Column) -> Column:
            done, problems = form.read(live)
            flags.extend(problems)
            return done

        if None in column:
            rows = [row for row, value in enumerate(column) if value is not None]
            column = on_live(read, column)
            flags[:] = [(rows[row], problem) for row, problem in flags]
        else:
            column = read(column)
        out, odd = convert(column)
        return out, flags + odd

    return nulling_blanks(formatted)


def _implied(binding: FieldBinding, convert: Convert) -> Convert:
    """Spaces and dots that the scalar itself drops: only looked for when the column is not clean as it stands."""
    if binding.read or binding.type not in ("HsCode", "Locode"):
        return convert
    upper = binding.type == "Locode"

    def shorten(value: Any) -> tuple[Any, str]:
        short = text(value).replace(" ", "").replace(".", "")
        return (short.upper() if upper else short), ""

    def run(column: Column) -> tuple[Column, Flags]:
        out, flags = convert(column)
        return convert(each_value(shorten, column)[0]) if flags else (out, flags)

    return run


class _Table(dict[Any, Any]):
    """Code → value: null and blank give ``None`` unless the list says otherwise."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.setdefault("", None)
        self[None] = self[""]


def _coded(table: _Table) -> Convert:
    def one(code: Any) -> tuple[Any, str]:
        for spelling in (code, code.rstrip(), code.strip()):
            if spelling in table:
                return table[spelling], ""
        return None, UNMAPPED

    def convert(column: Column) -> tuple[Column, Flags]:
        try:
            out = list(map(table.get, column))
        except TypeError:
            out = [None]
        if None not in out:
            return out, []
        spelled = texts(column)  # a number is a code too
        if spelled is not column:
            column, out = spelled, list(map(table.get, spelled))
        flags: Flags = []
        if table[None] is None and out.count(None) == column.count(None):
            return out, flags  # every null is one of the column's own
        row = -1
        for _ in range(out.count(None)):
            row = out.index(None, row + 1)
            if column[row] is not None:
                out[row], problem = one(column[row])
                if problem:
                    flags.append((row, problem))
        return out, flags

    return convert


def looked_up(binding: FieldBinding, zone: str | None, forward: Mapping[str, Any]) -> dict[str, Any]:
    """A lookup's table with its values as the scalar has them: ``CA VAN`` is ``CAVAN``; a code of what it cannot say is
    not mapped."""
    values, _ = _implied(binding, converter(binding.type, binding.enum, zone))(list(forward.values()))
    return {code: value for code, value in zip(forward, values, strict=True) if value is not None}


def _lookup(binding: FieldBinding, zone: str | None, tables: CodeTables, name: str) -> Convert:
    """Like inline codes, over the table as it is now."""
    seen: Mapping[str, Any] | None = None
    coded = _coded(_Table({}))

    def run(column: Column) -> tuple[Column, Flags]:
        nonlocal seen, coded
        forward = tables.forward(name)
        if forward is not seen:
            coded, seen = _coded(_Table(looked_up(binding, zone, forward))), forward
        return coded(column)

    return run


def _decision(decision: Decision, clean: Callable[[Column], Column]) -> Stages:
    def choose(row: tuple[str | None, ...]) -> tuple[Any, str]:
        value, found = decide(decision, row)
        return value, "" if found or all(map(blank, row)) else UNMAPPED

    def run(natives: Sequence[Column]) -> tuple[Column, Flags]:
        answers = [choose(row) for row in zip(*(texts(clean(column)) for column in natives), strict=True)]
        return [value for value, _ in answers], [(row, flag) for row, (_, flag) in enumerate(answers) if flag]

    return run


def _key(columns: Sequence[Column]) -> Column:
    """JSON array texts; null when a part is null: such a key finds nothing."""
    encode = orjson.dumps
    if any(None in column for column in columns):
        return [None if None in row else encode(row).decode() for row in zip(*columns, strict=True)]
    return [encode(row).decode() for row in zip(*columns, strict=True)]


def _joined(natives: Sequence[Column], clean: Callable[[Column], Column], joint: str, *, skip: bool) -> Column:
    """Columns joined row by row; with ``skip`` blank parts are left out, else one blank part makes the whole null."""
    columns = [without_blanks(texts(clean(column))) for column in natives]
    if len(columns) == 1:
        return clean(natives[0])
    if not any(None in column for column in columns) and not skip:
        return list(map(joint.join, zip(*columns, strict=True)))
    if skip:
        return [joint.join(part.strip() for part in row if part) or None for row in zip(*columns, strict=True)]
    return [None if None in row else joint.join(row) for row in zip(*columns, strict=True)]


def _lists(value: Convert, clean: Callable[[Column], Column], split: str) -> Stages:
    """Null is no element: lists are never null. Blank elements are dropped."""

    def elements(native: Any) -> list[Any]:
        if isinstance(native, list | tuple):
            return [element for element in native if not blank(element)]
        if blank(native):
            return []
        if split:
            return [part for part in map(str.strip, text(native).split(split)) if part]
        return [native]

    def run(natives: Sequence[Column]) -> tuple[Column, Flags]:
        if len(natives) == 1:
            lists = list(map(elements, natives[0]))
        else:
            lists = [[part for native in row for part in elements(native)] for row in zip(*natives, strict=True)]
        flat, flags = value(clean(list(chain.from_iterable(lists))))
        out: Column = []
        start = 0
        owners: list[int] = []
        for row, items in enumerate(lists):
            end = start + len(items)
            out.append([element for element in flat[start:end] if element is not None])
            if flags:
                owners.extend([row] * len(items))
            start = end
        return out, list(dict.fromkeys((owners[index], problem) for index, problem in flags))

    return run


def _inside(path: str, stages: Stages) -> Stages:
    """The value at ``path`` inside a JSON column, given as text or as what it decodes to."""
    segments = parse_path(path)

    def run(natives: Sequence[Column]) -> tuple[Column, Flags]:
        flags: Flags = []
        out: Column = []
        for row, document in enumerate(natives[0]):
            if isinstance(document, str | bytes):
                try:
                    document = orjson.loads(document) if document and not document.isspace() else None
                except orjson.JSONDecodeError:
                    flags.append((row, "not JSON"))
                    document = None
            out.append(walk(document, segments))
        column, odd = stages([out, *natives[1:]])
        return column, flags + odd

    return run


def _instead(absent: Any, stages: Stages) -> Stages:
    """``absent`` where every native is null or blank; what could not be read stays null."""

    def run(natives: Sequence[Column]) -> tuple[Column, Flags]:
        column, flags = stages(natives)
        if None not in column and [] not in column:
            return column, flags
        bad = {row: column[row] for row, _ in flags}
        column = [absent if value is None or value == [] else value for value in column]
        for row, value in bad.items():
            column[row] = value
        return column, flags

    return run
