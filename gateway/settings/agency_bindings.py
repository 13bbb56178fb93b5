"""Field bindings: ``path = "column"`` and its longer forms, read into ``FieldBinding`` with the type's own checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.contract import MISSING, CodeMap, Codes, Decision, FieldBinding, Lookup, Step
from adapters.mapping import (
    BUILTIN_CODES,
    PATTERNS,
    FormatError,
    PathError,
    StepError,
    parse_format,
    parse_path,
    parse_step,
)
from adapters.mapping.codes import builtin_codes
from gateway.settings.agency_catalog import FieldType, TypeShape
from gateway.settings.agency_keys import BINDING
from gateway.settings.agency_reader import Table
from gateway.settings.strict import did_you_mean

TUPLE_KEYS = ("key", "personKey")
"""Paths whose several columns are a tuple."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What bindings may refer to: shared code lists, lookups, and how a native input is written (``check`` gives a
    problem or ``""``)."""

    codes: Mapping[str, Mapping[str, Any]]
    lookups: Mapping[str, Lookup]
    check: Callable[[str], str]
    source: str = ""


def column_name(name: str) -> str:
    """The check of a database column."""
    return "" if name.strip() == name and name else "must be the name of a column"


def json_path(up: bool) -> Callable[[str], str]:
    """The check of a JSON path; ``^`` only where rows cross arrays."""

    def check(path: str) -> str:
        try:
            parse_path(path, up=up)
        except PathError as error:
            return str(error)
        return ""

    return check


def fields(table: Table, shape: TypeShape, scope: Scope, taken: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The bindings of a ``fields`` table by path; dotted keys arrive as nested tables. ``taken`` are paths that are
    bound elsewhere for the same object."""
    found: dict[str, FieldBinding] = {}
    _collect(table, "", shape, scope, found)
    for path in found:
        if taken and path in taken:
            table.faults.add(f"{table.key}.{path}", "is bound twice")
    return found


def _collect(table: Table, prefix: str, shape: TypeShape, scope: Scope, found: dict[str, FieldBinding]) -> None:
    for name, value in table.data.items():
        path = prefix + name
        is_table = isinstance(value, dict)
        if is_table and path not in shape.fields and any(known.startswith(f"{path}.") for known in shape.fields):
            _collect(table.table(name), f"{path}.", shape, scope, found)
        elif path not in shape.fields:
            hint = "; it is a list: bind it under `children`" if path in shape.children else ""
            table.fault(name, f"unknown path{hint or did_you_mean(path, shape.fields)}")
        else:
            bound = binding(table, name, path, shape.fields[path], scope)
            if bound is not None:
                found[path] = bound


def binding(table: Table, name: str, path: str, type_: FieldType, scope: Scope) -> FieldBinding | None:
    """The binding at ``table[name]``: a text, a list of texts or a table of binding keys."""
    value = table.data[name]
    if isinstance(value, str | list):
        columns = _columns(table, name, scope)
        return _checked(table, name, FieldBinding(path, type_.name, columns), type_) if columns else None
    if not isinstance(value, dict):
        table.fault(name, "must be a column, a list of columns or a table")
        return None
    inner = table.table(name)
    inner.only(BINDING)
    if "const" in inner:
        for other in inner.data:
            if other != "const" and other in BINDING:
                inner.fault(other, "has no meaning beside `const`")
        return FieldBinding(path, type_.name, const=_legal(inner, "const", type_), enum=type_.enum, list=type_.list)
    if "from" not in inner:
        if inner.data.keys() <= BINDING.keys():  # else a misspelt key is told already
            inner.fault("", "needs `from` or `const`")
        return None
    columns = _columns(inner, "from", scope)
    if not columns:
        return None
    ask = _steps(inner, "ask")
    made = FieldBinding(
        path=path,
        type=type_.name,
        columns=columns,
        absent=_legal(inner, "absent", type_) if "absent" in inner else MISSING,
        codes=_codes(inner, len(columns), type_, scope),
        format=inner.text("as"),
        read=_steps(inner, "read"),
        ask=ask if "ask" in inner else None,
        split=inner.text("split"),
        json_path=_inside(inner),
    )
    return _checked(table, name, made, type_, inner)


def _checked(
    table: Table, name: str, made: FieldBinding, type_: FieldType, inner: Table | None = None
) -> FieldBinding | None:
    """What depends on the type and on several keys at once."""
    inner = inner or Table({}, table.at(name), table.faults)
    several = len(made.columns) > 1
    if made.format:
        if made.codes is not None:
            inner.fault("as", "has no meaning beside `codes`")
        try:
            parse_format(made.format, type_.name, len(made.columns))
        except FormatError as error:
            inner.fault("as", str(error))
    if made.split and not type_.list:
        inner.fault("split", f"{made.path} is not a list")
    if made.split and several:
        inner.fault("split", "works on one column")
    if made.json_path and several:
        inner.fault("path", "works on one column")
    if several and isinstance(made.codes, CodeMap | Lookup) and not type_.list:
        inner.fault("codes", "several columns need the rows of a decision: [[…, …, value], …]")
    if several and made.codes is None and not made.format and not type_.list and type_.name != "String":
        inner.fault("from", f"several columns cannot be one {type_.name} without `as` or `codes`")
    return FieldBinding(
        made.path,
        made.type,
        made.columns,
        absent=made.absent,
        codes=made.codes,
        format=made.format,
        read=made.read,
        ask=made.ask,
        split=made.split,
        json_path=made.json_path,
        enum=type_.enum,
        list=type_.list,
        tuple_key=several and made.path in TUPLE_KEYS and made.codes is None,
    )


