"""JSON answers and refusals, and reading of what callers send."""

from collections.abc import Mapping, Sequence

import orjson
from aiohttp import web


class Answer(web.Response):
    """A JSON response that remembers its payload, so that a fault can spoil it."""

    def __init__(self, payload: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body=orjson.dumps(payload), status=status, headers=headers, content_type="application/json")
        self.payload = payload


class Refused(Exception):
    """The agency will not answer; `answer` says why."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer({"error": message}, status=status, headers=headers)


def keys(request: web.Request, values: Sequence[str], most: int) -> list[str]:
    """Notes the keys in the request log and returns them without repeats.

    Raises Refused above the agency's limit, or with none.
    """
    request["entry"]["keys"] = list(values)
    if not values:
        raise Refused(400, "a key is required")
    if len(values) > most:
        raise Refused(400, f"at most {most} keys a call")
    return list(dict.fromkeys(values))


def listed(request: web.Request, name: str) -> list[str]:
    """The values of a query parameter, comma-separated or repeated."""
    return [part.strip() for text in request.query.getall(name, []) for part in text.split(",") if part.strip()]


async def document(request: web.Request) -> dict[str, object]:
    """The JSON object in the body. Raises Refused when it is none."""
    try:
        value = orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise Refused(400, "the body is not JSON") from error
    if not isinstance(value, dict):
        raise Refused(400, "the body is not an object")
    return value


def strings(value: object, name: str) -> list[str]:
    """A list of strings. Raises Refused for anything else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Refused(400, f"{name} must be a list of strings")
    return value


def pairs(value: object, name: str, first: str, second: str) -> list[tuple[str, str]]:
    """A list of objects with two string members, as tuples. Raises Refused for anything else."""
    if not isinstance(value, list):
        raise Refused(400, f"{name} must be a list")
    found = []
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get(first), str) or not isinstance(item.get(second), str):
            raise Refused(400, f"each of {name} needs {first} and {second}")
        found.append((item[first], item[second]))
    return found


def whole(text: object, default: int, most: int) -> int:
    """A number from 1 to `most`, given as text or number. Raises Refused for anything else."""
    if text is None:
        return min(default, most)
    try:
        value = int(str(text))
    except ValueError as error:
        raise Refused(400, "not a number") from error
    if value < 1:
        raise Refused(400, "must be positive")
    return min(value, most)
