"""The local day at a port: what "arrival" means for the validity of a permit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

ZONES: Mapping[str, str] = {
    "CACAL": "America/Edmonton",
    "CAEDM": "America/Edmonton",
    "CAHAL": "America/Halifax",
    "CAMTR": "America/Toronto",
    "CANIA": "America/Toronto",
    "CAOTT": "America/Toronto",
    "CAPRR": "America/Vancouver",
    "CAQUE": "America/Toronto",
    "CASJB": "America/Moncton",
    "CASJF": "America/St_Johns",
    "CASNI": "America/Toronto",
    "CATOR": "America/Toronto",
    "CAVAN": "America/Vancouver",
    "CAVIC": "America/Vancouver",
    "CAWND": "America/Toronto",
    "CAWNP": "America/Winnipeg",
    "USBUF": "America/New_York",
    "USCHI": "America/Chicago",
    "USDET": "America/Detroit",
    "USLAX": "America/Los_Angeles",
    "USLGB": "America/Los_Angeles",
    "USNYC": "America/New_York",
    "USSEA": "America/Los_Angeles",
}
"""Ports of countries with several time zones. A port that is not here has those of its country."""


@lru_cache(maxsize=1)
def _by_country() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), zone)
    return found


@lru_cache(maxsize=1024)
def zones_of(locode: str) -> tuple[ZoneInfo, ...]:
    """The time zones that a port may be in; none when its country is not known."""
    names = (ZONES[locode],) if locode in ZONES else _by_country().get(locode[:2], ())
    return tuple(ZoneInfo(name) for name in names)


@lru_cache(maxsize=4096)
def local_day(moment: datetime | None, locode: str | None) -> date | None:
    """``None`` when the moment is not known, or when the zones that the port may be in do not agree on the day."""
    if moment is None or locode is None:
        return None
    days = {moment.astimezone(zone).date() for zone in zones_of(locode)}
    return days.pop() if len(days) == 1 else None
