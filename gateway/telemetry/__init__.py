"""Logs and metrics."""

from gateway.telemetry.logs import configure, request_line
from gateway.telemetry.metrics import Metrics, SourceState

__all__ = ["Metrics", "SourceState", "configure", "request_line"]
