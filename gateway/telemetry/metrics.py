"""Counters and histograms for Prometheus. Labels are closed sets: no subject, no operation name, no path."""

from __future__ import annotations

import asyncio
import resource
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BREAKER = {"closed": 0, "half-opened": 1, "opened": 2}


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source at this moment. ``breaker``: a key of ``BREAKER``."""

    agency: str
    source: str
    breaker: str
    open: int
    busy: int
    waiting: int
    cache_hits: int = 0
    cache_misses: int = 0


def _tasks() -> int:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # read outside of the loop
        return 0


def _memory() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: the largest it has been
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics(Collector):
    """One registry per application, so that two in one process do not add up.

    Requests are counted in plain numbers, and only what reads the metrics pays for their form: counters of the library
    took as long as half of what HTTP costs besides."""

    def __init__(self) -> None:
        self._requests: Counter[str] = Counter()
        self._durations = [0] * (len(_SECONDS) + 1)
        self._seconds = 0.0
        self._fetches: Counter[tuple[str, str]] = Counter()
        self._rows: Counter[str] = Counter()
        self._states: Callable[[], Iterable[SourceState]] = tuple
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def watch(self, states: Callable[[], Iterable[SourceState]]) -> None:
        """Whose state the metrics tell."""
        self._states = states

    def request(self, outcome: str, seconds: float, sources: Iterable[Mapping[str, Any]] = ()) -> None:
        """Count one request. ``sources`` as in ``extensions.completeness``."""
        self._requests[outcome] += 1
        self._durations[bisect_left(_SECONDS, seconds)] += 1
        self._seconds += seconds
        for source in sources:
            agency = str(source.get("agency", ""))
            self._fetches[agency, str(source.get("outcome", ""))] += 1
            self._rows[agency] += source.get("rows") or 0

    def text(self) -> bytes:
        """The exposition format that Prometheus reads."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("guichet_requests", "GraphQL requests by outcome.", labels=["outcome"])
        for outcome, count in self._requests.items():
            requests.add_metric([outcome], count)
        bounds = [*(str(bound) for bound in _SECONDS), "+Inf"]
        duration = HistogramMetricFamily(
            "guichet_request_seconds",
            "Time to answer a GraphQL request.",
            buckets=list(zip(bounds, accumulate(self._durations), strict=True)),
            sum_value=self._seconds,
        )
        fetches = CounterMetricFamily(
            "guichet_source_fetches", "Fetches by agency and how it answered.", labels=["agency", "outcome"]
        )
        for labels, count in self._fetches.items():
            fetches.add_metric(labels, count)
        rows = CounterMetricFamily("guichet_rows", "Rows shown, by agency.", labels=["agency"])
        for agency, count in self._rows.items():
            rows.add_metric([agency], count)
        yield from (requests, duration, fetches, rows)
        yield from self._now()

    def _now(self) -> Iterator[Metric]:
        """What is read when the metrics are: nothing is counted on the way."""
        labels = ["agency", "source"]
        breaker = GaugeMetricFamily(
            "guichet_source_breaker", "Circuit breaker: 0 closed, 1 half-open, 2 open.", labels=labels
        )
        connections = GaugeMetricFamily(
            "guichet_source_connections", "Connections to a source by state.", labels=[*labels, "state"]
        )
        cache = CounterMetricFamily(
            "guichet_source_cache", "Lookup keys and lists by whether a kept answer served.", labels=[*labels, "result"]
        )
        waiting = GaugeMetricFamily("guichet_source_waiting", "Fetches that wait for a connection.", labels=labels)
        for state in self._states():
            name = [state.agency, state.source]
            breaker.add_metric(name, BREAKER[state.breaker])
            connections.add_metric([*name, "open"], state.open)
            connections.add_metric([*name, "busy"], state.busy)
            waiting.add_metric(name, state.waiting)
            if state.cache_hits or state.cache_misses:
                cache.add_metric([*name, "hit"], state.cache_hits)
                cache.add_metric([*name, "miss"], state.cache_misses)
        yield from (breaker, connections, waiting, cache)
        yield GaugeMetricFamily("guichet_tasks", "Tasks of the event loop.", value=_tasks())
        yield GaugeMetricFamily("guichet_memory_bytes", "Resident memory of the process.", value=_memory())
