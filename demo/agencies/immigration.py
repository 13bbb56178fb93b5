"""Immigration: clients, documents, applications. Key in a header, errors inside 200 answers, dates as yyyyMMdd."""

import hmac
from collections.abc import Mapping, Sequence

from aiohttp import web

from demo.agencies.answers import Answer, document, keys, listed, pairs, whole
from demo.agencies.store import Record, Store
from demo.world.people import fold

MAX_DOCUMENTS = 20
MAX_NUMBERS = 50
MAX_CLIENTS = 50
SEARCH_CAP = 200
PAGE = 100
_SEARCH = """
    SELECT * FROM client WHERE surname_fold >= ? AND surname_fold < ? AND dob >= ? AND dob < ?
    ORDER BY surname_fold, dob, uci_key LIMIT ?
"""
_BY_DOCUMENT = """
    SELECT c.* FROM document d JOIN client c USING (uci_key) WHERE d.no = ? AND d.country = ? ORDER BY c.uci_key
"""
_DOCUMENTS = """
    SELECT d.*, c.uci FROM document d JOIN client c USING (uci_key) WHERE d.uci_key IN (?) ORDER BY d.uci_key, d.no
"""
_APPLICATIONS = """
    SELECT a.*, c.uci FROM application a JOIN client c USING (uci_key)
    WHERE a.uci_key IN (?) AND (a.uci_key, a.no) > (?, ?) ORDER BY a.uci_key, a.no LIMIT ?
"""


class Immigration:
    """Settings: `secret`."""

    open_paths: Sequence[str] = ()
    max_concurrent: int | None = None

    def __init__(self, store: Store, config: Mapping[str, object]) -> None:
        self._store = store
        self._secret = str(config["secret"])

    def routes(self) -> list[web.RouteDef]:
        """Clients by key, document and name; documents; applications."""
        return [
            web.get("/clients", self._search),
            web.post("/clients/by-document", self._by_document),
            web.get("/clients/{key}", self._client),
            web.get("/documents", self._documents),
            web.post("/documents/by-number", self._by_number),
            web.get("/applications", self._applications),
            web.get("/applications/{no}", self._application),
        ]

    def admits(self, request: web.Request) -> bool:
        """The right key in `X-Api-Key`."""
        return hmac.compare_digest(request.headers.get("X-Api-Key", "").encode(), self._secret.encode())

    async def _client(self, request: web.Request) -> web.StreamResponse:
        key = _digits(keys(request, [request.match_info["key"]], 1)[0])
        if not 8 <= len(key) <= 10:
            return Answer({"header": {"returnCode": "0404"}, "client": None}, status=404)
        rows = self._store.rows("SELECT * FROM client WHERE uci_key = ?", (key,))
        if not rows:
            return Answer({"header": {"returnCode": "0404"}, "client": None})
        return _answer(client=_client(rows[0], self._newest_document(key)))

    def _newest_document(self, key: object) -> Record | None:
        rows = self._store.rows(
            "SELECT country, no FROM document WHERE uci_key = ? ORDER BY expiry DESC, no LIMIT 1", (key,)
        )
        return rows[0] if rows else None

    async def _by_document(self, request: web.Request) -> web.StreamResponse:
        asked = pairs((await document(request)).get("documents"), "documents", "country", "no")
        keys(request, ["/".join(pair) for pair in asked], MAX_DOCUMENTS)
        found = list[Record]()
        for country, number in dict.fromkeys(asked):
            paper: Record = {"country": country, "no": _plain(number)}
            rows = self._store.rows(
                _BY_DOCUMENT,
                (paper["no"], country),
            )
            found.extend(_client(row, paper) for row in rows)
        return _answer(clients=found)

    async def _search(self, request: web.Request) -> web.StreamResponse:
        name = fold(request.query.get("surname", "").rstrip("*"))
        year = request.query.get("birthYear", "")
        limit = whole(request.query.get("limit"), SEARCH_CAP, SEARCH_CAP)
        if len(name) < 2:
            return Answer({"header": {"returnCode": "0422"}, "clients": []})
        rows = self._store.rows(
            _SEARCH,
            (name, name + "[", year, (year or "9") + ":", limit),
        )
        return _answer(clients=[_client(row, self._newest_document(row["uci_key"])) for row in rows])

    async def _documents(self, request: web.Request) -> web.StreamResponse:
        wanted = [_digits(text) for text in keys(request, listed(request, "uci"), MAX_CLIENTS)]
        rows = self._store.rows(
            _DOCUMENTS,
            [wanted],
        )
        return _answer(documents=[_document(row) for row in rows])

    async def _by_number(self, request: web.Request) -> web.StreamResponse:
        asked = pairs((await document(request)).get("documents"), "documents", "country", "no")
        keys(request, ["/".join(pair) for pair in asked], MAX_NUMBERS)
        found = list[Record]()
        for country, number in dict.fromkeys(asked):
            rows = self._store.rows(
                "SELECT d.*, c.uci FROM document d JOIN client c USING (uci_key) WHERE d.no = ? AND d.country = ?",
                (_plain(number), country),
            )
            found.extend(_document(row) for row in rows)
        return _answer(documents=found)

    async def _applications(self, request: web.Request) -> web.StreamResponse:
        wanted = [_digits(text) for text in keys(request, listed(request, "uci"), MAX_CLIENTS)]
        after_key, _, after_no = request.query.get("cursor", "").partition(".")
        rows = self._store.rows(
            _APPLICATIONS,
            [wanted, after_key, after_no, PAGE + 1],
        )
        more, rows = len(rows) > PAGE, rows[:PAGE]
        following = f"{rows[-1]['uci_key']}.{rows[-1]['no']}" if more else None
        return Answer(
            {"header": {"returnCode": "0000", "next": following}, "applications": [_application(row) for row in rows]}
        )

    async def _application(self, request: web.Request) -> web.StreamResponse:
        number = keys(request, [request.match_info["no"]], 1)[0]
        rows = self._store.rows(
            "SELECT a.*, c.uci FROM application a JOIN client c USING (uci_key) WHERE a.no = ?", (number,)
        )
        if not rows:
            return Answer({"header": {"returnCode": "0404"}, "application": None})
        return _answer(application=_application(rows[0]))


def _answer(**parts: object) -> Answer:
    return Answer({"header": {"returnCode": "0000"}, **parts})


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _plain(number: str) -> str:
    return "".join(c for c in number.upper() if c.isalnum())


def _split(text: object) -> list[str]:
    return str(text).split(",") if text else []


def _client(row: Record, paper: Record | None) -> Record:
    return {
        "uci": row["uci"],
        "surname": row["surname"],
        "givenNames": row["given"],
        "dob": row["dob"],
        "gender": row["gender"],
        "citizenships": _split(row["citizenships"]),
        "matchedDocument": paper,
    }


def _document(row: Record) -> Record:
    return {name: row[name] for name in ("uci", "type", "country", "no", "expiry")}


def _application(row: Record) -> Record:
    return {
        "applicationNo": row["no"],
        "uci": row["uci"],
        "line": row["line"],
        "status": row["status"],
        "from": row["valid_from"],
        "to": row["valid_to"],
        "conditions": _split(row["conditions"]),
    }
