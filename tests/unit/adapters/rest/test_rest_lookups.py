"""Lookups over HTTP: how many calls, what they say, and how answers find their keys."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Child, ChildSelect, FetchCall, FetchSpec, FieldBinding, Paging, Request, RowFlag
from adapters.errors import Unsupported
from tests.kit.served_api import Api

SPEC = FetchSpec("permit", ("number", "type"), keys=("number",))


def keys(*values: Any) -> FetchCall:
    return FetchCall(keys=[(value,) for value in values])


async def test_comma_list_in_chunks(api: Api) -> None:
    api.calls(lambda request, _: {"permits": [{"no": no, "kind": "K"} for no in request.query["no"].split(",")]})
    request = Request("GET", "/permits", ("number",), {"no": "{number}"}, many="comma", max_keys=2, rows="permits")
    rows = await api.source(request).prepare(SPEC).run(keys("1", "2/3", "4"))
    assert rows.columns == (["1", "2/3", "4"], ["K"] * 3)
    assert sorted(api.targets) == ["/permits?no=1,2%2F3", "/permits?no=4"]


async def test_repeated_parameter(api: Api) -> None:
    api.calls(lambda request, _: [{"no": no} for no in request.query.getall("no")])
    request = Request("GET", "/permits", ("number",), {"no": "{number}", "v": "2"}, many="repeat", max_keys=50)
    rows = await api.source(request).prepare(SPEC).run(keys("a&b", "c"))
    assert rows.columns == (["a&b", "c"], [None, None])
    assert api.targets == ["/permits?no=a%26b&no=c&v=2"]


async def test_body_of_composite_keys(api: Api) -> None:
    api.calls(lambda _, body: {"r": [{**item, "s": "LOST"} for item in reversed(body["documents"])]})
    request = Request(
        "POST",
        "/check",
        ("issuer", "number"),
        body={"documents": [{"c": "{issuer}", "n": "{number}"}]},
        many="body",
        max_keys=100,
        rows="r",
    )
    source = api.source(request, provides="TravelDocument", fields={"issuer": "c", "number": "n", "state": "s"})
    spec = FetchSpec("permit", ("number", "issuer", "state"), keys=("issuer", "number"))
    rows = await source.prepare(spec).run(FetchCall(keys=[("CA", 'A"1'), ("FR", "2")]))
    assert rows.columns == (["2", 'A"1'], ["FR", "CA"], ["LOST", "LOST"])
    assert api.asked[0].body == {"documents": [{"c": "CA", "n": 'A"1'}, {"c": "FR", "n": "2"}]}


async def test_one_key_a_call_with_missing(api: Api) -> None:
    from aiohttp import web

    api.calls(lambda request, _: {"no": "1"} if request.path == "/p/1" else web.Response(status=404))
    source = api.source(Request("GET", "/p/{number}", ("number",), missing=(404,)))
    rows = await source.prepare(SPEC).run(keys("1", "a/../b", "..", "3"))
    assert rows.columns[0] == ["1"]
    assert sorted(api.targets) == ["/p/1", "/p/3", "/p/a%2F..%2Fb"], "no such key: '..' is not asked"


async def test_rows_of_other_keys_are_dropped(api: Api) -> None:
    api.says([{"no": "2"}, {"no": "9"}, {"no": None}, "nonsense"])
    source = api.source(Request("GET", "/permits", ("number",), {"no": "{number}"}, many="comma", max_keys=9))
    assert (await source.prepare(SPEC).run(keys("1", "2"))).columns[0] == ["2"]


async def test_keys_that_the_answer_does_not_hold_come_from_the_question(api: Api) -> None:
    api.calls(lambda request, _: [{"no": request.query["q"]}])
    source = api.source(
        Request("GET", "/s", ("searchName", "birthYear"), {"q": "{searchName}*", "y": "{birthYear}"}, cap=1)
    )
    spec = FetchSpec("permit", ("number", "searchName", "birthYear"), keys=("searchName", "birthYear"))
    rows = await source.prepare(spec).run(FetchCall(keys=[("li", 1980)]))
    assert rows.columns == (["li*"], ["li"], [1980])
    assert rows.truncated
    assert api.targets == ["/s?q=li*&y=1980"]


async def test_nested_rows_and_enclosing_objects(api: Api) -> None:
    api.says(
        {
            "items": [
                {"transaction": "T1", "lines": [{"n": 1}, {"n": 2}]},
                {"transaction": "T2", "lines": []},
                {"transaction": "T3", "lines": [{"n": 3}]},
            ]
        }
    )
    # As an agency file has it.
    request = Request(
        "POST", "/a", ("transactionNumber",), body={"t": ["{transactionNumber}"]}, many="body", max_keys=9,
        rows="items.*.lines",
    )  # fmt: skip
    source = api.source(
        request, fields={"transactionNumber": "^.transaction", "sequence": FieldBinding("sequence", "Int", ("n",))}
    )
    spec = FetchSpec("permit", ("transactionNumber", "sequence"), keys=("transactionNumber",))
    rows = await source.prepare(spec).run(keys("T1", "T3"))
    assert rows.columns == (["T1", "T1", "T3"], [1, 2, 3])


async def test_part_of_a_key_is_asked_and_the_rest_checked(api: Api) -> None:
    api.says([{"t": "T1", "n": 1}, {"t": "T1", "n": 2}])
    source = api.source(
        Request("GET", "/d", ("transactionNumber",), {"t": "{transactionNumber}"}, many="comma", max_keys=9),
        provides="AgencyDecision",
        fields={"transactionNumber": "t", "sequence": FieldBinding("sequence", "Int", ("n",))},
    )
    spec = FetchSpec("permit", ("transactionNumber", "sequence"), keys=("transactionNumber", "sequence"))
    rows = await source.prepare(spec).run(FetchCall(keys=[("T1", 2), ("T1", 3)]))
    assert rows.columns == (["T1"], [2])
    assert api.targets == ["/d?t=T1"]


async def test_children_and_their_flags(api: Api) -> None:
    api.says(
        [
            {"no": "1", "lines": [{"n": 1, "marks": ["x"]}, {"n": "bad", "marks": []}]},
            {"no": "2"},
            {"no": "1", "lines": [{"n": 4, "marks": ["y", "z"]}]},
        ]
    )
    lines = Child(
        "lines",
        "PermitLine",
        array="lines",
        fields={"line": FieldBinding("line", "Int", ("n",))},
        children={"marks": Child("marks", "String", array="marks", value=FieldBinding("", "String"))},
    )
    source = api.source(
        Request("GET", "/p", ("number",), {"no": "{number}"}, many="comma", max_keys=9), children={"lines": lines}
    )
    spec = FetchSpec("permit", ("number",), (ChildSelect("lines", ("line",), (ChildSelect("marks"),)),), ("number",))
    rows = await source.prepare(spec).run(keys("1"))
    assert rows.count == 2
    (child,) = rows.children
    assert child.offsets == [0, 2, 3]
    assert child.columns == ([1, None, 4],)
    assert child.children[0].offsets == [0, 1, 1, 3]
    assert child.children[0].columns == (["x", "y", "z"],)
    assert [(flag.row, flag.path) for flag in rows.flags] == [(0, "lines[1].line")]
    assert isinstance(rows.flags[0], RowFlag)


async def test_pages_within_a_lookup(api: Api) -> None:
    api.calls(
        lambda request, _: {
            "a": [{"no": "1", "kind": request.query.get("cursor", "first")}],
            "next": {None: "c 2", "c 2": "c3"}.get(request.query.get("cursor")),
        }
    )
    source = api.source(
        Request(
            "GET",
            "/a",
            ("number",),
            {"no": "{number}", "cursor": "{cursor}"},
            many="repeat",
            max_keys=9,
            rows="a",
            paging=Paging(1, "next"),
        )
    )
    rows = await source.prepare(SPEC).run(keys("1"))
    assert rows.columns[1] == ["first", "c 2", "c3"]
    assert api.targets == ["/a?no=1", "/a?no=1&cursor=c%202", "/a?no=1&cursor=c3"]


async def test_the_request_that_takes_many_is_preferred(api: Api) -> None:
    source = api.source(
        Request("GET", "/one/{number}", ("number",)),
        Request("GET", "/many", ("number",), {"no": "{number}"}, many="comma", max_keys=50),
    )
    assert "/many?no={number}" in source.prepare(SPEC).explain()
    assert source.capabilities.collections["permit"].lookups == {("number",)}
    with pytest.raises(Unsupported, match="cannot be looked up by type"):
        source.prepare(FetchSpec("permit", ("number",), keys=("type",)))
    with pytest.raises(Unsupported, match="cannot be listed"):
        source.prepare(FetchSpec("permit", ("number",)))
