"""The closed list of ``as``: date tokens, ``cents``, ``epoch``, ``epoch-ms``, ``decimal-comma``; read and inverted.

A format turns texts or numbers into what the scalar's own conversion reads; that one makes the zone's instant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters.mapping.columns import Column, Convert, Flags, all_match, each_value, text, texts
from adapters.mapping.dates import NOT_A_DATE
from adapters.mapping.scalars import NOT_A_NUMBER, decimal_text
from adapters.mapping.zones import latest_local

_TOKENS = {"yyyy": 4, "MM": 2, "dd": 2, "HH": 2, "mm": 2, "ss": 2}
_ORDER = tuple(_TOKENS)
_PIECE = re.compile(r"yyyy|MM|dd|HH|mm|ss|[-/.:_ T]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
_FARTHEST = 10**15
_ISO_DATES = frozenset({"yyyyMMdd", "yyyy-MM-dd"})
_ISO_TIMES = frozenset(
    f"{day}{joint}{time}"
    for day, times in (("yyyyMMdd", ("HHmm", "HHmmss")), ("yyyy-MM-dd", ("HH:mm", "HH:mm:ss")))
    for joint in " T"
    for time in times
)
"""Formats that ``fromisoformat`` reads as they stand."""
_FIRST = {"yyyy": "0001", "MM": "01", "dd": "01", "HH": "00", "mm": "00", "ss": "00"}


class FormatError(ValueError):
    """A format that is not of the closed list, or not one for this type; the text says which are."""


@dataclass(frozen=True, slots=True)
class Format:
    """``read``: one column of natives → what the scalar converts. ``ask``: the latest native that reads as the
    harmonised value or before it (what `bound` needs), ``None`` when there is none. ``joint`` joins several columns;
    ``cuts`` splits the joined text into them again, ``None`` when it cannot be."""

    read: Convert
    ask: Callable[[Any, str | None], Any]
    keeps_order: bool
    joint: str = ""
    cuts: tuple[int, ...] | None = None


def parse_format(name: str, type_name: str, columns: int = 1) -> Format:
    """The format ``name`` for a scalar, over this many columns. Raises :class:`FormatError`."""
    number = type_name in ("Decimal", "Int", "Float")
    if name in ("cents", "decimal-comma"):
        if not number:
            raise FormatError(f"`{name}` is a format of numbers, not of {type_name}")
        if name == "cents":
            return Format(_read_cents, _ask_cents, keeps_order=True)
        return Format(_read_comma, _ask_comma, keeps_order=False)
    if name in ("epoch", "epoch-ms"):
        if type_name != "DateTime":
            raise FormatError(f"`{name}` is a format of DateTime, not of {type_name}")
        unit = _SECOND if name == "epoch" else _MILLISECOND
        return Format(_read_epoch(unit), _ask_epoch(unit), keeps_order=True)
    return _dates(name, type_name, columns)


# ---- numbers ------------------------------------------------------------------------------------


def _scaled(value: Any) -> tuple[Any, str]:
    try:
        number = Decimal(text(value).strip())
        return (None, NOT_A_NUMBER) if isinstance(value, bool) else decimal_text(number.scaleb(-2))
    except InvalidOperation:
        return None, NOT_A_NUMBER


def _read_cents(column: Column) -> tuple[Column, Flags]:
    if set(map(type, column)) == {int} and min(column) >= 0:
        return [f"{value // 100}.{value % 100:02d}" for value in column], []
    return each_value(_scaled, column)


def _ask_cents(value: Any, zone: str | None) -> Any:
    del zone
    cents = Decimal(text(value)).scaleb(2)
    return int(cents.to_integral_value(rounding="ROUND_FLOOR"))


_COMMA = re.compile(r"-?[0-9]{1,3}(?:[ .\u00a0\u202f'][0-9]{3})+(?:,[0-9]+)?|-?[0-9]+(?:,[0-9]+)?")


def _one_comma(value: Any) -> tuple[Any, str]:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return text(value), ""
    stripped = text(value).strip()
    if not _COMMA.fullmatch(stripped):
        return None, NOT_A_NUMBER
    return re.sub(r"[ .\u00a0\u202f']", "", stripped).replace(",", "."), ""


_plain_commas = all_match(r"-?[0-9]+,[0-9]+")


def _read_comma(column: Column) -> tuple[Column, Flags]:
    if set(map(type, column)) == {str} and _plain_commas(column):
        return "\n".join(column).replace(",", ".").split("\n"), []
    return each_value(_one_comma, column)


def _ask_comma(value: Any, zone: str | None) -> Any:
    del zone
    return text(value).replace(".", ",")


# ---- seconds since 1970 -------------------------------------------------------------------------


def _read_epoch(unit: timedelta) -> Convert:
    def one(value: Any) -> tuple[Any, str]:
        try:
            if isinstance(value, bool):
                return None, NOT_A_DATE
            number = value if isinstance(value, int) else Decimal(text(value).strip())
            if not -_FARTHEST < number < _FARTHEST:
                return None, NOT_A_DATE
            micros = int(number * (unit // timedelta(microseconds=1)))
            return _EPOCH + timedelta(microseconds=micros), ""
        except (InvalidOperation, OverflowError, ValueError):
            return None, NOT_A_DATE

    def read(column: Column) -> tuple[Column, Flags]:
        return each_value(one, column)

    return read


def _ask_epoch(unit: timedelta) -> Callable[[Any, str | None], Any]:
    def ask(value: Any, zone: str | None) -> Any:
        del zone
        return (value - _EPOCH) // unit if isinstance(value, datetime) else None

    return ask


# ---- date tokens --------------------------------------------------------------------------------


def _pieces(name: str) -> list[str]:
    pieces: list[str] = []
    position = 0
    while position < len(name):
        match = _PIECE.match(name, position)
        if match is None:
            raise FormatError(
                f"unknown format {name!r}: there are cents, epoch, epoch-ms, decimal-comma, and dates made of yyyy MM "
                "dd HH mm ss with - / . : _ T and blanks between"
            )
        pieces.append(match.group())
        position = match.end()
    return pieces


def _dates(name: str, type_name: str, columns: int) -> Format:
    pieces = _pieces(name)
    tokens = [piece for piece in pieces if piece in _TOKENS]
    present = [token for token in _ORDER if token in tokens]
    if len(set(tokens)) != len(tokens) or not tokens:
        raise FormatError(f"each token occurs once at most, and one must: {name!r}")
    if tuple(present) != _ORDER[: len(present)]:
        raise FormatError(f"{name!r} leaves out a token between the year and the last one")
    if type_name not in ("Date", "DateTime", "PartialDate"):
        raise FormatError(f"{name!r} is a format of dates, not of {type_name}")
    if len(present) < 3 and type_name != "PartialDate":
        raise FormatError(f"a {type_name} needs year, month and day: {name!r}")
    if len(present) > 3 and type_name == "PartialDate":
        raise FormatError(f"a PartialDate has no time of day: {name!r}")
    groups = name.split(" ")
    joint = " " if columns > 1 and len(groups) == columns else ""
    cuts = tuple(map(len, groups)) if columns == len(groups) else None
    read = _read_partial(pieces) if type_name == "PartialDate" else _read_dates(pieces, type_name)
    return Format(read, _ask_dates(pieces, present), tuple(tokens) == tuple(present), joint, cuts)


def _regex(pieces: list[str]) -> str:
    return "".join(f"(?P<{p}>[0-9]{{{_TOKENS[p]}}})" if p in _TOKENS else re.escape(p) for p in pieces)


def _bare(pieces: list[str]) -> str:
    return "".join(f"[0-9]{{{_TOKENS[p]}}}" if p in _TOKENS else re.escape(p) for p in pieces)


_ISO = re.compile(r"yyyy(-?)MM\1dd(?:[ T]HH(:?)mm(?:\2ss)?)?")
"""Token patterns whose texts Python's ISO 8601 parser reads as they are."""


