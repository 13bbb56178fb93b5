"""A source around another one: what a kind of wrapping does not say anew is the inner source's own."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakValueDictionary

from adapters.contract import Capabilities, FetchSpec, Finding, Health, Join, PreparedFetch, Source


class WrappedSource:
    """See ``contract.Source``. ``inner`` may be wrapped itself."""

    def __init__(self, inner: Source) -> None:
        self.inner = inner
        self.name = inner.name
        self.agency = inner.agency

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        return self.inner.prepare(spec)

    def joins(self, collection: str, join: Join) -> bool:
        return self.inner.joins(collection, join)

    async def start(self) -> None:
        await self.inner.start()

    async def health(self) -> Health:
        return await self.inner.health()

    async def check(self) -> Sequence[Finding]:
        return await self.inner.check()

    async def close(self) -> None:
        await self.inner.close()


class JoiningSource(WrappedSource):
    """A wrapping that lets calls of one shape meet: equal shapes, of whichever plan, have the same fetch."""

    def __init__(self, inner: Source) -> None:
        super().__init__(inner)
        self._fetches: WeakValueDictionary[FetchSpec, PreparedFetch] = WeakValueDictionary()

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        found = self._fetches.get(spec)
        if found is None:
            found = self._fetches[spec] = self.wrapped(self.inner.prepare(spec), spec)
        return found

    def wrapped(self, prepared: PreparedFetch, spec: FetchSpec) -> PreparedFetch:
        raise NotImplementedError
