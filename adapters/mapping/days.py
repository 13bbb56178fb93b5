"""Local times kept in two columns, a day and a time of day: each text is read once, and a row is a sum.

On a day without a transition a time of day is as far from midnight as on any other, so an instant is the day's first
plus that. There are few days and few times of day, where there are as many instants as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

from adapters.contract import FieldBinding
from adapters.mapping.columns import Column, Flags, Stages, apart
from adapters.mapping.formats import parse_format
from adapters.mapping.zones import steady

MOST = 20_000
"""Days, and times of day, that are kept; they start again when there would be more."""
_PLAIN_DAY = datetime(2001, 1, 10)
_ANY = _PLAIN_DAY, timedelta()
"""Stands in a row that is read apart."""


class DaysAndTimes:
    """``read`` is what a column becomes without this; it alone says what a text means, and reads the rows that are
    odd or of a day with a transition."""

    def __init__(self, read: Stages, zone: str, day: str, midnight: str) -> None:
        self._read, self._zone = read, zone
        self._day, self._midnight = day, midnight
        self._days: dict[Any, datetime | None] = {}
        self._times: dict[Any, timedelta | None] = {}
        self._start = self._one(day, midnight)

    def __call__(self, natives: Sequence[Column]) -> tuple[Column, Flags]:
        days, times = natives
        try:
            starts, since = self._known(days, times)
            if None in starts or None in since:
                return self._apart(natives, starts, since)
            return list(map(add, starts, since)), []
        except (TypeError, OverflowError):  # a native that cannot be kept, or an instant that cannot be said
            return self._read(natives)

    def _known(self, days: Column, times: Column) -> tuple[Column, Column]:
        try:
            return list(map(self._days.__getitem__, days)), list(map(self._times.__getitem__, times))
        except KeyError:
            _learn(self._days, days, self._first_of)
            _learn(self._times, times, self._since_midnight)
            return list(map(self._days.get, days)), list(map(self._times.get, times))

    def _apart(self, natives: Sequence[Column], starts: Column, since: Column) -> tuple[Column, Flags]:
        rows = [row for row, start in enumerate(starts) if start is None or since[row] is None]
        for row in rows:
            starts[row], since[row] = _ANY
        return apart(list(map(add, starts, since)), rows, natives, self._read)

    def _one(self, day: str, time: str) -> datetime | None:
        (found,), odd = self._read([[day], [time]])
        return None if odd else found

    def _first_of(self, day: str) -> datetime | None:
        found = self._one(day, self._midnight)
        return found if found is not None and steady(found, self._zone) else None

    def _since_midnight(self, time: str) -> timedelta | None:
        found = self._one(self._day, time)
        return None if found is None or self._start is None else found - self._start


def _learn(known: dict[Any, Any], texts: Iterable[Any], read: Callable[[str], Any]) -> None:
    """``None`` for a text, or a null, that is to be read with its row, as everything else is too."""
    fresh = {text for text in set(texts).difference(known) if text is None or type(text) is str}
    if len(known) + len(fresh) > MOST:
        known.clear()
    if len(fresh) <= MOST:
        known.update((text, None if text is None else read(text)) for text in fresh)


def days_and_times(binding: FieldBinding, zone: str | None, read: Stages) -> DaysAndTimes | None:
    """For a binding whose format is a day in one column and a time in the next; ``None`` for any other."""
    if zone is None or binding.type != "DateTime" or len(binding.columns) != 2 or not binding.format:
        return None
    form = parse_format(binding.format, binding.type, 2)
    written = form.ask(_PLAIN_DAY.replace(tzinfo=ZoneInfo(zone)), zone)
    day, joint, midnight = str(written).partition(form.joint or " ")
    return DaysAndTimes(read, zone, day, midnight) if joint and set(midnight) <= set("0:") else None
