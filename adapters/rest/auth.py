"""Who the gateway is to an API: fixed headers, or an OAuth 2.0 token that is reused until it expires."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson

from adapters.errors import SourceBadData, SourceRefused
from adapters.rest.settings import BasicAuth, BearerAuth, HeaderAuth, OAuth2Auth

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[bytes]]
"""Posts a form (url, body, headers) and gives the body of a 200; raises ``SourceError`` otherwise."""

LEEWAY = 30.0
"""Seconds before its expiry at which a token is no longer used."""


class Credentials:
    """``headers`` for every request; ``renew`` after a 401, true when a repetition makes sense."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.fixed: Mapping[str, str] | None = headers or {}

    async def headers(self) -> Mapping[str, str]:
        assert self.fixed is not None
        return self.fixed

    def renew(self, _used: Mapping[str, str]) -> bool:
        return False


class ClientCredentials(Credentials):
    """One token for all requests; requests that find none wait for the same exchange."""

    def __init__(self, options: OAuth2Auth, post: Post) -> None:
        super().__init__()
        self.fixed = None
        self._options = options
        self._post = post
        self._current: Mapping[str, str] | None = None
        self._expires = 0.0
        self._exchange = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """Raises ``SourceRefused`` when the token server says no, ``SourceBadData`` when it says nonsense."""
        clock = asyncio.get_running_loop().time
        current = self._current
        if current is not None and clock() < self._expires:
            return current
        async with self._exchange:
            if self._current is None or clock() >= self._expires:
                token, seconds = await self._token()
                self._current = {"Authorization": f"Bearer {token}"}
                self._expires = clock() + max(seconds - LEEWAY, seconds / 2)
            return self._current

    def renew(self, used: Mapping[str, str]) -> bool:
        """Forget the token that was refused, unless another request has replaced it already."""
        if self._current is used:
            self._current = None
        return True

    async def _token(self) -> tuple[str, float]:
        options = self._options
        form = {"grant_type": "client_credentials"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        secret = options.client_secret.get_secret_value()
        if options.scope:
            form["scope"] = options.scope
        if options.audience:
            form["audience"] = options.audience
        if options.client_auth == "basic":
            pair = f"{quote_plus(options.client_id)}:{quote_plus(secret)}"  # RFC 6749, 2.3.1: encoded, then basic
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": options.client_id, "client_secret": secret}
        body = await self._post(options.token_url, urlencode(form).encode(), headers)
        try:
            answer: Any = orjson.loads(body)
            token, kind = answer["access_token"], str(answer.get("token_type", "bearer"))
            seconds = float(answer.get("expires_in", 300))
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
            raise SourceBadData(f"the token server {options.token_url} gave no token") from None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or kind.lower() != "bearer":
            raise SourceRefused(f"the token server {options.token_url} gave a token that is not a bearer token")
        return token, seconds


def credentials(options: HeaderAuth | BearerAuth | BasicAuth | OAuth2Auth | None, post: Post) -> Credentials:
    """The credentials that ``auth`` declares."""
    match options:
        case HeaderAuth(name=name, value=value):
            return Credentials({name: value.get_secret_value()})
        case BearerAuth(token=token):
            return Credentials({"Authorization": f"Bearer {token.get_secret_value()}"})
        case BasicAuth(user=user, password=password):
            pair = f"{user}:{password.get_secret_value()}".encode()
            return Credentials({"Authorization": "Basic " + b64encode(pair).decode()})
        case OAuth2Auth():
            return ClientCredentials(options, post)
        case None:
            return Credentials()
