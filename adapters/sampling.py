"""What a sample of rows says of the bindings that read it: for ``check`` of every adapter.

What an answer would flag (dirty data) is a note; a field of which not one value can be read is a fault of the file:
then it is the binding that is wrong. Findings name paths and counts, never a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from adapters.contract import Child, ChildRows, ChildSelect, CollectionSpec, FetchSpec, FieldBinding, Finding, Rows
from adapters.mapping.scalars import UNMAPPED

_BRACKETS = re.compile(r"\[\d+\]")


def everything(spec: CollectionSpec) -> FetchSpec:
    """A list of all that a collection binds: fields, those of its parts, and child lists at any depth."""
    parts = [path for part in spec.parts.values() for path in part.fields]
    return FetchSpec(spec.name, (*spec.fields, *parts), _selects(spec.children), limit=True)


def _selects(children: Mapping[str, Child]) -> tuple[ChildSelect, ...]:
    return tuple(ChildSelect(name, tuple(child.fields), _selects(child.children)) for name, child in children.items())


def sample_findings(
    spec: CollectionSpec, asked: FetchSpec, rows: Rows, counted: Collection[str] = ()
) -> Iterator[Finding]:
    """``counted``: fields whose codes the adapter counts itself."""
    columns = dict(zip(asked.columns, rows.columns, strict=True)) | dict(_inside(asked.children, rows.children, ""))
    for (path, problem), count in Counter((_BRACKETS.sub("", flag.path), flag.problem) for flag in rows.flags).items():
        if path in counted and problem == UNMAPPED:
            continue
        column = columns.get(path, ())
        readable = any(value is not None for value in column)
        told = f"{count} of {len(column)}: {problem}" if readable else f"none can be read: {problem}"
        yield Finding(f"collections.{spec.name}.{place(spec, path)}", told, note=readable)


def _inside(
    selects: Sequence[ChildSelect], rows: Sequence[ChildRows], prefix: str
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Path and values of every column inside child lists."""
    for select, below in zip(selects, rows, strict=True):
        name = prefix + select.name
        paths = [f"{name}.{path}" for path in select.columns] or [name]
        yield from zip(paths, below.columns, strict=False)
        yield from _inside(select.children, below.children, f"{name}.")


def place(spec: CollectionSpec, path: str) -> str:
    """Where the file binds ``path``: ``children.lines.fields.hs`` for ``lines.hs``."""
    for part in spec.parts.values():
        if path in part.fields:
            return f"parts.{part.name}.fields.{path}"
    return _place(path, spec.fields, spec.children)


def _place(path: str, fields: Mapping[str, FieldBinding], children: Mapping[str, Child]) -> str:
    for name, child in children.items():
        if path == name:
            return f"children.{name}.value"
        if path.startswith(f"{name}.") and path not in fields:
            return f"children.{name}.{_place(path[len(name) + 1 :], child.fields, child.children)}"
    return f"fields.{path}"
