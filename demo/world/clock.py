"""Moments of the world: seconds since the epoch, printed as each agency prints them."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

TORONTO = ZoneInfo("America/Toronto")
HOUR = 3_600
DAY = 86_400
_EPOCH = date(1970, 1, 1)


def midnight(day: date) -> int:
    """Seconds at 00:00 UTC of `day`."""
    return (day - _EPOCH).days * DAY


def local(moment: int) -> str:
    """`yyyy-MM-dd HH:mm:ss` in Toronto, without its zone."""
    return datetime.fromtimestamp(moment, TORONTO).isoformat(" ")[:19]


def utc(moment: int) -> str:
    """`yyyy-MM-dd HH:mm:ss` in UTC, without its zone."""
    return datetime.fromtimestamp(moment, UTC).isoformat(" ")[:19]


def instant(moment: int) -> str:
    """RFC 3339 with Z."""
    return datetime.fromtimestamp(moment, UTC).isoformat()[:19] + "Z"


@lru_cache(maxsize=16_384)
def day_iso(days: int) -> str:
    """ISO date of a count of days since the epoch."""
    return (_EPOCH + timedelta(days=days)).isoformat()


def day_compact(days: int) -> str:
    """`yyyyMMdd` of a count of days since the epoch."""
    return day_iso(days).replace("-", "")
