"""The admin listener: for the operator's own machine, never for callers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.telemetry import Metrics


def admin(
    ready: Callable[[], Awaitable[bool]],
    sources: Callable[[], Awaitable[Mapping[str, Any]]],
    metrics: Metrics,
    policy_faults: Callable[[], Sequence[str]] = tuple,
) -> Starlette:
    """``/readyz`` with each source's health, and ``/metrics``. An agency that is down does not make us unready, nor
    does a policy file with faults: the former policy is in force, and ``policy`` says what keeps the new one out."""

    async def readyz(_: Request) -> Response:
        is_ready = await ready()
        faults = list(policy_faults())
        policy = {"current": not faults, "faults": faults}
        found = {"ready": is_ready, "policy": policy, "sources": await sources()}
        return JSONResponse(found, 200 if is_ready else 503)

    async def exposition(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/readyz", readyz), Route("/metrics", exposition)])
