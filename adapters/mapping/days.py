"""Local times kept in two columns, a day and a time of day: each text is read once, and a row is a sum.

On a day without a transition a time of day is as far from midnight as on any other, so an instant is the day's first
plus that. There are few days and few times of day, where there are as many instants as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from adapters.contract import FieldBinding
from adapters.mapping.columns import Column
from adapters.mapping.formats import parse_format
from adapters.mapping.stages import Stages
from adapters.mapping.zones import steady

MOST = 20_000
"""Days, and times of day, that are kept; they start again when there would be more."""
_PLAIN_DAY = datetime(2001, 1, 10)


class DaysAndTimes:
    """``read`` is what a column becomes without this; it alone says what a text means."""

    def __init__(self, read: Stages, zone: str, day: str, midnight: str) -> None:
        self._read, self._zone = read, zone
        self._day, self._midnight = day, midnight
        self._days: dict[Any, datetime] = {}
        self._times: dict[Any, timedelta] = {}
        self._start = self._one(day, midnight)

    def __call__(self, days: Column, times: Column) -> Column | None:
        """The instants of a column; ``None`` when a row is odd, or its day has a transition."""
        try:
            return self._sums(days, times)
        except OverflowError:
            return None
        except (KeyError, TypeError):
            pass
        if {*map(type, days), *map(type, times)} != {str}:
            return None
        _learn(self._days, days, self._first_of)
        _learn(self._times, times, self._since_midnight)
        try:
            return self._sums(days, times)
        except (KeyError, OverflowError):
            return None

    def _sums(self, days: Column, times: Column) -> Column:
        return list(map(add, map(self._days.__getitem__, days), map(self._times.__getitem__, times)))

    def _one(self, day: str, time: str) -> datetime | None:
        (found,), odd = self._read([[day], [time]])
        return None if odd else found

    def _first_of(self, day: str) -> datetime | None:
        found = self._one(day, self._midnight)
        return found if found is not None and steady(found, self._zone) else None

    def _since_midnight(self, time: str) -> timedelta | None:
        found = self._one(self._day, time)
        return None if found is None or self._start is None else found - self._start


def _learn(known: dict[Any, Any], texts: Iterable[str], read: Callable[[str], Any]) -> None:
    fresh = set(texts).difference(known)
    if len(known) + len(fresh) > MOST:
        known.clear()
    if len(fresh) <= MOST:
        known.update((text, value) for text in fresh if (value := read(text)) is not None)


def days_and_times(binding: FieldBinding, zone: str | None, read: Stages) -> DaysAndTimes | None:
    """For a binding whose format is a day in one column and a time in the next; ``None`` for any other."""
    if zone is None or binding.type != "DateTime" or len(binding.columns) != 2 or not binding.format:
        return None
    form = parse_format(binding.format, binding.type, 2)
    written = form.ask(_PLAIN_DAY.replace(tzinfo=ZoneInfo(zone)), zone)
    day, joint, midnight = str(written).partition(form.joint or " ")
    return DaysAndTimes(read, zone, day, midnight) if joint and set(midnight) <= set("0:") else None
