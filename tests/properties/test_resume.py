"""Lists merged over agencies that come and go: whatever fails while a list is walked, no row is lost or repeated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.memory import Row
from tests.kit.memory_world import World

PERMITS = """query($by: [PermitOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  permits(orderBy: $by, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    completeness { complete sources { agency outcome } }
    edges { cursor node { issuer { code } number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }"""
BOTH = ("FOOD", "TRADE_CONTROLS")
FAILURES: tuple[SourceError, ...] = (
    SourceUnavailable("x"),
    SourceTimeout("x"),
    SourceRefused("x"),
    SourceBadData("x"),
)
Name = tuple[str, str]

dates = st.one_of(st.none(), st.integers(0, 2).map(lambda n: date(2027, 1, 1) + timedelta(n)))
orders = st.sampled_from(
    [
        None,
        [{"field": "VALID_TO", "direction": "ASC"}],
        [{"field": "NUMBER", "direction": "DESC"}],
        [{"field": "VALID_TO", "direction": "ASC"}, {"field": "NUMBER", "direction": "DESC"}],
    ]
)
outages = st.lists(
    st.dictionaries(st.sampled_from(BOTH), st.sampled_from(FAILURES), max_size=2), min_size=1, max_size=8
)
sizes = st.lists(st.integers(1, 4), min_size=1, max_size=4)
contents = st.fixed_dictionaries(dict.fromkeys(BOTH, st.lists(dates, max_size=7)))


@dataclass(frozen=True)
class Change:
    """Before a page, a row of an agency comes or goes."""

    agency: str
    number: int
    valid_to: date | None


changes = st.lists(st.lists(st.builds(Change, st.sampled_from(BOTH), st.integers(0, 9), dates), max_size=3), max_size=8)


@cache
def world() -> World:
    return World({})


def rows_of(agency: str, found: list[date | None]) -> list[Row]:
    """The numbers of both agencies overlap, so that they tie."""
    return [{"number": f"N{n % 4}{agency[0] if n > 3 else ''}", "validTo": one} for n, one in enumerate(found)]


class Walk:
    """One list read page by page by a client that keeps the last cursor it was given."""

    def __init__(self, content: dict[str, list[date | None]], by: Any, *, forward: bool) -> None:
        self.world = world()
        for agency, found in content.items():
            self.world.sources[agency].data["permit"] = rows_of(agency, found)
        self.by = by
        self.forward = forward
        self.cursor: str | None = None
        self.cursors: list[str] = []
        self.seen: list[Name] = []
        self.done = False

    def present(self) -> set[Name]:
        return {(agency, row["number"]) for agency in BOTH for row in self.world.sources[agency].data.get("permit", ())}

    async def page(self, size: int, failing: dict[str, SourceError]) -> None:
        for agency in BOTH:
            self.world.sources[agency].fail(None, failing.get(agency))
        way = {"first": size, "after": self.cursor} if self.forward else {"last": size, "before": self.cursor}
        answer = await self.world.ask(PERMITS, {"by": self.by, **way})
        assert answer.data is not None
        page = answer.data["permits"]
        told = {error["extensions"]["agency"] for error in answer.errors}
        assert told == set(failing)
        if len(failing) == len(BOTH):
            assert page is None  # asked again from the same cursor
            return
        assert page["completeness"]["complete"] is not bool(failing)
        assert failing == {} or page["totalCount"] is None
        assert len(page["edges"]) <= size
        info, found = page["pageInfo"], [_name(edge) for edge in page["edges"]]
        self.seen = [*self.seen, *found] if self.forward else [*found, *self.seen]
        more, at = ("hasNextPage", "endCursor") if self.forward else ("hasPreviousPage", "startCursor")
        self.cursors += [edge["cursor"] for edge in page["edges"]]
        if not info[more]:
            assert not failing
            self.done = True
            return
        assert info[at] is not None
        self.cursor = info[at]
        self.cursors.append(info[at])

    async def whole(self, turns: list[int], failing: list[dict[str, SourceError]]) -> None:
        """To the end: first under the outages, then with everyone back."""
        for turn in range(200):
            await self.page(turns[turn % len(turns)], failing[turn] if turn < len(failing) else {})
            if self.done:
                return
        raise AssertionError("the walk does not end")

    async def rest(self, *, forward: bool, cursor: str) -> list[Name]:
        way = {"first": 100, "after": cursor} if forward else {"last": 100, "before": cursor}
        data = await self.world.data_of(PERMITS, {"by": self.by, **way})
        return [_name(edge) for edge in data["permits"]["edges"]]


def _name(edge: dict[str, Any]) -> Name:
    return edge["node"]["issuer"]["code"], edge["node"]["number"]


@settings(max_examples=80, deadline=None)
@given(content=contents, by=orders, turns=sizes, failing=outages, forward=st.booleans())
async def test_no_outage_loses_or_repeats_a_row(
    content: dict[str, list[date | None]],
    by: Any,
    turns: list[int],
    failing: list[dict[str, SourceError]],
    forward: bool,
) -> None:
    walk = Walk(content, by, forward=forward)
    await walk.whole(turns, failing)
    assert Counter(walk.seen) == Counter(walk.present())


@settings(max_examples=80, deadline=None)
@given(content=contents, by=orders, turns=sizes, failing=outages, changing=changes, forward=st.booleans())
async def test_rows_that_stay_appear_once_while_others_come_and_go(
    content: dict[str, list[date | None]],
    by: Any,
    turns: list[int],
    failing: list[dict[str, SourceError]],
    changing: list[list[Change]],
    forward: bool,
) -> None:
    walk = Walk(content, by, forward=forward)
    stayed = walk.present()
    for turn in range(200):
        for change in changing[turn] if turn < len(changing) else ():
            stayed -= {_changed(walk, change)}
        await walk.page(turns[turn % len(turns)], failing[turn] if turn < len(failing) else {})
        if walk.done:
            break
    assert walk.done
    counted = Counter(walk.seen)
    assert {name: counted[name] for name in stayed} == dict.fromkeys(stayed, 1)


def _changed(walk: Walk, change: Change) -> Name:
    """A row that is there goes; one that is not comes. Its name."""
    rows = walk.world.sources[change.agency].data.setdefault("permit", [])
    number = f"N{change.number % 4}{change.agency[0] if change.number > 3 else ''}"
    found = [row for row in rows if row["number"] == number]
    if found:
        rows.remove(found[0])
    else:
        rows.append({"number": number, "validTo": change.valid_to})
    return change.agency, number


@settings(max_examples=40, deadline=None)
@given(content=contents, by=orders, turns=sizes, failing=outages, forward=st.booleans())
async def test_a_cursor_of_a_page_that_lacks_an_agency_still_splits_every_agency_in_two(
    content: dict[str, list[date | None]],
    by: Any,
    turns: list[int],
    failing: list[dict[str, SourceError]],
    forward: bool,
) -> None:
    """What follows it and what precedes it are the whole list, but for rows that were shown and that it stands on."""
    walk = Walk(content, by, forward=forward)
    await walk.whole(turns, failing)
    for agency in BOTH:
        walk.world.sources[agency].fail(None, None)
    for cursor in dict.fromkeys(walk.cursors):
        halves = Counter(
            [*await walk.rest(forward=True, cursor=cursor), *await walk.rest(forward=False, cursor=cursor)]
        )
        assert max(halves.values(), default=1) == 1
        on = walk.present() - set(halves)
        assert max(Counter(agency for agency, _ in on).values(), default=0) <= 1
        assert on <= set(walk.seen)
