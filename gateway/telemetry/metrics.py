"""Counters and histograms for Prometheus. Labels are closed sets: no subject, no operation name, no path."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
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


class _Now(Collector):
    """What is read when the metrics are: nothing is counted on the way."""

    def __init__(self) -> None:
        self.states: Callable[[], Iterable[SourceState]] = tuple

    def collect(self) -> Iterator[GaugeMetricFamily]:
        labels = ["agency", "source"]
        breaker = GaugeMetricFamily(
            "guichet_source_breaker", "Circuit breaker: 0 closed, 1 half-open, 2 open.", labels=labels
        )
        connections = GaugeMetricFamily(
            "guichet_source_connections", "Connections to a source by state.", labels=[*labels, "state"]
        )
        waiting = GaugeMetricFamily("guichet_source_waiting", "Fetches that wait for a connection.", labels=labels)
        for state in self.states():
            name = [state.agency, state.source]
            breaker.add_metric(name, BREAKER[state.breaker])
            connections.add_metric([*name, "open"], state.open)
            connections.add_metric([*name, "busy"], state.busy)
            waiting.add_metric(name, state.waiting)
        yield from (breaker, connections, waiting)
        yield GaugeMetricFamily("guichet_tasks", "Tasks of the event loop.", value=_tasks())
        yield GaugeMetricFamily("guichet_memory_bytes", "Resident memory of the process.", value=_memory())


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


class Metrics:
    """One registry per application, so that two in one process do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "guichet_requests", "GraphQL requests by outcome.", ["outcome"], registry=self.registry
        )
        self._duration = Histogram(
            "guichet_request_seconds", "Time to answer a GraphQL request.", buckets=_SECONDS, registry=self.registry
        )
        self._fetches = Counter(
            "guichet_source_fetches",
            "Fetches by agency and how it answered.",
            ["agency", "outcome"],
            registry=self.registry,
        )
        self._rows = Counter("guichet_rows", "Rows shown, by agency.", ["agency"], registry=self.registry)
        self._now = _Now()
        self.registry.register(self._now)
        # Finding a labelled counter costs five times what counting does; the labels are closed sets, so few are kept.
        self._outcome = cache(self._requests.labels)
        self._source = cache(lambda agency, outcome: (self._fetches.labels(agency, outcome), self._rows.labels(agency)))

    def watch(self, states: Callable[[], Iterable[SourceState]]) -> None:
        """Whose state the metrics tell."""
        self._now.states = states

    def request(self, outcome: str, seconds: float, sources: Iterable[Mapping[str, Any]] = ()) -> None:
        """Count one request. ``sources`` as in ``extensions.completeness``."""
        self._outcome(outcome).inc()
        self._duration.observe(seconds)
        for source in sources:
            fetches, rows = self._source(str(source.get("agency", "")), str(source.get("outcome", "")))
            fetches.inc()
            rows.inc(source.get("rows") or 0)

    def text(self) -> bytes:
        """The exposition format that Prometheus reads."""
        return generate_latest(self.registry)
