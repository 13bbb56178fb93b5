"""Kind of a source → the factory that connects to it. Only ``gateway/app.py`` and the CLI look here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from adapters.caching import CachingSource
from adapters.coalescing import CoalescingSource, coalesce_ms
from adapters.contract import CollectionSpec, Lookup, Source
from adapters.errors import AgencyFileError, Fault
from adapters.resilience import Load
from adapters.resilient import CLOSED, ResilientSource, resilience_of
from adapters.sharing import SharingSource

Factory = Callable[[str, str, Mapping[str, Any], Sequence[CollectionSpec], Mapping[str, Lookup]], Source]
"""``factory(name, agency, table, collections, lookups)``: ``table`` is ``[sources.name]`` with its secrets resolved,
``collections`` and ``lookups`` are those of this source. No I/O. Raises ``AgencyFileError`` for wrong options."""

MODULES: Mapping[str, str] = {"postgres": "adapters.postgres", "rest": "adapters.rest"}
"""Kind → the module with its ``create``, imported when a source of the kind is met and not before."""


class _Factories(Mapping[str, Factory]):
    def __getitem__(self, kind: str) -> Factory:
        return cast(Factory, import_module(MODULES[kind]).create)

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)

    def __contains__(self, kind: object) -> bool:
        return kind in MODULES


FACTORIES: Mapping[str, Factory] = _Factories()


def create(
    name: str,
    agency: str,
    table: Mapping[str, Any],
    collections: Sequence[CollectionSpec],
    lookups: Mapping[str, Lookup],
) -> Source:
    """The source ``name`` of ``agency``, with those ``collections`` and ``lookups`` of the agency that are its own.
    Raises ``AgencyFileError``."""
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in FACTORIES:
        known = ", ".join(sorted(FACTORIES))
        raise AgencyFileError([Fault(agency, f"sources.{name}.kind", f"no kind of source {kind!r}; there are {known}")])
    own = [spec for spec in collections if spec.source == name]
    codes = {key: lookup for key, lookup in lookups.items() if lookup.source == name}
    try:
        resilience, table = resilience_of(table)
        wait, table = coalesce_ms(table)
    except ValueError as problem:
        raise AgencyFileError([Fault(agency, f"sources.{name}", str(problem))]) from None
    source: Source = ResilientSource(FACTORIES[kind](name, agency, table, own, codes), resilience)
    if wait:
        source = SharingSource(CoalescingSource(source, wait / 1000))
    seconds = {spec.name: spec.cache_seconds for spec in own if spec.cache_seconds}
    return CachingSource(source, seconds) if seconds else source


@dataclass(frozen=True, slots=True)
class State:
    """A source from outside, without asking it: its breaker (``closed``, ``opened``, ``half-opened``), its load, and
    what it answered from kept answers and what not."""

    breaker: str
    load: Load
    hits: int = 0
    misses: int = 0


def state_of(source: Source) -> State:
    """Of a source that :func:`create` made; another one has no breaker and no load."""
    breaker, hits, misses = CLOSED, 0, 0
    while True:
        if isinstance(source, CachingSource):
            hits, misses = source.hits, source.misses
        if isinstance(source, ResilientSource):
            breaker = source.breaker.state
        inner = getattr(source, "inner", None)
        if inner is None:
            return State(breaker, getattr(source, "load", None) or Load(0, 0, 0), hits, misses)
        source = inner
