"""How alike a person's record is to what was searched for: a score from 0 to 1, never an identification.

Names in records are transliterated, truncated and reordered, so they are folded and compared loosely. Half of the
score is the family name; given names and the date of birth share the rest, and count only when they were searched for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

_LETTERS = str.maketrans(
    {
        "ß": "SS",
        "ẞ": "SS",
        "Æ": "AE",
        "æ": "AE",
        "Œ": "OE",
        "œ": "OE",
        "Ø": "O",
        "ø": "O",
        "Đ": "D",
        "đ": "D",
        "Ð": "D",
        "ð": "D",
        "Þ": "TH",
        "þ": "TH",
        "Ł": "L",
        "ł": "L",
        "Ħ": "H",
        "ħ": "H",
        "ı": "I",
        "ĸ": "K",
        "Ŋ": "N",
        "ŋ": "N",
    }
)

_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")

FAMILY, GIVEN, BIRTH = 0.5, 0.25, 0.25
UNKNOWN = 0.5
"""What a record earns for something it does not say."""


@lru_cache(maxsize=65_536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in capital letters A–Z, without accents. Apostrophes join, other signs part."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS)).upper()
    kept = "".join(
        char if "A" <= char <= "Z" else "" if char in "'’ʼ`´" or unicodedata.combining(char) else " " for char in plain
    )
    return tuple(kept.split())


def fold(name: str) -> str:
    """The searchable form of a name: its words run together (``Müller-Lüdenscheidt`` → ``MULLERLUDENSCHEIDT``)."""
    return "".join(words(name))


def score(search: Mapping[str, Any], record: Mapping[str, Any]) -> float:
    """``search`` is a coerced ``PersonSearch``; ``record`` has ``familyName``, ``givenNames``, ``birthDate``."""
    parts = [(FAMILY, _family(search["familyName"], record.get("familyName")))]
    if search.get("givenNames"):
        parts.append((GIVEN, _given(search["givenNames"], record.get("givenNames"))))
    if search.get("birthDate"):
        parts.append((BIRTH, _birth(search["birthDate"], record.get("birthDate"))))
    total = sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)
    return round(min(1.0, max(0.0, total)), 4)


def _family(wanted: str, found: str | None) -> float:
    one, other = fold(wanted), fold(found or "")
    if not one or not other:
        return 0.0
    return max(JaroWinkler.similarity(one, other), _truncated(one, other))


def _given(wanted: str, found: str | None) -> float:
    """Each searched name against the best of the record's: order and missing middle names cost little."""
    if not found or not words(found):
        return UNKNOWN
    theirs = words(found)
    ours = words(wanted)
    if not ours:
        return UNKNOWN
    each = [max(_name(one, other) for other in theirs) for one in ours]
    return max(sum(each) / len(each), fuzz.token_sort_ratio(" ".join(ours), " ".join(theirs)) / 100)


def _name(one: str, other: str) -> float:
    """An initial agrees with a name that begins with it, though not fully."""
    if len(one) == 1 or len(other) == 1:
        return 0.9 if one[0] == other[0] else 0.0
    return max(JaroWinkler.similarity(one, other), _truncated(one, other))


def _truncated(one: str, other: str) -> float:
    """A document cuts long names off: agreement to the end of the shorter, if that is long."""
    shorter, longer = sorted((one, other), key=len)
    return 0.95 if len(shorter) >= 8 and longer.startswith(shorter) and shorter != longer else 0.0


def _birth(wanted: str, found: str | None) -> float:
    """By as much of the date as both know; day and month swapped, or one digit off, are common slips."""
    if not found or not _DATE.fullmatch(found):
        return UNKNOWN
    known = min(len(wanted), len(found))
    if wanted[:known] == found[:known]:
        return {4: 0.8, 7: 0.9}.get(known, 1.0)
    if known == 10:
        if wanted[:4] == found[:4] and wanted[5:7] == found[8:10] and wanted[8:10] == found[5:7]:
            return 0.8
        if sum(one != other for one, other in zip(wanted, found, strict=True)) == 1:
            return 0.7
    if wanted[:4] == found[:4]:
        return 0.4
    return 0.2 if abs(int(wanted[:4]) - int(found[:4])) == 1 else 0.0
