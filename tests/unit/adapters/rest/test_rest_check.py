"""What ``check`` finds when a live API differs from its agency file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web

from adapters.contract import AsOf, FieldBinding, Lookup, Request
from tests.kit.served_api import Api

LIST = Request("GET", "/permits", rows="rows")
ONE = Request("GET", "/permits", ("number",), {"no": "{number}"}, many="comma", max_keys=9, rows="rows")
DATA = [{"no": str(i), "kind": "K", "n": i} for i in range(3)]


def found(request: web.Request, _: Any) -> Any:
    wanted = request.query.get("no")
    return {
        "rows": [row for row in DATA if wanted is None or row["no"] in wanted.split(",")],
        "at": "2026-01-01T00:00:00Z",
    }


async def test_nothing_to_say(api: Api) -> None:
    api.calls(found)
    assert await api.source(LIST, ONE).check() == []


async def test_findings(api: Api) -> None:
    api.calls(found)
    source = api.source(
        LIST,
        ONE,
        fields={
            "number": "no",
            "type": "misspelt",
            "validTo": FieldBinding("validTo", "Date", ("kind",), format="yyyyMMdd"),
        },
        as_of=AsOf(path="at"),
        freshness=timedelta(days=1),
    )
    findings = await source.check()
    assert [finding.key.removeprefix("collections.permit.") for finding in findings] == [
        "fields.validTo",
        "fields.type",
        "fields.validTo",
        "as_of",
    ]
    assert findings[0].problem.startswith("3 of 3: ")
    assert "K" not in findings[0].problem.split(": ", 1)[1].split(), "no raw values"


async def test_a_lookup_that_ignores_its_key(api: Api) -> None:
    api.says({"rows": DATA})
    by = Request("GET", "/s", ("searchName",), {"q": "{searchName}"}, rows="rows")
    (finding,) = await api.source(by).check()
    assert (finding.key, finding.warning) == ("collections.permit.requests.0", True)
    assert "3 rows for a key that nobody has" in finding.problem


async def test_outages_and_empty_lookups(api: Api) -> None:
    lookup = Lookup("hs", "api", "c", "v", get="/ref", rows="nowhere")
    api.calls(lambda request, _: {} if request.path == "/ref" else web.Response(status=500))
    source = api.source(LIST, lookups={"hs": lookup})
    keys = [finding.key for finding in await source.check()]
    assert keys == ["lookups.hs", "collections.permit.requests"]
