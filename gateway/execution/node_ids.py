"""Node ids and cursors: opaque, encrypted, the same for every caller and on every replica.

An id is what names a row: the collection's tag and the row's key. What fits one AES block is one block, and a column of
them goes through one cipher call; anything longer goes through AES-SIV. Ids are kept in a bounded memo, since the same
rows are asked for again. An id grants nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BLOCK = 16
SHORT = b"\x01"
LONG = b"\x02"
ID_CHARS = 24
MEMO = 8192
"""Ids of one collection that are kept."""


def derive(key: bytes, purpose: str, length: int = 32) -> bytes:
    """A key for one purpose from the deployment's opaque key."""
    return HKDF(SHA256(), length, salt=None, info=b"guichet/" + purpose.encode()).derive(key)


def written(raw: bytes) -> str:
    """Bytes as the text of an id or a cursor."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def read_text(text: str) -> bytes:
    """The bytes of an id or a cursor. Raises ``ValueError`` for a text that is not what ``written`` makes of them."""
    raw = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    if written(raw) != text:
        raise ValueError("another spelling")
    return raw


class NodeIds:
    """``keys``: the first encrypts, all decrypt. A key's text may be anything; its type is that of the collection."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._blocks = [Cipher(algorithms.AES(derive(key, "id")), modes.ECB()) for key in keys]  # noqa: S305 - one block is one id
        self._sivs = [AESSIV(derive(key, "long id", 64)) for key in keys]
        self._known: dict[bytes, dict[Any, str]] = {}

    def column(self, tags: Sequence[bytes] | bytes, keys: Sequence[Any]) -> list[str]:
        """Ids of rows with these keys; ``tags`` is one for all rows, or one a row."""
        if isinstance(tags, bytes):
            return self._of(tags, keys)
        rows = list(zip(tags, keys, strict=True))
        ids = {tag: iter(self._of(tag, [key for other, key in rows if other == tag])) for tag in dict.fromkeys(tags)}
        return [next(ids[tag]) for tag in tags]

    def _of(self, tag: bytes, keys: Sequence[Any]) -> list[str]:
        known = self._known.setdefault(tag, {})
        try:
            return list(map(known.__getitem__, keys))
        except KeyError:
            fresh = set(keys).difference(known)
        if len(known) + len(fresh) > MEMO:
            known.clear()
            fresh = set(keys)
        known |= self._made(tag, fresh)
        return list(map(known.__getitem__, keys))

    def _made(self, tag: bytes, keys: Iterable[Any]) -> dict[Any, str]:
        made: dict[Any, str] = {}
        short: list[Any] = []
        blocks: list[bytes] = []
        for key in keys:
            text = b"" if key is None else str(key).encode()
            if len(text) > BLOCK - 3:
                made[key] = written(LONG + self._sivs[0].encrypt(tag + text, None))
            else:
                short.append(key)
                blocks.append(tag + bytes((len(text),)) + text.ljust(BLOCK - 3, b"\0"))
        sealed = self._blocks[0].encryptor().update(b"".join(blocks))
        framed = b"".join(SHORT + sealed[start : start + BLOCK] + b"\0" for start in range(0, len(sealed), BLOCK))
        encoded = urlsafe_b64encode(framed).decode()
        for place, key in enumerate(short):
            made[key] = encoded[place * ID_CHARS : (place + 1) * ID_CHARS]
        return made

    def read(self, node_id: str) -> tuple[bytes, str] | None:
        """The collection's tag and the key, or ``None`` for anything that is no id of ours."""
        try:
            raw = read_text(node_id)
        except ValueError:
            return None
        if raw[:1] == SHORT and len(raw) == BLOCK + 2 and raw[-1:] == b"\0":
            return self._read_block(raw[1:-1])
        if raw[:1] == LONG and len(raw) > BLOCK:
            for siv in self._sivs:
                try:
                    plain = siv.decrypt(raw[1:], None)
                except InvalidTag:
                    continue
                return plain[:2], plain[2:].decode()
        return None

    def _read_block(self, block: bytes) -> tuple[bytes, str] | None:
        for cipher in self._blocks:
            plain = cipher.decryptor().update(block)
            size = plain[2]
            if size <= BLOCK - 3 and not any(plain[3 + size :]):
                try:
                    return plain[:2], plain[3 : 3 + size].decode()
                except UnicodeDecodeError:
                    continue
        return None
