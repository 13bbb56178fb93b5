"""A day and a time of day in two columns: the same instants and flags as by reading every row whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import FieldBinding
from adapters.mapping import CodeTables, reading
from adapters.mapping.stages import compiled

TABLES = CodeTables()
FORMATS = ("yyyyMMdd HHmm", "yyyy-MM-dd HH:mm:ss", "ddMMyyyy HHmmss", "HHmm yyyyMMdd", "yyyyMM ddHHmm")
ZONES = ("America/Toronto", "Asia/Beirut", "Australia/Lord_Howe", "UTC")
"""Beirut's days begin with a transition; Lord Howe's transitions are of half an hour."""
DAYS = ["20261101", "20260308", "20260329", "20261025", "20260405", "20261004", "20260115", "20261399", "99991231"]
TIMES = ["0000", "0030", "0130", "0159", "0200", "0230", "2359", "2400", " 930", "", " "]

written = st.sampled_from([*DAYS, *TIMES, "2026-03-08", "01:30:00", "08032026", "013000", "202603", "080130"])
odd = st.one_of(st.none(), st.integers(0, 20261231), st.text("0123456789: ", max_size=9))
texts = st.one_of(written, written.map(lambda text: f" {text} "), odd)


def binding(form: str) -> FieldBinding:
    return FieldBinding("eta", "DateTime", ("d", "t"), format=form)


@given(st.sampled_from(FORMATS), st.sampled_from(ZONES), st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_as_every_row_read_whole(form: str, zone: str, rows: list[tuple[Any, Any]]) -> None:
    natives: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    found = reading(binding(form), zone=zone, tables=TABLES).read(natives, len(rows))
    assert found == compiled(binding(form), zone, TABLES)(natives)


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_around_transitions(zone: str) -> None:
    rows = [(day, f"{hour:02d}{minute:02d}") for day in DAYS[:7] for hour in range(24) for minute in range(0, 60, 10)]
    natives: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    read = reading(binding("yyyyMMdd HHmm"), zone=zone, tables=TABLES)
    whole = compiled(binding("yyyyMMdd HHmm"), zone, TABLES)
    for first in range(0, len(rows), 144):
        day = [column[first : first + 144] for column in natives]
        assert read.read(day, 144) == whole(day)
    assert read.read(natives, len(rows)) == whole(natives)
