"""Food inspection: permits, commodities, decisions, holds, inspections. Bearer token, offset paging, Link headers."""

import hmac
from collections.abc import Mapping, Sequence
from typing import ClassVar

from aiohttp import web

from demo.agencies.answers import Answer, Refused, document, keys, listed, strings, whole
from demo.agencies.store import Record, Store

MAX_PERMITS = 50
MAX_TRANSACTIONS = 100
MAX_CCNS = 50
PAGE = 100
_HOLDS_BY = {
    "id": "SELECT * FROM hold WHERE id IN (?) ORDER BY placed, id",
    "ccn": "SELECT * FROM hold WHERE ccn IN (?) ORDER BY placed, id",
    "container": "SELECT * FROM hold WHERE container IN (?) ORDER BY placed, id",
}
_INSPECTIONS_BY = {
    "id": "SELECT * FROM inspection WHERE id IN (?) ORDER BY at, id",
    "ccn": "SELECT * FROM inspection WHERE ccn IN (?) ORDER BY at, id",
}
STATES = {"ISSUED": "A", "REVOKED": "R", "EXHAUSTED": "X", "EXPIRED": "E", "SUSPENDED": "S"}


class Food:
    """Settings: `secret`."""

    open_paths: Sequence[str] = ()
    max_concurrent: int | None = None
    orders: ClassVar[dict[str, str]] = {
        "expiry": "expiry, no_key",
        "-expiry": "expiry DESC, no_key DESC",
        "no": "no_key",
        "-no": "no_key DESC",
    }

    def __init__(self, store: Store, config: Mapping[str, object]) -> None:
        self._store = store
        self._secret = str(config["secret"])

    def routes(self) -> list[web.RouteDef]:
        """Code list, permits, decisions, holds, inspections."""
        return [
            web.get("/ref/commodities", self._commodities),
            web.get("/permits", self._permits),
            web.post("/decisions/query", self._decisions),
            web.get("/holds", self._holds),
            web.get("/inspections", self._inspections),
        ]

    def admits(self, request: web.Request) -> bool:
        """The right bearer token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), self._secret.encode())

    async def _commodities(self, _request: web.Request) -> web.StreamResponse:
        return Answer({"items": self._store.rows("SELECT code, hs, name FROM commodity ORDER BY code")})

    async def _permits(self, request: web.Request) -> web.StreamResponse:
        if "no" in request.query:
            wanted = [_plain(text) for text in keys(request, listed(request, "no"), MAX_PERMITS)]
            rows = self._store.rows("SELECT * FROM permit WHERE no_key IN (?) ORDER BY no_key", [wanted])
            return Answer({"permits": self._with_lines(rows), "total": len(rows)})
        where, values = _permit_filter(request)
        order = self.orders.get(request.query.get("sort", "expiry"))
        if order is None:
            raise Refused(400, f"sort is one of {', '.join(self.orders)}")
        limit = whole(request.query.get("limit"), PAGE, PAGE)
        offset = (
            whole(request.query.get("offset") or None, 1, 10_000_000) if request.query.get("offset", "0") != "0" else 0
        )
        page = f"SELECT * FROM permit WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 - this file's own text
        rows = self._store.rows(page, [*values, limit, offset])
        total = self._store.count(f"SELECT count(*) FROM permit WHERE {where}", values)  # noqa: S608 - this file's own text
        return Answer({"permits": self._with_lines(rows), "total": total})

    def _with_lines(self, permits: list[Record]) -> list[Record]:
        numbers = [permit["no_key"] for permit in permits]
        lines: dict[object, list[Record]] = {}
        for row in self._store.rows("SELECT * FROM permit_line WHERE no_key IN (?) ORDER BY no_key, n", [numbers]):
            key = row.pop("no_key")
            lines.setdefault(key, []).append(row)
        return [_permit(permit, lines.get(permit["no_key"], [])) for permit in permits]

    async def _decisions(self, request: web.Request) -> web.StreamResponse:
        given = strings((await document(request)).get("transactions"), "transactions")
        wanted = [text[:14] for text in keys(request, given, MAX_TRANSACTIONS)]
        rows = self._store.rows("SELECT * FROM decision WHERE txn IN (?) ORDER BY txn, line", [wanted])
        return Answer({"decisions": [_decision(row) for row in rows]})

    async def _holds(self, request: web.Request) -> web.StreamResponse:
        for name, sql in _HOLDS_BY.items():
            if name in request.query:
                wanted = keys(request, listed(request, name), MAX_CCNS)
                return Answer({"holds": [_hold(row) for row in self._store.rows(sql, [wanted])]})
        return self._hold_page(request)

    def _hold_page(self, request: web.Request) -> web.StreamResponse:
        sort = request.query.get("sort", "placed")
        if sort not in ("placed", "-placed"):
            raise Refused(400, "sort is placed or -placed")
        conditions, values = _hold_filter(request)
        down = sort.startswith("-")
        after = request.query.get("after")
        if after:
            placed, _, key = after.partition("~")
            conditions.append(f"(placed, id) {'<' if down else '>'} (?, ?)")
            values += [placed, key]
        size = whole(request.query.get("limit"), PAGE, PAGE)
        where, order = " AND ".join(conditions) or "1", "placed DESC, id DESC" if down else "placed, id"
        page = f"SELECT * FROM hold WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 - this file's own text
        rows = self._store.rows(page, [*values, size + 1])
        headers = {}
        if len(rows) > size:
            rows = rows[:size]
            following = request.url.update_query({"after": f"{rows[-1]['placed']}~{rows[-1]['id']}"})
            headers["Link"] = f'<{following}>; rel="next"'
        return Answer({"holds": [_hold(row) for row in rows]}, headers=headers)

    async def _inspections(self, request: web.Request) -> web.StreamResponse:
        name = "id" if "id" in request.query else "ccn"
        wanted = keys(request, listed(request, name), MAX_CCNS)
        rows = self._store.rows(_INSPECTIONS_BY[name], [wanted])
        return Answer({"inspections": rows})


def _plain(number: str) -> str:
    return "".join(c for c in number.upper() if c.isalnum())


def _permit_filter(request: web.Request) -> tuple[str, list[object]]:
    """Condition and values. A status is a letter of this agency, or the word for it; A excludes the suspended."""
    parts, values = ["1"], list[object]()
    for name, condition in (
        ("holder", "holder_bn = ?"),
        ("kind", "kind = ?"),
        ("expiresFrom", "expiry >= ?"),
        ("expiresTo", "expiry <= ?"),
    ):
        if request.query.get(name):
            parts.append(condition)
            values.append(request.query[name])
    states = [STATES.get(text.upper(), text.upper()) for text in listed(request, "status")]
    if states:
        plain = [state for state in states if state != "S"]
        condition = "(suspended = 0 AND state IN (?))"
        parts.append(f"({condition} OR suspended = 1)" if "S" in states else condition)
        values.append(plain)
    return " AND ".join(parts), values


def _hold_filter(request: web.Request) -> tuple[list[str], list[object]]:
    conditions, values = list[str](), list[object]()
    places = listed(request, "place")
    if places:
        conditions.append("unlocode IN (?)")
        values.append(places)
    is_open = request.query.get("open")
    if is_open:
        conditions.append("lifted IS NULL" if is_open.lower() == "true" else "lifted IS NOT NULL")
    for name, condition in (("placedFrom", "placed >= ?"), ("placedTo", "placed <= ?")):
        if request.query.get(name):
            conditions.append(condition)
            values.append(request.query[name])
    return conditions, values


def _permit(row: Record, lines: list[Record]) -> Record:
    return {
        "no": row["no"],
        "kind": row["kind"],
        "state": row["state"],
        "suspended": bool(row["suspended"]),
        "holder": {"name": row["holder_name"], "bn": row["holder_bn"]},
        "from": row["valid_from"],
        "expiry": row["expiry"],
        "origins": str(row["origins"]).split(",") if row["origins"] else [],
        "lines": lines,
    }


def _decision(row: Record) -> Record:
    return {
        "transaction": row["txn"],
        "line": row["line"],
        "decision": row["decision"],
        "reason": row["reason"],
        "decidedAt": row["decided_at"],
    }


def _hold(row: Record) -> Record:
    return {
        "id": row["id"],
        "ccn": row["ccn"],
        "scope": row["scope"],
        "lot": row["lot"],
        "reason": row["reason"],
        "placed": row["placed"],
        "lifted": row["lifted"],
        "mayMove": bool(row["may_move"]),
        "unlocode": row["unlocode"],
        "container": row["container"],
    }
