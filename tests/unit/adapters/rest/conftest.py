"""The served API of the tests in this directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from aiohttp import web

from tests.kit.served_api import Api, Asked


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    served = Api()

    async def handle(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        is_json = raw and request.content_type == "application/json"
        served.asked.append(
            Asked(request.method, request.raw_path, request.headers, orjson.loads(raw) if is_json else raw)
        )
        assert served.answer is not None
        return await served.answer(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application, shutdown_timeout=2.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    for source in served.sources:
        await source.close()
    await runner.cleanup()
    await asyncio.sleep(0.01)  # transports close on the next turn of the loop
