"""What goes wrong over HTTP, as the ``SourceError`` tree; credentials; lookups; bounds."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httptools
import orjson
import pytest
from aiohttp import web

from adapters.contract import (
    Child,
    ChildSelect,
    Compare,
    FetchCall,
    FetchSpec,
    FieldBinding,
    Health,
    Lookup,
    Paging,
    Part,
    PreparedFetch,
    Request,
    Value,
)
from adapters.errors import (
    AgencyFileError,
    SourceBadData,
    SourceError,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
)
from adapters.rest import wire
from adapters.rest.client import FOREIGN, source_error
from adapters.rest.source import create
from tests.kit.served_api import Api

SPEC = FetchSpec("permit", ("number",))
LIST = Request("GET", "/x")


def families(base: type[BaseException]) -> list[type[BaseException]]:
    return [base, *(found for child in base.__subclasses__() for found in families(child))]


def foreign() -> list[type[BaseException]]:
    """Every exception class that the wire, its parser, asyncio and ssl define."""
    modules = (wire, httptools, asyncio, asyncio.exceptions, ssl)
    named = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and not issubclass(value, Warning)
    }
    return sorted({f for n in named for f in families(n)}, key=lambda c: c.__qualname__)


@pytest.mark.parametrize("kind", foreign(), ids=lambda kind: kind.__qualname__)
def test_foreign_exceptions_are_mapped(kind: type[BaseException]) -> None:
    if kind.__module__.startswith(("adapters.rest", "httptools", "asyncio", "ssl")):
        assert issubclass(kind, FOREIGN), f"{kind} would escape"
    expected: type[SourceError] = SourceUnavailable
    if issubclass(kind, TimeoutError):
        expected = SourceTimeout
    elif issubclass(kind, wire.Unsendable):
        expected = SourceRefused
    elif issubclass(kind, wire.Unreadable | httptools.HttpParserError | httptools.HttpParserUpgrade):
        expected = SourceBadData
    assert isinstance(_mapped(kind), expected)


def _mapped(kind: type[BaseException]) -> SourceError:
    class Silent(kind):  # type: ignore[misc, valid-type]  # made at run time
        def __init__(self) -> None: ...

        def __str__(self) -> str:
            return ""

    return source_error("api", Silent())


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, SourceUnavailable, False),
        (401, SourceRefused, False),
        (403, SourceRefused, False),
        (404, SourceUnavailable, False),
        (429, SourceRefused, False),
        (500, SourceUnavailable, True),
        (503, SourceUnavailable, True),
    ],
)
async def test_statuses(api: Api, status: int, kind: type[SourceError], retryable: bool) -> None:
    api.says({}, status=status, headers={"Retry-After": "7"})
    source = api.source(LIST)
    with pytest.raises(SourceError) as caught:
        await source.prepare(SPEC).run(FetchCall())
    assert (type(caught.value), caught.value.retryable, caught.value.retry_after) == (kind, retryable, 7.0)
    assert await source.health() is (Health.DEGRADED if kind is SourceRefused else Health.DOWN)


async def test_a_dead_port_and_a_bad_body(api: Api) -> None:
    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(body=b"<html>", content_type="application/json")

    api.answer = nonsense
    with pytest.raises(SourceBadData, match="not JSON"):
        await api.source(LIST).prepare(SPEC).run(FetchCall())
    dead = api.source(LIST, options={"base_url": "http://127.0.0.1:9"})
    with pytest.raises(SourceUnavailable):
        await dead.prepare(SPEC).run(FetchCall())


async def test_slow_answers_end_at_the_timeout_or_the_deadline(api: Api) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.15)
        return web.json_response([])

    api.answer = slow
    clock = asyncio.get_running_loop().time
    with pytest.raises(SourceTimeout):
        await api.source(LIST, options={"timeout_ms": 50}).prepare(SPEC).run(FetchCall())
    with pytest.raises(SourceTimeout):
        await api.source(LIST).prepare(SPEC).run(FetchCall(deadline=clock() + 0.05))
    asked = len(api.asked)
    with pytest.raises(SourceTimeout):
        await api.source(LIST).prepare(SPEC).run(FetchCall(deadline=clock() - 1))
    assert len(api.asked) == asked
    single = api.source(LIST, options={"max_concurrency": 1}).prepare(SPEC)
    with pytest.raises(SourceTimeout, match="waiting its turn"):
        await asyncio.gather(single.run(FetchCall()), single.run(FetchCall(deadline=clock() + 0.05)))
    await asyncio.sleep(0.3)  # the server ends what was given up on


@pytest.mark.parametrize("chunked", [True, False])
async def test_bodies_are_bounded(api: Api, chunked: bool) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=b"[" + b" " * 5000 + b"]")
        response = web.StreamResponse()
        response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        await response.write(b"[" + b" " * 5000 + b"]")
        return response

    api.answer = large
    with pytest.raises(SourceBadData, match="4096"):
        await api.source(LIST, options={"max_body_bytes": 4096}).prepare(SPEC).run(FetchCall())
    assert (await api.source(LIST).prepare(SPEC).run(FetchCall())).count == 0


async def test_redirects_stay_on_the_same_origin(api: Api) -> None:
    def moved(request: web.Request, _: Any) -> Any:
        targets = {"/x": "/y?a=1", "/y": "/z"}
        if request.path in targets:
            return web.Response(status=302, headers={"Location": targets[request.path]})
        return [{"no": "1"}]

    api.calls(moved)
    source = api.source(LIST, Request("POST", "/x", ("number",), body={"n": ["{number}"]}, many="body"))
    assert (await source.prepare(SPEC).run(FetchCall())).count == 1
    assert api.targets == ["/x", "/y?a=1", "/z"]
    with pytest.raises(SourceRefused, match="POST is redirected"):
        await source.prepare(FetchSpec("permit", ("number",), keys=("number",))).run(FetchCall(keys=[("1",)]))
    api.says({}, status=302, headers={"Location": "http://127.0.0.1:1/"})
    with pytest.raises(SourceRefused, match="another origin"):
        await source.prepare(SPEC).run(FetchCall())


@pytest.mark.parametrize(
    ("code", "kind"),
    [("0000", None), ("0404", None), ("0429", SourceRefused), ("9", SourceUnavailable), (None, SourceUnavailable)],
)
async def test_verdicts_inside_a_200(api: Api, code: str | None, kind: type[SourceError] | None) -> None:
    api.says({"h": {"c": code}, "rows": [{"no": "1"}]})
    verdict = {"path": "h.c", "ok": ["0000"], "missing": ["0404"], "refused": ["0429"]}
    fetch = api.source(Request("GET", "/x", rows="rows"), options={"verdict": verdict}).prepare(SPEC)
    if kind is not None:
        with pytest.raises(kind, match="verdict"):
            await fetch.run(FetchCall())
    else:
        assert (await fetch.run(FetchCall())).count == (1 if code == "0000" else 0)


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"kind": "header", "name": "X-Api-Key", "value": "s3cr3t"}, "X-Api-Key", "s3cr3t"),
        ({"kind": "bearer", "token": "t0k3n"}, "Authorization", "Bearer t0k3n"),
        (
            {"kind": "basic", "user": "u", "password": "p:ü"},
            "Authorization",
            "Basic " + b64encode("u:p:ü".encode()).decode(),
        ),
    ],
)
async def test_fixed_credentials(api: Api, auth: dict[str, str], name: str, value: str) -> None:
    api.says([])
    source = api.source(LIST, options={"auth": auth})
    await source.prepare(SPEC).run(FetchCall())
    assert api.asked[0].headers[name] == value
    assert value.split()[-1] not in repr(source.options)


async def test_oauth_token_is_reused_and_renewed_once(api: Api) -> None:
    valid = "t1"

    def answer(request: web.Request, _: Any) -> Any:
        if request.path == "/token":
            return {"access_token": valid, "token_type": "Bearer", "expires_in": 3600}
        if request.headers["Authorization"] != f"Bearer {valid}":
            return web.Response(status=401)
        return [{"no": "1"}]

    api.calls(answer)
    auth = {"kind": "oauth2", "token_url": api.url + "/token", "client_id": "g", "client_secret": "s", "scope": "a b"}
    fetch = api.source(LIST, options={"auth": auth}).prepare(SPEC)
    await asyncio.gather(*(fetch.run(FetchCall()) for _ in range(3)))
    assert api.targets.count("/token") == 1
    assert api.asked[0].body == b"grant_type=client_credentials&scope=a+b"
    assert api.asked[0].headers["Authorization"] == "Basic " + b64encode(b"g:s").decode()
    valid = "t2"
    assert (await fetch.run(FetchCall())).count == 1
    assert api.targets.count("/token") == 2
    api.calls(lambda request, _: answer(request, _) if request.path == "/token" else web.Response(status=401))
    with pytest.raises(SourceRefused):
        await fetch.run(FetchCall())
    assert api.targets.count("/token") == 3


async def test_a_token_server_that_says_no(api: Api) -> None:
    api.says({"error": "invalid_client"}, status=401)
    auth = {"kind": "oauth2", "token_url": api.url + "/token", "client_id": "g", "client_secret": "s"}
    with pytest.raises(SourceRefused, match="token server"):
        await api.source(LIST, options={"auth": auth}).prepare(SPEC).run(FetchCall())


async def test_lookups_are_read_at_start_or_on_use_and_again_when_old(api: Api) -> None:
    def answer(request: web.Request, _: Any) -> Any:
        return {"items": [{"c": "A1", "v": "0401"}]} if request.path == "/ref" else [{"no": "1", "c": "A1"}]

    lookup = Lookup("hs", "api", "c", "v", get="/ref", rows="items", refresh=timedelta(hours=1))
    hs = FieldBinding("hs", "String", ("c",), codes=lookup)
    spec = FetchSpec("permit", ("number", "hs"))
    api.says({}, status=500)
    source = api.source(LIST, fields={"number": "no", "hs": hs}, lookups={"hs": lookup})
    await source.start()
    with pytest.raises(SourceUnavailable):
        await source.prepare(spec).run(FetchCall())
    api.calls(answer)
    assert (await source.prepare(spec).run(FetchCall())).columns[1] == ["0401"]
    await source.prepare(spec).run(FetchCall())
    assert api.targets[2:] == ["/ref", "/x", "/x"]
    source.lookups._due["hs"] = 0.0
    assert (await source.prepare(spec).run(FetchCall())).columns[1] == ["0401"]
    await asyncio.sleep(0.05)
    assert sorted(api.targets[5:]) == ["/ref", "/x"]


async def test_a_list_that_nobody_selects_needs_no_lookup(api: Api) -> None:
    def answer(request: web.Request, _: Any) -> Any:
        return web.Response(status=500) if request.path == "/ref" else [{"no": "1", "lines": [{"c": "A1", "n": 1}]}]

    api.calls(answer)
    lookup = Lookup("hs", "api", "c", "v", get="/ref", rows="items")
    fields = {"hs": FieldBinding("hs", "String", ("c",), codes=lookup), "line": FieldBinding("line", "Int", ("n",))}
    lines = Child("lines", "PermitLine", array="lines", fields=fields)
    source = api.source(LIST, fields={"number": "no"}, children={"lines": lines}, lookups={"hs": lookup})

    def fetch(*children: ChildSelect) -> PreparedFetch:
        return source.prepare(FetchSpec("permit", ("number",), children=children))

    assert (await fetch().run(FetchCall())).columns == (["1"],)
    assert (await fetch(ChildSelect("lines", ("line",))).run(FetchCall())).children[0].columns == ([1],)
    assert api.targets == ["/x", "/x"]
    with pytest.raises(SourceUnavailable):
        await fetch(ChildSelect("lines", ("line", "hs"))).run(FetchCall())


async def test_parts_come_from_their_own_endpoint(api: Api) -> None:
    def answer(request: web.Request, body: Any) -> Any:
        if request.path == "/status":
            return [{"no": no, "st": f"S{no}"} for no in body["n"] if no != "2"]
        return [{"no": "1"}, {"no": "2"}, {"no": "3"}, {"kind": "no key"}]

    api.calls(answer)
    part = Part(
        "status",
        "",
        {},
        (),
        {"status": FieldBinding("status", "String", ("st",))},
        (Request("POST", "/status", ("number",), body={"n": ["{number}"]}, many="body", max_keys=50),),
    )
    source = api.source(LIST, fields={"number": "no", "type": "kind"}, parts={"status": part})
    fetch = source.prepare(FetchSpec("permit", ("status", "type")))
    assert (await fetch.run(FetchCall())).columns == (["S1", None, "S3", None], [None, None, None, "no key"])
    assert [asked.body for asked in api.asked] == [b"", {"n": ["1", "2", "3"]}]


def test_all_faults_of_the_options_at_once() -> None:
    with pytest.raises(AgencyFileError) as caught:
        create(
            "api",
            "FOOD",
            {"kind": "rest", "base_url": "ftp://x", "timeout": 3, "auth": {"kind": "basic", "user": "u"}},
            [],
        )
    assert [str(fault) for fault in caught.value.faults] == [
        "food.toml: sources.api.base_url: is an absolute http or https URL",
        "food.toml: sources.api.auth.basic.password: is required",
        "food.toml: sources.api.timeout: unknown key",
    ]


UCI, NAME = "T-00012345", "ERIKSSON"


def _repeated(request: web.Request) -> web.Response:
    return web.Response(status=500, text=f"no client {request.path_qs}")


def _elsewhere(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": f"http://127.0.0.1:1{request.path_qs}"})


def _unreadable(request: web.Request) -> web.Response:
    return web.Response(body=f"<p>{request.path_qs}".encode(), content_type="application/json")


def _again(request: web.Request) -> web.Response:
    body = {"next": request.path_qs, "rows": [{"no": UCI}]}
    return web.Response(body=orjson.dumps(body), content_type="application/json")


@pytest.mark.parametrize("answer", [_repeated, _elsewhere, _unreadable, _again])
async def test_no_key_is_told(api: Api, answer: Callable[[web.Request], web.Response]) -> None:
    """A failure names the request as the agency file has it: neither path, query nor answer of this one."""
    api.calls(lambda request, _: answer(request))
    request = Request(
        "GET", "/clients/{key}", ("key",), {"q": "{searchName}"}, rows="rows", paging=Paging(1, next="next")
    )
    source = api.source(request, fields={"key": "no", "searchName": "name"}, provides="PersonRecord")
    spec = FetchSpec("permit", ("key",), keys=("key",), filter=Compare("searchName", "eq", Value(NAME)))
    with pytest.raises(SourceError) as caught:
        await source.prepare(spec).run(FetchCall(keys=[(UCI,)]))
    assert "/clients/{key}" in str(caught.value)
    assert len(api.asked) >= 1
    assert UCI in api.targets[0]
    assert UCI not in str(caught.value)
    assert NAME not in str(caught.value)


async def test_a_request_that_cannot_be_sent_tells_no_key(api: Api) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(b"nonsense\r\n\r\n")
        request.transport.close()
        return web.Response()

    api.answer = broken
    request = Request("GET", "/clients/{key}", ("key",), rows="rows")
    source = api.source(request, fields={"key": "no"}, provides="PersonRecord")
    with pytest.raises(SourceError) as caught:
        await source.prepare(FetchSpec("permit", ("key",), keys=("key",))).run(FetchCall(keys=[(UCI,)]))
    assert UCI not in str(caught.value)
