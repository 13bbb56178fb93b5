"""Which collection of which agency supplies what: the agencies as planning sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from adapters.contract import TYPE_KEYS, CollectionCapabilities, CollectionSpec, Source
from adapters.mapping import apply_steps, effective_steps


@dataclass(frozen=True, slots=True)
class AgencyName:
    """An agency as clients see it: its code and its names in English and French."""

    code: str
    en: str
    fr: str


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """One collection with its live source: what a fetch is sent to. ``tag``: two bytes that name the collection inside
    node ids, the same on every replica."""

    agency: str
    spec: CollectionSpec
    source: Source
    id: str = field(init=False)
    tag: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.spec.id)
        object.__setattr__(self, "tag", sha256(self.id.encode()).digest()[:2])

    @property
    def capabilities(self) -> CollectionCapabilities:
        return self.source.capabilities.collections[self.spec.name]

    @property
    def key(self) -> tuple[str, ...]:
        return TYPE_KEYS[self.spec.provides]

    def answers_keys(self, keys: tuple[str, ...]) -> bool:
        """Whether rows can be looked up by these key paths."""
        return all(self.spec.supplies(path) for path in keys) and (
            not self.spec.requests or keys in self.capabilities.lookups
        )

    def spelled(self, keys: Sequence[str], values: Sequence[Any]) -> tuple[Any, ...]:
        """A key as a caller typed it, cleaned as this owner's file cleans what it reads: ``fi-2024 17`` is
        ``FI202417``. Nothing is cut off, which would find another's record."""
        return tuple(map(self._spelled, keys, values))

    def _spelled(self, path: str, value: Any) -> Any:
        binding = self.spec.fields.get(path)
        if binding is None or not isinstance(value, str):
            return value
        steps = [step for step in effective_steps(binding) if step[0] != "left"]
        return apply_steps(steps, [value])[0]


@dataclass(frozen=True, slots=True)
class Catalog:
    """Owners per harmonised type, in the order of agency code and collection: the tie-break of merged lists."""

    agencies: Mapping[str, AgencyName]
    by_type: Mapping[str, tuple[Owner, ...]]
    by_tag: Mapping[bytes, Owner] = field(default_factory=dict)

    def owners(self, type_name: str) -> tuple[Owner, ...]:
        return self.by_type.get(type_name, ())

    def lookup_owners(self, type_name: str, keys: tuple[str, ...]) -> tuple[Owner, ...]:
        """The collections that can be asked for rows of a type by these keys."""
        return tuple(owner for owner in self.owners(type_name) if owner.answers_keys(keys))

    def listing_owners(self, type_name: str) -> tuple[Owner, ...]:
        return tuple(owner for owner in self.owners(type_name) if owner.capabilities.lists)


def catalog(agencies: Iterable[AgencyName], owners: Iterable[Owner]) -> Catalog:
    """Raises ``ValueError`` when two collections would share a tag (rename one of them)."""
    by_type: dict[str, list[Owner]] = {}
    by_tag: dict[bytes, Owner] = {}
    for owner in sorted(owners, key=lambda owner: owner.id):
        by_type.setdefault(owner.spec.provides, []).append(owner)
        if owner.tag in by_tag:
            raise ValueError(f"collections {by_tag[owner.tag].id} and {owner.id} cannot be told apart in node ids")
        by_tag[owner.tag] = owner
    names = {agency.code: agency for agency in sorted(agencies, key=lambda agency: agency.code)}
    return Catalog(names, {name: tuple(found) for name, found in by_type.items()}, by_tag)
