"""What ``check`` finds when a live API differs from its agency file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from adapters.contract import AsOf, Child, CodeMap, FieldBinding, Finding, Lookup, Paging, Request
from adapters.rest.check import _plain
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
        "as_of",
    ]
    assert [finding.note for finding in findings] == [False, True, True]
    assert findings[0].problem == "none can be read: not a date"


async def test_a_lookup_that_ignores_its_key(api: Api) -> None:
    api.says({"rows": DATA})
    by = Request("GET", "/s", ("searchName",), {"q": "{searchName}"}, rows="rows")
    (finding,) = await api.source(by).check()
    assert (finding.key, finding.note) == ("collections.permit.requests.0", True)
    assert "3 rows for a key that nobody has" in finding.problem


async def test_outages_and_empty_lookups(api: Api) -> None:
    lookup = Lookup("hs", "api", "c", "v", get="/ref", rows="nowhere")
    api.calls(lambda request, _: {} if request.path == "/ref" else web.Response(status=500))
    source = api.source(LIST, lookups={"hs": lookup})
    keys = [finding.key for finding in await source.check()]
    assert keys == ["lookups.hs", "collections.permit.requests"]


# ---- what a list request promises -----------------------------------------------------------------

ROWS = [{"no": f"N{i:02d}", "kind": "AB"[i % 2], "n": i} for i in range(12)]
FIELDS = {"number": "no", "type": "kind", "sequence": FieldBinding("sequence", "Int", ("n",))}
PAGED = Request(
    "GET",
    "/permits",
    query={
        "kind": "{type}",
        "from": "{sequence.gte}",
        "sort": "{order}",
        "offset": "{offset}",
        "size": "{size}",
    },
    order={"sequence": ("n", "-n")},
    rows="rows",
    paging=Paging(5, total="total"),
)
BATCH = Request("GET", "/permits", ("number",), {"no": "{number}"}, many="comma", max_keys=4, rows="rows")


def faithful(request: web.Request, _: Any) -> dict[str, Any]:
    """Does what its file says."""
    query, rows = request.query, list(ROWS)
    rows = [row for row in rows if "no" not in query or row["no"] in query["no"].split(",")]
    rows = [row for row in rows if query.get("kind") in (None, row["kind"])]
    # The query and the rows are plain objects.
    rows = [row for row in rows if int(row["n"]) >= int(query.get("from", 0))]  # type: ignore[call-overload]
    if query.get("sort") == "-n":
        rows.reverse()
    start = int(query.get("offset", 0))
    return {"total": len(rows), "rows": rows[start : start + int(query.get("size", 99))]}


async def said(api: Api, answer: Callable[[web.Request], Any]) -> list[str]:
    """What is wrong with an API that answers so, without the collection's name."""
    api.calls(lambda request, _: answer(request))
    findings = await api.source(PAGED, BATCH, fields=FIELDS).check()
    return [f"{finding.key.removeprefix('collections.permit.requests.')}: {finding.problem}" for finding in findings]


def without(*names: str) -> Callable[[web.Request], Any]:
    """An API that knows nothing of these parameters."""
    return lambda request: faithful(request.clone(rel_url=request.rel_url.without_query_params(*names)), None)


async def test_an_api_that_does_as_its_file_says(api: Api) -> None:
    assert await said(api, lambda request: faithful(request, None)) == []


async def test_filters_that_do_not_narrow(api: Api) -> None:
    assert await said(api, without("kind")) == ["0.{type}: does not narrow: 2 of 5 rows have another type"]
    assert await said(api, without("from")) == ["0.{sequence.gte}: does not narrow: 5 of 5 rows have another sequence"]


async def test_a_filter_that_finds_nothing(api: Api) -> None:
    def deaf(request: web.Request) -> Any:
        return {"total": 0, "rows": []} if "kind" in request.query else faithful(request, None)

    assert await said(api, deaf) == ["0.{type}: finds nothing for a type that the list has"]


async def test_an_order_that_is_none(api: Api) -> None:
    (problem,) = await said(api, without("sort"))
    assert problem.startswith("0.order.sequence: descending: ")


