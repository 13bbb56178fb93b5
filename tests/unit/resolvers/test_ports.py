"""The local day at a port."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from resolvers.rules.ports import ZONES, local_day, zones_of

LATE = datetime(2026, 11, 25, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locode", "day"),
    [
        ("CAHAL", date(2026, 11, 25)),
        ("CAMTR", date(2026, 11, 24)),
        ("CAVAN", date(2026, 11, 24)),
        ("FRLEH", date(2026, 11, 25)),
        ("NZAKL", date(2026, 11, 25)),
        ("CAXXX", None),
        ("XZZZZ", None),
        (None, None),
    ],
)
def test_local_day(locode: str | None, day: date | None) -> None:
    assert local_day(LATE, locode) == day


def test_zones_that_agree_on_the_day_suffice() -> None:
    assert len(zones_of("CAXXX")) > 1
    assert local_day(datetime(2026, 11, 24, 18, tzinfo=UTC), "CAXXX") == date(2026, 11, 24)


def test_no_moment_no_day() -> None:
    assert local_day(None, "CAVAN") is None


def test_zones_of_ports_exist() -> None:
    assert all(len(zones_of(locode)) == 1 for locode in ZONES)
