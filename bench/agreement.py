"""Before anything is measured: that all contenders give one answer, and how often each asks the agencies for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from bench.load import Request, answers
from bench.processes import FLOORS, Contender
from bench.relay import Relay
from gateway.execution.node_ids import NodeIds


class Disagreement(Exception):
    """Two contenders answer differently: nothing may be compared."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Per request, on average."""

    statements: float
    calls: float


@dataclass(slots=True)
class Witness:
    """``logs``: the addresses of the HTTP agencies' request logs. ``keys``: what node ids are encrypted with."""

    relays: Sequence[Relay]
    logs: Sequence[str]
    keys: Sequence[bytes]

    async def compare(
        self, contenders: Sequence[Contender], requests: Mapping[str, Sequence[Request]], query: str
    ) -> dict[str, Asked]:
        """``requests``: the same ones for every contender, by its name. Raises ``Disagreement``."""
        ids = NodeIds(self.keys)
        first: list[Any] = []
        found = {}
        for contender in contenders:
            mine = requests[contender.name]
            await answers(contender.port, mine[:1])  # plans, statements, tokens
            before = await self._counts()
            bodies = await answers(contender.port, mine)
            after = await self._counts()
            found[contender.name] = Asked(*((b - a) / len(mine) for a, b in zip(before, after, strict=True)))
            data = [orjson.loads(body)["data"] for body in bodies]
            if contender.name not in FLOORS:
                data = [plain_ids(one, ids) for one in data]
            first = first or data
            for turn, (one, other) in enumerate(zip(first, data, strict=True)):
                where = difference(one, other)
                if where is not None:
                    raise Disagreement(f"{query}, request {turn}: {contender.name} differs at {where}")
        return found

    async def _counts(self) -> tuple[int, int]:
        async with aiohttp.ClientSession() as session:

            async def calls(log: str) -> int:
                async with session.get(log) as answer:
                    return len(await answer.json())

            found = await asyncio.gather(*map(calls, self.logs))
        return sum(relay.statements for relay in self.relays), sum(found)

    async def forget(self) -> None:
        """Empties the agencies' logs, which end at a length."""
        async with aiohttp.ClientSession() as session:
            for log in self.logs:
                (await session.delete(log)).release()


def plain_ids(value: Any, ids: NodeIds) -> Any:
    """Every ``id`` as the key it stands for."""
    if isinstance(value, dict):
        return {key: _key(ids, below) if key == "id" else plain_ids(below, ids) for key, below in value.items()}
    return [plain_ids(below, ids) for below in value] if isinstance(value, list) else value


def _key(ids: NodeIds, node_id: str) -> str:
    read = ids.read(node_id)
    return node_id if read is None else read[1]


def difference(one: Any, other: Any, path: str = "data") -> str | None:
    """Where two answers differ first, and how."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((found for key in one if (found := difference(one[key], other[key], f"{path}.{key}"))), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for at, (a, b) in pairs if (found := difference(a, b, f"{path}[{at}]"))), None)
    return None if type(one) is type(other) and one == other else f"{path}: {str(one)[:60]} / {str(other)[:60]}"
