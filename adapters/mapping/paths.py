"""Paths into JSON: dots, integer indexes, ``'quoted'`` segments; ``*`` and ``^`` only where the caller allows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Segment = str | int

_SEGMENT = re.compile(r"'((?:[^']|'')*)'|([^.'\s]+)")
_INDEX = re.compile(r"-?\d+")


class PathError(ValueError):
    """A path that cannot be read; the text says why."""


def parse_path(path: str, *, star: bool = False, up: bool = False) -> tuple[Segment, ...]:
    """``documents.0.'a.b'`` → ``("documents", 0, "a.b")``; the empty path is the document itself.

    ``*`` (every element) is refused unless ``star``; leading ``^`` (the enclosing object) unless ``up``.
    Raises :class:`PathError`.
    """
    if not path:
        return ()
    segments: list[Segment] = []
    position = 0
    while True:
        match = _SEGMENT.match(path, position)
        if match is None:
            raise PathError(f"no segment at character {position + 1} of {path!r}")
        quoted, plain = match.groups()
        if quoted is not None:
            segments.append(quoted.replace("''", "'"))
        elif plain == "*":
            if not star:
                raise PathError("`*` is allowed in `rows` only")
            segments.append("*")
        elif plain.startswith("^"):
            if plain != "^" or not up or any(segment != "^" for segment in segments):
                raise PathError("`^` stands alone at the start of a path, below `rows` with `*`")
            segments.append("^")
        else:
            segments.append(int(plain) if _INDEX.fullmatch(plain) else plain)
        position = match.end()
        if position == len(path):
            return tuple(segments)
        if path[position] != ".":
            raise PathError(f"expected `.` at character {position + 1} of {path!r}")
        position += 1


def walk(document: Any, segments: Sequence[Segment]) -> Any:
    """The value at ``segments`` (no ``*`` or ``^``), ``None`` where the document does not reach. A numeric segment
    is an index into arrays and a name in objects."""
    value = document
    for segment in segments:
        if isinstance(value, dict):
            value = value.get(segment if isinstance(segment, str) else str(segment))
        elif isinstance(value, list) and isinstance(segment, int) and -len(value) <= segment < len(value):
            value = value[segment]
        else:
            return None
    return value
