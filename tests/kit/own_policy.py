"""The demo's agencies under a policy of the test's own: an engine in this process, over the real databases and APIs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.running import environment_of
from gateway.app import Built, build
from gateway.policy.view import View
from gateway.request import Answer, Principal, RequestContext
from gateway.settings import config
from tests.kit.demo import RunningDemo
from tests.kit.places import ROOT
from tests.kit.plain import plain

SECONDS = 30.0


@dataclass(frozen=True)
class OwnPolicy:
    built: Built

    def view(self, *roles: str) -> View:
        return self.built.policy.view_of(roles)

    async def ask(
        self,
        roles: Collection[str],
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        claims: Mapping[str, Any] | None = None,
        operation: str | None = None,
    ) -> Answer:
        principal = Principal("tester", "CUSTOMS", frozenset(roles), frozenset(), claims=claims or {})
        answer: Answer = await self.built.engine.execute(
            query=query,
            operation_name=operation,
            variables=dict(variables or {}),
            view=self.view(*roles),
            context=RequestContext("r1", principal, asyncio.get_running_loop().time() + SECONDS),
        )
        return plain(answer)


@asynccontextmanager
async def own_policy(demo: RunningDemo, directory: Path, roles: str) -> AsyncIterator[OwnPolicy]:
    """``roles``: the text of ``roles.toml``."""
    (directory / "roles.toml").write_text(roles)
    environment = environment_of(demo.directory)
    settings = config.load(ROOT / "guichet.toml", environment).model_copy(update={"policy": directory})
    built = build(settings, environment)
    try:
        await asyncio.gather(*(source.start() for source in built.sources.values()))
        yield OwnPolicy(built)
    finally:
        await asyncio.gather(*(source.close() for source in built.sources.values()))