async def test_pages_that_repeat_end_early_or_miscount(api: Api) -> None:
    assert "0.paging: page 2 repeats 5 of the 5 rows of page 1" in await said(
        api, lambda request: {**without("offset")(request), "next": request.query.get("offset")}
    )

    def short(request: web.Request) -> Any:
        return {**faithful(request, None), "total": 3}

    def more(request: web.Request) -> Any:
        return {**faithful(request, None), "total": 40}

    def mute(request: web.Request) -> Any:
        return {"rows": faithful(request, None)["rows"]}

    assert "0.paging.total: says 3, and 4 rows came" in await said(api, short)
    assert "0.paging.total: says 40, and 12 rows came" in await said(api, more)
    assert "0.paging.total: is no number in the answer" in await said(api, mute)


async def test_more_rows_than_were_asked_for(api: Api) -> None:
    assert "0.paging.size: 12 rows came where 5 were asked for" in await said(api, without("size"))


async def test_fewer_keys_than_the_file_says(api: Api) -> None:
    def narrow(request: web.Request) -> Any:
        many = request.query.get("no", "").count(",") > 2
        return web.Response(status=400) if many else faithful(request, None)

    def forgetful(request: web.Request) -> Any:
        found = faithful(request, None)
        return {**found, "rows": found["rows"][:2]} if "no" in request.query else found

    (refused,) = await said(api, narrow)
    assert refused.startswith("1.max_keys: 4 keys in one call: ")
    assert await said(api, forgetful) == ["1.max_keys: 2 of 4 keys in one call are not answered"]


async def test_several_rows_for_one_key(api: Api) -> None:
    """In the list, or only where the key is looked up: one row of them would be shown, by chance."""

    def twice(request: web.Request) -> Any:
        found = faithful(request, None)
        return {**found, "rows": [*found["rows"], *found["rows"][:1]]} if "no" in request.query else found

    assert await said(api, twice) == ["1: 3 of 12 keys (number) have more than one row"]
    rows = [*DATA, {**DATA[0], "kind": "L"}, {"kind": "M"}]
    api.says({"rows": rows})
    found = {finding.problem: finding.note for finding in await api.source(LIST, fields={"number": "no"}).check()}
    assert found == {
        "1 of 3 keys (number) have more than one row": False,
        "1 of 5 rows have no key (number)": False,
    }


async def test_a_code_list_with_a_code_twice(api: Api) -> None:
    lookup = Lookup("hs", "api", "c", "v", get="/ref", rows="")
    api.calls(lambda request, _: [{"c": 1, "v": "a"}, {"c": "1", "v": "b"}] if request.path == "/ref" else {"rows": []})
    (finding,) = await api.source(LIST, lookups={"hs": lookup}).check()
    assert (finding.key, finding.note) == ("lookups.hs", True)
    assert finding.problem == "1 codes occur more than once; the first value counts"


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("http://10.0.0.7", True),
        ("http://localhost.example", True),
        ("https://10.0.0.7", False),
        ("http://[::1]:8", False),
    ],
)
def test_a_way_that_others_can_read(base: str, told: bool) -> None:
    notes = [Finding("sources.api.base_url", "the connection is not encrypted; use https", note=True)]
    assert _plain("api", base) == (notes if told else [])


async def test_a_clock_that_is_off(api: Api) -> None:
    api.says({"rows": DATA}, headers={"Date": "Tue, 24 Nov 2020 12:00:00 GMT"})
    (finding,) = [one for one in await api.source(LIST).check() if one.key == "sources.api"]
    assert finding.note
    assert finding.problem.startswith("its clock is ")


async def test_inside_a_list_of_lines(api: Api) -> None:
    """One unmapped code of two is dirty data; a date none of whose values can be read is a wrong binding."""
    api.says({"rows": [{"no": "1", "lines": [{"u": "KG", "d": "x"}, {"u": "?", "d": "y"}]}]})
    lines = Child(
        "lines",
        "PermitLine",
        array="lines",
        fields={
            "unit": FieldBinding("unit", "String", ("u",), codes=CodeMap({"KG": "KGM"})),
            "until": FieldBinding("until", "Date", ("d",)),
        },
    )
    source = api.source(LIST, fields={"number": "no"}, children={"lines": lines})
    found = {finding.key: (finding.problem, finding.note) for finding in await source.check()}
    assert found == {
        "collections.permit.children.lines.fields.unit": ("1 of 2: unmapped code", True),
        "collections.permit.children.lines.fields.until": ("none can be read: not a date", False),
    }
