"""Columns that stand as they are, and local times written as ISO texts: the same as by converting every row."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.contract import FieldBinding, Step
from adapters.mapping import CodeTables, misfits, reading
from adapters.mapping.columns import all_match
from adapters.mapping.dates import date_converter, datetime_converter
from adapters.mapping.scalars import DECIMAL, PATTERNS, nulling_blanks
from adapters.mapping.stages import compiled

TABLES = CodeTables()
STEPS: tuple[Step, ...] = (
    ("trim", ""),
    ("upper", ""),
    ("alnum", ""),
    ("digits", ""),
    ("left", "14"),
    ("left", "3"),
    ("lstrip0", ""),
    ("lpad0", "12"),
    ("group", "2-7"),
)
near = st.text("A9-_ a0.\n", max_size=16)
fitting = st.sampled_from([*PATTERNS.values(), DECIMAL]).flatmap(lambda one: st.from_regex(one, fullmatch=True))
values = st.one_of(fitting, fitting.map(lambda one: f" {one.lower()} "), near, st.none(), st.integers(0, 10**9))


@given(
    st.sampled_from([*PATTERNS, "Decimal", "String"]),
    st.lists(st.sampled_from(STEPS), max_size=3),
    st.lists(values, min_size=1, max_size=40),
)
@example("ContainerNumber", [("alnum", ""), ("upper", "")], ["CSQU0000001"] * 30 + ["csqu 000000 1", None])
@example("CargoControlNumber", [("trim", ""), ("upper", "")], ["1234A\n1234B"])
def test_as_every_row_converted(kind: str, steps: list[Step], column: list[Any]) -> None:
    binding = FieldBinding("x", kind, ("x",), read=tuple(steps))
    found = reading(binding, zone=None, tables=TABLES).read([list(column)], len(column))
    assert found == compiled(binding, None, TABLES)([list(column)])


def test_what_stands_is_handed_on_and_what_was_given_is_not_changed() -> None:
    read = reading(FieldBinding("x", "BusinessNumber", ("x",)), zone=None, tables=TABLES)
    whole = [f"{number:09}RM0001" for number in range(100)]
    assert read.read([whole], 100)[0] is whole
    dirty = [*whole, " 123456789RC0001 ", "123"]
    given_ = list(dirty)
    column, flags = read.read([dirty], 102)
    assert column == [*whole, "123456789RC0001", "123"]
    assert flags == [(101, "pattern")]
    assert dirty == given_


@given(st.sampled_from(["[A-Z]{2}", "A|BB", r"[0-9]+(?:\.[0-9])?"]), st.lists(st.one_of(near, values), max_size=30))
def test_misfits_are_the_rows_that_do_not_match(pattern: str, column: list[Any]) -> None:
    rows = [row for row, one in enumerate(column) if type(one) is not str or not re.fullmatch(pattern, one)]
    find = misfits(pattern)
    assert list(find(column)) == rows
    assert list(islice(find(column), 2)) == rows[:2]
    assert all_match(pattern)(column) == (not rows)


ZONES = ("America/Toronto", "Asia/Beirut", "Australia/Lord_Howe", "UTC")
moments = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1))
around = st.sampled_from([datetime(2026, 3, 8, 1, 30), datetime(2026, 11, 1, 1, 30), datetime(2026, 3, 29, 0, 10)])
written = st.one_of(moments, around).map(datetime.isoformat)
odd = st.one_of(st.none(), near, written.map(lambda one: one + "+02:00"), written.map(lambda one: one[:10]), moments)


@given(st.sampled_from(ZONES), st.lists(st.one_of(written, odd), min_size=1, max_size=12))
@example("UTC", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@example("America/Toronto", ["9999-12-31T23:59:59"])
def test_local_times_as_every_row_converted(zone: str, column: list[Any]) -> None:
    found = reading(FieldBinding("x", "DateTime", ("x",)), zone=zone, tables=TABLES).read([list(column)], len(column))
    assert found == nulling_blanks(datetime_converter(zone))(list(column))


days = st.dates().map(date.isoformat)


@given(
    st.lists(st.one_of(days, st.sampled_from(["20260101", "2026-W01-1", " 2026-01-01", "2026-02-30"]), odd), min_size=1)
)
@example(["2026-01-01", "2026-12-31"])
@example(["2026-01-01\n2026-01-02"])
def test_dates_as_every_row_converted(column: list[Any]) -> None:
    found = reading(FieldBinding("x", "Date", ("x",)), zone="UTC", tables=TABLES).read([list(column)], len(column))
    assert found == nulling_blanks(date_converter("UTC"))(list(column))


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_with_a_transition_is_read_beside_others(zone: str) -> None:
    start = datetime(2026, 3, 7, 12)
    column = [(start + timedelta(minutes=20 * step)).isoformat() for step in range(200)]
    found, flags = reading(FieldBinding("x", "DateTime", ("x",)), zone=zone, tables=TABLES).read([column], 200)
    assert (found, flags) == nulling_blanks(datetime_converter(zone))(column)
    assert all(one.tzinfo is UTC for one in found)
