"""The agencies' own terms: what each of them withholds from everyone, whatever a role grants.

A field that one of several owners withholds is withheld for all of them: lists over owners are filtered, ordered and
counted as one, so a value of one owner would tell of the other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class AgencyTerms(Protocol):
    @property
    def withhold(self) -> Iterable[str]: ...


class Agency(Protocol):
    """What policy reads of an agency file."""

    @property
    def code(self) -> str: ...
    @property
    def terms(self) -> AgencyTerms: ...
    @property
    def file(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class Withheld:
    agency: str
    place: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Coordinate → who withholds it, and where that is written."""

    withheld: Mapping[str, Withheld] = field(default_factory=dict)


def terms_of(agencies: Iterable[Agency]) -> Terms:
    found: dict[str, Withheld] = {}
    for agency in agencies:
        for coordinate in agency.terms.withhold:
            found.setdefault(coordinate, Withheld(agency.code, f"{agency.file.name}: terms.withhold"))
    return Terms(found)
