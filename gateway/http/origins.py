"""Which pages elsewhere may read answers: the allow-list of ``[http] cors_origins``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware


class Origins:
    """Exact origins; ``:*`` at the end stands for any port, and for none."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.patterns = [_pattern(each) for each in allowed]

    def allow(self, origin: str) -> bool:
        return any(re.fullmatch(pattern, origin) for pattern in self.patterns)

    def may_connect(self, origin: str | None, host: str | None) -> bool:
        """For WebSockets, of which browsers say the origin but do not ask first: no page, our own, or one allowed."""
        return origin is None or (bool(host) and origin.partition("://")[2] == host) or self.allow(origin)


def _pattern(allowed: str) -> str:
    if allowed.endswith(":*"):
        return re.escape(allowed[:-2]) + r"(?::\d{1,5})?"
    return re.escape(allowed)


def cors(allowed: Iterable[str]) -> list[Middleware]:
    """The middleware, or none when nobody is allowed. Credentials are never allowed: tokens travel in a header."""
    patterns = Origins(allowed).patterns
    if not patterns:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origin_regex="|".join(patterns),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-guichet-explain"],
            expose_headers=["x-request-id"],
            max_age=600,
        )
    ]
