"""A WebSocket to the real process: real tokens, real agencies, and a statement that ends with its operation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.kit.demo import RunningDemo
from tests.kit.patience import until

SHIPMENT = '{ shipment(ccn: "9095PARS0000001") { ccn importer { name } jointStatus { state } } }'


def opened(demo: RunningDemo) -> connect:
    return connect(demo.url.replace("http", "ws", 1), subprotocols=[Subprotocol("graphql-transport-ws")])


async def hear(wire: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(wire.recv(), 30))


async def admitted(demo: RunningDemo, wire: ClientConnection, persona: str) -> None:
    await wire.send(json.dumps({"type": "connection_init", "payload": demo.headers(persona)}))
    assert (await hear(wire))["type"] == "connection_ack"


async def subscribe(wire: ClientConnection, identifier: str, query: str) -> None:
    await wire.send(json.dumps({"type": "subscribe", "id": identifier, "payload": {"query": query}}))


async def test_it_answers_as_by_post(demo: RunningDemo) -> None:
    async with opened(demo) as wire:
        await admitted(demo, wire, "officer-vancouver")
        await subscribe(wire, "a", SHIPMENT)
        said = await hear(wire)
        assert await hear(wire) == {"type": "complete", "id": "a"}
    posted = demo.ask("officer-vancouver", SHIPMENT)
    assert (said["type"], said["id"], said["payload"]["data"]) == ("next", "a", posted["data"])
    assert posted["data"]["shipment"]["ccn"] == "9095PARS0000001"
    assert said["payload"]["extensions"].keys() == posted["extensions"].keys()


async def test_strangers_are_sent_away(demo: RunningDemo) -> None:
    async with opened(demo) as wire:
        await wire.send(json.dumps({"type": "connection_init"}))
        with pytest.raises(ConnectionClosed) as closed:
            await hear(wire)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "UNAUTHENTICATED")


async def test_the_statement_ends_with_the_operation(demo: RunningDemo) -> None:
    """While the connection stays and goes on answering."""
    store = demo["agencies"]["customs"]["store"]
    owner, watcher = await asyncpg.connect(store), await asyncpg.connect(store)

    async def waiting() -> int:
        found: int = await watcher.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guichet CUSTOMS'"
            " AND state = 'active' AND wait_event_type = 'Lock'"
        )
        return found

    async def begun() -> bool:
        return await waiting() > 0

    async def ended() -> bool:
        return await waiting() == 0

    try:
        async with opened(demo) as wire:
            await admitted(demo, wire, "developer")
            async with owner.transaction():
                await owner.execute("LOCK TABLE cargo.ccd_hdr IN ACCESS EXCLUSIVE MODE")
                await subscribe(wire, "a", "{ shipments(first: 1) { nodes { ccn } } }")
                await until(begun)
                await wire.send(json.dumps({"type": "complete", "id": "a"}))
                await until(ended, 3)  # the source's own limit is five seconds
            await subscribe(wire, "b", "{ viewer { subject } }")
            said = await hear(wire)
            assert (said["id"], said["payload"]["data"]) == ("b", {"viewer": {"subject": "developer"}})
    finally:
        await owner.close()
        await watcher.close()


async def test_a_stream_carries_one_answer_and_ends(demo: RunningDemo) -> None:
    """Server-sent events, over the same real HTTP."""
    headers = {**demo.headers("officer-vancouver"), "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("POST", demo.url, json={"query": SHIPMENT}, headers=headers) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.aiter_lines()]
    assert [line for line in lines if line.startswith("event:")] == ["event: next", "event: complete"]
    (data, *_) = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert json.loads(data)["data"] == demo.ask("officer-vancouver", SHIPMENT)["data"]
