"""Lists over HTTP: paging styles, pushed filters and orders, early ends, what the gateway does itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from adapters.contract import (
    AllOf,
    AsOf,
    Compare,
    FetchCall,
    FetchSpec,
    FieldBinding,
    Negation,
    OrderTerm,
    Paging,
    Param,
    Request,
    Value,
)
from adapters.errors import SourceBadData, SourceRefused, Unsupported
from tests.kit.served_api import Api

SPEC = FetchSpec("permit", ("number",))
DATA = [{"no": f"{i:02}", "kind": "AB"[i % 2]} for i in range(7)]


def served(request: web.Request, _: Any) -> Any:
    """All of ``DATA`` by every paging style at once."""
    query = request.query
    size = int(query.get("limit", 3))
    start = int(query.get("offset", 0))
    if "page" in query:
        start = (int(query["page"]) - 1) * size
    if "cursor" in query:
        start = int(query["cursor"].removeprefix("c"))
    data = [row for row in DATA if query.get("kind", row["kind"]) == row["kind"]]
    if query.get("sort", "").startswith("-"):
        data = data[::-1]
    if "from" in query:
        data = [row for row in data if row["no"] >= query["from"]]
    end = start + size
    more = end < len(data)
    body = {"rows": data[start:end], "total": len(data), "next": f"c{end}" if more else None}
    body["link"] = f"/x?cursor=c{end}" if more else ""
    response = web.json_response(body)
    if more:
        response.headers.add("Link", '</self>; rel="self"')
        response.headers.add("Link", f'<?cursor=c{end}>; rel="last next"; title="a, b"')
    return response


def request(query: dict[str, str], paging: Paging, **rest: Any) -> Request:
    return Request("GET", "/x", query=query, paging=paging, rows="rows", **rest)


STYLES = [
    request({"page": "{page}", "limit": "{size}"}, Paging(3)),
    request({"offset": "{offset}", "limit": "{size}"}, Paging(3)),
    request({"offset": "{offset}", "limit": "2"}, Paging(3, total="total")),
    request({"cursor": "{cursor}"}, Paging(3, "next")),
    request({}, Paging(3, "header:Link")),
    request({}, Paging(3, "link")),
]


@pytest.mark.parametrize("style", STYLES, ids=["page", "offset", "total", "cursor", "header", "link"])
async def test_all_pages_are_read(api: Api, style: Request) -> None:
    api.calls(served)
    rows = await api.source(style).prepare(SPEC).run(FetchCall())
    assert rows.columns[0] == [row["no"] for row in DATA]
    assert len(api.asked) == (4 if style.query.get("limit") == "2" else 3)


async def test_reading_ends_when_the_limit_is_reached(api: Api) -> None:
    api.calls(served)
    fetch = api.source(STYLES[1]).prepare(FetchSpec("permit", ("number",), limit=True))
    assert (await fetch.run(FetchCall(limit=2))).columns[0] == ["00", "01"]
    assert api.targets == ["/x?offset=0&limit=2"]


def ordered(**options: Any) -> Request:
    return request(
        {"offset": "{offset}", "limit": "{size}", "sort": "{order}", "kind": "{type}", "from": "{number.gte}"},
        Paging(3, total="total"),
        order={"number": ("no", "-no")},
        **options,
    )


async def test_order_is_pushed_and_a_page_after_a_cursor_is_found(api: Api) -> None:
    api.calls(served)
    source = api.source(ordered())
    order = (OrderTerm("number", descending=True),)
    first = source.prepare(FetchSpec("permit", ("number",), order=order, limit=True, count=True))
    rows = await first.run(FetchCall(limit=2))
    assert (rows.columns[0], rows.total) == (["06", "05"], 7)
    assert api.targets == ["/x?offset=0&limit=3&sort=-no"]
    after = source.prepare(FetchSpec("permit", ("number",), order=order, limit=True, after=(False,)))
    assert (await after.run(FetchCall(limit=2, cursor=("05",)))).columns[0] == ["04", "03"]
    assert len(api.targets) == 3


NUMBERED: list[dict[str, Any]] = [{"no": f"{i:02}"} for i in range(1, 51)]
BOUNDED = {"offset": "{offset}", "limit": "{size}", "sort": "{order}", "from": "{number.gte}", "to": "{number.lte}"}


def bounded(asked: web.Request, _: Any) -> Any:
    """A list by number with rows that have none at its end, which any bound leaves out."""
    rows: list[dict[str, Any]] = [*NUMBERED, {"no": None, "kind": "A"}, {"no": None, "kind": "B"}]
    if asked.query["sort"].startswith("-"):
        rows.reverse()
    least, most = asked.query.get("from", ""), asked.query.get("to", "")
    if least or most:
        rows = [row for row in rows if row["no"] and row["no"] >= least and (not most or row["no"] <= most)]
    return {"rows": rows[int(asked.query["offset"]) :][: int(asked.query["limit"])]}


def page_after(api: Api, descending: bool, **more: Any) -> Any:
    api.calls(bounded)
    source = api.source(request(BOUNDED, Paging(3), order={"number": ("no", "-no")}))
    order = (OrderTerm("number", descending=descending),)
    return source.prepare(FetchSpec("permit", ("number", "type"), order=order, limit=True, after=(False,), **more))


async def test_a_later_page_starts_near_its_cursor(api: Api) -> None:
    fetch = page_after(api, descending=True)
    assert "to={number.lte}" in fetch.explain()
    assert (await fetch.run(FetchCall(limit=2, cursor=("11",)))).columns[0] == ["10", "09"]
    assert api.targets == ["/x?offset=0&limit=3&sort=-no&to=11"]


async def test_in_ascending_order_too(api: Api) -> None:
    fetch = page_after(api, descending=False)
    assert (await fetch.run(FetchCall(limit=2, cursor=("40",)))).columns[0] == ["41", "42"]
    assert api.targets == ["/x?offset=0&limit=3&sort=no&from=40"]


async def test_rows_that_tie_with_the_cursor_come_again_and_are_passed_over(api: Api) -> None:
    data = [{"no": f"{i:02}", "kind": "A" if i < 9 else "B"} for i in range(1, 12)]

    def page(asked: web.Request, _: Any) -> Any:
        rows = [row for row in data if row["kind"] >= asked.query.get("from", "")]
        return {"rows": rows[int(asked.query["offset"]) :][: int(asked.query["limit"])]}

    api.calls(page)
    query = {"offset": "{offset}", "limit": "{size}", "sort": "{order}", "from": "{type.gte}"}
    source = api.source(request(query, Paging(4), order={"type": ("kind", "-kind")}))
    order = (OrderTerm("type"), OrderTerm("number"))
    fetch = source.prepare(FetchSpec("permit", ("number",), order=order, limit=True, after=(False, False)))
    assert (await fetch.run(FetchCall(limit=4, cursor=("A", "06")))).columns[0] == ["07", "08", "09", "10"]
    assert [target.partition("from=")[2] for target in api.targets] == ["A", "A", "A"]


async def test_rows_without_a_value_follow_the_last_that_has_one(api: Api) -> None:
    fetch = page_after(api, descending=False)
    rows = await fetch.run(FetchCall(limit=3, cursor=("49",)))
    assert rows.columns[0] == ["50", None, None]
    assert sorted(rows.columns[1][1:]) == ["A", "B"]
    assert api.targets[0] == "/x?offset=0&limit=3&sort=no&from=49"


async def test_they_are_not_looked_for_where_a_filter_leaves_them_out(api: Api) -> None:
    fetch = page_after(api, descending=False, filter=Compare("number", "gte", Value("30")))
    assert (await fetch.run(FetchCall(limit=3, cursor=("49",)))).columns[0] == ["50"]
    assert api.targets == ["/x?offset=0&limit=3&sort=no&from=49"]


async def test_a_cursor_takes_the_place_of_a_bound_that_it_lies_within(api: Api) -> None:
    fetch = page_after(api, descending=True, filter=Compare("number", "lte", Value("30")))
    assert (await fetch.run(FetchCall(limit=2, cursor=("11",)))).columns[0] == ["10", "09"]
    assert api.targets == ["/x?offset=0&limit=3&sort=-no&to=11"]


async def test_filters_are_pushed_and_checked_again(api: Api) -> None:
    api.calls(served)
    source = api.source(ordered())
    spec = FetchSpec(
        "permit",
        ("number",),
        predicate=Compare("type", "eq", Param("t")),
        filter=AllOf((Compare("number", "gt", Value("01")), Negation(Compare("number", "eq", Value("03"))))),
        count=True,
    )
    fetch = source.prepare(spec)
    assert "gateway: filter number gt '01' and Negation" in fetch.explain()
    rows = await fetch.run(FetchCall(params={"t": "B"}))
    assert (rows.columns[0], rows.total) == (["05"], 1)
    assert api.targets == ["/x?offset=0&limit=3&kind=B&from=01"]
    assert source.capabilities.collections["permit"].filters == {"type": {"eq"}, "number": {"gte"}}
    assert source.capabilities.collections["permit"].orders == {"number"}


async def test_an_api_that_ignores_a_filter_widens_nothing(api: Api) -> None:
    def ignoring(asked: web.Request, body: Any) -> Any:
        return served(asked.clone(rel_url=asked.rel_url.without_query_params("kind")), body)

    api.calls(ignoring)
    fetch = api.source(ordered()).prepare(
        FetchSpec("permit", ("number",), predicate=Compare("type", "eq", Value("B")), limit=True, count=True)
    )
    rows = await fetch.run(FetchCall(limit=2))
    assert (rows.columns[0], rows.total) == (["01", "03"], 3)


async def test_a_policy_that_cannot_be_checked_on_the_rows_is_not_served(api: Api) -> None:
    source = api.source(Request("GET", "/x", query={"open": "{open}"}))
    term = Compare("open", "eq", Value(True))
    assert "open={open}" in source.prepare(FetchSpec("permit", ("number",), filter=term)).explain()
    with pytest.raises(Unsupported, match="does not supply open"):
        source.prepare(FetchSpec("permit", ("number",), predicate=term))


async def test_a_null_operand_asks_nothing(api: Api) -> None:
    fetch = api.source(ordered()).prepare(FetchSpec("permit", ("number",), filter=Compare("type", "eq", Param("t"))))
    assert (await fetch.run(FetchCall(params={"t": None}))).count == 0
    assert api.asked == []


async def test_ties_are_read_to_their_end_before_a_page_is_cut(api: Api) -> None:
    data = [{"no": str(9 - i), "kind": "A" if i < 4 else "B"} for i in range(8)]

    def page(asked: web.Request, _: Any) -> Any:
        start = int(asked.query["offset"])
        return {"rows": data[start : start + 2]}

    api.calls(page)
    source = api.source(
        request({"offset": "{offset}", "limit": "{size}", "sort": "{order}"}, Paging(2), order={"type": ("k", "-k")})
    )
    spec = FetchSpec("permit", ("number",), order=(OrderTerm("type"), OrderTerm("number")), limit=True)
    assert (await source.prepare(spec).run(FetchCall(limit=1))).columns[0] == ["6"]
    assert len(api.asked) == 3


async def test_an_api_that_does_not_order_as_it_says_is_read_whole(api: Api) -> None:
    data = [{"no": "1"}, {"no": "3"}, {"no": "2"}, {"no": "0"}]
    api.calls(lambda asked, _: {"rows": data[int(asked.query["offset"]) :][:3]})
    source = api.source(
        request({"offset": "{offset}", "limit": "3", "sort": "{order}"}, Paging(3), order={"number": ("n", "-n")})
    )
    spec = FetchSpec("permit", ("number",), order=(OrderTerm("number"),), limit=True)
    assert (await source.prepare(spec).run(FetchCall(limit=3))).columns[0] == ["0", "1", "2"]


async def test_a_list_that_cannot_be_ordered_is_read_whole_up_to_a_bound(api: Api) -> None:
    api.calls(served)
    spec = FetchSpec("permit", ("number",), order=(OrderTerm("number", True),), limit=True)
    rows = await api.source(STYLES[3]).prepare(spec).run(FetchCall(limit=2))
    assert rows.columns[0] == ["06", "05"]
    assert len(api.asked) == 3
    with pytest.raises(SourceRefused, match="more than 5 rows"):
        await api.source(STYLES[3], options={"unordered_rows": 5}).prepare(spec).run(FetchCall(limit=2))


@pytest.mark.parametrize(
    ("style", "answer"),
    [
        (STYLES[3], lambda *_: {"rows": DATA[:3], "next": "again"}),
        (STYLES[1], lambda *_: {"rows": DATA[:3]}),
        (STYLES[5], lambda *_: {"rows": DATA[:3], "link": "/x?same"}),
    ],
)
async def test_a_page_that_comes_back_is_an_error(api: Api, style: Request, answer: Callable[..., Any]) -> None:
    api.calls(answer)
    with pytest.raises(SourceBadData, match="comes back"):
        await api.source(style).prepare(SPEC).run(FetchCall())


@pytest.mark.parametrize("link", ["http://127.0.0.1:1/x", "//elsewhere/x", "https://127.0.0.1/x", "file:///etc/passwd"])
async def test_next_links_stay_on_the_same_origin(api: Api, link: str) -> None:
    api.says({"rows": DATA, "link": link})
    with pytest.raises(SourceRefused, match="another origin"):
        await api.source(STYLES[5]).prepare(SPEC).run(FetchCall())


async def test_a_list_under_keys_that_a_filter_gives(api: Api) -> None:
    api.calls(lambda asked, _: [{"no": asked.query["holder"], "kind": "A"}])
    source = api.source(
        Request("GET", "/by", ("number",), {"holder": "{number}"}), Request("GET", "/s", ("q",), {"q": "{q}*"})
    )
    fetch = source.prepare(FetchSpec("permit", ("number",), filter=Compare("number", "in", Param("n"))))
    assert (await fetch.run(FetchCall(params={"n": ["1", "2"]}))).columns[0] == ["1", "2"]
    api.says(DATA)
    search = source.prepare(FetchSpec("permit", ("number",), filter=Compare("q", "startsWith", Param("n"))))
    assert (await search.run(FetchCall(params={"n": "ab"}))).count == 7
    assert sorted(api.targets) == ["/by?holder=1", "/by?holder=2", "/s?q=ab*"]  # asked at once
    with pytest.raises(Unsupported):
        source.prepare(FetchSpec("permit", ("number",), filter=Compare("other", "eq", Value(1))))


@pytest.mark.parametrize(
    ("as_of", "answer", "expected"),
    [
        (AsOf(path="at"), {"at": "2026-11-24T06:00:00Z"}, "2026-11-24T06:00:00+00:00"),
        (AsOf(header="X-At"), {}, "2026-11-24T06:00:00+00:00"),
        (AsOf(path="at"), {}, "1970-01-01T00:00:00+00:00"),
    ],
)
async def test_the_age_of_a_copy(api: Api, as_of: AsOf, answer: Any, expected: str) -> None:
    api.says({"rows": [{"no": "1"}], **answer}, headers={"X-At": "Tue, 24 Nov 2026 06:00:00 GMT"})
    rows = await api.source(Request("GET", "/x", rows="rows"), as_of=as_of).prepare(SPEC).run(FetchCall())
    assert rows.as_of.isoformat() == expected


async def test_discriminators_keep_and_drop_rows(api: Api) -> None:
    api.says(
        [
            {"no": "1", "t": "A"},
            {"no": "2", "t": "B"},
            {"no": "3", "t": "A", "gone": "x"},
            {"no": "4", "t": "A", "gone": " "},
        ]
    )
    source = api.source(Request("GET", "/x"), where={"t": ("A",), "gone": ("",)}, unless={"no": ("4",)})
    assert (await source.prepare(SPEC).run(FetchCall())).columns[0] == ["1"]


async def test_local_times_order_and_codes_are_asked_in_the_agencys_terms(api: Api) -> None:
    api.says([{"no": "1", "d": "20261124"}])
    source = api.source(
        Request("GET", "/x", query={"from": "{day.gte}", "to": "{day.lt}"}),
        fields={"number": "no", "day": FieldBinding("day", "Date", ("d",), format="yyyyMMdd")},
    )
    from datetime import date

    fetch = source.prepare(
        FetchSpec(
            "permit",
            ("number", "day"),
            filter=AllOf((Compare("day", "gte", Param("a")), Compare("day", "lt", Param("b")))),
        )
    )
    rows = await fetch.run(FetchCall(params={"a": date(2026, 11, 1), "b": date(2026, 12, 1)}))
    assert rows.columns == (["1"], [date(2026, 11, 24)])
    assert api.targets == ["/x?from=20261101&to=20261201"]
