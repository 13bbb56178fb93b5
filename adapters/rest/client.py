"""HTTP towards one API: credentials, redirects, sizes, statuses and verdicts; every failure as a ``SourceError``."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import orjson
from multidict import CIMultiDictProxy
from yarl import URL

from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.mapping.columns import text
from adapters.mapping.paths import parse_path, walk
from adapters.resilience import Bulkhead, Load, within
from adapters.rest.auth import credentials
from adapters.rest.settings import RestOptions, Tls

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3


@dataclass(slots=True)
class Answer:
    """A readable answer; ``None`` in its place means a declared "not found". ``place``: what was asked, for the log:
    the request as the agency file has it, without the keys and names that were asked for."""

    document: Any
    headers: CIMultiDictProxy[str]
    url: URL
    body: bytes
    place: str


def source_error(what: str, error: BaseException) -> SourceError:
    """What a failure of aiohttp, asyncio, ssl or the socket is in our tree."""
    detail = f"{what}: {type(error).__name__}"
    if not isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL):  # their texts hold the whole address
        detail += f": {error}"
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return SourceTimeout(detail)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.TooManyRedirects):
        return SourceRefused(detail)
    if isinstance(error, aiohttp.ClientResponseError):
        return SourceBadData(detail)
    result = SourceUnavailable(detail)
    if isinstance(
        error, aiohttp.ClientSSLError | ssl.SSLError | ssl.CertificateError | aiohttp.ServerFingerprintMismatch
    ):
        result.retryable = False  # a certificate does not become right by asking again
    return result


FOREIGN = (
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    EOFError,
    aiohttp.EofStream,
    ssl.SSLError,
    asyncio.LimitOverrunError,
    asyncio.QueueEmpty,
    asyncio.QueueFull,
    asyncio.InvalidStateError,
    asyncio.BrokenBarrierError,
    asyncio.SendfileNotAvailableError,
    aiohttp.http_exceptions.HttpProcessingError,
)
"""Everything that the libraries below may raise, by family."""


def tls_context(tls: Tls | None) -> ssl.SSLContext:
    """The system's authorities, or the declared one; with the gateway's own certificate when there is one."""
    context = ssl.create_default_context(cafile=tls.ca if tls else None)
    if tls is not None and tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key)
    return context


class Client:
    """One pooled session, opened on first use. ``last`` is the most recent failure, ``None`` after a success;
    ``dated`` when the API said that it answered, and when that arrived."""

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
        self._session: aiohttp.ClientSession | None = None
        self._credentials = credentials(options.auth, self._token_post)
        self._verdict = options.verdict
        self._verdict_path = parse_path(options.verdict.path) if options.verdict else ()

    @property
    def load(self) -> Load:
        return self._bulkhead.load

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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

        async def exchange() -> Answer | None:
            return await self._exchange(place, method, url, body, missing)

        async def timed() -> Answer | None:
            return await within(exchange, deadline=deadline, seconds=self._seconds, what=self.name)

        try:
            answer = await self._bulkhead.run(timed, deadline=deadline)
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
        session = self._session or self._open()
        renewed, hops = False, 0
        while True:
            auth = self._credentials.fixed or await self._credentials.headers()
            headers = auth if body is None else {**auth, "Content-Type": "application/json"}
            self.requests += 1
            async with session.request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                status = response.status
                if "Date" in response.headers:
                    self.dated = response.headers["Date"], datetime.now(UTC)
                if status == 200:
                    return self._read_verdict(place, response, await self._body(place, response))
                if status in missing or status == 204:
                    await self._body(place, response)
                    return None
                if status == 401 and not renewed and self._credentials.renew(auth):
                    renewed = True
                    continue
                if status in REDIRECTS:
                    url, hops = self._redirected(place, response, method, hops), hops + 1
                    continue
                if 200 <= status < 300:
                    return self._read_verdict(place, response, await self._body(place, response))
                raise await self._refusal(place, response)

    def _open(self) -> aiohttp.ClientSession:
        secure = tls_context(self.options.tls) if self.origin.scheme == "https" or self.options.tls else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30.0, ssl=secure),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "application/json", "User-Agent": "Guichet"},
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return self._session

    async def _body(self, place: str, response: aiohttp.ClientResponse) -> bytes:
        limit = self.options.max_body_bytes
        length = response.content_length
        if length is not None and "Content-Encoding" not in response.headers:
            if length > limit:
                raise SourceBadData(f"{place}: a body of {length} bytes, {limit} are allowed")
            return await response.read()
        parts: list[bytes] = []
        size = 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > limit:
                raise SourceBadData(f"{place}: a body of more than {limit} bytes")
            parts.append(part)
        return b"".join(parts)

    def _read_verdict(self, place: str, response: aiohttp.ClientResponse, body: bytes) -> Answer | None:
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise SourceBadData(f"{place}: not JSON: {error}; {len(body)} bytes") from None
        if self._verdict is not None:
            value = walk(document, self._verdict_path)
            code = None if value is None else text(value)
            if code in self._verdict.missing:
                return None
            if code in self._verdict.refused:
                raise SourceRefused(f"{place}: verdict {code}")
            if code not in self._verdict.ok:
                raise SourceUnavailable(f"{place}: verdict {code} is not declared")
        return Answer(document, response.headers, response.url, body, place)

    def _redirected(self, place: str, response: aiohttp.ClientResponse, method: str, hops: int) -> URL:
        target = self.same_origin(place, response.url, response.headers.get("Location", ""))
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

    async def _refusal(self, place: str, response: aiohttp.ClientResponse) -> SourceError:
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
        session = self._session or self._open()
        async with session.post(URL(url), data=body, headers=headers, allow_redirects=False) as response:
            if response.status in (400, 401, 403):
                raise SourceRefused(f"{self.name}: the token server {url} answered {response.status}")
            if response.status != 200:
                raise await self._refusal(f"{self.name}: POST {url}", response)
            return await self._body(f"{self.name}: POST {url}", response)


def retry_after(value: str | None) -> float | None:
    """Seconds to wait: a number, or the time until an HTTP date."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
