"""The HTTP layer over an engine that a test scripts: no agency, and no socket unless it is served at one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from starlette.applications import Starlette

from gateway import http
from gateway.cli.serving import listener
from gateway.http.exchange import Gatekeeper
from gateway.http.schema import PlannedSchema, planned_schema
from gateway.policy import Policy, View
from gateway.request import Answer, RequestContext
from gateway.settings import Settings
from gateway.settings.config import Gateway, Http, Limits, Telemetry
from gateway.telemetry import Metrics
from tests.kit.issuer import Issuer, identity, verifier
from tests.kit.patience import until


@dataclass
class Asked:
    query: str
    operation_name: str | None
    variables: dict[str, Any] | None
    view: View
    context: RequestContext


@dataclass
class ScriptedEngine:
    """Answers with ``answer``; an exception is raised, a function is called with what was asked."""

    answer: Answer | Exception | Callable[[Asked], Answer] = field(default_factory=lambda: Answer({"ok": True}))
    asked: list[Asked] = field(default_factory=list)

    async def execute(
        self,
        *,
        query: str,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        view: View,
        context: RequestContext,
    ) -> Answer:
        self.asked.append(Asked(query, operation_name, variables, view, context))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(self.asked[-1]) if callable(self.answer) else self.answer


@dataclass
class TestGateway:
    """``client`` speaks to the public application; ``issuer`` signs what it believes."""

    __test__ = False

    client: httpx.AsyncClient
    engine: ScriptedEngine
    issuer: Issuer
    metrics: Metrics
    app: Starlette
    schema: PlannedSchema
    gatekeeper: Gatekeeper
    settings: Settings

    async def post(self, query: str = "{ viewer { subject } }", **headers: str) -> httpx.Response:
        return await self.client.post("/graphql", json={"query": query}, headers={**self.officer(), **headers})

    def officer(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": self.issuer.bearer(**claims)}


def settings(**changes: Any) -> Settings:
    values: dict[str, Any] = {
        "file": Path("/nowhere/guichet.toml"),
        "gateway": Gateway(),
        "identity": identity(),
        "http": Http(cors_origins=["http://localhost:*", "https://portal.example"]),
        "limits": Limits(),
        "telemetry": Telemetry(),
        "agencies": (),
        "policy": Path("/nowhere/policy"),
        "opaque_keys": (),
    }
    return Settings(**{**values, **changes})


@contextlib.asynccontextmanager
async def gateway(policy: Policy, demo: Any = None, **changes: Any) -> AsyncIterator[TestGateway]:
    """``changes`` replace sections of the settings; ``demo`` adds its routes."""
    issuer, engine, metrics = Issuer(), ScriptedEngine(), Metrics()
    schema = planned_schema()
    schema.engine = engine
    gatekeeper = Gatekeeper(verifier(issuer), policy)
    chosen = settings(**changes)
    view = http.GraphQLView(schema, gatekeeper, chosen, metrics)

    async def ready() -> bool:
        return not issuer.broken

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield

    app = http.public(http.Parts(view, gatekeeper, ready, demo), chosen.http.cors_origins, lifespan)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield TestGateway(client, engine, issuer, metrics, app, schema, gatekeeper, chosen)


@contextlib.asynccontextmanager
async def serving(gate: TestGateway) -> AsyncIterator[int]:
    """The port where the server of ``guichet serve`` answers for it."""
    server = uvicorn.Server(uvicorn.Config(gate.app, **{**listener(gate.settings, 0), "host": "127.0.0.1"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "capture_signals", contextlib.nullcontext)
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        try:
            yield server.servers[0].sockets[0].getsockname()[1]
        finally:
            server.should_exit = True
            await task


@contextlib.asynccontextmanager
async def serving_quietly(
    policy: Policy, caplog: pytest.LogCaptureFixture, **changes: Any
) -> AsyncIterator[tuple[TestGateway, int, list[Any]]]:
    """A gateway at a port, with our log lines. The server itself finds nothing to complain about in the end."""
    caplog.set_level(logging.ERROR)
    with structlog.testing.capture_logs() as lines:
        async with gateway(policy, **changes) as gate, serving(gate) as port:
            yield gate, port, lines
    assert [record.getMessage() for record in caplog.records] == []
