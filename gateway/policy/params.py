"""The values that a view's row rules leave open: claims of the principal, and moments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.errors import Forbidden
from gateway.policy.predicates import LIST_CLAIMS
from gateway.policy.view import View
from gateway.request import Principal

_OFFSET = re.compile(r"(now|today)(?:-(\d+)([ydh]))?")


def bind_params(view: View, principal: Principal, now: datetime) -> dict[str, Any]:
    """Parameter name → value, ready for ``FetchCall.params``: lists for claims that hold several values, text for the
    others, aware UTC instants and dates for moments. Raises :class:`Forbidden` when the token lacks a claim."""
    return {name: _bound(name, principal, now) for name in view.params}


def require_claims(params: Iterable[str], principal: Principal) -> None:
    """Raises :class:`Forbidden` when the token lacks a claim that its role's rows name, or has it in another shape."""
    for name in params:
        if name.startswith("claims."):
            _claim(name.removeprefix("claims."), principal)


def _bound(name: str, principal: Principal, now: datetime) -> Any:
    if name.startswith("claims."):
        return _claim(name.removeprefix("claims."), principal)
    return moment(name, now)


def _claim(name: str, principal: Principal) -> Any:
    value: Any = principal.claims
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    items = list(value) if isinstance(value, list | tuple) else [value]
    if not items or not all(isinstance(item, str) and item for item in items):
        raise Forbidden(f"the token needs the claim {name} for its role")
    if name in LIST_CLAIMS:
        return items
    if len(items) != 1:
        raise Forbidden(f"the token's claim {name} must be one value")
    return items[0]


def moment(name: str, now: datetime) -> datetime | date:
    """``now``, ``now-5y``, ``today-30d`` → the instant, or the date in UTC. 29 February less a year is the 28th."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        raise AssertionError(name)
    instant = now.astimezone(UTC)
    if match[2] is not None:
        amount = int(match[2])
        if match[3] == "y":
            instant = _years_before(instant, amount)
        else:
            instant -= timedelta(days=amount) if match[3] == "d" else timedelta(hours=amount)
    return instant if match[1] == "now" else instant.date()


def _years_before(instant: datetime, years: int) -> datetime:
    try:
        return instant.replace(year=instant.year - years)
    except ValueError:
        return instant.replace(year=instant.year - years, day=28)
