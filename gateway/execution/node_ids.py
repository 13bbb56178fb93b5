"""Node ids and cursors: opaque, encrypted, the same for every caller and on every replica.

An id is what names a row: the collection's tag and the row's key. A column of keys is sealed by a few cipher calls:
what fits one AES block is one block, what fits two goes through a Feistel network of four rounds of AES (Luby and
Rackoff), a permutation of 32 bytes. Anything longer goes through AES-SIV, one by one. Ids are kept in a bounded memo,
since the same rows are asked for again. An id grants nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from struct import Struct
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BLOCK = 16
_BLOCK = Struct("16s")
SHORT, LONG, WIDE = b"\x01", b"\x02", b"\x03"
ROUNDS = 4
SHORT_TEXT, WIDE_TEXT = BLOCK - 2, 2 * BLOCK - 2
"""Bytes for the key beside its tag; at least one is the null that ends it."""
_WIDE_TEXT = Struct(f"{SHORT_TEXT}s{BLOCK}s")
SHORT_ID, WIDE_ID = 24, 44
"""Characters of an id."""
MEMO = 2**17
"""Ids that are kept, of all collections: some 30 MB."""


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


class _Keys:
    """What one of the deployment's opaque keys gives. Contexts of ECB have no state between blocks: they are kept."""

    def __init__(self, key: bytes) -> None:
        block = Cipher(algorithms.AES(derive(key, "id")), modes.ECB())  # noqa: S305 - one block is one id
        rounds = [
            Cipher(algorithms.AES(derive(key, f"wide id {turn}")), modes.ECB())  # noqa: S305 - a round function
            for turn in range(ROUNDS)
        ]
        self.seal = block.encryptor().update
        self.open = block.decryptor().update
        self.rounds = [cipher.encryptor().update for cipher in rounds]
        self.siv = AESSIV(derive(key, "long id", 64))

    def mixed(self, left: bytes, right: bytes) -> tuple[bytes, bytes]:
        size, before, last = len(left), int.from_bytes(left), right
        for function in self.rounds:
            left, last = last, (before ^ int.from_bytes(function(last))).to_bytes(size)
            before = int.from_bytes(left)
        return left, last

    def unmixed(self, left: bytes, right: bytes) -> tuple[bytes, bytes]:
        """Of one id."""
        for function in reversed(self.rounds):
            left, right = (int.from_bytes(right) ^ int.from_bytes(function(left))).to_bytes(BLOCK), left
        return left, right


class NodeIds:
    """``keys``: the first encrypts, all decrypt. A key's text may be anything; its type is that of the collection."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = [_Keys(key) for key in keys]
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
        if sum(map(len, self._known.values())) + len(fresh) > MEMO:
            self._known = {tag: (known := {})}
            fresh = set(keys)
        known |= self._made(tag, list(fresh))
        return list(map(known.__getitem__, keys))

    def _made(self, tag: bytes, keys: Sequence[Any]) -> dict[Any, str]:
        texts = ["" if key is None else str(key) for key in keys]
        longest = max(map(len, texts), default=0)
        whole = "".join(texts)
        if longest >= WIDE_TEXT or not whole.isascii() or "\0" in whole:
            return {key: self._one(tag, text) for key, text in zip(keys, texts, strict=True)}
        if longest < SHORT_TEXT:
            return dict(zip(keys, self._short(tag, texts), strict=True))
        if min(map(len, texts)) >= SHORT_TEXT:
            return dict(zip(keys, self._wide(tag, texts), strict=True))
        short = [key for key, text in zip(keys, texts, strict=True) if len(text) < SHORT_TEXT]
        return self._made(tag, short) | self._made(tag, list(set(keys).difference(short)))

    def _one(self, tag: bytes, text: str) -> str:
        if text.isascii() and "\0" not in text and len(text) < WIDE_TEXT:
            return (self._short if len(text) < SHORT_TEXT else self._wide)(tag, [text])[0]
        return written(LONG + self._keys[0].siv.encrypt(tag + text.encode(), None))

    def _short(self, tag: bytes, texts: Iterable[str]) -> list[str]:
        padded = [text.ljust(SHORT_TEXT, "\0") for text in texts]
        sealed = self._keys[0].seal(tag + tag.join(map(str.encode, padded)))
        return _spelled(zip(repeat(SHORT), _blocks(sealed), repeat(b"\0")), SHORT_ID)

    def _wide(self, tag: bytes, texts: Iterable[str]) -> list[str]:
        padded = "".join([text.ljust(WIDE_TEXT, "\0") for text in texts])
        left, right = zip(*_WIDE_TEXT.iter_unpack(padded.encode()), strict=True)
        sealed = self._keys[0].mixed(tag + tag.join(left), b"".join(right))
        return _spelled(zip(repeat(WIDE), *map(_blocks, sealed)), WIDE_ID)

    def read(self, node_id: str) -> tuple[bytes, str] | None:
        """The collection's tag and the key, or ``None`` for anything that is no id of ours."""
        try:
            raw = read_text(node_id)
        except ValueError:
            return None
        kind, sealed = raw[:1], raw[1:]
        if kind == SHORT and len(sealed) == BLOCK + 1 and sealed[-1:] == b"\0":
            return self._first(keys.open(sealed[:-1]) for keys in self._keys)
        if kind == WIDE and len(sealed) == 2 * BLOCK:
            return self._first(b"".join(keys.unmixed(sealed[:BLOCK], sealed[BLOCK:])) for keys in self._keys)
        if kind == LONG and len(sealed) >= BLOCK:
            for keys in self._keys:
                try:
                    plain = keys.siv.decrypt(sealed, None)
                except InvalidTag:
                    continue
                return plain[:2], plain[2:].decode()
        return None

    @staticmethod
    def _first(opened: Iterable[bytes]) -> tuple[bytes, str] | None:
        """The first that is a tag and a text of ours: ASCII, and nulls from its end on, one at least."""
        for plain in opened:
            text = plain[2:].rstrip(b"\0")
            if len(text) < len(plain) - 2 and text.isascii() and b"\0" not in text:
                return plain[:2], text.decode()
        return None


def _blocks(sealed: bytes) -> Iterator[bytes]:
    return chain.from_iterable(_BLOCK.iter_unpack(sealed))


def _spelled(ids: Iterable[tuple[bytes, ...]], size: int) -> list[str]:
    """``ids`` in pieces, all of one length, that need no padding."""
    encoded = urlsafe_b64encode(b"".join(chain.from_iterable(ids))).decode()
    return [encoded[at : at + size] for at in range(0, len(encoded), size)]
