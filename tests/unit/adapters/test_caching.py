"""Answers that are kept: whose, for how long, how many, and that they are what the source would say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.caching import CachingSource
from adapters.contract import (
    AllOf,
    Child,
    ChildSelect,
    CollectionSpec,
    Compare,
    FetchCall,
    FetchSpec,
    FieldBinding,
    Join,
    OrderTerm,
    Param,
    Rows,
)
from adapters.errors import SourceUnavailable
from adapters.memory import MemorySource

FIELDS = {path: FieldBinding(path, "String", (path,)) for path in ("code", "port")}
OFFICE = CollectionSpec(
    "CUSTOMS", "db", "office", "CustomsOffice", FIELDS, children={"hours": Child("hours", "Hours", fields=FIELDS)}
)
PORTS = ["CAVAN", "CATOR"]
DATA = [
    {"code": f"{n % 4}", "port": PORTS[n % 2], "hours": [{"code": f"h{n}-{h}"} for h in range(n % 3)]} for n in range(6)
]
"""Two rows to some keys, elements to some rows."""
CHILDREN = (ChildSelect("hours", ("code",)),)
BY_CODE = FetchSpec("office", ("code", "port"), CHILDREN, keys=("code",), order=(OrderTerm("port"),))
LIST = FetchSpec("office", ("code", "port"), CHILDREN, order=(OrderTerm("code"), OrderTerm("port")), limit=True)
RULED = Compare("port", "in", Param("claims.ports"))


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.source = MemorySource("db", "CUSTOMS", [OFFICE], {"office": DATA})
        self.kept = CachingSource(self.source, {"office": 60}, self.clock)

    @property
    def asked(self) -> list[list[str]]:
        return [[key for (key,) in asked.call.keys] for asked in self.source.calls]

    async def by_code(self, *codes: str, scope: str | None = "view") -> Rows:
        return await self.kept.prepare(BY_CODE).run(FetchCall([(code,) for code in codes], scope=scope))


def rows_of(rows: Rows) -> dict[tuple[object, ...], list[object]]:
    """The rows of each key, in order, each with its elements."""
    found: dict[tuple[object, ...], list[object]] = {}
    (hours,) = rows.children
    for row, values in enumerate(zip(*rows.columns, strict=True)):
        elements = hours.columns[0][hours.offsets[row] : hours.offsets[row + 1]]
        found.setdefault(values[:1], []).append((values, elements))
    return found


async def test_a_key_is_asked_once_whatever_it_is_asked_with_and_absent_ones_too() -> None:
    here = World()
    await here.by_code("1", "2", "absent")
    again = await here.by_code("absent", "3", "2")
    assert here.asked == [["1", "2", "absent"], ["3"]]
    assert sorted(again.columns[0]) == ["2", "3"]
    assert (await here.by_code("absent")).count == 0
    assert (here.kept.hits, here.kept.misses) == (3, 4)


@given(st.lists(st.lists(st.integers(0, 5).map(str), min_size=1, unique=True), max_size=6))
async def test_what_is_kept_is_what_the_source_says(lookups: list[list[str]]) -> None:
    here = World()
    for codes in lookups:
        call = FetchCall([(code,) for code in codes])
        assert rows_of(await here.by_code(*codes)) == rows_of(await here.source.prepare(BY_CODE).run(call))


async def test_rows_are_as_old_as_the_oldest_of_them() -> None:
    here = World()
    here.source.as_of = datetime(2026, 1, 1, tzinfo=UTC)
    await here.by_code("1")
    here.source.as_of = datetime(2026, 1, 2, tzinfo=UTC)
    assert (await here.by_code("2")).as_of == datetime(2026, 1, 2, tzinfo=UTC)
    assert (await here.by_code("1", "2")).as_of == datetime(2026, 1, 1, tzinfo=UTC)


async def test_an_answer_is_forgotten_when_its_time_is_over() -> None:
    here = World()
    await here.by_code("1")
    here.clock.now = 59.0
    await here.by_code("1")
    assert here.asked == [["1"]]
    here.clock.now = 60.0
    await here.by_code("1")
    assert here.asked == [["1"], ["1"]]


async def test_other_rights_get_nothing_and_nobody_s_rights_keep_nothing() -> None:
    here = World()
    await here.by_code("1")
    await here.by_code("1", scope="another view")
    await here.by_code("1", scope=None)
    await here.by_code("1", scope=None)
    assert here.asked == [["1"]] * 4


async def test_other_values_of_a_rule_and_other_rules_get_nothing() -> None:
    """Even if the scopes were equal."""
    here = World()
    for ports in (["CAVAN"], ["CATOR"], ["CAVAN"]):
        for rule in (RULED, AllOf((RULED, RULED))):
            fetch = here.kept.prepare(FetchSpec("office", ("code", "port"), CHILDREN, ("code",), predicate=rule))
            rows = await fetch.run(
                FetchCall([("1",), ("2",)], {"claims.ports": ports, "claims.other": 1}, scope="view")
            )
            assert set(rows.columns[1]) == set(ports)
    assert len(here.asked) == 4


async def test_lists_are_kept_with_all_that_they_were_asked_with() -> None:
    here = World()
    fetch = here.kept.prepare(LIST)
    first = await fetch.run(FetchCall(limit=2, scope="view"))
    assert await fetch.run(FetchCall(limit=2, scope="view")) is first
    assert (await fetch.run(FetchCall(limit=3, scope="view"))).count == 3
    after = here.kept.prepare(replace(LIST, after=(False, False)))
    for cursor in (("1", "CATOR"), ("2", "CAVAN"), ("1", "CATOR")):
        rows = await after.run(FetchCall(limit=2, cursor=cursor, scope="view"))
        assert (rows.columns[0][0], rows.columns[1][0]) > cursor
    assert len(here.asked) == 4


async def test_failures_are_not_kept_and_what_is_kept_outlasts_them() -> None:
    here = World()
    here.source.fail(None, SourceUnavailable("down"))
    with pytest.raises(SourceUnavailable):
        await here.by_code("1")
    here.source.fail(None, None)
    await here.by_code("1")
    here.source.fail(None, SourceUnavailable("down"))
    assert (await here.by_code("1")).count == 2
    with pytest.raises(SourceUnavailable):
        await here.by_code("1", "2")


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.caching.CAPACITY", 10)
    here = World()
    here.source.data["office"] = [{"code": f"{n}", "port": "CAVAN", "hours": []} for n in range(20)]
    for n in range(20):
        await here.by_code(f"{n}")
    assert here.kept.kept["office"].currsize <= 10
    await here.by_code("19")
    assert len(here.asked) == 20
    whole = here.kept.prepare(FetchSpec("office", ("code", "port"), CHILDREN))
    await whole.run(FetchCall(scope="view"))
    await whole.run(FetchCall(scope="view"))
    assert len(here.asked) == 22


async def test_other_collections_are_none_of_its_business() -> None:
    source = MemorySource("db", "CUSTOMS", [OFFICE], {"office": DATA})
    fetch = CachingSource(source, {}).prepare(BY_CODE)
    for _ in range(2):
        await fetch.run(FetchCall([("1",)], scope="view"))
    assert len(source.calls) == 2
    assert "kept" not in fetch.explain()
    assert CachingSource(source, {"office": 60}).prepare(BY_CODE).explain().splitlines()[1:] == ["kept for 60 s"]


def test_nothing_is_joined_that_is_kept() -> None:
    """What is kept is asked by itself, and lives for as long as its own collection says."""
    world = World()
    other = replace(OFFICE, name="other")
    world.source.collections["other"] = other
    office, beside = (Join((("code", "code"),), FetchSpec(name, ("port",))) for name in ("office", "other"))
    assert world.source.joins("other", office)
    assert not world.kept.joins("other", office)
    assert not world.kept.joins("office", beside)
    assert world.kept.joins("other", beside)
