"""Keys that one agency's rows name and another agency is asked by: how ``guichet check`` knows live keys of an API that
lists nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.contract import CollectionSpec
from gateway.planning.catalog import Catalog, Owner

PLAIN = frozenset({"String", "Int", "Boolean"})
"""Scalars that do not say whose identifier they hold."""


@dataclass(frozen=True, slots=True)
class SharedKey:
    """``paths`` of ``giver``'s rows hold keys of ``owner``'s collection, which it can be looked up by."""

    owner: Owner
    giver: Owner
    paths: tuple[str, ...]


def shared_keys(catalog: Catalog) -> Iterator[SharedKey]:
    """One for each collection that cannot be listed but be looked up by its whole key, where another names its keys."""
    everyone = sorted((owner for owners in catalog.by_type.values() for owner in owners), key=lambda owner: owner.id)
    givers = [owner for owner in everyone if owner.capabilities.lists]
    for owner in everyone:
        if owner.capabilities.lists or not owner.answers_keys(owner.key):
            continue
        found = ((giver, paths) for giver in givers for paths in _same(owner, giver.spec))
        for giver, paths in found:
            yield SharedKey(owner, giver, paths)
            break


def _same(owner: Owner, spec: CollectionSpec) -> Iterator[tuple[str, ...]]:
    """Paths of ``spec`` below one prefix that end and are typed as the key of ``owner``."""
    types = [owner.spec.fields[path].type if path in owner.spec.fields else "" for path in owner.key]
    if PLAIN.issuperset(types):
        return
    ends = [path.split(".")[-1] for path in owner.key]
    for path in spec.fields:
        above, _, end = path.rpartition(".")
        paths = tuple(f"{above}.{one}" if above else one for one in ends)
        if end == ends[0] and [spec.fields[one].type if one in spec.fields else None for one in paths] == types:
            yield paths
