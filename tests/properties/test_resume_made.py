"""Lists that the gateway makes of several agencies' rows: whatever fails on the way, each row is told exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.memory import Row
from tests.kit.memory_world import World, day

PAGE = """totalCount completeness { complete } edges { cursor node { name: %s } }
  pageInfo { hasNextPage endCursor }"""
PEOPLE = """query($first: Int, $after: String) {
  page: people(search: {familyName: "Doe"}, first: $first, after: $after) { %s } }""" % (PAGE % "id")
HELD = """query($first: Int, $after: String, $least: Int!) {
  page: heldContainers(place: "CAVAN", agencies: $least, first: $first, after: $after) { %s } }""" % (PAGE % "number")
FAILURES: tuple[SourceError, ...] = (SourceUnavailable("x"), SourceTimeout("x"), SourceRefused("x"), SourceBadData("x"))
SEARCHED, HOLDING = ("IMMIGRATION", "POLICE"), ("CUSTOMS", "FOOD", "TRADE_CONTROLS")
Outage = Mapping[str, SourceError]


@cache
def world() -> World:
    return World({})


@dataclass
class Walk:
    """One list, read page by page by a client that keeps the last cursor it was given. ``cursors``: all
    that he saw, each with how many rows he had been told."""

    query: str
    agencies: Sequence[str]
    variables: Mapping[str, Any] = field(default_factory=dict)
    cursor: str | None = None
    cursors: list[tuple[str, int]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    done: bool = False

    async def ask(self, failing: Outage, **way: Any) -> Any:
        for agency in self.agencies:
            world().sources[agency].fail(None, failing.get(agency))
        answer = await world().ask(self.query, {**self.variables, **way})
        assert answer.data is not None
        assert {error["extensions"]["agency"] for error in answer.errors} == set(failing)
        return answer.data["page"]

    async def page(self, size: int, failing: Outage) -> None:
        page = await self.ask(failing, first=size, after=self.cursor)
        if len(failing) == len(self.agencies):
            assert page is None  # asked again from the same cursor
            return
        assert page["completeness"]["complete"] is not bool(failing)
        assert not failing or page["totalCount"] is None
        assert len(page["edges"]) <= size
        for edge in page["edges"]:
            self.told.append(edge["node"]["name"])
            self.cursors.append((edge["cursor"], len(self.told)))
        info = page["pageInfo"]
        if info["hasNextPage"]:
            self.cursor = info["endCursor"]
            assert self.cursor is not None
            self.cursors.append((self.cursor, len(self.told)))
        else:
            assert not failing
            self.done = True

    async def whole(self, sizes: Sequence[int], outages: Sequence[Outage]) -> None:
        """To the end: first under the outages, then with everybody back."""
        for turn in range(200):
            await self.page(sizes[turn % len(sizes)], outages[turn] if turn < len(outages) else {})
            if self.done:
                return
        raise AssertionError("the walk does not end")

    async def all(self) -> list[str]:
        return [edge["node"]["name"] for edge in (await self.ask({}, first=100))["edges"]]


def record(key: str, name: str, number: int | None) -> Row:
    return {
        "key": key,
        "familyName": name,
        "searchName": name,
        "document.issuer": None if number is None else "CA",
        "document.number": None if number is None else f"X{number}",
    }


def hold(key: str, number: int) -> Row:
    return {"key": key, "container": f"ABCU000000{number}", "place": "CAVAN", "placedAt": day(1)}


@st.composite
def walks_of_people(draw: st.DrawFn) -> Walk:
    """Few documents, so that agencies share persons, and few names, so that their records score apart."""
    for agency in SEARCHED:
        records = draw(
            st.lists(st.tuples(st.sampled_from(["DOE", "DOES", "DOELL"]), st.none() | st.integers(0, 5)), max_size=7)
        )
        world().sources[agency].data["personrecord"] = [
            record(f"k{index}", *found) for index, found in enumerate(records)
        ]
    return Walk(PEOPLE, SEARCHED)


@st.composite
def walks_of_containers(draw: st.DrawFn) -> Walk:
    for agency in HOLDING:
        holds = draw(st.lists(st.integers(0, 7), max_size=8))
        world().sources[agency].data["hold"] = [hold(f"h{index}", number) for index, number in enumerate(holds)]
    return Walk(HELD, HOLDING, {"least": draw(st.integers(1, 3))})


walks = walks_of_people() | walks_of_containers()
sizes = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def outages_of(agencies: Sequence[str]) -> st.SearchStrategy[list[dict[str, SourceError]]]:
    return st.lists(st.dictionaries(st.sampled_from(agencies), st.sampled_from(FAILURES)), max_size=10)


@settings(max_examples=200, deadline=None)
@given(walk=walks, turns=sizes, data=st.data())
async def test_no_outage_loses_or_repeats_a_row(walk: Walk, turns: list[int], data: st.DataObject) -> None:
    await walk.whole(turns, data.draw(outages_of(walk.agencies)))
    assert Counter(walk.told) == Counter(await walk.all())


@settings(max_examples=40, deadline=None)
@given(walk=walks, turns=sizes)
async def test_without_outages_the_pages_are_the_list(walk: Walk, turns: list[int]) -> None:
    await walk.whole(turns, [])
    assert walk.told == await walk.all()


@settings(max_examples=50, deadline=None)
@given(walk=walks, turns=sizes, data=st.data())
async def test_what_follows_a_cursor_is_what_was_not_told_up_to_it(
    walk: Walk, turns: list[int], data: st.DataObject
) -> None:
    """Whichever cursor of a page is used: that of any row, or the page's own."""
    await walk.whole(turns, data.draw(outages_of(walk.agencies)))
    everything = set(await walk.all())
    for cursor, told in walk.cursors:
        rest = [edge["node"]["name"] for edge in (await walk.ask({}, first=100, after=cursor))["edges"]]
        assert len(rest) == len(everything) - told
        assert {*rest, *walk.told[:told]} == everything


@settings(max_examples=100, deadline=None)
@given(walk=walks, turns=sizes, data=st.data())
async def test_rows_that_stay_are_told_once_while_others_come_and_go(
    walk: Walk, turns: list[int], data: st.DataObject
) -> None:
    outages = data.draw(outages_of(walk.agencies))
    changes = data.draw(st.lists(st.tuples(st.sampled_from(walk.agencies), st.integers(0, 3)), max_size=10))
    stayed = set(await walk.all())
    for turn in range(200):
        if turn < len(changes):
            _come_or_go(walk, *changes[turn])
            stayed &= set(await walk.all())
            stayed -= {f"ABCU000000{changes[turn][1]}"}
        await walk.page(turns[turn % len(turns)], outages[turn] if turn < len(outages) else {})
        if walk.done:
            break
    assert walk.done
    counted = Counter(walk.told)
    assert {name: counted[name] for name in stayed} == dict.fromkeys(stayed, 1)


def _come_or_go(walk: Walk, agency: str, number: int) -> None:
    """A record without a document, or a hold on a container."""
    what, new = (
        ("personrecord", record(f"k{number}-", "DOES", None))
        if walk.query == PEOPLE
        else ("hold", hold(f"h{number}-", number))
    )
    rows = world().sources[agency].data[what]
    if new in rows:
        rows.remove(new)
    else:
        rows.append(new)
