"""Revenue: accounts and assessments. OAuth 2.0, cursor paging, 429 when too busy, money as strings."""

import base64
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence

from aiohttp import web

from demo.agencies.answers import Answer, Refused, document, keys, listed, strings, whole
from demo.agencies.store import Record, Store

MAX_ACCOUNTS = 100
MAX_TRANSACTIONS = 50
MAX_PAGE = 40
_LINES = "SELECT * FROM line WHERE txn = ? AND version = ? ORDER BY line_no"
_ASSESSMENTS = "SELECT * FROM assessment WHERE txn IN (?) AND (txn, version) > (?, ?) ORDER BY txn, version LIMIT ?"


class Revenue:
    """Settings: `secret`, `client_id` (guichet), `token_ttl_s` (300), `max_concurrent` (16)."""

    open_paths: Sequence[str] = ("/oauth/token",)

    def __init__(self, store: Store, config: Mapping[str, object]) -> None:
        self._store = store
        self._secret = str(config["secret"])
        self._client = str(config.get("client_id", "guichet"))
        self._ttl = float(str(config.get("token_ttl_s", 300)))
        self.max_concurrent: int | None = int(str(config.get("max_concurrent", 16)))
        self._tokens: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        """Token, accounts, assessments."""
        return [
            web.post("/oauth/token", self._token),
            web.get("/v1/accounts", self._accounts),
            web.post("/v1/assessments/search", self._assessments),
        ]

    def admits(self, request: web.Request) -> bool:
        """A token that was issued here and has not expired."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._tokens.get(token, 0.0) > time.monotonic()

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        client, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            except ValueError:
                client = ""
        if form.get("grant_type") != "client_credentials":
            raise Refused(400, "unsupported_grant_type")
        if client != self._client or not hmac.compare_digest(secret.encode(), self._secret.encode()):
            raise Refused(401, "invalid_client")
        now = time.monotonic()
        self._tokens = {token: ends for token, ends in self._tokens.items() if ends > now}
        token = secrets.token_urlsafe(24)
        self._tokens[token] = now + self._ttl
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": int(self._ttl), "scope": "accounts.read"}
        return Answer(answer, headers={"Cache-Control": "no-store"})

    async def _accounts(self, request: web.Request) -> web.StreamResponse:
        wanted = keys(request, listed(request, "bn"), MAX_ACCOUNTS)
        rows = self._store.rows("SELECT * FROM account WHERE bn15 IN (?) ORDER BY bn15", [wanted])
        return Answer({"accounts": [_account(row) for row in rows]})

    async def _assessments(self, request: web.Request) -> web.StreamResponse:
        body = await document(request)
        given = strings(body.get("transactions"), "transactions")
        wanted = list(dict.fromkeys(text[:14] for text in keys(request, given, MAX_TRANSACTIONS)))
        page = body.get("page") or {}
        if not isinstance(page, dict):
            raise Refused(400, "page must be an object")
        size = whole(page.get("size"), MAX_PAGE, MAX_PAGE)
        after, _, version = str(page.get("after") or "").partition(".")
        values = [wanted, after, int(version) if version.isdigit() else 0, size + 1]
        rows = self._store.rows(_ASSESSMENTS, values)
        more = len(rows) > size
        rows = rows[:size]
        following = f"{rows[-1]['txn']}.{rows[-1]['version']}" if more else None
        return Answer({"items": [self._assessment(row) for row in rows], "page": {"next": following}})

    def _assessment(self, row: Record) -> Record:
        lines = self._store.rows(_LINES, (row["txn"], row["version"]))
        version = int(str(row["version"]))
        return {
            "transactionNumber": row["txn"] if version == 1 else f"{row['txn']}{version:05d}",
            "version": version,
            "currency": row["currency"],
            "dueDate": row["due"],
            "state": row["state"],
            "lines": [_line(line) for line in lines],
        }


def _account(row: Record) -> Record:
    return {
        "bn15": row["bn15"],
        "name": {"legal": row["legal_name"]},
        "address": {"country": row["country"]},
        "pip": {"status": row["pip_status"]},
    }


def _line(row: Record) -> Record:
    amounts = {"duty": row["duty"], "excise": row["excise"], "gst": row["gst"], "total": row["total"]}
    return {"lineNo": row["line_no"], "tariffTreatment": row["treatment"], "amounts": amounts}
