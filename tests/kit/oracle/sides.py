"""Both sides of a comparison over one world: the product's engine and the oracle."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from adapters.errors import SourceUnavailable
from adapters.memory import MemorySource
from gateway.execution import Engine, build_engine
from gateway.policy import Policy
from gateway.policy.view import View
from gateway.request import Answer, Principal, RequestContext
from gateway.settings.agencies import AgencyFile, load_agencies, type_catalog
from gateway.settings.config import Limits
from resolvers.schema import master
from tests.kit.oracle.answers import Oracle, OracleAnswer
from tests.kit.oracle.comparing import Compared, compare
from tests.kit.oracle.world import PLACES, memory_sources
from tests.kit.plain import plain

ROOT = Path(__file__).parents[3]
MASTER = master()._schema
KEYS = [b"k" * 32]
LIMITS = Limits(tokens=100_000, depth=60, aliases=5_000)
CLAIMS = {"ports": list(PLACES[:2]), "bn": "123456782RM0001", "case": "C-1", "carrier": "9QRT"}
SECONDS = 30.0

EVERYTHING = View("everything", MASTER, explain=True)


@cache
def agency_files() -> tuple[AgencyFile, ...]:
    return tuple(load_agencies(sorted((ROOT / "agencies").glob("*.toml")), type_catalog(MASTER)))


@cache
def view_of(*roles: str) -> View:
    """A view of the project's own policy."""
    return Policy.load(ROOT / "policy", MASTER).view_of(list(roles))


@dataclass(slots=True)
class Sides:
    sources: Mapping[tuple[str, str], MemorySource]
    engine: Engine
    oracle: Oracle
    principal: Principal = field(
        default_factory=lambda: Principal("me", "org", frozenset({"x"}), frozenset({"s"}), claims=CLAIMS)
    )

    async def gateway(
        self, query: str, variables: Mapping[str, Any] | None = None, view: View = EVERYTHING, name: str | None = None
    ) -> Answer:
        context = RequestContext("r1", self.principal, asyncio.get_running_loop().time() + SECONDS)
        answer = await self.engine.execute(
            query=query, operation_name=name, variables=dict(variables or {}), view=view, context=context
        )
        return plain(answer)

    async def stock(
        self, query: str, variables: Mapping[str, Any] | None = None, view: View = EVERYTHING
    ) -> OracleAnswer:
        return await self.oracle.execute(query, variables, view, self.principal)

    async def both(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        view: View = EVERYTHING,
        stock_variables: Mapping[str, Any] | None = None,
    ) -> Compared:
        """``stock_variables``: those of the oracle where they differ (cursors)."""
        answer = await self.gateway(query, variables, view)
        stock = await self.stock(query, variables if stock_variables is None else stock_variables, view)
        return compare(answer, stock)

    def fail(self, *collections: str) -> None:
        """These collections (``FOOD.permit``) fail from now on, and no others."""
        for source in self.sources.values():
            for name in source.collections:
                down = f"{source.agency}.{name}" in collections
                source.fail(name, SourceUnavailable("told to fail") if down else None)


def sides(seed: int, *, scale: int = 1, clean: bool = False) -> Sides:
    files = agency_files()
    sources = memory_sources(files, seed, scale=scale, clean=clean)
    return sides_of(files, sources)


def sides_of(files: Sequence[AgencyFile], sources: Mapping[tuple[str, str], Any], *, pushes: bool = False) -> Sides:
    """``sources`` may be any: ``pushes`` spares them reading their collections whole."""
    engine = build_engine(MASTER, files, sources, LIMITS, KEYS, SECONDS)
    oracle = Oracle(MASTER, engine.planner.catalog, KEYS, LIMITS.page_size, LIMITS.default_page, pushes)
    return Sides(sources, engine, oracle)
