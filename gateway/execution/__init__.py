"""Plan → rows → objects. ``build_engine`` is what the composition root calls."""

from gateway.execution.build import build_engine
from gateway.execution.engine import Engine

__all__ = ["Engine", "build_engine"]
