"""Column types of an agency's tables: what PostgreSQL says they are, and how Python values are bound to them.

Pure data and conversions; :mod:`adapters.postgres.source` reads the catalog. Parameters are cast to the column's base
type without its length: ``CAST($1 AS bpchar)``, never ``character(25)``, which would silently cut a longer value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

TEXT = frozenset({"text", "character varying", "bpchar", "name", '"char"', "citext", "unknown"})
INTEGERS = frozenset({"smallint", "integer", "bigint", "oid"})
FLOATS = frozenset({"real", "double precision"})
JSON = frozenset({"json", "jsonb"})


@dataclass(frozen=True, slots=True)
class ColumnType:
    """``name``: base type as ``format_type`` prints it without a length; domains are resolved.

    ``labels`` are set for enums; ``array`` says that the column holds an array of ``name``."""

    name: str = "text"
    not_null: bool = False
    array: bool = False
    labels: frozenset[str] | None = None

    @property
    def textual(self) -> bool:
        return self.name in TEXT and not self.array

    @property
    def json(self) -> bool:
        return self.name in JSON and not self.array

    @property
    def bind(self) -> str:
        """The type that a parameter is cast to when it is compared with the column: same index operator family."""
        if self.name in INTEGERS:
            return "bigint"
        if self.name in FLOATS:
            return "double precision"
        if self.name in {"character varying", "name", '"char"', "unknown"}:
            return "text"
        return self.name


UNKNOWN = ColumnType("unknown")


@dataclass(frozen=True, slots=True)
class Catalog:
    """``tables``: name as the agency file writes it → column → type. ``plain``: real tables, whose rows have a ctid.

    A table that was not read yet has no columns: everything is taken for text, and the statement is built again
    before it runs."""

    tables: Mapping[str, Mapping[str, ColumnType]] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()

    def type_of(self, table: str, column: str) -> ColumnType:
        return self.tables.get(table, {}).get(column, UNKNOWN)


COLUMNS_SQL = """
SELECT w.name, a.attname, format_type(b.oid, -1) AS type, a.attnotnull, t.typcategory = 'A' AS is_array,
       c.relkind::text,
       (SELECT array_agg(e.enumlabel::text) FROM pg_enum e WHERE e.enumtypid = b.oid) AS labels
FROM unnest($1::text[], $2::text[]) AS w(name, quoted)
JOIN pg_class c ON c.oid = to_regclass(w.quoted)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t0 ON t0.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN t0.typtype = 'd' THEN t0.typbasetype ELSE t0.oid END
JOIN pg_type b ON b.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
"""
"""Columns of the tables ``$1``, whose quoted names are ``$2``."""


def quoted(table: str) -> str:
    """``cargo.evt`` → ``"cargo"."evt"``."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split("."))


def catalog(records: Iterable[Iterable[Any]]) -> Catalog:
    """From the records of ``COLUMNS_SQL``."""
    tables: dict[str, dict[str, ColumnType]] = {}
    plain: set[str] = set()
    for table, column, name, not_null, is_array, kind, labels in records:
        tables.setdefault(table, {})[column] = ColumnType(
            name, not_null, bool(is_array), frozenset(labels) if labels else None
        )
        if kind in ("r", "m"):
            plain.add(table)
    return Catalog(tables, frozenset(plain))


class Unbindable(ValueError):
    """No value of the column's type equals the native value: nothing in the column can match it."""


def converter(column: ColumnType, zone: tzinfo) -> Callable[[Any], Any]:
    """Native value → what asyncpg takes for ``column.bind``. The function raises :class:`Unbindable`."""
    name, labels = column.name, column.labels
    if labels is not None:
        return lambda value: _label(value, labels)
    if name in TEXT:
        return _padded if name == "bpchar" else _text
    if name in INTEGERS:
        return _integer
    if name in FLOATS:
        return _float
    if name == "timestamp without time zone":
        return lambda value: _naive(value, zone)
    if name == "timestamp with time zone":
        return lambda value: _aware(value, zone)
    simple = {"numeric": _decimal, "date": _date, "boolean": _boolean, "uuid": _uuid, "time without time zone": _time}
    return simple.get(name, lambda value: value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    if "\x00" in text:
        raise Unbindable(text)
    return text


def _padded(value: Any) -> str:
    """Trailing blanks do not count in ``character(n)``: without them equal values are equal here too."""
    return _text(value).rstrip(" ")


def _label(value: Any, labels: frozenset[str]) -> str:
    text = _text(value)
    if text not in labels:
        raise Unbindable(text)
    return text


def _integer(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise Unbindable(str(value)) from None
    if not -(2**63) <= number < 2**63 or (not isinstance(value, str) and number != value):
        raise Unbindable(str(value))
    return number


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise Unbindable(str(value)) from None


def _decimal(value: Any) -> Decimal:
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise Unbindable(str(value)) from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
    try:
        return known[str(value).lower()]
    except KeyError:
        raise Unbindable(str(value)) from None


def _uuid(value: Any) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise Unbindable(str(value)) from None


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unbindable(str(value)) from None


def _time(value: Any) -> time:
    try:
        return value if isinstance(value, time) else time.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unbindable(str(value)) from None


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unbindable(str(value)) from None


def _naive(value: Any, zone: tzinfo) -> datetime:
    moment = _moment(value)
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def _aware(value: Any, zone: tzinfo) -> datetime:
    moment = _moment(value)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
