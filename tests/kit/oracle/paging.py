"""Connections: every row of the list is filtered, sorted and cut here, in plain Python over the rows themselves.

Where a source is asked for a page of its own (``pushes``), it is only spared rows: what it returns is treated the same.
A cursor of the oracle is the readable place of its row. It must not leave the tests.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cmp_to_key
from typing import Any

from adapters.contract import TYPE_KEYS, AllOf, FetchCall
from gateway.planning.rows import for_owner
from resolvers.filters import ORDERS
from tests.kit.oracle.asking import Asking, Found, Report, join
from tests.kit.oracle.filtering import matches, refuse_nulls
from tests.kit.oracle.pushing import predicate
from tests.kit.oracle.rows import Row

Order = tuple[tuple[str, bool], ...]
Place = list[Any]


@dataclass(slots=True)
class PageOf:
    """The arguments of a connection, settled."""

    target: str
    filter: Mapping[str, Any] | None
    order: Order
    size: int
    forward: bool
    cursor: Place | None


def settle_page(asking: Asking, target: str, arguments: Mapping[str, Any]) -> PageOf:
    first, last = arguments.get("first"), arguments.get("last")
    after, before = arguments.get("after"), arguments.get("before")
    if first is not None and (last is not None or before is not None):
        raise asking.bad("first goes with neither last nor before")
    if after is not None and (last is not None or before is not None):
        raise asking.bad("after goes with neither last nor before")
    size = first if first is not None else last if last is not None else asking.default_page
    if not 0 <= size <= asking.page_size:
        raise asking.bad("page size")
    given = arguments.get("filter") or None
    if given is not None:
        refuse_nulls(asking, given)
    cursor = after if after is not None else before
    place = None
    if cursor:
        place = read_cursor(cursor)
        if place is None:
            raise asking.bad("cursor")
    order: dict[str, bool] = {}
    for term in arguments.get("orderBy") or ():
        order.setdefault(ORDERS[target].fields[term["field"]], term["direction"] == "DESC")
    terms = tuple(order.items()) or (tuple(ORDERS[target].default) if target in ORDERS else ())
    return PageOf(target, given, terms, size, last is None and before is None, place)


# ---- places in a list -------------------------------------------------------------------------


def place_of(asking: Asking, page: PageOf, row: Row) -> Place:
    """The order terms, then the owner's turn, then the key."""
    owners = [owner.id for owner in asking.catalog.owners(page.target)]
    turn = owners.index(row.owner.id) if row.owner is not None else 0
    return [
        *(row.values.get(path) for path, _ in page.order),
        turn,
        *(row.values.get(path) for path in TYPE_KEYS.get(page.target, ())),
    ]


def compare(page: PageOf, one: Place, other: Place) -> int:
    downs = [down for _, down in page.order]
    for index, (a, b) in enumerate(zip(one, other, strict=True)):
        if a == b:
            continue
        down = downs[index] if index < len(downs) else False
        less = False if a is None else True if b is None else a < b
        return -1 if less is not down else 1
    return 0


def write_cursor(place: Place) -> str:
    return json.dumps(
        [
            {"t": v.isoformat()} if isinstance(v, datetime) else {"d": v.isoformat()} if isinstance(v, date) else v
            for v in place
        ]
    )


def read_cursor(text: str) -> Place | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list):
        return None
    return [_value(item) for item in found]


def _value(item: Any) -> Any:
    if isinstance(item, dict):
        return datetime.fromisoformat(item["t"]) if "t" in item else date.fromisoformat(item["d"])
    return item


# ---- pages ------------------------------------------------------------------------------------


def cut(
    asking: Asking,
    page: PageOf,
    rows: Sequence[Row],
    found: Found,
    total: int | None,
    *,
    nested: bool = False,
    missed: bool = False,
) -> dict[str, Any]:
    """The connection object over ``rows``, which need not be in order. ``nested``: one of many of its level;
    ``missed``: an owner that may have rows of this list did not answer."""
    if page.filter is not None:
        rows = [row for row in rows if matches(asking, page.target, page.filter, row)]
    places = {id(row): place_of(asking, page, row) for row in rows}
    ordered = sorted(rows, key=cmp_to_key(lambda a, b: compare(page, places[id(a)], places[id(b)])))
    return {**cut_ordered(page, ordered, places, found, total, missed=missed), "nested": nested}


