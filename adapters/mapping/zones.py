"""Local times without a zone: read as instants, and asked for as local times again.

An ambiguous hour takes the earlier instant; a time in a gap becomes the instant at which the gap ends. Reading is then
monotone, so the local order is the order of instants. (Moving a gap time on by the gap's length would not be.)
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from zoneinfo import ZoneInfo

from adapters.contract import AMBIGUOUS, GAP
from adapters.mapping.columns import Column, Flags

NO_ZONE = "no time zone"
OUT_OF_RANGE = "not a date"

_TICK = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_DAYS_KEPT = 20_000
_DAYS_COMPARED = 100
_ORIGIN = datetime(2000, 1, 1)


class _Offsets(dict[date, timedelta | None]):
    """Day → offset from UTC, ``None`` on a day with a transition. Bounded by starting anew."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self.zone = ZoneInfo(zone)

    def __missing__(self, day: date) -> timedelta | None:
        if len(self) >= _DAYS_KEPT:
            self.clear()
        ends = (datetime(day.year, day.month, day.day), datetime(day.year, day.month, day.day, 23, 59, 59))
        offsets = {moment.replace(tzinfo=self.zone, fold=fold).utcoffset() for moment in ends for fold in (0, 1)}
        self[day] = answer = offsets.pop() if len(offsets) == 1 else None
        return answer

    def between(self, first: date, last: date) -> timedelta | None:
        """The offset of every day from ``first`` to ``last``, ``None`` when there are several or many days."""
        days = (last - first).days
        if days > _DAYS_COMPARED:
            return None
        offset = self[first]
        return offset if all(self[first + _DAY * day] == offset for day in range(1, days + 1)) else None


@lru_cache(maxsize=64)
def _offsets(zone: str) -> _Offsets:
    return _Offsets(zone)


class _DayOffsets(dict[str, timedelta | None]):
    """The same by the day's ISO text. Raises ``ValueError`` for what is no day."""

    def __init__(self, offsets: _Offsets) -> None:
        super().__init__()
        self.offsets = offsets

    def __missing__(self, day: str) -> timedelta | None:
        if len(self) >= _DAYS_KEPT:
            self.clear()
        offset = self[day] = self.offsets[date.fromisoformat(day)]
        return offset


@lru_cache(maxsize=64)
def _day_offsets(zone: str) -> _DayOffsets:
    return _DayOffsets(_offsets(zone))


def written_instants(column: Column, zone: str) -> Column:
    """ISO texts of local times as aware UTC; ``None`` for a null and on days with a transition. Raises ``TypeError``,
    ``ValueError`` or ``OverflowError`` when one of them is anything else."""
    offsets, parse = _day_offsets(zone), datetime.fromisoformat
    return [
        None if text is None or (offset := offsets[text[:10]]) is None else parse(text + "Z") - offset
        for text in column
    ]


def steady(moment: datetime, zone: str) -> bool:
    """Whether the local day of an instant has one offset from its beginning to its end."""
    offsets = _offsets(zone)
    return offsets[moment.astimezone(offsets.zone).date()] is not None


def _offset_at(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _transition(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant in ``(before, after]`` at which the offset changes."""
    low = before.replace(microsecond=0)
    high = after.replace(microsecond=0) + _SECOND  # whole seconds, as transitions are: the halves meet
    offset = _offset_at(low, zone)
    while high - low > _SECOND:
        middle = low + ((high - low) // 2 // _SECOND) * _SECOND
        if _offset_at(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return low + _SECOND


def _both(local: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The offsets of the two readings of a local time; equal but for an ambiguous hour and a gap."""
    first = local.replace(tzinfo=zone, fold=0).utcoffset()
    second = local.replace(tzinfo=zone, fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first, second


def instant(local: datetime, zone: str) -> tuple[datetime, str]:
    """One naive local time as an instant in UTC, and what is odd about it (or ``""``). Raises ``OverflowError``."""
    info = _offsets(zone).zone
    first, second = _both(local, info)
    utc = local.replace(tzinfo=UTC)
    if first == second:
        return utc - first, ""
    if first > second:
        return utc - first, AMBIGUOUS
    return _transition(utc - second, utc - first, info), GAP


def instants(column: Column, zone: str | None) -> tuple[Column, Flags]:
    """Datetimes, naive or aware, as aware UTC; ``None`` kept. Naive ones without a ``zone`` are null and flagged."""
    offsets = _offsets(zone) if zone else None
    if offsets is not None:
        try:
            return _plain_locals(column, offsets), []
        except (TypeError, AttributeError, OverflowError):  # a null, an aware time, a day with a transition
            pass
    out: Column = []
    flags: Flags = []
    for row, value in enumerate(column):
        if value is None or value.tzinfo is UTC:
            out.append(value)
        elif value.tzinfo is not None:
            out.append(_aware(value, row, flags))
        elif offsets is None:
            out.append(None)
            flags.append((row, NO_ZONE))
        else:
            offset = offsets[value.date()]
            try:
                if offset is not None:
                    out.append(value.replace(tzinfo=UTC) - offset)
                    continue
                moment, problem = instant(value, zone or "")
            except OverflowError:
                out.append(None)
                flags.append((row, OUT_OF_RANGE))
                continue
            out.append(moment)
            if problem:
                flags.append((row, problem))
    return out, flags


def _plain_locals(column: Column, offsets: _Offsets) -> Column:
    """The quick way for naive times on days without a transition, quicker yet when all have one offset: two
    subtractions of datetimes cost a fraction of ``replace``. Raises otherwise."""
    if not column:
        return []
    offset = offsets.between(min(column).date(), max(column).date())
    if offset is not None:
        start = _ORIGIN.replace(tzinfo=UTC) - offset
        return [start + (value - _ORIGIN) for value in column]
    if any(map(attrgetter("tzinfo"), column)):
        raise TypeError
    return [value.replace(tzinfo=UTC) - offsets[value.date()] for value in column]


def _aware(value: datetime, row: int, flags: Flags) -> datetime | None:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        flags.append((row, OUT_OF_RANGE))
        return None


def latest_local(moment: datetime, zone: str) -> datetime:
    """The latest naive local time that is read as ``moment`` or earlier: ``moment`` itself but for the second pass of
    an ambiguous hour, which no local time is read as."""
    info = _offsets(zone).zone
    aware = moment.astimezone(info)
    local = aware.replace(tzinfo=None, fold=0)
    if not aware.fold:
        return local
    first, second = _both(local, info)
    utc = local.replace(tzinfo=UTC)
    return (_transition(utc - first, utc - second, info) + first).replace(tzinfo=None) - _TICK


def earliest_local(moment: datetime, zone: str) -> datetime | None:
    """The earliest naive local time that is read as ``moment``: the start of the gap that ends then, else the time
    itself. ``None`` when no local time is read so."""
    info = _offsets(zone).zone
    aware = moment.astimezone(info)
    if aware.fold:
        return None
    before = _offset_at(moment - _TICK, info)
    if before < _offset_at(moment, info):
        return (moment + before).replace(tzinfo=None)
    return aware.replace(tzinfo=None)
