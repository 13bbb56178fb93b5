"""Pages over several owners: walked in any way, they are the exact list."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import Compare, Param
from adapters.errors import SourceTimeout, SourceUnavailable
from tests.kit.memory_world import World, codes, day, whole

Listed = list[tuple[str, str]]

PERMITS = """query($by: [PermitOrder!], $filter: PermitFilter,
  $first: Int, $after: String, $last: Int, $before: String) {
  permits(orderBy: $by, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    edges { cursor node { issuer { code } number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }"""

valid_to = st.one_of(st.none(), st.integers(0, 2).map(lambda n: date(2027, 1, 1) + timedelta(n)))
permits = st.lists(valid_to, max_size=7)
orders = st.sampled_from(
    [
        None,
        [{"field": "VALID_TO", "direction": "ASC"}],
        [{"field": "VALID_TO", "direction": "DESC"}],
        [{"field": "NUMBER", "direction": "DESC"}],
        [{"field": "NUMBER", "direction": "ASC"}, {"field": "VALID_TO", "direction": "ASC"}],
        [{"field": "VALID_TO", "direction": "ASC"}, {"field": "NUMBER", "direction": "DESC"}],
    ]
)


def numbered(agency: str, dates: list[date | None]) -> list[dict[str, Any]]:
    """The numbers of both agencies overlap, so that they tie."""
    return [{"number": f"N{n % 4}{agency[0] if n > 3 else ''}", "validTo": one} for n, one in enumerate(dates)]


def naive(data: dict[str, list[dict[str, Any]]], by: list[dict[str, str]] | None) -> Listed:
    """The list as the documentation says it: nulls last ascending and first descending, ties by issuer, then key."""
    rows = sorted(
        ((agency, row) for agency, rows in data.items() for row in rows), key=lambda one: (one[0], one[1]["number"])
    )
    fields = {"VALID_TO": "validTo", "NUMBER": "number"}
    for term in reversed(by or [{"field": "VALID_TO", "direction": "DESC"}]):
        path, down = fields[term["field"]], term["direction"] == "DESC"
        nothing = date.min if path == "validTo" else ""
        keys = {id(row): (row[path] is None, row[path] or nothing) for _, row in rows}
        rows.sort(key=lambda one: keys[id(one[1])], reverse=down)
    return [(agency, row["number"]) for agency, row in rows]


def shown(page: dict[str, Any]) -> Listed:
    return [(edge["node"]["issuer"]["code"], edge["node"]["number"]) for edge in page["edges"]]


async def forward(world: World, sizes: list[int], **variables: Any) -> Listed:
    found: Listed = []
    after = None
    for turn in range(100):
        size = sizes[turn % len(sizes)]
        page = (await world.data_of(PERMITS, {**variables, "first": size, "after": after}))["permits"]
        assert len(page["edges"]) <= size
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        found += shown(page)
        if page["edges"]:
            assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
            assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
    raise AssertionError("the walk does not end")


async def backward(world: World, sizes: list[int], before: str | None = None, **variables: Any) -> Listed:
    found: Listed = []
    for turn in range(100):
        size = sizes[turn % len(sizes)]
        page = (await world.data_of(PERMITS, {**variables, "last": size, "before": before}))["permits"]
        assert page["pageInfo"]["hasNextPage"] is (before is not None)
        found = shown(page) + found
        if not page["pageInfo"]["hasPreviousPage"]:
            return found
        before = page["pageInfo"]["startCursor"]
    raise AssertionError("the walk does not end")


@settings(max_examples=60, deadline=None)
@given(
    food=permits,
    trade=permits,
    by=orders,
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
async def test_pages_walked_either_way_are_the_list(
    food: list[date | None], trade: list[date | None], by: list[dict[str, str]] | None, sizes: list[int]
) -> None:
    data = {"FOOD": numbered("FOOD", food), "TRADE_CONTROLS": numbered("TRADE", trade)}
    world = World({agency: {"permit": rows} for agency, rows in data.items()})
    wanted = naive(data, by)
    assert await forward(world, sizes, by=by) == wanted
    assert await backward(world, sizes, by=by) == wanted


@settings(max_examples=40, deadline=None)
@given(food=permits, trade=permits, by=orders, size=st.integers(1, 4))
async def test_every_cursor_splits_the_list_where_it_stands(
    food: list[date | None], trade: list[date | None], by: list[dict[str, str]] | None, size: int
) -> None:
    """Forward from it is what comes after, backward from it what comes before: also of a page's inner rows, and of
    pages that were read backward."""
    data = {"FOOD": numbered("FOOD", food), "TRADE_CONTROLS": numbered("TRADE", trade)}
    world = World({agency: {"permit": rows} for agency, rows in data.items()})
    wanted = naive(data, by)
    whole_list = (await world.data_of(PERMITS, {"by": by, "first": 100}))["permits"]["edges"]
    cut = (await world.data_of(PERMITS, {"by": by, "first": size}))["permits"]["edges"]
    tail = (await world.data_of(PERMITS, {"by": by, "last": size}))["permits"]["edges"]
    places = [*enumerate(whole_list), *enumerate(cut), *enumerate(tail, max(0, len(wanted) - size))]
    for place, edge in places:
        after = await world.data_of(PERMITS, {"by": by, "first": 100, "after": edge["cursor"]})
        before = await world.data_of(PERMITS, {"by": by, "last": 100, "before": edge["cursor"]})
        assert shown(after["permits"]) == wanted[place + 1 :]
        assert shown(before["permits"]) == wanted[:place]


async def test_totals_count_what_the_filter_leaves_on_every_page() -> None:
    world = World(
        {
            "FOOD": {"permit": [{"number": f"F{n}", "type": "A" if n % 2 else "B"} for n in range(5)]},
            "TRADE_CONTROLS": {"permit": [{"number": f"T{n}", "type": "A"} for n in range(2)]},
        }
    )
    for given_filter, total in (
        (None, 7),
        ({"type": {"eq": "A"}}, 4),
        ({"issuer": {"eq": "FOOD"}}, 5),
        ({"issuer": {"in": []}}, 0),
        ({"not": {"issuer": {"eq": "FOOD"}}}, 2),
        ({"or": [{"issuer": {"eq": "TRADE_CONTROLS"}}, {"type": {"eq": "B"}}]}, 5),
        ({"or": []}, 0),
        ({"and": []}, 7),
        ({"not": {}}, 0),
        ({"issuer": {"ne": "FOOD"}, "type": {"startsWith": "A"}}, 2),
    ):
        pages = await world.data_of(PERMITS, {"filter": given_filter, "first": 1})
        assert pages["permits"]["totalCount"] == total
        assert len(await forward(world, [2], filter=given_filter)) == total


async def test_an_owner_that_the_filter_leaves_out_is_not_asked() -> None:
    world = World({"FOOD": {"permit": [{"number": "F1"}]}})
    await world.data_of(PERMITS, {"filter": {"issuer": {"eq": "FOOD"}}, "first": 1})
    assert (world.asked("FOOD", "permit"), world.asked("TRADE_CONTROLS", "permit")) == (1, 0)


async def test_a_source_that_misses_a_page_is_resumed_where_it_stood() -> None:
    world = World(
        {
            "FOOD": {"permit": [{"number": f"F{n}", "validTo": date(2027, 1, 20 - n)} for n in range(4)]},
            "TRADE_CONTROLS": {"permit": [{"number": f"T{n}", "validTo": date(2027, 1, 20 - n)} for n in range(4)]},
        }
    )
    first = await world.ask(PERMITS, {"first": 2})
    world.sources["TRADE_CONTROLS"].fail("permit", SourceTimeout("x"))
    # What is not there fails the test.
    second = await world.ask(PERMITS, {"first": 2, "after": first.data["permits"]["pageInfo"]["endCursor"]})  # type: ignore[index]
    assert codes(second) == ["SOURCE_TIMEOUT"]
    assert "path" not in second.errors[0]
    assert second.errors[0]["extensions"]["at"] == ["permits"]
    page = second.data["permits"]  # type: ignore[index]  # there, or the test fails
    assert page["totalCount"] is None
    world.sources["TRADE_CONTROLS"].fail("permit", None)
    rest = await world.data_of(PERMITS, {"first": 100, "after": page["pageInfo"]["endCursor"]})
    # What is not there fails the test.
    everything = shown(first.data["permits"]) + shown(page) + shown(rest["permits"])  # type: ignore[index]
    assert sorted(everything) == sorted({*everything})
    assert len(everything) == 8


async def test_all_owners_failed_is_a_null_connection_with_one_error_each() -> None:
    world = World({})
    for agency in ("FOOD", "TRADE_CONTROLS"):
        world.sources[agency].fail(None, SourceUnavailable("10.0.0.7 refused"))
    answer = await world.ask("{ a: permits { nodes { number } } b: permits { totalCount } }")
    assert answer.data == {"a": None, "b": None}
    assert [(one["path"], one["extensions"]) for one in answer.errors] == [
        (["a"], {"code": "SOURCE_UNAVAILABLE", "affected": 2, "agency": "FOOD"}),
        (["a"], {"code": "SOURCE_UNAVAILABLE", "affected": 2, "agency": "TRADE_CONTROLS"}),
    ]
    assert "10.0.0.7" not in str(answer)


async def test_a_cursor_is_bound_to_its_list_filter_order_and_rights() -> None:
    world = World({"FOOD": {"permit": [{"number": f"F{n}"} for n in range(5)]}})
    page = await world.data_of(PERMITS, {"first": 2, "filter": {"type": {"ne": "A"}}})
    cursor = page["permits"]["pageInfo"]["endCursor"]
    good = {"first": 1, "after": cursor, "filter": {"type": {"ne": "A"}}}
    assert len(shown((await world.data_of(PERMITS, good))["permits"])) == 1
    other = [{"field": "NUMBER", "direction": "ASC"}]
    for wrong in (
        {**good, "filter": {"type": {"ne": "B"}}},
        {**good, "filter": {"type": {"eq": "A"}}},
        {**good, "filter": None},
        {**good, "by": other},
        {**good, "after": cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")},
        {**good, "after": cursor + "AAAA"},
        {**good, "after": cursor.lower()},
    ):
        assert codes(await world.ask(PERMITS, wrong)) == ["BAD_USER_INPUT"], wrong
    assert codes(await world.ask(PERMITS, good, view=whole(name="other"))) == ["BAD_USER_INPUT"]
    holds = "query($after: String) { holds(after: $after) { totalCount } }"
    assert codes(await world.ask(holds, {"after": cursor})) == ["BAD_USER_INPUT"]


async def test_a_cursor_is_bound_to_the_claims_that_the_rows_depend_on() -> None:
    world = World({"FOOD": {"permit": [{"number": f"F{n}", "type": "AB"[n % 2]} for n in range(6)]}})
    view = whole({"Permit": Compare("type", "eq", Param("claims.t"))}, ("claims.t",))
    answer = await world.ask(PERMITS, {"first": 1}, view=view, claims={"t": "A"})
    assert answer.data is not None
    after = answer.data["permits"]["pageInfo"]["endCursor"]
    mine = await world.ask(PERMITS, {"first": 1, "after": after}, view=view, claims={"t": "A"})
    assert mine.errors == []
    theirs = await world.ask(PERMITS, {"first": 1, "after": after}, view=view, claims={"t": "B"})
    assert codes(theirs) == ["BAD_USER_INPUT"]


async def test_values_of_variables_never_stay_in_a_plan() -> None:
    """The same text, other values: asked at once, each gets its own."""
    world = World({"FOOD": {"permit": [{"number": f"F{n}", "type": str(n)} for n in range(20)]}})
    world.sources["FOOD"].delay(0.002)

    async def one(n: int) -> None:
        page = await world.data_of(PERMITS, {"filter": {"type": {"eq": str(n)}}, "first": 1 + n})
        assert shown(page["permits"]) == [("FOOD", f"F{n}")]

    await asyncio.gather(*(one(n) for n in range(20)))
    assert len(world.sources["FOOD"].asked("permit")) == 20


async def test_connections_below_a_list_are_one_fetch_and_each_its_own_page() -> None:
    numbers = [f"123456782RM000{n}" for n in range(3)]
    world = World(
        {
            "REVENUE": {"organization": [{"businessNumber": one} for one in numbers]},
            "CUSTOMS": {
                "shipment": [
                    {"ccn": f"1234PARS{n:05}", "importer.businessNumber": numbers[n % 2], "eta": day(n % 4)}
                    for n in range(9)
                ]
            },
        }
    )
    ask = """{ organization(businessNumber: "%s") { shipments(first: 2%s) {
      totalCount nodes { ccn } pageInfo { hasNextPage endCursor } } } }"""
    for place, number in enumerate(numbers):
        wanted = [f"1234PARS{n:05}" for n in range(9) if n % 2 == place]
        found: list[str] = []
        cursor = ""
        while True:
            page = (await world.data_of(ask % (number, cursor)))["organization"]["shipments"]
            assert page["totalCount"] == len(wanted)
            found += [node["ccn"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            cursor = f', after: "{page["pageInfo"]["endCursor"]}"'
        assert sorted(found) == wanted
    world.sources["CUSTOMS"].calls.clear()
    data = await world.data_of(
        "{ shipments { nodes { importer { organization { shipments(first: 2) { totalCount nodes { ccn } } } } } } }"
    )
    assert world.asked("CUSTOMS", "shipment") == 2
    totals = [one["importer"]["organization"]["shipments"]["totalCount"] for one in data["shipments"]["nodes"]]
    assert sorted(totals) == [4] * 4 + [5] * 5


async def test_a_connection_that_cannot_be_read_is_no_matter_where_there_was_nothing_to_ask() -> None:
    """Crossings are found by document: a person without one has none, whatever became of the others'."""
    world = World(
        {
            "POLICE": {
                "personrecord": [
                    {"key": "p1", "searchName": "DOE", "familyName": "DOE"},
                    {
                        "key": "p2",
                        "searchName": "DOE",
                        "familyName": "DOE",
                        "document.issuer": "CA",
                        "document.number": "X",
                    },
                ]
            }
        }
    )
    world.sources["TRAVELLER"].fail(None, SourceUnavailable("x"))
    answer = await world.ask(
        '{ people(search: {familyName: "Doe"}) { nodes { documents { number } crossings {'
        " nodes { id } totalCount pageInfo { hasNextPage endCursor } } } } }"
    )
    assert answer.data is not None
    assert [node["crossings"] for node in answer.data["people"]["nodes"]] == [
        {"nodes": [], "totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}},
        None,
    ]
    assert [one["extensions"]["affected"] for one in answer.errors] == [1]
