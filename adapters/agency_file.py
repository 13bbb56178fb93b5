"""An agency file, parsed: collections, how their fields are bound, which requests serve them. Plain, frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Literal


class _Missing(Enum):
    MISSING = "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Any = _Missing.MISSING

Step = tuple[str, str]
"""A ``read``/``ask`` step and its argument: ``("lpad0", "4")``, ``("trim", "")``."""


@dataclass(frozen=True, slots=True)
class CodeMap:
    """Native code (as text) → harmonised value. ``name`` is set for named and built-in lists."""

    values: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """First row whose patterns all match wins: ``*`` any, ``""`` null or blank, ``+`` present, else equality."""

    rows: tuple[tuple[tuple[str, ...], Any], ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A code list kept in a table (``table``) or behind an endpoint (``get``, ``rows``) of ``source``."""

    name: str
    source: str
    code: str
    value: str
    table: str = ""
    get: str = ""
    rows: str = ""
    refresh: timedelta = timedelta(hours=1)


Codes = CodeMap | Decision | Lookup


@dataclass(frozen=True, slots=True)
class FieldBinding:
    """How one harmonised path is read: columns or JSON paths, then cleaning, format and codes.

    ``type`` is the scalar or enum of the schema (``DateTime``, ``HsCode``, ``ShipmentStatus``; enums by name), and
    ``enum`` holds the legal values when it is an enum. ``ask`` is ``None`` when absent (the ``read`` expression runs
    at the source), ``()`` when the value is stored clean.
    """

    path: str
    type: str
    columns: tuple[str, ...] = ()
    const: Any = MISSING
    absent: Any = MISSING
    codes: Codes | None = None
    format: str = ""
    read: tuple[Step, ...] = ()
    ask: tuple[Step, ...] | None = None
    split: str = ""
    json_path: str = ""
    enum: frozenset[str] = frozenset()
    list: bool = False
    tuple_key: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """More fields of the same object, at most one row each, from another table or endpoint."""

    name: str
    table: str
    on: Mapping[str, str]
    newest: tuple[str, ...]
    fields: Mapping[str, FieldBinding]
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """A list below an object: another table (``table``, ``on``: their column → ours), a JSON array (``array``) or
    repeated columns (``each``). ``value`` is set for lists of scalars; otherwise ``fields`` and nested ``children``."""

    name: str
    type: str
    table: str = ""
    on: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    array: str = ""
    each: tuple[tuple[str, ...], ...] = ()
    value: FieldBinding | None = None
    fields: Mapping[str, FieldBinding] = field(default_factory=dict)
    children: Mapping[str, Child] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paging:
    """How an API pages: the placeholder used in the request says the style; ``next`` is a path or ``header:Link``."""

    size: int
    next: str = ""
    total: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call that can serve a collection. ``by`` are the keys needed; other placeholders are pushed filters."""

    method: Literal["GET", "POST"]
    path: str
    by: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    many: Literal["", "comma", "repeat", "body"] = ""
    max_keys: int = 1
    rows: str = ""
    order: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    paging: Paging | None = None
    cap: int | None = None
    missing: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AsOf:
    """How the age of a copy is known: a column's maximum, a response header, or a JSON path."""

    table: str = ""
    column: str = ""
    header: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """A table, view or endpoint that supplies one harmonised type, or part of one."""

    agency: str
    source: str
    name: str
    provides: str
    fields: Mapping[str, FieldBinding]
    table: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    newest: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    children: Mapping[str, Child] = field(default_factory=dict)
    requests: tuple[Request, ...] = ()
    freshness: timedelta | None = None
    as_of: AsOf | None = None
    filterable: frozenset[str] | None = None
    orderable: frozenset[str] | None = None
    cache_seconds: int = 0

    @property
    def id(self) -> str:
        """``CUSTOMS.shipment``: unique over all agencies; what node ids and plans name."""
        return f"{self.agency}.{self.name}"

    def supplies(self, path: str) -> bool:
        """Whether a value or a child list at ``path`` can be read from this collection."""
        if path in self.fields or path in self.children:
            return True
        return any(path in part.fields for part in self.parts.values())
