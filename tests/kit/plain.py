"""Answers of the engine, before they are bytes, as plain dicts and lists."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from gateway.planning.records import items
from gateway.request import Answer


def plain(answer: Answer) -> Answer:
    """The answer, its data with dicts in the place of records."""
    answer.data = _plain(answer.data)
    return answer


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return {key: _plain(item) for key, item in items(value)}
    if type(value) is dict:
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if type(value) is list else value
