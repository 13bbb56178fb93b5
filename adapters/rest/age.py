"""How old a copy is, out of an answer. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.contract import AsOf
from adapters.errors import Unsupported
from adapters.mapping import parse_path, walk
from adapters.rest.client import Answer

UNKNOWN_AGE = datetime.fromtimestamp(0, UTC)
"""The age of a copy that does not say how old it is: older than any limit."""


class AgeReader:
    """``as_of`` out of a header or the document; ``None`` for a live system."""

    def __init__(self, as_of: AsOf | None) -> None:
        if as_of is not None and not (as_of.header or as_of.path):
            raise Unsupported("as_of of an endpoint is a header or a path")
        self._header = as_of.header if as_of else ""
        self._path = parse_path(as_of.path) if as_of and as_of.path else None

    def read(self, answer: Answer) -> datetime | None:
        if not self._header and self._path is None:
            return None
        value = answer.headers.get(self._header) if self._path is None else walk(answer.document, self._path)
        return moment(value)


def moment(value: Any) -> datetime:
    """An instant out of ISO 8601, an HTTP date, or seconds since 1970."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        text = str(value)
        parsed = datetime.fromisoformat(text) if text[:1].isdigit() else parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return UNKNOWN_AGE
