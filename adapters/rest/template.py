"""Requests with placeholders: compiled once, filled per call. Pure.

A placeholder is one encoded path segment (or part of one), one query value or one whole JSON value. A query parameter
or JSON member whose placeholder has no value is left out; a path placeholder must have one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import orjson

from adapters.contract import Request
from adapters.mapping.columns import text

CONTROL = frozenset({"page", "offset", "cursor", "size", "order"})
"""Placeholders that paging and ordering fill."""

_HOLE = re.compile(r"\{([^{}]*)\}")
_ABSENT: Any = object()

Piece = tuple[bool, str]
"""Literal text, or (True) the name of a placeholder."""


class Unaskable(Exception):
    """A value that cannot stand where its placeholder is: nothing at the source can have it as its key."""


def pieces(template: str) -> tuple[Piece, ...]:
    result: list[Piece] = []
    for i, part in enumerate(_HOLE.split(template)):
        if i % 2:
            result.append((True, part))
        elif part:
            result.append((False, part))
    return tuple(result)


def placeholders(value: Any) -> frozenset[str]:
    """The placeholders of a template: text, or JSON."""
    if isinstance(value, str):
        return frozenset(_HOLE.findall(value))
    if isinstance(value, Mapping):
        return frozenset().union(*(placeholders(item) for item in value.values()))
    if isinstance(value, Sequence):
        return frozenset().union(*(placeholders(item) for item in value))
    return frozenset()


def wire(value: Any) -> str:
    """A native value as text in a URL."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return text(value)


def _json(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else wire(value)


@dataclass(slots=True)
class Filled:
    """One request, ready: path and query encoded, body as JSON bytes."""

    method: str
    target: str
    body: bytes | None


class Template:
    """A :class:`Request` compiled. ``names``: all its placeholders; ``keyed``: those that a batch of keys fills."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._path = pieces(request.path)
        self._query = tuple((quote(name, safe=""), pieces(value)) for name, value in request.query.items())
        self.names = placeholders(request.path) | placeholders(request.query) | placeholders(request.body)
        self.path_names = placeholders(request.path)
        self._by = frozenset(request.by)
        self.many = request.many

    def fill(self, values: Mapping[str, Any], keys: Sequence[Mapping[str, Any]] = ()) -> Filled:
        """``values``: natives by placeholder, without those that are absent; ``keys``: natives of the keys' own
        placeholders, exactly one mapping unless the request takes many. Raises :class:`Unaskable`."""
        single = dict(values)
        if keys and not self.many:
            single.update(keys[0])
        target = "".join(self._segment(single, piece) for piece in self._path)
        query = [item for name, value in self._query for item in self._parameter(name, value, single, keys)]
        if query:
            target += ("&" if "?" in target else "?") + "&".join(query)
        body = None
        if self.request.body is not None:
            document = self._body(self.request.body, single, keys)
            body = orjson.dumps({} if document is _ABSENT else document)
        return Filled(self.request.method, target, body)

    def _segment(self, values: Mapping[str, Any], piece: Piece) -> str:
        hole, name = piece
        if not hole:
            return name
        value = wire(values[name]) if name in values else ""
        if value in ("", ".", ".."):
            raise Unaskable(f"{value!r} cannot be a path segment")
        return quote(value, safe="")

    def _parameter(
        self, name: str, value: tuple[Piece, ...], single: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        if self.many in ("comma", "repeat") and any(hole and part in self._by for hole, part in value):
            if len(value) == 1:
                name_of_key = value[0][1]
                each = _all_quoted([key[name_of_key] for key in keys])
            else:
                each = [encoded for key in keys if (encoded := _text(value, {**single, **key})) is not None]
            if self.many == "comma":
                return [f"{name}={','.join(each)}"]
            return [f"{name}={encoded}" for encoded in each]
        encoded = _text(value, single)
        return [] if encoded is None else [f"{name}={encoded}"]

    def _body(self, node: Any, single: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> Any:
        if isinstance(node, str):
            return _value(node, single)
        if isinstance(node, Mapping):
            members = {name: self._body(item, single, keys) for name, item in node.items()}
            kept = {name: item for name, item in members.items() if item is not _ABSENT}
            return kept if kept or not node else _ABSENT
        if isinstance(node, Sequence):
            if self.many == "body" and placeholders(node) & self._by:
                return [self._body(item, {**single, **key}, ()) for key in keys for item in node]
            return [item for item in (self._body(item, single, keys) for item in node) if item is not _ABSENT]
        return node


def _quoted(value: Any) -> str:
    if value.__class__ is str and value.isascii() and value.isalnum():
        return value
    return quote(wire(value), safe="")


def _all_quoted(values: list[Any]) -> list[str]:
    try:
        together = "".join(values)
    except TypeError:  # numbers, dates
        together = ""
    return values if together.isascii() and together.isalnum() else list(map(_quoted, values))


def _text(value: tuple[Piece, ...], values: Mapping[str, Any]) -> str | None:
    """One encoded query value; ``None`` when a placeholder is absent."""
    out = ""
    for hole, part in value:
        if hole:
            if part not in values:
                return None
            out += _quoted(values[part])
        else:
            out += quote(part, safe="*")
    return out


def _value(node: str, values: Mapping[str, Any]) -> Any:
    parts = pieces(node)
    if len(parts) == 1 and parts[0][0]:
        return _json(values[parts[0][1]]) if parts[0][1] in values else _ABSENT
    if any(hole and part not in values for hole, part in parts):
        return _ABSENT
    return "".join(wire(values[part]) if hole else part for hole, part in parts)
