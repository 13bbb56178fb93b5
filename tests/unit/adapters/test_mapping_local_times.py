"""A column of local times is read as each of them alone, however many days and transitions lie between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.mapping.zones import instant, instants

ZONES = st.sampled_from(["America/Toronto", "Europe/London", "Asia/Kolkata", "Pacific/Apia", "UTC"])
STARTS = st.datetimes(datetime(1910, 1, 1), datetime(2040, 1, 1)) | st.sampled_from(
    [datetime(2026, 3, 8, 1, 30), datetime(2026, 11, 1, 0, 59), datetime(2011, 12, 29, 23)]
)
MINUTES = st.integers(0, 90) | st.integers(0, 60 * 24 * 200)


@given(zone=ZONES, start=STARTS, minutes=st.lists(MINUTES | st.none(), max_size=6))
def test_as_each_alone(zone: str, start: datetime, minutes: list[int | None]) -> None:
    column = [None if one is None else start + timedelta(minutes=one) for one in minutes]
    alone = [None if value is None else instant(value, zone) for value in column]
    found, flags = instants(column, zone)
    assert found == [None if one is None else one[0] for one in alone]
    assert flags == [(row, one[1]) for row, one in enumerate(alone) if one is not None and one[1]]
    assert all(value is None or value.tzinfo is UTC for value in found)
