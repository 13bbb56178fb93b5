"""A client that leaves takes its work along: the statement at the database, the request at the API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest_asyncio

from tests.kit.faults import Border, Gateway

SHIPMENTS = "{ shipments(first: 1) { nodes { ccn } } }"
ORGANIZATION = '{ organization(businessNumber: "100006139RM0001") { legalName } }'
PERSON = '{ person(document: {issuer: "SE", number: "L898902C3"}) { records { agency } } }'
PATIENCE = 20.0


class Silent:
    """An API that is asked and never answers. ``asked``: requests that came; ``left``: those whose end it has seen."""

    def __init__(self) -> None:
        self.asked = self.left = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        with contextlib.suppress(ConnectionError):
            await reader.read()
        self.left += 1
        writer.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def police() -> AsyncIterator[tuple[Silent, str]]:
    api = Silent()
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0)
    async with server:
        yield api, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(broken_border: Border, police: tuple[Silent, str]) -> AsyncIterator[Gateway]:
    """It would wait for a minute."""
    patient = dict.fromkeys(("customs", "revenue", "police"), "timeout_ms = 50000")
    elsewhere = {"POLICE_URL": police[1]}
    async with broken_border.gateway("departure", 60_000, environment=elsewhere, **patient) as started:
        yield started


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    end = asyncio.get_running_loop().time() + PATIENCE
    while not await condition():
        assert asyncio.get_running_loop().time() < end, what
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def asked(gateway: Gateway, query: str) -> AsyncIterator[asyncio.Task[Any]]:
    """A request on a connection of its own, which closes when the task is cancelled."""

    async def ask() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            await client.post(gateway.url, json={"query": query}, headers=gateway.headers("developer"))

    task = asyncio.ensure_future(ask())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_the_statement_is_cancelled_when_the_client_leaves(broken_border: Border, gateway: Gateway) -> None:
    await gateway.ask("developer", SHIPMENTS)
    owner = await asyncpg.connect(broken_border.agency("customs")["store"])
    watcher = await asyncpg.connect(broken_border.agency("customs")["store"])

    async def running() -> int:
        found = await watcher.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guichet CUSTOMS'"
            " AND state = 'active' AND wait_event_type = 'Lock'"
        )
        return int(found)

    async def started() -> bool:
        return await running() > 0

    async def ended() -> bool:
        return await running() == 0

    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE cargo.ccd_hdr IN ACCESS EXCLUSIVE MODE")
            async with asked(gateway, SHIPMENTS):
                await until(started, "the statement waits for the table")
            await until(ended, "the statement is cancelled, while the table is still locked")
    finally:
        await owner.close()
        await watcher.close()
    await _idle_again(gateway, "CUSTOMS")
    assert (await gateway.ask("developer", SHIPMENTS)).errors == []
    assert "DISCONNECTED" in gateway.log.read_text()


async def test_the_request_is_closed_when_the_client_leaves(broken_border: Border, gateway: Gateway) -> None:
    await gateway.ask("developer", ORGANIZATION)
    await broken_border.order("revenue", hang=True)
    try:

        async def started() -> bool:
            return (await gateway.metrics())[_busy("REVENUE", "api")] > 0

        async with asked(gateway, ORGANIZATION):
            await until(started, "the request is under way")
        await _idle_again(gateway, "REVENUE")
    finally:
        await broken_border.order("revenue")
    assert (await gateway.ask("developer", ORGANIZATION)).errors == []


async def test_the_agency_sees_its_request_closed(gateway: Gateway, police: tuple[Silent, str]) -> None:
    api, _ = police

    async def asked_once() -> bool:
        return api.asked > 0

    async def left() -> bool:
        return api.left == api.asked

    async with asked(gateway, PERSON):
        await until(asked_once, "the request is there")
        await asyncio.sleep(0.2)
        assert api.left == 0
    await until(left, "the request is closed")
    await _idle_again(gateway, "POLICE")


def _busy(agency: str, source: str) -> str:
    return f'guichet_source_connections{{agency="{agency}",source="{source}",state="busy"}}'


async def _idle_again(gateway: Gateway, agency: str) -> None:
    async def idle() -> bool:
        metrics = await gateway.metrics()
        return not any(value for name, value in metrics.items() if f'"{agency}"' in name and '"busy"' in name)

    await until(idle, "nothing is under way")
