"""The frozen per-request context. It names who asks and until when, never a view or a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request: its id (also ``X-Request-Id``), the principal, and its deadline on the event loop's clock."""

    id: str
    principal: Principal
    deadline: float
    explain: bool = False