def cut_ordered(
    page: PageOf,
    ordered: Sequence[Any],
    places: Mapping[int, Place],
    found: Found,
    total: int | None,
    *,
    missed: bool,
) -> dict[str, Any]:
    """``total``: as the sources counted, where they were not asked for every row."""
    count = len(ordered) if total is None else total
    side = 1 if page.forward else -1
    given = page.cursor is not None
    if page.cursor is not None:
        ordered = [row for row in ordered if compare(page, places[id(row)], page.cursor) == side]
    more = len(ordered) > page.size
    shown = list(ordered[: page.size] if page.forward else ordered[max(len(ordered) - page.size, 0) :])
    cursors = [write_cursor(places[id(row)]) for row in shown]
    nowhere = write_cursor([]) if missed else None
    return {
        "shown": shown,
        "nodes": shown,
        "edges": [{"node": row, "cursor": cursor} for row, cursor in zip(shown, cursors, strict=True)],
        "pageInfo": {
            "hasNextPage": (more or missed) if page.forward else given,
            "hasPreviousPage": given if page.forward else more or missed,
            "startCursor": cursors[0] if cursors else nowhere,
            "endCursor": cursors[-1] if cursors else nowhere,
        },
        "totalCount": None if found.failed else count,
        "completeness": completeness(found, shown),
    }


WORST = ("UNAVAILABLE", "TIMED_OUT", "REFUSED", "STALE", "ANSWERED")


def completeness(found: Found, shown: Sequence[Row]) -> dict[str, Any]:
    """One report per agency: the worst outcome, and how many of its rows are shown."""
    sources = []
    for agency in sorted({report.agency for report in found.reports}):
        mine = [report for report in found.reports if report.agency == agency]
        outcome = min((report.outcome for report in mine), key=WORST.index)
        failed = any(report.failed for report in mine)
        sources.append(
            {
                "agency": agency,
                "outcome": outcome,
                "asOf": None if failed else min((r.as_of for r in mine if r.as_of is not None), default=None),
                "rows": None if failed else sum(1 for row in _told(shown) if row.agency == agency),
                "truncated": any(report.truncated for report in mine),
            }
        )
    return {"complete": not found.failed, "sources": sources}


def _told(shown: Sequence[Row]) -> Iterator[Row]:
    """The agencies' own rows among those shown: a container is none, its holds are."""
    for row in shown:
        yield from row.children["holds"] if row.type == "HeldContainer" else (row,)


async def root_page(asking: Asking, page: PageOf) -> dict[str, Any]:
    """Every owner's rows in one list."""
    found = await _ask(asking, page, (), ())
    if found.all_failed:
        raise found.error()
    total = sum(rows.total for rows in found.totals if rows not in (None, 0)) if _pushed(asking, page) else None
    return cut(asking, page, found.rows, found, total, missed=bool(found.failed))


async def pages_by_key(
    asking: Asking,
    page: PageOf,
    paths: tuple[str, ...],
    wanted: Sequence[Sequence[tuple[Any, ...]]],
    lacking: Sequence[Report],
) -> list[Any]:
    """One connection per object, with the rows of its keys. ``lacking``: who did not say all keys."""
    keys = list(dict.fromkeys(key for row in wanted for key in row))
    found = await _ask(asking, page, keys, paths) if keys else Found()
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in found.rows:
        groups.setdefault(tuple(row.values.get(path) for path in paths), []).append(row)
    values: list[Any] = []
    told = replace(found, reports=[*found.reports, *lacking])
    for mine in wanted:
        if mine and found.all_failed:
            values.append(found.error())
            continue
        rows = [row for key in dict.fromkeys(mine) for row in groups.get(key, ())]
        total = None
        if _pushed(asking, page):
            counts = [rows.totals or {} for rows in found.totals if rows not in (None, 0)]
            total = sum(count.get(key, 0) for count in counts for key in mine)
        values.append(cut(asking, page, rows, told, total, nested=True, missed=bool(mine and found.failed)))
    return values


def _pushed(asking: Asking, page: PageOf) -> bool:
    """A page after a cursor is found by reading everything, whatever the source."""
    return asking.pushes and page.cursor is None


async def _ask(asking: Asking, page: PageOf, keys: Sequence[tuple[Any, ...]], paths: tuple[str, ...]) -> Found:
    owners = asking.catalog.lookup_owners(page.target, paths) if paths else asking.catalog.listing_owners(page.target)
    condition = predicate(asking, page.target, page.filter) if page.filter else AllOf(())
    terms = (*page.order, *((path, False) for path in TYPE_KEYS[page.target]))
    order = terms if page.forward else tuple((path, not down) for path, down in terms)
    waiting = []
    for owner in owners:
        own = for_owner(condition, owner, {})
        if own is False:  # no row of it can match: not asked
            waiting.append(_nothing(asking, owner.agency))
        elif not _pushed(asking, page):
            waiting.append(asking.ask(owner, FetchCall(keys=list(keys)), keys=paths))
        else:
            call = FetchCall(keys=list(keys), limit=page.size + 1)
            filtered = None if own is True else own
            waiting.append(asking.ask(owner, call, keys=paths, condition=filtered, order=order, limit=True, count=True))
    return join(await asyncio.gather(*waiting))


async def _nothing(asking: Asking, agency: str) -> Found:
    return Found([], [Report(agency, "ANSWERED", asking.now)], [0])
