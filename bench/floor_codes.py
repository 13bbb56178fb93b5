"""What the hand-written endpoint knows of the agencies' own codes and spellings."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pycountry

ZONE = ZoneInfo("America/Toronto")
STATUS = {
    "P": "PRE_ARRIVAL",
    "A": "ARRIVED",
    "R": "UNDER_REVIEW",
    "H": "HELD",
    "X": "EXAMINED",
    "L": "RELEASED",
    "F": "REFUSED",
    "S": "SEIZED",
}
MODE = {"1": "MARITIME", "2": "RAIL", "3": "ROAD", "4": "AIR", "5": "MAIL"}
DIRECTION = {"I": "IMPORT", "E": "EXPORT", "T": "TRANSIT"}
AGENCY = {"01": "CUSTOMS", "04": "FOOD", "07": "TRADE_CONTROLS", "11": "POLICE"}
TRADE_STATE = {"I": "ISSUED", "S": "SUSPENDED", "R": "REVOKED", "X": "EXHAUSTED", "E": "EXPIRED"}
FOOD_STATE = {"A": "ISSUED", "R": "REVOKED", "X": "EXHAUSTED", "E": "EXPIRED"}
COUNTRY = {country.alpha_3: country.alpha_2 for country in pycountry.countries}
BUSINESS_NUMBER = re.compile(r"[0-9]{9}R[CMPT][0-9]{4}")
NOT_ALNUM = re.compile("[^0-9A-Za-z]")


@lru_cache(100_000)
def instant(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).astimezone(UTC)


def local(since: str) -> tuple[str, str]:
    moment = datetime.fromisoformat(since).astimezone(ZONE)
    return f"{moment:%Y%m%d}", f"{moment:%H%M}"


@lru_cache(100_000)
def plain(text: str) -> str:
    return NOT_ALNUM.sub("", text).upper()


def shown(text: str | None) -> str | None:
    return (text.rstrip() or None) if text is not None else None