def _read_dates(pieces: list[str], type_name: str) -> Convert:
    """A whole column in one pass of C: read as it is where the pattern is ISO 8601, else rewritten by one ``sub``. When
    one value fails, the distinct values are tried one by one."""

    def slot(token: str) -> str:
        return rf"\g<{token}>" if token in pieces else _FIRST[token]

    iso = f"{slot('yyyy')}-{slot('MM')}-{slot('dd')}"
    if type_name == "DateTime":
        iso += f"T{slot('HH')}:{slot('mm')}:{slot('ss')}"
    parse: Callable[[str], Any] = datetime.fromisoformat if type_name == "DateTime" else date.fromisoformat
    has_time = "HH" in pieces
    as_it_is = _ISO.fullmatch("".join(pieces)) is not None and has_time == (type_name == "DateTime")
    pattern = re.compile(_regex(pieces))
    bare = re.compile(_bare(pieces))
    clean = all_match(_bare(pieces))

    def one(value: Any) -> tuple[Any, str]:
        if isinstance(value, date):
            return value, ""  # typed already, whatever the file says
        native = text(value).strip()
        if bare.fullmatch(native) is None:
            return None, NOT_A_DATE
        try:
            return parse(native if as_it_is else pattern.sub(iso, native)), ""
        except ValueError:
            return None, NOT_A_DATE

    def read(column: Column) -> tuple[Column, Flags]:
        kinds = set(map(type, column))
        if kinds == {int}:
            column, kinds = texts(column), {str}
        if kinds == {str} and clean(column):
            try:
                rewritten = column if as_it_is else pattern.sub(iso, "\n".join(column)).split("\n")
                return list(map(parse, rewritten)), []
            except ValueError:
                return each_value(one, column)
        return each_value(one, column)

    return read


def _read_partial(pieces: list[str]) -> Convert:
    """Month or day ``00`` is one that nobody knows."""
    pattern = re.compile(_regex(pieces))

    def one(value: Any) -> tuple[Any, str]:
        if isinstance(value, date):
            return value.isoformat()[:10], ""
        match = pattern.fullmatch(text(value).strip())
        if not match:
            return None, NOT_A_DATE
        parts = [match["yyyy"], *(match[token] for token in ("MM", "dd") if token in pieces)]
        while len(parts) > 1 and parts[-1] == "00":
            parts.pop()
        try:
            date.fromisoformat(("-".join(parts) + "-01-01")[:10])
        except ValueError:
            return None, NOT_A_DATE
        return "-".join(parts), ""

    def read(column: Column) -> tuple[Column, Flags]:
        return each_value(one, column)

    return read


def _ask_dates(pieces: list[str], present: list[str]) -> Callable[[Any, str | None], Any]:
    def ask(value: Any, zone: str | None) -> Any:
        if isinstance(value, str):  # PartialDate
            parts = dict(zip(_ORDER, value.split("-"), strict=False))
            if any(token not in present for token in parts):
                return None
        else:
            if isinstance(value, datetime):
                if zone is None:
                    return None
                value = latest_local(value, zone)
            parts = {"yyyy": f"{value.year:04d}", "MM": f"{value.month:02d}", "dd": f"{value.day:02d}"}
            if isinstance(value, datetime):
                parts |= {"HH": f"{value.hour:02d}", "mm": f"{value.minute:02d}", "ss": f"{value.second:02d}"}
        return "".join(parts.get(piece, "0" * _TOKENS[piece]) if piece in _TOKENS else piece for piece in pieces)

    return ask
