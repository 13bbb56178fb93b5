"""Where a null must be explained: a failed fetch, or a value that the schema does not allow to be null.

While shapes are assembled such a place holds a ``Null`` instead of ``None``, and a ``Null`` moves up as GraphQL's rules
say. Only when one was made is the finished response walked, once, to put ``None`` there and to learn the paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from gateway.planning.records import items

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """Why: the wire error without its path. Errors with the same cause and coordinate are reported once."""

    message: str
    code: str
    agency: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """``coordinate``: the field that failed. ``below``: response keys from where this null ends up down to it."""

    coordinate: str
    causes: tuple[Cause, ...]
    below: tuple[str | int, ...] = ()

    def raised(self, key: str | int) -> Null:
        """The same null, one level further up."""
        return Null(self.coordinate, self.causes, (key, *self.below))


def missing(coordinate: str, key: str) -> Null:
    """A non-null field without a value."""
    return Null(coordinate, (Cause(f"{coordinate} has no value and cannot be null", "SOURCE_BAD_DATA"),), (key,))


class NullWalk:
    """Replaces every ``Null`` of a response by ``None`` and collects one error per cause and coordinate."""

    def __init__(self) -> None:
        self.errors: dict[tuple[str, str, str | None], Wire] = {}

    def settle(self, data: Any) -> Any:
        return self._value(data, ())

    def _value(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, Struct):
            return {key: self._value(item, (*path, key)) for key, item in items(value)}
        if type(value) is dict:
            return {key: self._value(item, (*path, key)) for key, item in value.items()}
        if type(value) is list:
            return [self._value(item, (*path, index)) for index, item in enumerate(value)]
        if type(value) is Null:
            for cause in value.causes:
                self._report(value, cause, (*path, *value.below))
            return None
        return value

    def _report(self, null: Null, cause: Cause, path: Sequence[str | int]) -> None:
        found = self.errors.get((null.coordinate, cause.code, cause.agency))
        if found is not None:
            found["extensions"]["affected"] += 1
            return
        extensions: Wire = {"code": cause.code, "affected": 1}
        if cause.agency is not None:
            extensions["agency"] = cause.agency
        self.errors[null.coordinate, cause.code, cause.agency] = {
            "message": cause.message,
            "path": list(path),
            "extensions": extensions,
        }
