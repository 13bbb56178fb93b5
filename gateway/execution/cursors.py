"""Cursors: each source's position in a list, encrypted, and bound to the list, the filter, the order and the rights.

For every owner a cursor holds the last row of that owner at or before it and the first one after it, as order values:
paging forward starts strictly after the one, paging back strictly before the other. A source that misses a page keeps
the position it had, and so loses and repeats nothing.

Lists that the gateway puts together have no row of one owner: which rows there are, and where, depends on who answered.
Their cursors hold one ``Stand``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b, sha256
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


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a reader of a list that the gateway made stands. What lies up to ``place`` was told while everybody
    answered (``None``: nothing was); of what lies beyond, the rows with these ``marks`` were told."""

    place: Values | None = None
    marks: frozenset[str] = frozenset()


def mark(name: str) -> str:
    """A row's name, short: two of a million rows share one with a probability of 1 : 500."""
    return b64encode(blake2b(name.encode(), digest_size=MARK // 4 * 3).digest()).decode()


MARK = 8


class Cursors:
    def __init__(self, keys: Sequence[bytes]) -> None:
        self._sivs = [AESSIV(derive(key, "cursor", 64)) for key in keys]

    def encode(self, binding: bytes, positions: Mapping[str, Position]) -> str:
        plain = {
            owner: (_plain(at.last), None if at.next is at.last else _plain(at.next), at.next is at.last)
            for owner, at in positions.items()
        }
        return self._seal(binding, plain)

    def decode(self, binding: bytes, text: str) -> dict[str, Position]:
        """Raises ``ClientError`` for anything not made by ``encode`` with the same binding."""
        found = {}
        for owner, (last, following, same) in self._unsealed(binding, text).items():
            values = _values(last)
            found[owner] = Position(values, values if same else _values(following))
        return found

    def encode_stand(self, binding: bytes, at: Stand) -> str:
        return self._seal(binding, [_plain(at.place), "".join(sorted(at.marks))])

    def decode_stand(self, binding: bytes, text: str) -> Stand:
        """Raises ``ClientError`` for anything not made by ``encode_stand`` with the same binding."""
        place, marks = self._unsealed(binding, text)
        return Stand(_values(place), frozenset(marks[at : at + MARK] for at in range(0, len(marks), MARK)))

    def _seal(self, binding: bytes, plain: Any) -> str:
        return written(self._sivs[0].encrypt(orjson.dumps(plain), [binding]))

    def _unsealed(self, binding: bytes, text: str) -> Any:
        try:
            return orjson.loads(self._open(read_text(text), binding))
        except (ValueError, InvalidTag):
            raise bad_input("cursor does not belong to this query or to these rights; start again") from None

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
