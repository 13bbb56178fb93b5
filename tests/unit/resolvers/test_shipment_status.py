"""``Shipment.jointStatus`` on rows as the planner reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.enums import SourceOutcome
from resolvers.rules.required import REQUIRED
from resolvers.rules.shipment_status import joint_status

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANSWERED = (SourceOutcome.ANSWERED, NOON)
LINKS = ("", "holds", "declarations", "declarations.required", "declarations.agencyDecisions")


def shipment(**changed: Any) -> dict[str, Any]:
    food = {"agency": "FOOD", "sequence": 1, "status": "MAY_PROCEED", "reasonCode": "7", "at": NOON}
    return {
        "status": "RELEASED",
        "holds": [],
        "declarations": [
            {
                "transactionNumber": "14969123456789",
                "required": [{"agency": "FOOD", "sequence": 1}],
                "agencyDecisions": [food],
            }
        ],
        **changed,
    }


def reports(**changed: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {link: {"CUSTOMS": ANSWERED} for link in LINKS}
    found["holds"]["FOOD"] = found["declarations.agencyDecisions"]["FOOD"] = ANSWERED
    for link, report in changed.items():
        name = {"own": "", "decisions": LINKS[4], "required": LINKS[3]}.get(link, link)
        found[name] = {**found[name], **report}
    return found


def test_released() -> None:
    (found,) = joint_status([shipment()], reports())
    assert found == {
        "state": "RELEASED",
        "blockingAgencies": [],
        "unknownAgencies": [],
        "decisions": [
            {
                "agency": "FOOD",
                "sequence": 1,
                "status": "MAY_PROCEED",
                "reasonCode": "7",
                "at": NOON,
                "required": True,
                "provenance": {"agency": "FOOD", "asOf": NOON, "stale": False},
            }
        ],
        "asOf": NOON,
    }


@pytest.mark.parametrize("outcome", [one for one in SourceOutcome if one is not SourceOutcome.ANSWERED])
@pytest.mark.parametrize(
    ("link", "agency"),
    [
        ("own", "CUSTOMS"),
        ("holds", "CUSTOMS"),
        ("declarations", "CUSTOMS"),
        ("required", "CUSTOMS"),
        ("decisions", "CUSTOMS"),
        ("holds", "FOOD"),
        ("decisions", "FOOD"),
    ],
)
def test_an_agency_that_was_needed_and_did_not_answer_is_unknown(
    outcome: SourceOutcome, link: str, agency: str
) -> None:
    (found,) = joint_status([shipment()], reports(**{link: {agency: (outcome, NOON)}}))
    if agency == "CUSTOMS" and link == "decisions":
        assert found["state"] == "RELEASED", "customs' decision is not required here"
    else:
        assert (found["state"], found["unknownAgencies"]) == ("UNKNOWN", [agency])
    (seized,) = joint_status([shipment(status="SEIZED")], reports(**{link: {agency: (outcome, NOON)}}))
    assert seized["state"] == "SEIZED"


def test_a_required_agency_that_nobody_could_ask_is_unknown() -> None:
    row = shipment()
    row["declarations"][0]["required"].append({"agency": "POLICE", "sequence": None})
    (found,) = joint_status([row], reports())
    assert (found["state"], found["unknownAgencies"]) == ("UNKNOWN", ["POLICE"])


@pytest.mark.parametrize("name", ["holds", "declarations"])
def test_a_list_that_could_not_be_read_is_unknown(name: str) -> None:
    (found,) = joint_status([shipment(**{name: None})], reports())
    assert found["state"] == "UNKNOWN"


@pytest.mark.parametrize("broken", [{"required": None}, {"transactionNumber": None}])
def test_a_declaration_that_could_not_be_read_is_unknown(broken: dict[str, Any]) -> None:
    row = shipment()
    row["declarations"][0].update(broken)
    (found,) = joint_status([row], reports())
    assert found["state"] == "UNKNOWN"


def test_a_required_agency_with_an_unknown_code_is_unknown() -> None:
    row = shipment()
    row["declarations"][0]["required"].append({"agency": None, "sequence": 1})
    (found,) = joint_status([row], reports())
    assert (found["state"], found["unknownAgencies"]) == ("UNKNOWN", [])


def test_open_holds_count_and_lifted_ones_do_not() -> None:
    lifted = {"agency": "FOOD", "placedAt": NOON, "liftedAt": NOON, "canMove": False}
    opened = {"agency": "FOOD", "placedAt": NOON, "liftedAt": None, "canMove": True}
    first, second = joint_status([shipment(holds=[lifted]), shipment(holds=[opened])], reports())
    assert (first["state"], second["state"]) == ("RELEASED", "HOLD")
    assert second["blockingAgencies"] == ["FOOD"]


def test_as_of_is_the_oldest_answer_used() -> None:
    older, oldest = NOON - timedelta(hours=1), NOON - timedelta(hours=9)
    used = reports(decisions={"FOOD": (SourceOutcome.ANSWERED, older), "TRADE_CONTROLS": ("ANSWERED", oldest)})
    (found,) = joint_status([shipment()], used)
    assert found["asOf"] == older, "trade controls' decision is not required"


def test_without_any_report_as_of_is_now() -> None:
    (found,) = joint_status([shipment(declarations=[])], {})
    assert found["state"] == "RELEASED"
    assert abs(found["asOf"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_required_of_a_decision() -> None:
    needed = [{"agency": "FOOD", "sequence": 1}, {"agency": None, "sequence": 2}]
    rows: list[dict[str, Any]] = [
        {"agency": "FOOD", "sequence": 1, "requirements": needed},
        {"agency": "FOOD", "sequence": None, "requirements": needed},
        {"agency": "FOOD", "sequence": 2, "requirements": needed},
        {"agency": "POLICE", "sequence": 1, "requirements": needed},
        {"agency": "FOOD", "sequence": 1, "requirements": None},
    ]
    assert REQUIRED.function(rows, {}) == [True, True, False, False, False]
