"""Each fault of the TCP proxy, before a server that answers every line with what it was asked for."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from demo.proxy import BadFaults, Faults, Proxy, serve_control

HOST = "127.0.0.1"


@dataclass
class Bench:
    """A proxy before an answering server: a line `n` brings n bytes."""

    proxy: Proxy
    restarts: int = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.proxy.port)

    async def connect_and_read(self) -> bytes:
        reader, _ = await self.connect()
        return await asyncio.wait_for(reader.read(), 5)

    async def order(self, **faults: Any) -> None:
        parsed, restart = Faults.parse(faults)
        await self.proxy.order(parsed, restart=restart)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while line := await reader.readline():
            writer.write(b"x" * int(line))
            await writer.drain()
    writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server = await asyncio.start_server(answer, HOST, 0)

    async def restart() -> None:
        made.restarts += 1

    made = Bench(Proxy("customs", free_port(), server.sockets[0].getsockname()[1], restart))
    await made.proxy.start()
    yield made
    await made.proxy.close()
    server.close()
    await asyncio.sleep(0.01)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int = 3) -> bytes:
    writer.write(b"%d\n" % size)
    return await asyncio.wait_for(reader.readexactly(size), 5)


async def test_without_faults_everything_passes(bench: Bench) -> None:
    reader, writer = await bench.connect()
    assert await ask(reader, writer) == b"xxx"
    assert len(await ask(reader, writer, 20_000_000)) == 20_000_000
    writer.close()


async def test_a_slow_reader_does_not_fill_memory(bench: Bench) -> None:
    reader, writer = await bench.connect()
    writer.write(b"20000000\n")
    await asyncio.sleep(0.2)
    (pair,) = bench.proxy._pairs
    assert pair._client is not None
    assert pair._client.get_write_buffer_size() < 2_000_000
    assert len(await reader.readexactly(20_000_000)) == 20_000_000
    writer.close()


async def test_latency_comes_once_a_request(bench: Bench) -> None:
    reader, writer = await bench.connect()
    await ask(reader, writer)
    await bench.order(latency_ms=80)
    for _ in range(2):
        begun = time.monotonic()
        # In two pieces, without a turn between them.
        writer.write(b"1")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(b"\n")
        await asyncio.wait_for(reader.readexactly(1), 5)
        assert 0.075 < time.monotonic() - begun < 0.15
    await bench.order()
    begun = time.monotonic()
    await ask(reader, writer)
    assert time.monotonic() - begun < 0.05
    writer.close()


async def test_hang_stops_old_and_new_connections_until_healed(bench: Bench) -> None:
    old = await bench.connect()
    await ask(*old)
    await bench.order(hang=True)
    new = await bench.connect()
    for reader, writer in (old, new):
        writer.write(b"2\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
    await bench.order()
    for reader, writer in (old, new):
        assert await asyncio.wait_for(reader.readexactly(2), 5) == b"xx"
        writer.close()


async def test_drop_ends_old_and_new_connections_until_healed(bench: Bench) -> None:
    reader, writer = await bench.connect()
    await ask(reader, writer)
    await bench.order(drop=True)
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)
    with pytest.raises(ConnectionResetError):
        await bench.connect_and_read()
    await bench.order()
    reader, writer = await bench.connect()
    assert await ask(reader, writer) == b"xxx"
    writer.close()


async def test_reset_comes_after_so_many_bytes(bench: Bench) -> None:
    reader, writer = await bench.connect()
    await ask(reader, writer, 50)
    await bench.order(reset_after_bytes=10)
    assert await ask(reader, writer, 9) == b"x" * 9
    writer.write(b"9\n")
    assert await asyncio.wait_for(reader.readexactly(1), 5) == b"x"
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.readexactly(1), 5)
    await bench.order(reset_after_bytes=0)
    reader, writer = await bench.connect()
    writer.write(b"1\n")
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.readexactly(1), 5)


async def test_an_end_on_one_side_is_an_end_on_the_other(bench: Bench) -> None:
    reader, writer = await bench.connect()
    await ask(reader, writer)
    writer.close()
    await asyncio.sleep(0.1)
    assert not bench.proxy._pairs


async def test_a_server_that_is_down_means_a_closed_connection(bench: Bench) -> None:
    bench.proxy.target = free_port()
    with pytest.raises(ConnectionResetError):
        await bench.connect_and_read()


@pytest.mark.parametrize(
    ("order", "word"),
    [
        ({"latency": 1}, "latency"),
        ({"status": 503}, "status"),
        ({"latency_ms": "1"}, "latency_ms"),
        ({"latency_ms": None}, "latency_ms"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"latency_ms": True}, "latency_ms"),
        ({"hang": 1}, "hang"),
        ({"drop": None}, "drop"),
        ({"restart": "yes"}, "restart"),
        ({"reset_after_bytes": 1.5}, "reset_after_bytes"),
        ([], "object"),
        (None, "object"),
    ],
)
def test_a_wrong_order_is_refused(order: Any, word: str) -> None:
    with pytest.raises(BadFaults, match=word):
        Faults.parse(order)


def test_the_promised_healthy_state_is_accepted() -> None:
    order = {"latency_ms": 0, "hang": False, "drop": False, "reset_after_bytes": None}
    assert Faults.parse(order) == Faults.parse({}) == (Faults(), False)


async def test_the_control_endpoint(bench: Bench) -> None:
    port = free_port()
    runner = await serve_control(port, [bench.proxy])
    url = f"http://{HOST}:{port}/customs/_control"
    try:
        async with aiohttp.ClientSession() as session:

            async def post(body: str, to: str = url) -> int:
                async with session.post(to, data=body) as response:
                    return response.status

            assert await post('{"latency_ms": 5, "drop": true}') == 200
            assert bench.proxy.faults == Faults(latency_ms=5, drop=True)
            assert await post('{"hang": true}') == 200
            assert bench.proxy.faults == Faults(hang=True)
            assert await post('{"hang": true, "status": 500}') == 400
            assert await post("{") == 400
            assert bench.proxy.faults == Faults(hang=True)
            assert await post("{}") == 200
            assert bench.proxy.faults == Faults()
            assert bench.restarts == 0
            assert await post('{"restart": true}') == 200
            assert bench.restarts == 1
            assert await post("{}", url.replace("customs", "police")) == 404
    finally:
        await runner.cleanup()
