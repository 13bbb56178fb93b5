"""Two officers of different ports, who share one view and its plans, ask at once: each gets the own rows, every time.

``LOAD_SECONDS=60`` makes the load as long as that: a few seconds are enough to find a key that forgets who asked.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from typing import Any

import httpx

from tests.kit.demo import RunningDemo

SECONDS = float(os.environ.get("LOAD_SECONDS", "4"))
AT_ONCE = 16
PORTS = {"officer-vancouver": "CAVAN", "officer-montreal": "CAMTR"}

LIST = """query ($n: Int!) { shipments(first: $n) { totalCount nodes { id ccn portOfArrival jointStatus { state }
  declarations { transactionNumber } holds { agency place } } } }"""
ONE = """query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { id ccn portOfArrival jointStatus { state }
  importer { name organization { legalName } } declarations { items { sequence hs } } inspections { place } } }"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Shipment { ccn portOfArrival containers { number } } } }"
HOLDS = "{ holds(first: 60) { totalCount nodes { agency place shipment { ccn portOfArrival } } } }"
HELD = "query ($place: Locode!) { heldContainers(place: $place) { totalCount nodes { number } } }"

Asked = tuple[str, dict[str, Any]]


def test_everyone_gets_the_own_rows(demo: RunningDemo) -> None:
    listed = {who: demo.ask(who, LIST, {"n": 30})["data"]["shipments"]["nodes"] for who in PORTS}
    for who, port in PORTS.items():
        assert len(listed[who]) == 30
        assert {node["portOfArrival"] for node in listed[who]} == {port}
    both = [node for nodes in listed.values() for node in nodes]
    asked: list[Asked] = [(LIST, {"n": n}) for n in (1, 7, 40)] + [(HOLDS, {})]
    asked += [(HELD, {"place": port}) for port in PORTS.values()]
    asked += [(ONE, {"ccn": node["ccn"]}) for node in both] + [(NODE, {"id": node["id"]}) for node in both]
    alone = {who: [told(demo.ask(who, *each)) for each in asked] for who in PORTS}
    assert not any(one == other for one, other in zip(*alone.values(), strict=True))
    for who, nodes in listed.items():
        foreign = [node for node in both if node not in nodes]
        shown = {each["ccn"]: alone[who][asked.index((ONE, {"ccn": each["ccn"]}))] for each in foreign}
        assert all(answer["data"] == {"shipment": None} for answer in shown.values())
    answered = asyncio.run(under_load(demo, asked, alone))
    print(f"{answered} answers in {SECONDS:.0f} s, {AT_ONCE} at once")
    assert answered >= AT_ONCE


async def under_load(demo: RunningDemo, asked: Sequence[Asked], alone: dict[str, list[Any]]) -> int:
    """How many answers there were; each is the one that its officer got alone."""
    until = time.monotonic() + SECONDS
    headers = {who: demo.headers(who) for who in PORTS}
    limits = httpx.Limits(max_connections=AT_ONCE)

    async def worker(chance: random.Random, client: httpx.AsyncClient) -> int:
        count = 0
        while time.monotonic() < until:
            who, at = chance.choice(list(PORTS)), chance.randrange(len(asked))
            query, variables = asked[at]
            body = {"query": query, "variables": variables}
            answer = await client.post(demo.url, json=body, headers=headers[who])
            assert told(answer.json()) == alone[who][at], (who, query, variables)
            count += 1
        return count

    async with httpx.AsyncClient(timeout=60, limits=limits) as client, asyncio.TaskGroup() as workers:
        asking = [workers.create_task(worker(random.Random(seed), client)) for seed in range(AT_ONCE)]
    return sum(task.result() for task in asking)


def told(body: dict[str, Any]) -> dict[str, Any]:
    """All that an answer says, but for the moments at which agencies answered."""
    for source in body.get("extensions", {}).get("completeness", {}).get("sources", ()):
        del source["asOf"]
    return body
