"""``verification``, ``remaining`` and ``verifyPermit`` on rows as the planner reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from resolvers.enums import SourceOutcome
from resolvers.rules.cited_permits import remaining, verification, verify_permit

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLDER = NOON - timedelta(hours=3)
ANSWERED = (SourceOutcome.ANSWERED, NOON)
HOLDER = "123456782RM0001"


def quantity(value: str | None, unit: str | None = "KGM") -> dict[str, Any]:
    return {"value": value, "unit": unit}


def permit(**changed: Any) -> dict[str, Any]:
    return {
        "status": "ISSUED",
        "holder": {"businessNumber": HOLDER},
        "validFrom": date(2026, 1, 1),
        "validTo": date(2026, 11, 24),
        "originCountries": None,
        "lines": [{"hs": "040110", "authorized": quantity("100"), "reserved": None, "used": quantity("40.5", None)}],
        **changed,
    }


def cited(permit: dict[str, Any] | None, **changed: Any) -> dict[str, Any]:
    shipment = {"arrivedAt": None, "eta": NOON, "portOfArrival": "CAVAN", **changed}
    declaration = {"importer": {"businessNumber": HOLDER}, "shipment": shipment}
    item = {"hs": "0401101000", "originCountry": "FR", "quantity": quantity("50"), "declaration": declaration}
    return {"issuer": "FOOD", "number": "FI123", "permit": permit, "item": item}


def answers(**issuers: Any) -> dict[str, dict[str, Any]]:
    own = {"CUSTOMS": ANSWERED}
    return {"": own, "permit": issuers, "item.declaration": own, "item.declaration.shipment": own}


def test_a_valid_permit() -> None:
    (found,) = verification([cited(permit())], answers(FOOD=(SourceOutcome.ANSWERED, OLDER)))
    assert found["verdict"] == "VALID"
    assert found["remaining"] == {"value": "59.5", "unit": "KGM"}
    assert found["asOf"] == OLDER
    assert [check["outcome"] for check in found["checks"]] == ["PASSED"] * 8


def test_only_the_cited_issuer_s_answer_counts() -> None:
    reports = answers(FOOD=ANSWERED, TRADE_CONTROLS=(SourceOutcome.STALE, OLDER))
    (found,) = verification([cited(permit())], reports)
    assert (found["verdict"], found["asOf"]) == ("VALID", NOON)


@pytest.mark.parametrize("outcome", [SourceOutcome.TIMED_OUT, SourceOutcome.UNAVAILABLE, SourceOutcome.REFUSED])
def test_an_issuer_that_did_not_answer_is_unknown(outcome: SourceOutcome) -> None:
    (found,) = verification([cited(None)], answers(FOOD=(outcome, None)))
    assert (found["verdict"], found["checks"][0]["outcome"]) == ("UNKNOWN", "NOT_RUN")


def test_an_issuer_that_knows_no_such_permit_makes_it_invalid() -> None:
    (found,) = verification([cited(None)], answers(FOOD=ANSWERED))
    assert (found["verdict"], found["checks"][0]["outcome"]) == ("INVALID", "FAILED")


@pytest.mark.parametrize("missing", ["issuer", "number"])
def test_an_incomplete_citation_is_unknown(missing: str) -> None:
    (found,) = verification([{**cited(None), missing: None}], answers(FOOD=ANSWERED))
    assert found["verdict"] == "UNKNOWN"


def test_a_stale_copy_is_never_valid() -> None:
    (found,) = verification([cited(permit())], answers(FOOD=(SourceOutcome.STALE, OLDER)))
    assert (found["verdict"], found["checks"][0]["detail"]) == ("UNKNOWN", "The issuer's copy is out of date.")


@pytest.mark.parametrize("lost", ["item", "declaration", "shipment"])
def test_what_could_not_be_read_around_it_is_unknown(lost: str) -> None:
    row = cited(permit())
    holder = {"item": row, "declaration": row["item"], "shipment": row["item"]["declaration"]}[lost]
    holder[lost] = None
    (found,) = verification([row], answers(FOOD=ANSWERED))
    assert found["verdict"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("arrived", "verdict"),
    [
        (datetime(2026, 11, 25, 7, 59, tzinfo=UTC), "VALID"),
        (datetime(2026, 11, 25, 8, 0, tzinfo=UTC), "INVALID"),
        (None, "VALID"),
    ],
)
def test_arrival_is_the_local_day_at_the_port(arrived: datetime | None, verdict: str) -> None:
    (found,) = verification([cited(permit(), arrivedAt=arrived)], answers(FOOD=ANSWERED))
    assert found["verdict"] == verdict


def test_remaining_of_lines() -> None:
    lines: list[dict[str, Any]] = [
        {"authorized": quantity("10"), "reserved": quantity("2500", "GRM"), "used": quantity("1")},
        {"authorized": quantity("1", "LBR"), "reserved": None, "used": quantity("1", "KGM")},
        {"authorized": quantity(None), "reserved": None, "used": None},
        {"authorized": quantity("10"), "reserved": quantity("bad"), "used": None},
    ]
    assert remaining(lines, {}) == [
        {"value": "6.5", "unit": "KGM"},
        {"value": "-1.204623", "unit": "LBR"},
        None,
        None,
    ]


def test_verify_permit() -> None:
    asked = {
        "importer": HOLDER,
        "hs": "0401101000",
        "originCountry": "FR",
        "quantity": quantity("0.06", "TNE"),
        "arrival": date(2026, 11, 24),
    }
    found = verify_permit(permit(), ANSWERED, asked, NOON)
    assert (found["verdict"], found["checks"][-1]["kind"], found["checks"][-1]["outcome"]) == (
        "INVALID",
        "BALANCE",
        "FAILED",
    )
    assert verify_permit(None, None, asked, NOON)["verdict"] == "UNKNOWN"
    assert verify_permit(None, None, asked, NOON)["asOf"] == NOON
