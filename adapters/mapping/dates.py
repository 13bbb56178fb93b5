"""Dates and times: typed natives pass, texts are parsed a column at a time, value by value only after that fails."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from adapters.mapping.columns import Column, Convert, Flags, all_match, apart, each_value, on_live, text
from adapters.mapping.zones import instants, written_instants

NOT_A_DATE = "not a date"

_DATE_TEXT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NULL = type(None)
_PARTIAL_DATE = r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"

_iso_dates = all_match(_DATE_TEXT)


def date_converter(zone: str | None) -> Convert:
    def one(value: Any) -> tuple[Any, str]:
        try:
            if isinstance(value, str):
                stripped = value.strip()
                value = date.fromisoformat(stripped) if len(stripped) == 10 else datetime.fromisoformat(stripped)
            if isinstance(value, datetime):
                aware = value.tzinfo is not None and zone is not None
                return (value.astimezone(ZoneInfo(zone)) if aware and zone else value).date(), ""
        except (ValueError, OverflowError):
            return None, NOT_A_DATE
        return (value, "") if isinstance(value, date) else (None, NOT_A_DATE)

    def convert(column: Column) -> tuple[Column, Flags]:
        kinds = set(map(type, column))
        if kinds <= {date, _NULL}:
            return column, []
        if kinds <= {str, _NULL}:
            live = column if None not in column else [value for value in column if value is not None]
            if _iso_dates(live):
                try:
                    return on_live(lambda values: list(map(date.fromisoformat, values)), column), []
                except ValueError:
                    return each_value(one, column)
        return each_value(one, column)

    return convert


_zone_of = attrgetter("tzinfo")


def _one_datetime(value: Any) -> tuple[Any, str]:
    try:
        if isinstance(value, str):
            stripped = value.strip()
            if len(stripped) < 10:
                return None, NOT_A_DATE
            value = datetime.fromisoformat(stripped)
    except ValueError:
        return None, NOT_A_DATE
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    return (value, "") if isinstance(value, datetime) else (None, NOT_A_DATE)


def datetime_converter(zone: str | None) -> Convert:
    def convert(column: Column) -> tuple[Column, Flags]:
        kinds = set(map(type, column))
        flags: Flags = []
        if kinds <= {str, _NULL}:
            try:
                column = on_live(lambda texts: list(map(datetime.fromisoformat, texts)), column)
            except ValueError:
                column, flags = each_value(_one_datetime, column)
        elif not kinds <= {datetime, _NULL}:
            column, flags = each_value(_one_datetime, column)
        zones = set(map(_zone_of, filter(None, column)))
        if zones <= {UTC}:
            return column, flags
        column, odd = instants(column, zone)
        return column, flags + odd

    return convert


def local_times_first(zone: str, convert: Convert) -> Convert:
    """``convert``, for what is no ISO text of a local time on a day without a transition."""

    def run(column: Column) -> tuple[Column, Flags]:
        try:
            found = written_instants(column, zone)
        except (TypeError, ValueError, OverflowError):
            return convert(column)
        if None not in found:
            return found, []
        rows = [row for row, instant in enumerate(found) if instant is None]
        return apart(found, rows, [column], lambda natives: convert(natives[0]))

    return run


_partial_date = re.compile(_PARTIAL_DATE)


def _one_partial(value: Any) -> tuple[Any, str]:
    if isinstance(value, date):
        return value.isoformat()[:10], ""
    stripped = text(value).strip()
    if not _partial_date.fullmatch(stripped):
        return None, NOT_A_DATE
    try:
        date.fromisoformat((stripped + "-01-01")[:10])
    except ValueError:
        return None, NOT_A_DATE
    return stripped, ""


def partial_dates(column: Column) -> tuple[Column, Flags]:
    kinds = set(map(type, column))
    if kinds == {date}:
        return list(map(date.isoformat, column)), []
    return each_value(_one_partial, column)
