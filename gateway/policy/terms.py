"""The agencies' own terms: what each of them withholds of its own from everyone, whatever a role grants.

A field of a type with several owners is withheld on the rows of those that say so; it can be neither filtered nor
ordered by for anyone, since such lists are one list, and one owner's place in it would tell another's value. Anything
else that an agency withholds (a field of an embedded object, of a type that is not its own) is withheld on all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class AgencyTerms(Protocol):
    @property
    def withhold(self) -> Iterable[str]: ...


class Provided(Protocol):
    @property
    def provides(self) -> str: ...


class Agency(Protocol):
    """What policy reads of an agency file."""

    @property
    def code(self) -> str: ...
    @property
    def terms(self) -> AgencyTerms: ...
    @property
    def file(self) -> Path: ...
    @property
    def collections(self) -> Iterable[Provided]: ...


@dataclass(frozen=True, slots=True)
class Withheld:
    agency: str
    place: str


@dataclass(frozen=True, slots=True)
class Terms:
    """``withheld``: coordinate → who withholds it on all rows, and where that is written. ``partly``: coordinate → the
    agencies that withhold it on their own rows, each with where that is written."""

    withheld: Mapping[str, Withheld] = field(default_factory=dict)
    partly: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def terms_of(agencies: Iterable[Agency]) -> Terms:
    every = tuple(agencies)
    owners: dict[str, set[str]] = {}
    said: dict[str, dict[str, str]] = {}
    for agency in every:
        for collection in agency.collections:
            owners.setdefault(collection.provides, set()).add(agency.code)
        for coordinate in agency.terms.withhold:
            said.setdefault(coordinate, {})[agency.code] = f"{agency.file.name}: terms.withhold"
    withheld: dict[str, Withheld] = {}
    partly: dict[str, Mapping[str, str]] = {}
    for coordinate, by in said.items():
        theirs = owners.get(coordinate.partition(".")[0], set())
        if by.keys() < theirs:
            partly[coordinate] = by
        else:
            withheld[coordinate] = Withheld(*next(iter(sorted(by.items()))))
    return Terms(withheld, partly)
