"""Requests that differ in the record they ask for alone are answered by one run, while one like them is under way.

A joint run is not worth waiting for: where it takes long, since an agency does that only some of its requests need,
each of them is run by itself, and so are those that come soon after. Also where an agency fails, or the run itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from adapters.group_commit import GroupCommit
from gateway.errors import ClientError
from gateway.execution.joint import Asked, joint_values
from gateway.execution.parts import Apart
from gateway.execution.run import Run
from gateway.execution.runner import Runner
from gateway.planning.plan import Alike, Plan

MOST = 32
"""Requests of one run: whoever is in it waits for all of its rows."""

PATIENCE_S = 0.2
"""How long a joint run may take: so long may an agency delay a request that does not need it."""

REST_S = 5.0
"""For which a plan's requests are run apart after a joint run was given up: as long as a circuit breaker stays open."""

HASTY_S = 1.0
"""A request that has less time left waits for no other."""

ABSENT = "absent"
"""The name of a variable's value that was not given. Those that were are written as Python writes them."""

log = structlog.get_logger("guichet.execution")


class Coalescer(GroupCommit[Asked, Any]):
    """One per process."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self.runner = runner
        self.most = MOST
        self.known = (Apart,)
        self._resting: dict[int, float] = {}

    def run(self, run: Run, plan: Plan) -> Coroutine[Any, Any, Any]:
        """The data of the operation, as from ``Runner.run``. Raises ``ClientError``."""
        alike = plan.alike
        if alike is None or self._rests(plan) or run.context.deadline < _now() + alike.wait_s + HASTY_S:
            return self.runner.run(run, plan)
        return self._run_alike(run, plan, alike)

    async def _run_alike(self, run: Run, plan: Plan, alike: Alike) -> Any:
        name: tuple[Any, ...] = (id(plan),)
        if alike.variables and run.variables is not None:
            given = run.variables.coerced
            name += tuple([repr(given[one]) if one in given else ABSENT for one in alike.variables])
        if run.params:
            name += tuple(map(repr, run.params.items()))
        with contextlib.suppress(Apart):
            return await self.commit(Asked(run, plan), name, alike.wait_s)
        return await self.runner.run(run, plan)

    # ---- of a group -----------------------------------------------------------------------------

    def alone(self, asked: Asked) -> Coroutine[Any, Any, Any]:
        return self.runner.run(asked.run, asked.plan)

    async def as_one(self, asked: Sequence[Asked]) -> Sequence[Any]:
        plan = asked[0].plan
        if self._rests(plan):  # those before these were given up meanwhile
            raise Apart
        try:
            async with asyncio.timeout(PATIENCE_S):
                values = await joint_values(self.runner, asked)
            return [self.runner.settled(one.run, plan, [value]) for one, value in zip(asked, values, strict=True)]
        except (Apart, TimeoutError, ClientError):
            pass
        except Exception:
            log.exception("joint run failed", request_ids=[one.run.context.id for one in asked])
        self._rest(plan)
        for one in asked:
            one.run.forget()
        raise Apart

    def _rest(self, plan: Plan) -> None:
        now = _now()
        self._resting = {name: until for name, until in self._resting.items() if until > now}
        self._resting[id(plan)] = now + REST_S

    def _rests(self, plan: Plan) -> bool:
        until = self._resting.get(id(plan))
        return until is not None and _now() < until


def _now() -> float:
    return asyncio.get_running_loop().time()
