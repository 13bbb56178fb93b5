"""The request's bytes, within limits, as the parameters of one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol

from gateway.errors import ErrorCode, RequestRefused


class Malformed(RequestRefused):
    """Not a well-formed GraphQL request: a 400 under every media type."""

    def __init__(self, message: str, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(ErrorCode.BAD_USER_INPUT, message, status=status, headers=headers)


def headers_of(scope: Scope) -> dict[str, str]:
    """Every header's first value, by its name in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


async def read(
    scope: Scope, receive: Receive, headers: Mapping[str, str], limit: int, protocol: GraphQLRequestProtocol
) -> GraphQLRequestData:
    """The operation of a GET or POST. Raises :class:`RequestRefused`; ``ClientDisconnect`` when the body breaks off.

    A POST must be ``application/json``: a page elsewhere cannot send that without asking first (CORS), so a browser's
    standing cannot be borrowed by a form.
    """
    if scope["method"] == "GET":
        return parameters(_from_query(scope["query_string"], limit), protocol)
    return parameters(await read_object(receive, headers, limit), protocol)


async def read_object(receive: Receive, headers: Mapping[str, str], limit: int) -> dict[str, Any]:
    """The JSON object of a POST. Raises as :func:`read`."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Malformed("a POST needs Content-Type: application/json", 415)
    body = await _bytes(receive, headers, limit)
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is not JSON") from None
    if isinstance(parsed, list):
        raise Malformed("one operation at a time: batches are not taken")
    if not isinstance(parsed, dict):
        raise Malformed("the body is not a JSON object")
    return parsed


async def _bytes(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit, int(declared))
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit, size)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int, measured: int) -> RequestRefused:
    return RequestRefused(
        ErrorCode.OPERATION_TOO_LARGE,
        f"a request has at most {limit} bytes",
        {"limit": limit, "measured": measured},
        status=413,
        headers={"Connection": "close"},
    )


def too_late() -> RequestRefused:
    """For a body that comes by drops: it would hold its connection for as long as it likes."""
    return RequestRefused(
        ErrorCode.REQUEST_TIMEOUT,
        "the request did not arrive in time",
        status=408,
        headers={"Connection": "close"},
    )


def _from_query(text: bytes, limit: int) -> dict[str, Any]:
    size = len(text)
    if size > limit:
        raise _too_large(limit, size)
    found: dict[str, Any] = {}
    for name, value in QueryParams(text).multi_items():
        if name in found:
            raise Malformed(f"`{name}` is given twice")
        found[name] = value
    for name in ("variables", "extensions"):
        if found.get(name):
            try:
                found[name] = orjson.loads(found[name])
            except orjson.JSONDecodeError:
                raise Malformed(f"`{name}` is not JSON") from None
        else:
            found.pop(name, None)
    return found


def parameters(found: dict[str, Any], protocol: GraphQLRequestProtocol) -> GraphQLRequestData:
    """The operation that an object tells of. Raises :class:`Malformed`."""
    query = _checked(found, "query", str)
    if not query:
        raise Malformed("the request has no `query`")
    return GraphQLRequestData(
        query=query,
        variables=_checked(found, "variables", dict),
        operation_name=_checked(found, "operationName", str) or None,
        extensions=_checked(found, "extensions", dict),
        protocol=protocol,
    )


def _checked(found: dict[str, Any], name: str, kind: type) -> Any:
    value = found.get(name)
    if value is not None and not isinstance(value, kind):
        raise Malformed(f"`{name}` must be {'text' if kind is str else 'an object'}")
    return value
