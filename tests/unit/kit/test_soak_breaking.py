"""The plan of a soak is its seed's, and breaks everything in every way in time."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.kit.soak.breaking import GRACE_SECONDS, LANES, Breakage, Journal, plan


@pytest.mark.parametrize("lane", LANES)
def test_the_same_seed_breaks_the_same(lane: str) -> None:
    one, same, other = (list(islice(plan(seed, lane), 40)) for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("lane", LANES)
def test_ten_minutes_break_every_agency_in_every_way(lane: str) -> None:
    left, met = 600.0, set()
    for step in plan(1, lane):
        left -= step.rest + step.hold
        if left < 0:
            break
        met.add((step.agency, step.fault.name))
    assert met == {(agency, fault.name) for agency, fault in LANES[lane]}


def test_what_a_request_may_have_met() -> None:
    journal = Journal()
    journal.entries = [Breakage("FOOD", "hang", 10.0, 12.0), Breakage("POLICE", "kill", 20.0)]
    met = [
        [one.agency for one in journal.during(began, ended)]
        for began, ended in ((8, 9), (9, 11), (12 + GRACE_SECONDS, 17), (12.1 + GRACE_SECONDS, 17), (30, 31))
    ]
    assert met == [[], ["FOOD"], ["FOOD"], [], ["POLICE"]]
