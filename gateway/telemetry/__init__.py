"""Logs and metrics."""

from gateway.telemetry.logs import configure, request_line
from gateway.telemetry.metrics import Metrics

__all__ = ["Metrics", "configure", "request_line"]
