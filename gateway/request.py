"""The frozen per-request context. It names who asks and until when, never a view or a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resolvers.enums import Language


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as the verified token says. ``claims`` are the attributes that row rules may name (``ports``, ``bn``,
    ``carrier``, …), values as in the token: strings, lists of strings, or an object of strings."""

    subject: str
    organization: str
    roles: frozenset[str]
    scopes: frozenset[str]
    purpose: str | None = None
    agreement: str | None = None
    token_id: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class RequestContext:
    """One request: its id (also ``X-Request-Id``), the principal, and its deadline on the event loop's clock.
    ``language``: what introspection describes the schema in; never what data is in."""

    id: str
    principal: Principal
    deadline: float
    explain: bool = False
    language: Language = Language.EN


@dataclass(slots=True)
class Answer:
    """What an operation came to, before it is bytes.

    ``errors`` are wire errors already, each with ``extensions.code``. ``log`` holds what the request's log line adds:
    ``operation`` (name), ``operation_hash``, ``sources``, ``rows``, ``outcome``; never values. ``record`` is the
    disclosure to make durable before a byte leaves, or ``None`` when nothing was disclosed. ``executed`` is false when
    the operation was refused before execution: then the response has no ``data``, and ``status`` says why in HTTP."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)
    log: dict[str, Any] = field(default_factory=dict)
    record: Any = None
    executed: bool = True
    status: int = 200