def _columns(table: Table, name: str, scope: Scope) -> tuple[str, ...]:
    columns = table.texts(name)
    if not columns:
        table.fault(name, "must be a column or a list of columns")
    for column in columns:
        problem = scope.check(column)
        if problem:
            table.fault(name, problem)
    return columns


def _inside(table: Table) -> str:
    path = table.text("path")
    problem = json_path(up=False)(path) if path else ""
    if problem:
        table.fault("path", problem)
    return path


def _steps(table: Table, name: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for step in table.texts(name):
        try:
            steps.append(parse_step(step))
        except StepError as error:
            table.fault(name, str(error))
    return tuple(steps)


def _codes(table: Table, columns: int, type_: FieldType, scope: Scope) -> Codes | None:
    value = table.data.get("codes")
    if value is None:
        return None
    if isinstance(value, str):
        return _named(table, value, type_, scope)
    if isinstance(value, dict):
        inner = table.table("codes")
        return CodeMap({code: _legal(inner, code, type_) for code in value})
    if isinstance(value, list) and value:
        return _decision(table, value, columns, type_)
    table.fault("codes", "must be a table, the name of a code list, or the rows of a decision")
    return None


def _named(table: Table, name: str, type_: FieldType, scope: Scope) -> Codes | None:
    if name in scope.lookups:
        lookup = scope.lookups[name]
        if lookup.source != scope.source:
            table.fault("codes", f"[lookups.{name}] belongs to source {lookup.source}: a lookup serves its own source")
        return lookup
    if name in BUILTIN_CODES:
        if type_.name not in ("CountryCode", "String"):
            table.fault("codes", f"`{name}` gives countries, not a {type_.name}")
        return CodeMap(builtin_codes(name), name)
    if name in scope.codes:
        bad = sorted({str(value) for value in scope.codes[name].values() if problem_of(value, type_)})
        if bad:
            table.fault("codes", f"[codes.{name}] has values that {_article(type_)} cannot be: {', '.join(bad)}")
        return CodeMap(scope.codes[name], name)
    known = [*scope.codes, *scope.lookups, *BUILTIN_CODES]
    table.fault("codes", f"no code list `{name}`{did_you_mean(name, known)}")
    return None


def _decision(table: Table, rows: list[Any], columns: int, type_: FieldType) -> Decision | None:
    kept: list[tuple[tuple[str, ...], Any]] = []
    for index, row in enumerate(rows):
        key = f"codes[{index}]"
        if not isinstance(row, list) or len(row) != columns + 1:
            table.faults.add(f"{table.key}.{key}", f"needs {columns} patterns and a value")
        elif not all(isinstance(pattern, str) for pattern in row[:-1]):
            table.faults.add(f"{table.key}.{key}", 'patterns are texts: a value, "*", "" or "+"')
        else:
            problem = problem_of(row[-1], type_)
            if problem:
                table.faults.add(f"{table.key}.{key}", problem)
            kept.append((tuple(row[:-1]), row[-1]))
    return Decision(tuple(kept))


def _article(type_: FieldType) -> str:
    return f"a{'n' if type_.name[0] in 'AEIO' else ''} {type_.name}"


def _legal(table: Table, name: str, type_: FieldType) -> Any:
    value = table.data[name]
    problem = problem_of(value, type_)
    if problem:
        table.fault(name, problem)
    return value


def problem_of(value: Any, type_: FieldType) -> str:
    """Why ``value`` cannot be one of ``type_`` (for lists: an element or a list of them), or ``""``."""
    if type_.list and isinstance(value, list):
        return next(filter(None, (problem_of(item, FieldType(type_.name, type_.enum)) for item in value)), "")
    if type_.enum:
        if isinstance(value, str) and value in type_.enum:
            return ""
        return f"{value!r} is not {_article(type_)}{did_you_mean(str(value), type_.enum)}"
    if type_.name == "Boolean":
        return "" if isinstance(value, bool) else "must be true or false"
    if type_.name == "Int":
        return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"
    if not isinstance(value, str):
        return "must be a text"
    pattern = PATTERNS.get(type_.name)
    if pattern and not re.fullmatch(pattern, value):
        return f"{value!r} is not {_article(type_)}"
    return ""
