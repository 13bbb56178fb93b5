"""The load generators: as many requests as asked for, the bodies in turn, no answer but the one that is measured."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bench import peers
from bench.load import Generator, Own, Refused, Request, generator

FINE = b'{"data":{"shipments":null}}'


class Agency:
    """A server that notes the bodies that it was sent, and how many connections were open at once."""

    def __init__(self, answer: bytes = FINE) -> None:
        self.answer = answer
        self.bodies: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                start = head.index(b"content-length:") + 15
                self.bodies.append(await reader.readexactly(int(head[start : head.index(b"\r\n", start)])))
                head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(self.answer)}\r\n\r\n".encode()
                writer.write(head + self.answer)
        writer.close()


@contextlib.asynccontextmanager
async def listening(agency: Agency) -> AsyncIterator[int]:
    server = await asyncio.start_server(agency.serve, "127.0.0.1", 0)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield port


@contextlib.asynccontextmanager
async def of(kind: str) -> AsyncIterator[Generator]:
    if kind == "own":
        yield Own()
        return
    if peers.node() is None:
        pytest.skip("the Node packages of the benchmark are not installed")
    async with generator() as found:
        yield found


KINDS = ["own", pytest.param("autocannon", marks=pytest.mark.npm)]


@pytest.mark.parametrize("kind", KINDS)
async def test_exactly_as_many_as_asked_with_the_bodies_in_turn(kind: str) -> None:
    agency = Agency()
    asked = [Request("/graphql", f'{{"turn":{turn}}}'.encode(), "token") for turn in range(10)]
    async with listening(agency) as port, of(kind) as load:
        made = await load.load(port, asked, 4, 45)
    assert made.requests == len(agency.bodies) == 45
    assert agency.connections == 4
    assert made.seconds > 0
    assert all(took > 0 for took in made.latencies)
    sent = Counter(agency.bodies)
    assert sent.keys() == {one.body for one in asked}
    assert max(sent.values()) - min(sent.values()) <= 1


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_with_errors_is_not_measured(kind: str) -> None:
    async with listening(Agency(b'{"errors":[{"message":"no"}],"data":null}')) as port, of(kind) as load:
        with pytest.raises(Refused, match="no"):
            await load.load(port, [Request("/graphql", b"{}")], 1, 3)
