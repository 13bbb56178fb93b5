"""Counters and histograms for Prometheus. Labels are closed sets: no subject, no operation name, no path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

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

    def request(self, outcome: str, seconds: float, sources: Iterable[Mapping[str, Any]] = ()) -> None:
        """Count one request. ``sources`` as in ``extensions.completeness``."""
        self._requests.labels(outcome).inc()
        self._duration.observe(seconds)
        for source in sources:
            agency = str(source.get("agency", ""))
            self._fetches.labels(agency, str(source.get("outcome", ""))).inc()
            self._rows.labels(agency).inc(source.get("rows") or 0)

    def text(self) -> bytes:
        """The exposition format that Prometheus reads."""
        return generate_latest(self.registry)
