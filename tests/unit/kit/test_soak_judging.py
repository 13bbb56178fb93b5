"""What the soak takes for complete, for honest and for a lie."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.soak.judging import Question, faults, joint_status, of, verification

SHIPMENTS = Question(
    "shipments",
    "analyst",
    "{ … }",
    {},
    {
        "shipments": {
            "totalCount": 2,
            "nodes": [
                {"ccn": "A", "importer": {"name": "Acme"}, "holds": [{"agency": "FOOD"}, {"agency": "CUSTOMS"}]},
                {"ccn": "B", "importer": None, "holds": []},
            ],
        }
    },
    {
        "shipments": of("CUSTOMS"),
        "shipments.nodes": of("CUSTOMS", key=("ccn",)),
        "shipments.nodes.importer": of("REVENUE"),
        "shipments.nodes.holds": of("CUSTOMS", "FOOD", owned=lambda row: {row["agency"]}),
    },
)
ROWS = [{"number": number, "issuer": issuer} for number, issuer in ((1, "FOOD"), (2, "TRADE"), (3, "FOOD"))]
PERMITS = Question(
    "permits",
    "developer",
    "{ … }",
    {},
    {"permits": ROWS},
    {"permits": of("FOOD", "TRADE", page=2, owned=lambda row: {row["issuer"]})},
)


def answer(data: Any, *silent: str, complete: bool | None = None, errors: tuple[str, ...] = ()) -> dict[str, Any]:
    sources = [{"agency": agency, "outcome": "TIMED_OUT"} for agency in silent]
    return {
        "data": data,
        "errors": [{"extensions": {"code": "SOURCE_TIMEOUT", "agency": agency}} for agency in errors],
        "extensions": {"completeness": {"complete": not silent if complete is None else complete, "sources": sources}},
    }


def shipments(**first: Any) -> dict[str, Any]:
    """The right answer, with other values in its first shipment."""
    found = SHIPMENTS.expected["shipments"]
    return {"shipments": {**found, "nodes": [{**found["nodes"][0], **first}, found["nodes"][1]]}}


def test_what_is_complete() -> None:
    assert faults(SHIPMENTS, answer(shipments())) == []
    assert faults(SHIPMENTS, answer(shipments(holds=[{"agency": "CUSTOMS"}, {"agency": "FOOD"}]))) == []
    assert faults(PERMITS, answer({"permits": ROWS[:2]})) == []


@pytest.mark.parametrize(
    ("data", "silent"),
    [
        ({"shipments": None}, ["CUSTOMS"]),
        (shipments(importer=None), ["REVENUE"]),
        (shipments(holds=[{"agency": "CUSTOMS"}]), ["FOOD"]),
        (shipments(holds=None), ["FOOD", "CUSTOMS"]),
    ],
)
def test_what_is_missing_has_a_silent_agency(data: Any, silent: list[str]) -> None:
    assert faults(SHIPMENTS, answer(data, *silent, errors=tuple(silent))) == []
    assert faults(SHIPMENTS, answer(data))
    assert faults(SHIPMENTS, answer(data, "POLICE"))


@pytest.mark.parametrize(
    "data",
    [
        shipments(importer={"name": "Other"}),
        shipments(holds=[{"agency": "CUSTOMS"}, {"agency": "FOOD"}, {"agency": "FOOD"}]),
        shipments(holds=[{"agency": "CUSTOMS"}, {"agency": "POLICE"}]),
        shipments(more=1),
        {"shipments": {**shipments()["shipments"], "totalCount": 1}},
        {"shipments": {**shipments()["shipments"], "nodes": shipments()["shipments"]["nodes"][::-1]}},
    ],
)
def test_what_nobody_said_is_a_lie_whoever_is_silent(data: Any) -> None:
    assert faults(SHIPMENTS, answer(data, "CUSTOMS", "REVENUE", "FOOD"))


def test_completeness_and_errors_say_the_same() -> None:
    assert faults(SHIPMENTS, answer(shipments(importer=None), "REVENUE", complete=True))
    assert faults(SHIPMENTS, answer(shipments(), complete=False))
    assert faults(SHIPMENTS, answer(shipments(), errors=("FOOD",)))
    assert faults(SHIPMENTS, {"data": None, "errors": [{"extensions": {"code": "INTERNAL"}}]})


def test_a_page_is_the_first_of_those_who_answered() -> None:
    assert faults(PERMITS, answer({"permits": [ROWS[0], ROWS[2]]}, "TRADE")) == []
    assert faults(PERMITS, answer({"permits": [ROWS[0], ROWS[2]]}))
    assert faults(PERMITS, answer({"permits": ROWS[:1]}, "TRADE"))
    assert faults(PERMITS, answer({"permits": [ROWS[1], ROWS[0]]}, "FOOD"))


def test_what_an_agency_repeats_is_told_once() -> None:
    often = {"permits": [ROWS[0], ROWS[0]]}
    assert faults(PERMITS, answer(often), {"FOOD"}) == []
    assert faults(PERMITS, answer(often))
    assert faults(PERMITS, answer({"permits": [{"number": 9, "issuer": "FOOD"}]}), {"FOOD"})


STATUS = {"state": "MAY_PROCEED", "blockingAgencies": [], "unknownAgencies": [], "required": ["FOOD"]}


@pytest.mark.parametrize(
    ("state", "unknown", "silent", "right"),
    [
        ("MAY_PROCEED", [], [], True),
        ("UNKNOWN", ["FOOD"], ["FOOD"], True),
        ("MAY_PROCEED", [], ["REVENUE"], True),
        ("UNKNOWN", [], [], False),
        ("MAY_PROCEED", ["FOOD"], ["FOOD"], False),
        ("UNKNOWN", [], ["FOOD"], False),
        ("HOLD", ["FOOD"], ["FOOD"], False),
        ("UNKNOWN", ["CUSTOMS"], ["CUSTOMS", "FOOD"], True),
        ("UNKNOWN", ["CUSTOMS"], ["FOOD"], False),
        ("UNKNOWN", ["FOOD", "POLICE"], ["FOOD"], False),
    ],
)
def test_a_joint_status_is_never_clear_for_want_of_an_answer(
    state: str, unknown: list[str], silent: list[str], right: bool
) -> None:
    found = {"state": state, "blockingAgencies": [], "unknownAgencies": unknown}
    assert (joint_status(found, STATUS, silent) is None) is right


VERIFIED: dict[str, Any] = {
    "verdict": "VALID",
    "checks": [{"kind": "EXISTS", "outcome": "PASSED"}, {"kind": "DATES", "outcome": "PASSED"}],
    "remaining": 3,
    "issuer": "FOOD",
}


@pytest.mark.parametrize(
    ("verdict", "outcomes", "remaining", "silent", "right"),
    [
        ("VALID", ("PASSED", "PASSED"), 3, [], True),
        ("UNKNOWN", ("NOT_RUN", "NOT_RUN"), None, ["FOOD"], True),
        ("UNKNOWN", ("PASSED", "NOT_RUN"), 3, ["CUSTOMS"], True),
        ("UNKNOWN", ("PASSED", "NOT_RUN"), 3, [], False),
        ("VALID", ("PASSED", "NOT_RUN"), 3, ["CUSTOMS"], False),
        ("INVALID", ("PASSED", "FAILED"), 3, ["CUSTOMS"], False),
        ("UNKNOWN", ("PASSED", "NOT_RUN"), 4, ["CUSTOMS"], False),
        ("VALID", ("PASSED", "PASSED"), 3, ["FOOD"], True),
    ],
)
def test_a_verification_says_what_its_checks_say(
    verdict: str, outcomes: tuple[str, ...], remaining: int | None, silent: list[str], right: bool
) -> None:
    checks = [{"kind": kind, "outcome": one} for kind, one in zip(("EXISTS", "DATES"), outcomes, strict=True)]
    found = {"verdict": verdict, "checks": checks, "remaining": remaining}
    assert (verification(found, VERIFIED, silent) is None) is right
