"""The load generator: requests kept alive over as many connections as there are to be in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

MOST_SECONDS = 120.0


class Refused(Exception):
    """An answer that is not what was measured."""


@dataclass(slots=True)
class Slice:
    """One contender under load for a moment. ``latencies`` in seconds, one a request."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.latencies)


def request(port: int, path: str, body: bytes, token: str = "") -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


async def load(port: int, requests: Sequence[bytes], concurrency: int, seconds: float, at_least: int = 10) -> Slice:
    """Asks for ``seconds``, and until ``at_least`` are answered, whichever is later; ``requests`` in turn."""
    made = Slice()
    turns = count()
    started = time.perf_counter()
    workers = [_worker(port, requests, turns, made, started + seconds, at_least) for _ in range(concurrency)]
    async with asyncio.timeout(MOST_SECONDS + seconds):
        await asyncio.gather(*workers)
    made.seconds = time.perf_counter() - started
    return made


async def _worker(
    port: int, requests: Sequence[bytes], turns: Iterator[int], made: Slice, until: float, at_least: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        while time.perf_counter() < until or made.requests < at_least:
            sent = time.perf_counter()
            await exchange(reader, writer, requests[next(turns) % len(requests)])
            made.latencies.append(time.perf_counter() - sent)
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


async def answers(port: int, requests: Sequence[bytes]) -> list[bytes]:
    """The bodies of all, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        return [await exchange(reader, writer, asked) for asked in requests]
    finally:
        writer.close()
