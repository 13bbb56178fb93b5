"""Parts of an object that another endpoint has: asked once per batch by the type's key, joined by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.contract import TYPE_KEYS, CollectionSpec, FetchCall, FetchSpec, Part, RowFlag, Rows
from adapters.errors import Unsupported
from adapters.rest.fetch import RestFetch


def part_collection(collection: CollectionSpec, part: Part) -> CollectionSpec:
    """The part as a collection of its own. Where it does not say how its key is read, it is read as the object's own,
    unless each key has its call and needs no reading."""
    key = TYPE_KEYS[collection.provides]
    fields = dict(part.fields)
    if any(request.many for request in part.requests):
        fields |= {path: collection.fields[path] for path in key if path not in fields and path in collection.fields}
    return CollectionSpec(
        agency=collection.agency,
        source=collection.source,
        name=f"{collection.name}.{part.name}",
        provides=collection.provides,
        fields=fields,
        requests=part.requests,
    )


class PartFetch:
    """Reads ``paths`` of one part for the rows of a fetch."""

    def __init__(self, key: tuple[str, ...], paths: tuple[str, ...], fetch: RestFetch) -> None:
        self._key, self._paths, self._fetch = key, paths, fetch

    async def complete(
        self, rows: Rows, columns: Mapping[str, list[Any]], deadline: float | None
    ) -> Mapping[str, list[Any]]:
        """The part's columns, null where it knows nothing of a row; its flags are added to ``rows``."""
        keys = list(zip(*(columns[path] for path in self._key), strict=True))
        asked = [key for key in dict.fromkeys(keys) if None not in key]
        if not asked:
            return {path: [None] * rows.count for path in self._paths}
        found = await self._fetch.run(FetchCall(keys=asked, deadline=deadline))
        position: dict[tuple[Any, ...], int] = {}
        for i, key in enumerate(zip(*found.columns[: len(self._key)], strict=True)):
            position.setdefault(key, i)
        at = [position.get(key) for key in keys]
        flags: dict[int, list[RowFlag]] = {}
        for flag in found.flags:
            flags.setdefault(flag.row, []).append(flag)
        if flags:
            rows.flags += [
                RowFlag(row, flag.path, flag.problem)
                for row, i in enumerate(at)
                if i is not None
                for flag in flags.get(i, ())
                if flag.path in self._paths
            ]
        own = zip(self._paths, found.columns[len(self._key) :], strict=True)
        return {path: [None if i is None else column[i] for i in at] for path, column in own}

    def explain(self) -> str:
        return self._fetch.explain()


def part_fetches(
    collection: CollectionSpec, needed: Sequence[str], build: Callable[[CollectionSpec, FetchSpec], RestFetch]
) -> list[PartFetch]:
    """One fetch for each part that supplies some of ``needed``. Raises ``Unsupported``."""
    key = TYPE_KEYS[collection.provides]
    fetches: list[PartFetch] = []
    for part in collection.parts.values():
        paths = tuple(path for path in needed if path in part.fields and path not in collection.fields)
        if not paths:
            continue
        if not part.requests:
            raise Unsupported(f"{collection.id}: part {part.name} has no requests")
        own = part_collection(collection, part)
        fetches.append(PartFetch(key, paths, build(own, FetchSpec(own.name, (*key, *paths), keys=key))))
    return fetches
