"""Cursors: each source's position in a list, encrypted, and bound to the list, the filter, the order and the rights.

For every owner a cursor holds the last row of that owner at or before it and the first one after it, as order values:
paging forward starts strictly after the one, paging back strictly before the other. A source that misses a page keeps
the position it had, and so loses and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from gateway.execution.node_ids import derive, read_text, written
from gateway.planning.calls import bad_input

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Order values of an owner's neighbouring rows; ``None``: there is none on that side. ``EDGE``: the owner has not
    been asked yet, and the list's edge is on that side, so that none of its rows is."""

    last: Values | None = None
    next: Values | None = None


EDGE: Values = ()


class Cursors:
    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sivs = [AESSIV(derive(key, "cursor", 64)) for key in keys]

    def encode(self, binding: bytes, positions: Mapping[str, Position]) -> str:
        plain = orjson.dumps(
            {
                owner: (_plain(at.last), None if at.next is at.last else _plain(at.next), at.next is at.last)
                for owner, at in positions.items()
            }
        )
        return written(self._sivs[0].encrypt(plain, [binding]))

    def decode(self, binding: bytes, text: str) -> dict[str, Position]:
        """Raises ``ClientError`` for anything not made by ``encode`` with the same binding."""
        try:
            plain = self._open(read_text(text), binding)
        except (ValueError, InvalidTag):
            raise bad_input("cursor does not belong to this query or to these rights; start again") from None
        found = {}
        for owner, (last, following, same) in orjson.loads(plain).items():
            values = _values(last)
            found[owner] = Position(values, values if same else _values(following))
        return found

    def _open(self, sealed: bytes, binding: bytes) -> bytes:
        for siv in self._sivs[:-1]:
            try:
                return siv.decrypt(sealed, [binding])
            except InvalidTag:
                continue
        return self._sivs[-1].decrypt(sealed, [binding])


def binding(*parts: Any) -> bytes:
    """What a cursor is bound to, hashed once per request."""
    return sha256(orjson.dumps(parts, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS, default=str)).digest()


def _plain(values: Values | None) -> list[Any] | None:
    return None if values is None else [_tagged(value) for value in values]


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _values(found: list[Any] | None) -> Values | None:
    return None if found is None else tuple(_untagged(value) for value in found)


def _untagged(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"]) if "t" in value else date.fromisoformat(value["d"])
    return value
