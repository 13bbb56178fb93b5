"""A verified token's claims → :class:`Principal`. What is missing or of another shape than expected is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.errors import Unauthenticated
from gateway.request import Principal
from gateway.settings.config import ClaimNames

ATTRIBUTES = ("ports", "bn", "carrier", "country", "nationality", "agency", "case", "document")
"""Claims that row rules may name. They cross as they are: text, a list of text, or an object of text."""

_MAX_ITEMS = 1_000


def principal_of(claims: Mapping[str, Any], names: ClaimNames) -> Principal:
    """Raises :class:`Unauthenticated` with a reason for the log."""
    return Principal(
        subject=_text(claims, "sub"),
        organization=_text(claims, names.organization),
        roles=frozenset(_words(claims, names.roles)),
        scopes=_scopes(claims, names),
        purpose=_optional(claims, names.purpose),
        agreement=_optional(claims, names.agreement),
        token_id=_optional(claims, "jti"),
        claims={name: _attribute(name, claims[name]) for name in ATTRIBUTES if claims.get(name) is not None},
    )


def _at(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by name, or by a dotted path into objects (``realm_access.roles``)."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = _optional(claims, name)
    if value is None:
        raise Unauthenticated(f"claim {name} is missing")
    return value


def _optional(claims: Mapping[str, Any], name: str) -> str | None:
    value = _at(claims, name)
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > 1_000:
        raise Unauthenticated(f"claim {name} is not text")
    return value


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """A list of text, or text separated by spaces; both are in use for roles."""
    value = _at(claims, name)
    if value is None:
        return []
    words = value.split() if isinstance(value, str) else value
    if not isinstance(words, list) or len(words) > _MAX_ITEMS or not all(isinstance(word, str) for word in words):
        raise Unauthenticated(f"claim {name} is neither text nor a list of text")
    return words


def _scopes(claims: Mapping[str, Any], names: ClaimNames) -> frozenset[str]:
    """From all claims that may hold them; where several do they must say the same. A missing claim is no scope."""
    said = {name: value for name in names.scopes if (value := _at(claims, name)) is not None}
    found = {_written(name, value, names.scope_format) for name, value in said.items()}
    if len(found) > 1:
        raise Unauthenticated(f"claims {' and '.join(said)} differ")
    return next(iter(found), frozenset()) - frozenset(names.foreign_scopes)


def _written(name: str, value: Any, how: str) -> frozenset[str]:
    """Text with single spaces between (RFC 6749, 3.3), or a list of text."""
    if isinstance(value, str) and how != "list":
        words = value.split(" ") if value else []
    elif isinstance(value, list) and how != "text" and all(isinstance(word, str) for word in value):
        words = value
    else:
        raise Unauthenticated(f"claim {name} is not written as configured")
    if len(words) > _MAX_ITEMS or not all(words):
        raise Unauthenticated(f"claim {name} has an empty scope, or too many")
    return frozenset(words)


def _attribute(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) <= _MAX_ITEMS and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return dict(value)
    raise Unauthenticated(f"claim {name} has an unexpected shape")
