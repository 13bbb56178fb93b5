"""Walks over whole lists by the cursors of either side: every row once, in the same order, there and back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.oracle.sides import Sides, sides

LISTS = {
    "shipments": ("ShipmentFilter", "ShipmentOrder", "HELD"),
    "holds": ("HoldFilter", "HoldOrder", "PLACED_AT"),
    "permits": ("PermitFilter", "PermitOrder", "VALID_TO"),
    "crossings": ("CrossingFilter", "CrossingOrder", "EXPECTED_AT"),
}
PAGE = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }"


def document(name: str) -> str:
    filter_type, order_type, _ = LISTS[name]
    declared = f"$f: {filter_type}, $o: [{order_type}!], $first: Int, $after: String, $last: Int, $before: String"
    arguments = "filter: $f, orderBy: $o, first: $first, after: $after, last: $last, before: $before"
    return f"query ({declared}) {{ page: {name}({arguments}) {{ {PAGE} }} }}"


async def walk(world: Sides, name: str, variables: dict[str, Any], *, forward: bool, size: int) -> list[str]:
    """The ids of all pages; each page is compared with the oracle's."""
    found: list[str] = []
    ours: dict[str, Any] = {"first" if forward else "last": size, **variables}
    theirs = dict(ours)
    more, at, cursor = (
        ("hasNextPage", "after", "endCursor") if forward else ("hasPreviousPage", "before", "startCursor")
    )
    while True:
        compared = await world.both(document(name), ours, stock_variables=theirs)
        assert compared.differences == [], (ours, theirs)
        # What is not there fails the test.
        page, stock = compared.answer.data["page"], compared.stock.data["page"]  # type: ignore[index]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        found = [*found, *ids] if forward else [*ids, *found]
        if not page["pageInfo"][more]:
            return found
        ours[at], theirs[at] = page["pageInfo"][cursor], stock["pageInfo"][cursor]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("size", [2, 7])
async def test_pages_there_and_back_are_the_list(name: str, size: int) -> None:
    world = sides(2)
    order = [{"field": LISTS[name][2], "direction": "DESC"}]
    for variables in ({}, {"o": order}, {"o": [{**order[0], "direction": "ASC"}], "f": {"not": {"or": []}}}):
        whole = await walk(world, name, dict(variables), forward=True, size=1_000)
        assert len(whole) == len(set(whole)) > 10
        assert await walk(world, name, dict(variables), forward=True, size=size) == whole
        assert await walk(world, name, dict(variables), forward=False, size=size) == whole


async def test_every_cursor_of_a_page_continues_after_its_row() -> None:
    """A list merged over agencies: wherever a page is left, the rest follows."""
    world = sides(3)
    whole = await world.both(document("holds"), {"first": 1_000})
    # What is not there fails the test.
    edges, stock = whole.answer.data["page"]["edges"], whole.stock.data["page"]["edges"]  # type: ignore[index]
    ids = [edge["node"]["id"] for edge in edges]
    for index, (ours, theirs) in enumerate(zip(edges, stock, strict=True)):
        after = await world.both(
            document("holds"),
            {"first": 4, "after": ours["cursor"]},
            stock_variables={"first": 4, "after": theirs["cursor"]},
        )
        before = await world.both(
            document("holds"),
            {"last": 4, "before": ours["cursor"]},
            stock_variables={"last": 4, "before": theirs["cursor"]},
        )
        assert after.differences == before.differences == []
        assert [edge["node"]["id"] for edge in after.data["page"]["edges"]] == ids[index + 1 : index + 5]
        assert [edge["node"]["id"] for edge in before.data["page"]["edges"]] == ids[max(index - 4, 0) : index]


async def test_pages_below_an_object_continue_too() -> None:
    world = sides(1, scale=3)
    query = """query ($b: BusinessNumber!, $after: String, $permits: String) { organization(businessNumber: $b) {
      shipments(first: 2, after: $after) { totalCount pageInfo { endCursor hasNextPage } nodes { ccn } }
      permits(first: 2, after: $permits) { totalCount pageInfo { endCursor hasNextPage } nodes { id number } } } }"""
    ours: dict[str, Any] = {"b": "123456782RM0001"}
    theirs = dict(ours)
    seen: dict[str, list[str]] = {"shipments": [], "permits": []}
    for _ in range(4):
        compared = await world.both(query, ours, stock_variables=theirs)
        assert compared.differences == []
        for name, variable in (("shipments", "after"), ("permits", "permits")):
            page = compared.data["organization"][name]
            seen[name] += [str(node) for node in page["nodes"]]
            ours[variable] = page["pageInfo"]["endCursor"]
            # What is not there fails the test.
            theirs[variable] = compared.stock.data["organization"][name]["pageInfo"]["endCursor"]  # type: ignore[index]
            if ours[variable] is None:
                del ours[variable], theirs[variable]
    assert len(seen["shipments"]) >= 6


async def test_a_shared_cursor_of_many_parents_is_a_place_in_each_list() -> None:
    world = sides(1, scale=3)
    query = """query ($after: String) { shipments(first: 40) { nodes { importer { organization {
      businessNumber shipments(first: 2, after: $after) { totalCount nodes { ccn } pageInfo { endCursor } } } } } } }"""
    first = await world.both(query)
    assert first.differences == []

    def cursors(data: Any) -> list[str | None]:
        organizations = [((node["importer"] or {}).get("organization")) for node in data["shipments"]["nodes"]]
        return [one["shipments"]["pageInfo"]["endCursor"] for one in organizations if one is not None]

    ours, theirs = cursors(first.data), cursors(first.stock.data)
    index = next(index for index, cursor in enumerate(ours) if cursor is not None)
    after = await world.both(query, {"after": ours[index]}, stock_variables={"after": theirs[index]})
    assert after.answer.executed
    assert after.differences == []
