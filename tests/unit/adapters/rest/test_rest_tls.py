"""TLS: the agency's own authority, its name, and a certificate of the gateway's own."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from adapters.contract import CollectionSpec, FetchCall, FetchSpec, FieldBinding, Request, Rows
from adapters.errors import SourceUnavailable
from adapters.rest import create
from tests.kit.tls import Authority

SPEC = FetchSpec("permit", ("number",))
NAMES = "127.0.0.1", "localhost"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextlib.asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of an API that has one permit."""

    async def permits(_: web.Request) -> web.Response:
        return web.json_response([{"no": "1"}])

    application = web.Application()
    application.router.add_get("/permits", permits)
    runner = web.AppRunner(application, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def asked(url: str, **tls: Path) -> Rows:
    number = FieldBinding("number", "String", ("no",))
    spec = CollectionSpec("FOOD", "api", "permit", "Permit", {"number": number}, requests=(Request("GET", "/permits"),))
    table = {"kind": "rest", "base_url": url, "tls": {name: str(file) for name, file in tls.items()}}
    source = create("api", "FOOD", table, [spec])
    try:
        return await source.prepare(SPEC).run(FetchCall())
    finally:
        await source.close()


@pytest.mark.parametrize(("given", "works"), [(("ca", "cert", "key"), True), (("ca",), False), ((), False)])
async def test_mutual_tls(authority: Authority, given: tuple[str, ...], works: bool) -> None:
    context = authority.server("server", *NAMES)
    context.verify_mode = ssl.CERT_REQUIRED
    cert, key = authority.issue("gateway", "gateway.example")
    files = {"ca": authority.ca, "cert": cert, "key": key}
    async with serving(context) as port:
        tls = {name: files[name] for name in given}
        if works:
            assert (await asked(f"https://127.0.0.1:{port}", **tls)).columns == (["1"],)
        else:
            with pytest.raises(SourceUnavailable):
                await asked(f"https://127.0.0.1:{port}", **tls)


async def test_the_server_is_told_which_name_is_meant(authority: Authority) -> None:
    told: list[str | None] = []
    context = authority.server("server", *NAMES)
    context.sni_callback = lambda _socket, name, _context: told.append(name)
    async with serving(context) as port:
        assert (await asked(f"https://localhost:{port}", ca=authority.ca)).count == 1
        assert (await asked(f"https://127.0.0.1:{port}", ca=authority.ca)).count == 1
    assert told == ["localhost", None]  # an address is no name (RFC 6066)


@pytest.mark.parametrize(("named", "host"), [("127.0.0.1", "localhost"), ("agency.example", "127.0.0.1")])
async def test_a_certificate_of_another_name_is_refused(authority: Authority, named: str, host: str) -> None:
    """Though its authority is the agency's own."""
    async with serving(authority.server("server", named)) as port:
        with pytest.raises(SourceUnavailable, match="certificate is not valid for") as refused:
            await asked(f"https://{host}:{port}", ca=authority.ca)
    assert not refused.value.retryable


async def test_a_missing_certificate_file_is_an_outage_of_this_source_only(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        await asked("https://127.0.0.1:9", ca=tmp_path / "none.pem")
