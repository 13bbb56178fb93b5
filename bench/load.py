"""Load: requests kept alive over as many connections as are to be in flight, each kept until it is answered.

`Autocannon` where the Node packages are installed, else `Own`, which does the same in this process. Both are told how
many requests to make rather than for how long, so that none is cut off whose cost was counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from bench import peers

MOST_SECONDS = 120.0
MOST_BYTES = 1 << 26


class Refused(Exception):
    """An answer that is not what was measured."""


@dataclass(frozen=True, slots=True)
class Request:
    """One of many that differ in their body alone."""

    path: str
    body: bytes
    token: str = ""

    def headers(self) -> dict[str, str]:
        plain = {"content-type": "application/json"}
        return plain | {"authorization": f"Bearer {self.token}"} if self.token else plain

    def wire(self, port: int) -> bytes:
        """As HTTP/1.1."""
        lines = [f"POST {self.path} HTTP/1.1", f"host: 127.0.0.1:{port}"]
        lines += [f"{name}: {value}" for name, value in self.headers().items()]
        return "\r\n".join([*lines, f"content-length: {len(self.body)}", "", ""]).encode() + self.body


@dataclass(slots=True)
class Slice:
    """One contender under load for a moment. ``latencies`` in seconds, one a request."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.latencies)


class Generator(Protocol):
    """``name``: what the report calls it."""

    name: str

    async def load(self, port: int, requests: Sequence[Request], concurrency: int, amount: int) -> Slice:
        """``requests`` in turn until ``amount`` are answered. Raises ``Refused``."""
        ...


class Own:
    name = "the benchmark's own"

    async def load(self, port: int, requests: Sequence[Request], concurrency: int, amount: int) -> Slice:
        made = Slice()
        sent = [one.wire(port) for one in requests]
        turns = iter(range(amount))
        started = time.perf_counter()
        async with asyncio.timeout(MOST_SECONDS):
            await asyncio.gather(*(_worker(port, sent, turns, made) for _ in range(min(concurrency, amount))))
        made.seconds = time.perf_counter() - started
        return made


@dataclass(slots=True)
class Autocannon:
    process: asyncio.subprocess.Process
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = f"autocannon {peers.versions()['autocannon']}"

    async def load(self, port: int, requests: Sequence[Request], concurrency: int, amount: int) -> Slice:
        one = requests[0]
        job = {
            "port": port,
            "path": one.path,
            "headers": one.headers(),
            "bodies": [each.body.decode() for each in requests],
            "connections": min(concurrency, amount),
            "amount": amount,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps(job) + b"\n")
        async with asyncio.timeout(MOST_SECONDS):
            told = orjson.loads(await self.process.stdout.readline())
        if "refused" in told:
            raise Refused(told["refused"])
        return Slice(told["seconds"], [took / 1000 for took in told["milliseconds"]])


@contextlib.asynccontextmanager
async def generator() -> AsyncIterator[Generator]:
    """The load generator of this machine."""
    node = peers.node()
    if node is None:
        yield Own()
        return
    pipe = asyncio.subprocess.PIPE
    script = str(peers.FOLDER / "load.mjs")
    process = await asyncio.create_subprocess_exec(node, script, stdin=pipe, stdout=pipe, limit=MOST_BYTES)
    try:
        yield Autocannon(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _worker(port: int, sent: Sequence[bytes], turns: Iterator[int], made: Slice) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        for turn in turns:
            started = time.perf_counter()
            await exchange(reader, writer, sent[turn % len(sent)])
            made.latencies.append(time.perf_counter() - started)
    finally:
        writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes) -> bytes:
    """The body of one answer. Raises ``Refused`` unless it is 200 without errors."""
    writer.write(asked)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    start = head.index(b"content-length:") + 15
    body = await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))
    if head[9:12] != b"200" or body.startswith(b'{"errors"'):
        raise Refused(body[:500].decode())
    return body


async def answers(port: int, requests: Sequence[Request]) -> list[bytes]:
    """The bodies of all, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        return [await exchange(reader, writer, one.wire(port)) for one in requests]
    finally:
        writer.close()
