"""HTTP/1.1 as servers really speak it: framing, packing, connections that end, and answers that nobody asked for."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Sequence

import pytest
from yarl import URL

from adapters.rest.wire import HEAD_BYTES, Lost, Unreadable, Unsendable, Wire, lines

LIMIT = 4096
OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"a": 1}'
WHOLE = OK + b"Content-Length: 8\r\n\r\n" + BODY
HANG = b""
"""Instead of an answer: silence."""


class Scripted:
    """Answers requests, whatever they are, with the next bytes of ``script``; ``None`` closes the connection."""

    def __init__(self) -> None:
        self.script: list[bytes | None] = []
        self.asked: list[bytes] = []
        self.connections = 0
        self.closed = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.asked.append(await reader.readuntil(b"\r\n\r\n"))
                said = self.script.pop(0)
                if said is None:
                    return
                writer.write(said)
                if self.script and self.script[0] is None:
                    self.script.pop(0)
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed += 1
        finally:
            writer.close()


@pytest.fixture
async def api() -> AsyncIterator[tuple[Scripted, Wire, URL]]:
    scripted = Scripted()
    server = await asyncio.start_server(scripted, "127.0.0.1", 0)
    url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x?a=1")
    wire = Wire(url.origin(), None, LIMIT)
    yield scripted, wire, url
    await wire.close()
    server.close()
    await server.wait_closed()


Api = tuple[Scripted, Wire, URL]


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


PACKED = gzip.compress(BODY)


@pytest.mark.parametrize(
    "said",
    [
        [WHOLE],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b'{"a"', b": 1}")],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\n" + b'{"a"\r\n4\r\n: 1}\r\n0\r\nX-After: 1\r\n\r\n'],
        [OK + b"\r\n" + BODY, None],
        [b"HTTP/1.0 200 OK\r\n\r\n" + BODY, None],
        [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </y>\r\n\r\n" + WHOLE],
        [OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED],
        [OK + b"Content-Encoding: GZIP\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(PACKED[:9], PACKED[9:])],
        [OK + b"Content-Encoding: identity\r\nContent-Length: 8\r\n\r\n" + BODY],
    ],
)
async def test_every_way_to_send_a_body(api: Api, said: Sequence[bytes | None]) -> None:
    scripted, wire, url = api
    scripted.script += said
    response = await wire.ask("GET", url, "")
    assert (response.status, response.body) == (200, BODY)
    assert "X-After" not in response.headers
    assert "Link" not in response.headers
    assert scripted.asked[0].startswith(b"GET /x?a=1 HTTP/1.1\r\nHost: 127.0.0.1:")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        (OK + b"Content-Length: 8\r\nContent-Length: 9\r\n\r\n" + BODY, "not HTTP"),
        (OK + b"Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n" + BODY, "not HTTP"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP"),
        (OK + b"X: 1\r\n broken\x00\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "another protocol"),
        (OK + b"Content-Length: 5000\r\n\r\n" + b" " * 5000, "more than 4096"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b" " * 5000), "more than 4096"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 90_000, "more than 4096"),
        (OK + b"X: " + b"x" * (HEAD_BYTES + 1), "endless headers"),
        (OK + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx", "packed"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\n" + BODY, "gzip is broken"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + PACKED[:20], "gzip breaks off"),
        (
            OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(gzip.compress(b" " * 10**6)),
            "more than 4096",
        ),
    ],
)
async def test_what_cannot_be_read_ends_the_connection(api: Api, said: bytes, problem: str) -> None:
    scripted, wire, url = api
    scripted.script += [said, WHOLE]
    with pytest.raises(Unreadable, match=problem):
        await wire.ask("GET", url, "")
    assert (await wire.ask("GET", url, "")).body == BODY
    assert scripted.connections == 2


async def test_what_is_too_large_is_unpacked_no_further(api: Api) -> None:
    """Though the rest of it has arrived with what was one byte too many."""
    scripted, wire, url = api
    packed = gzip.compress(bytes(30_000_000))
    parts = chunked(packed[:1000], packed[1000:])
    scripted.script.append(OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + parts)
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match="more than 4096"):
            await wire.ask("GET", url, "")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000  # what else goes on in the meantime included


async def test_connections_are_kept_and_as_many_as_are_needed(api: Api) -> None:
    scripted, wire, url = api
    scripted.script += [WHOLE] * 7
    for _ in range(3):
        await wire.ask("GET", url, "")
    assert scripted.connections == 1
    await asyncio.gather(wire.ask("GET", url, ""), wire.ask("GET", url, ""))
    assert scripted.connections == 2
    await asyncio.gather(wire.ask("GET", url, ""), wire.ask("GET", url, ""))
    assert scripted.connections == 2


async def test_a_connection_that_may_not_be_kept_is_not(api: Api) -> None:
    scripted, wire, url = api
    scripted.script += [OK + b"Connection: close\r\nContent-Length: 8\r\n\r\n" + BODY, WHOLE]
    await wire.ask("GET", url, "")
    await wire.ask("GET", url, "")
    assert scripted.connections == 2


async def test_a_kept_connection_that_the_api_closed_is_no_failure(api: Api) -> None:
    scripted, wire, url = api
    scripted.script += [WHOLE, None]
    await wire.ask("GET", url, "")
    await asyncio.sleep(0.05)  # the end has arrived
    scripted.script += [WHOLE, None, WHOLE]
    await wire.ask("GET", url, "")
    # The end crosses the next request: no sleep, so that it has not arrived.
    assert (await wire.ask("GET", url, "")).body == BODY
    assert scripted.connections == 3


async def test_a_request_that_is_lost_on_a_kept_connection_is_asked_again_once_on_a_new_one(api: Api) -> None:
    scripted, wire, url = api
    scripted.script += [WHOLE]
    await wire.ask("GET", url, "")
    scripted.script = [None, WHOLE]  # read, and closed without a word
    assert (await wire.ask("GET", url, "")).body == BODY
    assert (len(scripted.asked), scripted.connections) == (3, 2)
    scripted.script = [None, None, WHOLE]
    with pytest.raises(Lost):
        await wire.ask("GET", url, "")
    assert len(scripted.asked) == 5


async def test_half_an_answer_is_not_asked_again(api: Api) -> None:
    scripted, wire, url = api
    scripted.script += [WHOLE]
    await wire.ask("GET", url, "")
    scripted.script = [WHOLE[:-3], None, WHOLE]
    with pytest.raises(Lost):
        await wire.ask("GET", url, "")
    assert len(scripted.asked) == 2


async def test_what_follows_an_answer_is_not_taken_for_the_next(api: Api) -> None:
    scripted, wire, url = api
    stolen = OK + b'Content-Length: 8\r\n\r\n{"b": 2}'
    scripted.script += [WHOLE + stolen, WHOLE]
    assert (await wire.ask("GET", url, "")).body == BODY
    assert (await wire.ask("GET", url, "")).body == BODY
    assert scripted.connections == 2


async def test_a_request_that_is_given_up_takes_its_connection_along(api: Api) -> None:
    scripted, wire, url = api
    scripted.script += [HANG, WHOLE]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await wire.ask("GET", url, "")
    assert (await wire.ask("GET", url, "")).body == BODY
    assert (scripted.connections, scripted.closed) == (2, 1)


async def test_nothing_slips_into_a_request(api: Api) -> None:
    scripted, wire, url = api
    for value in ("a\r\nX: 1", "a\nb", "a\x00"):
        with pytest.raises(Unsendable):
            lines({"Authorization": value})
        with pytest.raises(Unsendable):
            lines({value: "a"})
    for target in ("/x y", "/x\r\nX: 1", "/é"):
        with pytest.raises(Unsendable):
            await wire.ask("GET", URL(f"http://127.0.0.1:{url.port}{target}", encoded=True), "")
    assert scripted.connections == 0
