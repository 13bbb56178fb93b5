"""HTTP towards one API: credentials, redirects, sizes, statuses and verdicts; every failure as a ``SourceError``."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httptools
import orjson
from multidict import CIMultiDict
from yarl import URL

from adapters.errors import SourceBadData, SourceBusy, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.mapping.columns import text
from adapters.mapping.paths import parse_path, walk
from adapters.resilience import Bulkhead, Load, within
from adapters.rest.auth import credentials
from adapters.rest.settings import RestOptions, Tls
from adapters.rest.wire import Response, Unreadable, Unsendable, Wire, lines

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3
ACCEPT = lines({"Accept": "application/json"})
ACCEPT_AND_SEND = ACCEPT + lines({"Content-Type": "application/json"})


@dataclass(slots=True)
class Answer:
    """A readable answer; ``None`` in its place means a declared "not found". ``place``: what was asked, for the log:
    the request as the agency file has it, without the keys and names that were asked for."""

    document: Any
    headers: CIMultiDict[str]
    url: URL
    body: bytes
    place: str


def source_error(what: str, error: BaseException) -> SourceError:
    """What a failure of the wire, asyncio, ssl or the socket is in our tree."""
    detail = f"{what}: {type(error).__name__}: {error}"
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return SourceTimeout(detail)
    if isinstance(error, Unsendable):
        return SourceRefused(detail)
    if isinstance(error, Unreadable | httptools.HttpParserError | httptools.HttpParserUpgrade):
        return SourceBadData(detail)
    result = SourceUnavailable(detail)
    if isinstance(error, ssl.SSLError):
        result.retryable = False  # a certificate does not become right by asking again
    return result


FOREIGN = (
    Unreadable,
    Unsendable,
    httptools.HttpParserError,
    httptools.HttpParserUpgrade,
    OSError,
    TimeoutError,
    EOFError,
    UnicodeError,
    asyncio.LimitOverrunError,
    asyncio.QueueEmpty,
    asyncio.QueueFull,
    asyncio.InvalidStateError,
    asyncio.BrokenBarrierError,
    asyncio.SendfileNotAvailableError,
)
"""Everything that what is below may raise, by family."""


def tls_context(tls: Tls | None) -> ssl.SSLContext:
    """The system's authorities, or the declared one; with the gateway's own certificate when there is one."""
    context = ssl.create_default_context(cafile=tls.ca if tls else None)
    if tls is not None and tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key)
    return context


class Client:
    """The wires to one API and its token server, opened on first use.

    ``last`` is the most recent failure, ``None`` after a success; ``dated`` when the API said that it answered, and
    when that arrived."""

    def __init__(self, name: str, options: RestOptions) -> None:
        self.name = name
        self.options = options
        self.base = options.base_url
        self.origin = URL(options.base_url).origin()
        self.last: SourceError | None = None
        self.requests = 0
        self.dated: tuple[str, datetime] | None = None
        self._seconds = options.timeout_ms / 1000
        self._bulkhead = Bulkhead(options.max_concurrency, name)
        self._wires: dict[URL, Wire] = {}
        self._credentials = credentials(options.auth, self._token_post)
        self._verdict = options.verdict
        self._verdict_path = parse_path(options.verdict.path) if options.verdict else ()

    @property
    def load(self) -> Load:
        return self._bulkhead.load

    async def close(self) -> None:
        wires, self._wires = self._wires, {}
        for wire in wires.values():
            await wire.close()

    async def ask(
        self,
        method: str,
        url: URL,
        body: bytes | None = None,
        *,
        path: str,
        deadline: float | None = None,
        missing: Collection[int] = (),
    ) -> Answer | None:
        """One read. ``path``: of the request, with its placeholders, for the log.

        ``None`` when the answer is a declared "not found". Raises a ``SourceError``."""
        place = f"{self.name}: {method} {self.base}{path}"
        exchange = partial(self._exchange, place, method, url, body, missing)
        timed = partial(within, exchange, deadline=deadline, seconds=self._seconds, what=self.name)
        try:
            answer = await self._bulkhead.run(timed, deadline=deadline)
        except SourceBusy:
            raise
        except SourceError as error:
            self.last = error
            raise
        except FOREIGN as error:
            self.last = source_error(place, error)
            raise self.last from error
        self.last = None
        return answer

    # -- one exchange

    async def _exchange(
        self, place: str, method: str, url: URL, body: bytes | None, missing: Collection[int]
    ) -> Answer | None:
        wire = self._wire(self.origin)
        renewed, hops = False, 0
        while True:
            auth = self._credentials.fixed or await self._credentials.headers()
            headers = ACCEPT if body is None else ACCEPT_AND_SEND
            self.requests += 1
            response = await wire.ask(method, url, headers + lines(auth), body)
            status = response.status
            if "Date" in response.headers:
                self.dated = response.headers["Date"], datetime.now(UTC)
            if status in missing or status == 204:
                return None
            if 200 <= status < 300:
                return self._read_verdict(place, url, response)
            if status == 401 and not renewed and self._credentials.renew(auth):
                renewed = True
            elif status in REDIRECTS:
                url, hops = self._redirected(place, url, response, method, hops), hops + 1
            else:
                raise self._refusal(place, response)

    def _wire(self, origin: URL) -> Wire:
        wire = self._wires.get(origin)
        if wire is None:
            secure = tls_context(self.options.tls) if origin.scheme == "https" else None
            wire = self._wires[origin] = Wire(origin, secure, self.options.max_body_bytes)
        return wire

    def _read_verdict(self, place: str, url: URL, response: Response) -> Answer | None:
        try:
            document = orjson.loads(response.body)
        except orjson.JSONDecodeError as error:
            raise SourceBadData(f"{place}: not JSON: {error}; {len(response.body)} bytes") from None
        if self._verdict is not None:
            value = walk(document, self._verdict_path)
            code = None if value is None else text(value)
            if code in self._verdict.missing:
                return None
            if code in self._verdict.refused:
                raise SourceRefused(f"{place}: verdict {code}")
            if code not in self._verdict.ok:
                raise SourceUnavailable(f"{place}: verdict {code} is not declared")
        return Answer(document, response.headers, url, response.body, place)

    def _redirected(self, place: str, url: URL, response: Response, method: str, hops: int) -> URL:
        target = self.same_origin(place, url, response.headers.get("Location", ""))
        if method != "GET" and response.status not in (307, 308):
            raise SourceRefused(f"{place}: a {method} is redirected with {response.status}")
        if hops >= MAX_REDIRECTS:
            raise SourceRefused(f"{place}: more than {MAX_REDIRECTS} redirects")
        return target

    def same_origin(self, place: str, current: URL, link: str) -> URL:
        """``link`` as seen from ``current``, the answer to ``place``.

        Raises ``SourceRefused`` when it leads to another origin."""
        try:
            target = current.join(URL(link, encoded="%" in link))
            same = bool(link) and target.scheme in ("http", "https") and target.origin() == self.origin
        except ValueError:
            same = False
        if not same or target.user or target.password:
            raise SourceRefused(f"{place}: its link leads to another origin")
        return target

    def _refusal(self, place: str, response: Response) -> SourceError:
        """The agency's own words may repeat what was asked of it: they are left out."""
        status = response.status
        detail = f"{place}: answered {status}"
        wait = retry_after(response.headers.get("Retry-After"))
        if status in (401, 403, 407, 429, 451):
            return SourceRefused(detail, retry_after=wait)
        error = SourceUnavailable(detail, retry_after=wait)
        error.retryable = status >= 500 or status == 408
        return error

    async def _token_post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        server = URL(url)
        response = await self._wire(server.origin()).ask("POST", server, lines(headers), body)
        if response.status in (400, 401, 403):
            raise SourceRefused(f"{self.name}: the token server {url} answered {response.status}")
        if response.status != 200:
            raise self._refusal(f"{self.name}: POST {url}", response)
        return response.body


def retry_after(value: str | None) -> float | None:
    """Seconds to wait: a number, or the time until an HTTP date."""
    if value is None:
        return None
    number = value.strip()
    if value.isascii() and number.isdigit():
        return float(number)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
