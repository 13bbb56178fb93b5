"""One request under way: who asks, with which view, and what came of it. Strawberry's context value."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.errors import RequestRefused, Unauthenticated
from gateway.http.departure import STATUS, Departure
from gateway.identity import Verifier
from gateway.policy import Policy, View
from gateway.request import Principal, RequestContext
from resolvers.enums import Language


@dataclass(slots=True)
class Gatekeeper:
    """Identity and policy together: an ``Authorization`` header in, a principal and its view out."""

    verifier: Verifier
    policy: Policy

    async def admit(self, authorization: str | None) -> tuple[Principal, View]:
        """Raises :class:`RequestRefused`."""
        principal = await self.verifier.principal(authorization)
        return principal, self.policy.view(principal)


@dataclass(slots=True, eq=False)
class Exchange:
    """``record`` writes the log line, given the status."""

    id: str
    gatekeeper: Gatekeeper
    authorization: str | None
    timeout: float
    record: Callable[[Exchange, int], None]
    method: str = "POST"
    wants_plan: bool = False
    language: Language = Language.EN
    departure: Departure | None = None
    started: float = field(default_factory=time.perf_counter)
    principal: Principal | None = None
    view: View | None = None
    log: dict[str, Any] = field(default_factory=dict)
    reports: Sequence[Mapping[str, Any]] = ()

    def another(self, number: int) -> Exchange:
        """For an operation of the same connection, under an id of its own; nobody is admitted to it yet."""
        return replace(
            self,
            id=f"{self.id}-{number}",
            started=time.perf_counter(),
            principal=None,
            view=None,
            log={},
            reports=(),
        )

    async def admit(self) -> None:
        """Raises :class:`RequestRefused`; why, in detail, goes to the log only."""
        try:
            self.principal, self.view = await self.gatekeeper.admit(self.authorization)
        except RequestRefused as refused:
            self.log = {"outcome": str(refused.code)}
            if isinstance(refused, Unauthenticated):
                self.log["reason"] = refused.reason
            raise

    def context(self) -> tuple[RequestContext, View]:
        """For one operation; its deadline starts now."""
        assert self.principal is not None
        assert self.view is not None
        deadline = asyncio.get_running_loop().time() + self.timeout
        explain = self.wants_plan and self.view.explain
        return RequestContext(self.id, self.principal, deadline, explain, self.language), self.view

    def left(self) -> None:
        """Writes the log line of a request whose client did not wait for the answer."""
        self.log = {**self.log, "outcome": "DISCONNECTED"}
        self.record(self, STATUS)

    @property
    def milliseconds(self) -> float:
        return (time.perf_counter() - self.started) * 1000
