"""Row rules' open values: claims in the shape that the operator needs, moments counted back exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from gateway.errors import Forbidden
from gateway.policy import Policy, bind_params
from gateway.policy.params import moment
from gateway.request import Principal

NOW = datetime(2028, 2, 29, 12, 0, tzinfo=UTC)


def who(role: str, **claims: object) -> Principal:
    return Principal("s", "o", frozenset({role}), frozenset(), claims=claims)


@pytest.mark.parametrize(
    ("role", "claims", "expected"),
    [
        ("border-officer", {"ports": ["CAVAN", "CAMTR"]}, {"claims.ports": ["CAVAN", "CAMTR"]}),
        ("border-officer", {"ports": "CAVAN"}, {"claims.ports": ["CAVAN"]}),
        ("carrier", {"carrier": "1234"}, {"claims.carrier": "1234"}),
        ("carrier", {"carrier": ["1234"]}, {"claims.carrier": "1234"}),
        (
            "traveller",
            {"document": {"issuer": "CA", "number": "AB1"}},
            {"claims.document.issuer": "CA", "claims.document.number": "AB1"},
        ),
        ("developer", {}, {}),
    ],
)
def test_claims(policy: Policy, role: str, claims: dict[str, object], expected: dict[str, object]) -> None:
    assert bind_params(policy.view_of([role]), who(role, **claims), NOW) == expected


def test_a_missing_claim_is_refused_even_here(policy: Policy) -> None:
    with pytest.raises(Forbidden):
        bind_params(policy.view_of(["carrier"]), who("carrier"), NOW)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("now", NOW),
        ("now-5y", datetime(2023, 2, 28, 12, 0, tzinfo=UTC)),
        ("now-4y", datetime(2024, 2, 29, 12, 0, tzinfo=UTC)),
        ("now-90d", NOW - timedelta(days=90)),
        ("now-2h", datetime(2028, 2, 29, 10, 0, tzinfo=UTC)),
        ("today", date(2028, 2, 29)),
        ("today-1d", date(2028, 2, 28)),
    ],
)
def test_moments(name: str, expected: object) -> None:
    assert moment(name, NOW) == expected
    assert moment(name, NOW.astimezone(timezone(timedelta(hours=-8)))) == expected
