"""Faults on request: `POST /_control` replaces all of them, `{}` heals."""

import asyncio
from dataclasses import dataclass, fields
from typing import Self

import orjson
from aiohttp import web

from demo.agencies.answers import Answer, Refused


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with every answer. The names are those of the published control interface."""

    latency_ms: int = 0
    hang: bool = False
    drop: bool = False
    reset_after_bytes: int | None = None
    status: int | None = None
    retry_after_s: int | None = None
    truncate: bool = False
    malformed: bool = False
    repeat_rows: int = 1

    @classmethod
    def parse(cls, value: object) -> Self:
        """Raises Refused for unknown names and wrong types."""
        if not isinstance(value, dict):
            raise Refused(400, "faults must be an object")
        known = {field.name: getattr(field.type, "__name__", str(field.type)) for field in fields(cls)}
        unknown = sorted(set(value) - set(known))
        if unknown:
            raise Refused(400, f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        for name, given in value.items():
            if not _fits(given, known[name]):
                raise Refused(400, f"{name} must be {known[name]}")
        return cls(**value)

    async def before(self, request: web.Request) -> web.StreamResponse | None:
        """Waits, hangs or drops; returns the answer that stands in for the agency's, if any."""
        if self.latency_ms:
            await asyncio.sleep(self.latency_ms / 1000)
        if self.hang:
            await _until_gone(request)
        if self.drop or self.hang:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if self.status is not None:
            retry = {"Retry-After": str(self.retry_after_s)} if self.retry_after_s is not None else None
            return Answer({"error": "fault injected"}, status=self.status, headers=retry)
        return None

    async def spoil(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        """The answer with rows repeated, JSON broken, cut in half, or the connection reset on the way."""
        body = orjson.dumps(_repeated(answer.payload, self.repeat_rows))
        if self.malformed:
            body = body[: max(1, len(body) - 1)] + b',"":}'
        if not self.truncate and self.reset_after_bytes is None:
            if self.repeat_rows == 1 and not self.malformed:
                return answer
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in ("content-length", "content-type")}
            return web.Response(body=body, status=answer.status, headers=headers, content_type="application/json")
        length = len(body) // 2 if self.reset_after_bytes is None else self.reset_after_bytes
        return await _cut(request, body, length, reset=self.reset_after_bytes is not None)


async def _until_gone(request: web.Request) -> None:
    """Until the caller has closed the connection, which aiohttp does not tell."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - nothing sets an event
        await asyncio.sleep(0.05)


def _fits(given: object, kind: str) -> bool:
    if kind == "bool":
        return isinstance(given, bool)
    if given is None:
        return "None" in kind
    return isinstance(given, int) and not isinstance(given, bool) and given >= 0


def _repeated(payload: object, times: int) -> object:
    """Every list of rows, at the top or one level down, `times` over."""
    if isinstance(payload, list):
        return payload * times
    if isinstance(payload, dict):
        return {name: value * times if isinstance(value, list) else value for name, value in payload.items()}
    return payload


async def _cut(request: web.Request, body: bytes, length: int, *, reset: bool) -> web.StreamResponse:
    """Announces all of `body`, sends `length` bytes of it, then ends the connection."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    if length or not reset:
        await response.prepare(request)
        await response.write(body[:length])
    if request.transport is not None:
        if reset:
            request.transport.abort()
        else:
            request.transport.close()
    return response
