"""Police: persons by document or name, lookouts, files, lost and stolen documents. Basic auth, a caveat per record."""

import base64
import hmac
from collections.abc import Mapping, Sequence

from aiohttp import web

from demo.agencies.answers import Answer, Refused, document, keys, listed, pairs
from demo.agencies.store import Record, Store
from demo.world.people import fold

MAX_FILES = 20
MAX_DOCUMENTS = 100
SEARCH_CAP = 50
_FILES_BY = {
    "no": "SELECT * FROM file WHERE file_no IN (?) ORDER BY person_id, file_no",
    "person": "SELECT * FROM file WHERE person_id IN (?) ORDER BY person_id, file_no",
}
_BY_DOCUMENT = """
    SELECT p.* FROM person_document d JOIN person p ON p.id = d.person_id
    WHERE d.number = ? AND d.country = ? ORDER BY p.id
"""


class Police:
    """Settings: `secret`, `user` (guichet)."""

    open_paths: Sequence[str] = ()
    max_concurrent: int | None = None

    def __init__(self, store: Store, config: Mapping[str, object]) -> None:
        self._store = store
        credentials = f"{config.get('user', 'guichet')}:{config['secret']}"
        self._expected = "Basic " + base64.b64encode(credentials.encode()).decode()

    def routes(self) -> list[web.RouteDef]:
        """Persons, lookouts, files, documents."""
        return [
            web.get("/persons", self._by_document),
            web.get("/persons/search", self._search),
            web.get("/persons/{key}", self._one),
            web.get("/persons/{key}/lookouts", self._lookouts),
            web.get("/files", self._files),
            web.post("/sltd/check", self._lost),
        ]

    def admits(self, request: web.Request) -> bool:
        """The right user and password."""
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._expected.encode())

    async def _by_document(self, request: web.Request) -> web.StreamResponse:
        country, number = request.query.get("docCountry", ""), _plain(request.query.get("docNo", ""))
        if not country or not number:
            raise Refused(400, "docCountry and docNo are required")
        keys(request, [f"{country}/{number}"], 1)
        rows = self._store.rows(_BY_DOCUMENT, (number, country))
        return Answer({"hits": [self._person(row, first=number) for row in rows]})

    async def _search(self, request: web.Request) -> web.StreamResponse:
        name, year = fold(request.query.get("q", "").rstrip("*")), request.query.get("yob", "")
        if len(name) < 2:
            raise Refused(400, "q is too short")
        rows = self._store.rows(
            "SELECT * FROM person WHERE family_fold >= ? AND family_fold < ? AND born >= ? AND born < ?"
            " ORDER BY length(family_fold), family_fold, born, id LIMIT ?",
            (name, name + "[", year, (year or "9") + ":", SEARCH_CAP),
        )
        hits = [
            {**self._person(row), "score": round(len(name) / max(1, len(str(row["family_fold"]))), 3)} for row in rows
        ]
        return Answer({"hits": hits})

    async def _one(self, request: web.Request) -> web.StreamResponse:
        rows = self._persons(request)
        return Answer(self._person(rows[0]))

    def _persons(self, request: web.Request) -> list[Record]:
        key = keys(request, [request.match_info["key"]], 1)[0]
        rows = self._store.rows("SELECT * FROM person WHERE id = ?", (key,))
        if not rows:
            raise Refused(404, "no such person")
        return rows

    async def _lookouts(self, request: web.Request) -> web.StreamResponse:
        person = self._persons(request)[0]
        rows = self._store.rows("SELECT * FROM lookout WHERE person_id = ? ORDER BY id", (person["id"],))
        return Answer([_lookout(row) for row in rows])

    async def _files(self, request: web.Request) -> web.StreamResponse:
        name = "no" if "no" in request.query else "person"
        wanted = keys(request, listed(request, name), MAX_FILES)
        rows = self._store.rows(_FILES_BY[name], [wanted])
        return Answer({"files": [_file(row) for row in rows]})

    async def _lost(self, request: web.Request) -> web.StreamResponse:
        asked = pairs((await document(request)).get("documents"), "documents", "c", "n")
        keys(request, ["/".join(pair) for pair in asked], MAX_DOCUMENTS)
        results = []
        for country, number in dict.fromkeys(asked):
            rows = self._store.rows(
                "SELECT status FROM sltd WHERE number = ? AND country = ?", (_plain(number), country)
            )
            results.append({"c": country, "n": number, "status": rows[0]["status"] if rows else "CLEAR"})
        return Answer({"results": results})

    def _person(self, row: Record, first: str = "") -> Record:
        """`first`: the document number to list before the others."""
        papers = self._store.rows(
            "SELECT country, number FROM person_document WHERE person_id = ? ORDER BY number = ? DESC, seq",
            (row["id"], first),
        )
        return {
            "personId": row["id"],
            "name": {"family": row["family"], "given": row["given"]},
            "born": row["born"],
            "sex": row["sex"],
            "nationalities": str(row["nationalities"]).split(",") if row["nationalities"] else [],
            "documents": papers,
            "handling": {"caveat": row["caveat"], "originator": row["originator"]},
        }


def _plain(number: str) -> str:
    return "".join(c for c in number.upper() if c.isalnum())


def _lookout(row: Record) -> Record:
    return {
        "id": row["id"],
        "personId": row["person_id"],
        "refer": bool(row["refer"]),
        "reason": row["reason"],
        "expires": row["expires"],
        "handling": {"code": row["code"], "caveat": row["caveat"], "originator": row["originator"]},
    }


def _file(row: Record) -> Record:
    return {
        "fileNo": row["file_no"],
        "personId": row["person_id"],
        "action": row["action"],
        "date": row["date"],
        "section": row["section"],
        "value": row["value"],
        "caveat": row["caveat"],
    }
