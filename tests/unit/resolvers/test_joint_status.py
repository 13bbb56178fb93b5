"""Domain rule 1, over every combination of customs' status, two agencies' answers and a hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from resolvers.enums import DecisionStatus, JointState, ShipmentStatus
from resolvers.rules.joint_status import Decision, JointVerdict, Requirement, current, decide

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)

# The rule's own words, as a ladder: worst first.
LADDER = (
    "SEIZED",
    "REFUSED",
    "REJECTED",
    "HOLD",
    "DOCUMENTS_REQUIRED",
    "UNDER_REVIEW",
    "UNKNOWN",
    "MOVE_DETAIN_AT_DESTINATION",
    "MAY_PROCEED",
)
CLEAR = {"MAY_PROCEED", "MOVE_DETAIN_AT_DESTINATION", "RELEASED"}

NOTHING_YET = "nothing yet"
BAD_CODE = "bad code"
NOT_REQUIRED = "not required"
DECIDED = (*DecisionStatus, BAD_CODE, NOTHING_YET)
ANSWERS = (
    (NOT_REQUIRED, "answered"),
    *product(DECIDED, ("answered", "stale")),
    (NOTHING_YET, "missing"),
)


def expected(status: str | None, answers: tuple[tuple[str, str], ...], held: bool) -> str:
    """Written from the rule, not from the code."""
    steps = []
    for said, how in answers:
        if said == NOT_REQUIRED:
            continue
        if how != "answered" or said == BAD_CODE:
            steps.append("UNKNOWN")
        if said == NOTHING_YET:
            steps += ["UNDER_REVIEW"] if how == "answered" else []
        elif said != BAD_CODE:
            steps.append({"EXAM": "HOLD", "RELEASED": "MAY_PROCEED"}.get(said, said))
    if held:
        steps.append("HOLD")
    if status is None:
        steps.append("UNKNOWN")
    steps += {"UNDER_REVIEW": ["UNDER_REVIEW"], "HELD": ["HOLD"], "REFUSED": ["REFUSED"], "SEIZED": ["SEIZED"]}.get(
        status or "", []
    )
    worst = next((step for step in LADDER if step in steps), None)
    if status == "RELEASED" and worst in (None, "MAY_PROCEED"):
        return "RELEASED"
    return worst or "UNDER_REVIEW"


def asked(status: str | None, answers: tuple[tuple[str, str], ...], held: bool) -> JointVerdict:
    requirements, decisions, unanswered = [], [], set()
    for agency, (said, how) in zip(("FOOD", "TRADE_CONTROLS"), answers, strict=True):
        if said != NOT_REQUIRED:
            requirements.append(Requirement("1", agency, 1))
            if how != "answered":
                unanswered.add(agency)
            if said != NOTHING_YET:
                decisions.append(Decision("1", agency, 1, None if said == BAD_CODE else said, NOON))
    return decide(status, requirements, current(decisions), ["POLICE"] if held else [], unanswered=unanswered)


@pytest.mark.parametrize("status", [*ShipmentStatus, None])
def test_every_combination(status: str | None) -> None:
    for first, second, held in product(ANSWERS, ANSWERS, (False, True)):
        found = asked(status, (first, second), held)
        case = (status, first, second, held)
        assert found.state == expected(status, (first, second), held), case
        silent = {
            agency
            for agency, (said, how) in zip(("FOOD", "TRADE_CONTROLS"), (first, second), strict=True)
            if said != NOT_REQUIRED and (how != "answered" or said == BAD_CODE)
        } | ({"CUSTOMS"} if status is None else set())
        assert set(found.unknown) == silent, case
        if silent:
            assert found.state not in CLEAR, case
        if "SEIZED" in (status, first[0], second[0]):
            assert found.state is JointState.SEIZED, case
        if found.state in ("SEIZED", "REFUSED", "REJECTED", "HOLD", "DOCUMENTS_REQUIRED", "UNDER_REVIEW"):
            assert found.blocking, case
        if found.state in CLEAR | {"UNKNOWN"}:
            assert not found.blocking, case


def test_states_are_declared_from_best_to_worst() -> None:
    assert tuple(reversed(JointState)) == (*LADDER, "RELEASED")


def test_losing_an_answer_never_improves_the_state() -> None:
    rank = {state: index for index, state in enumerate(JointState)}
    for status, (said, _), second in product(ShipmentStatus, ANSWERS, ANSWERS):
        if said == NOT_REQUIRED:
            continue
        before = asked(status, ((said, "answered"), second), False)
        after = asked(status, ((said, "stale"), second), False)
        assert rank[after.state] >= rank[before.state] or after.state is JointState.UNKNOWN
        assert after.state not in CLEAR


def decision(agency: str, sequence: int | None, status: str, minutes: int | None) -> Decision:
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    return Decision("1", agency, sequence, status, at)


def test_newest_decision_of_each_item_counts() -> None:
    kept = current(
        [
            decision("FOOD", 1, "HOLD", 0),
            decision("FOOD", 1, "MAY_PROCEED", 5),
            decision("FOOD", 2, "REFUSED", 1),
        ]
    )
    assert [(one.sequence, one.status) for one in kept] == [(1, "MAY_PROCEED"), (2, "REFUSED")]


def test_newest_first_then_by_agency() -> None:
    kept = current(
        [decision("TRADE_CONTROLS", 1, "HOLD", 0), decision("FOOD", 1, "HOLD", 0), decision("CUSTOMS", 1, "HOLD", -1)]
    )
    assert [one.agency for one in kept] == ["FOOD", "TRADE_CONTROLS", "CUSTOMS"]


def test_an_undated_decision_is_not_superseded() -> None:
    kept = current([decision("FOOD", 1, "SEIZED", None), decision("FOOD", 1, "MAY_PROCEED", 5)])
    assert {one.status for one in kept} == {"SEIZED", "MAY_PROCEED"}
    assert decide("RELEASED", [Requirement("1", "FOOD", 1)], kept, []).state is JointState.SEIZED


def test_decisions_of_the_same_moment_all_count() -> None:
    kept = current([decision("FOOD", 1, "HOLD", 0), decision("FOOD", 1, "MAY_PROCEED", 0)])
    assert decide("ARRIVED", [Requirement("1", "FOOD", 1)], kept, []).state is JointState.HOLD


@pytest.mark.parametrize(
    ("required", "decided", "covered"),
    [(1, 1, True), (1, None, True), (None, 1, True), (None, None, True), (1, 2, False)],
)
def test_which_decision_answers_which_requirement(required: int | None, decided: int | None, covered: bool) -> None:
    found = decide("ARRIVED", [Requirement("1", "FOOD", required)], [decision("FOOD", decided, "MAY_PROCEED", 0)], [])
    assert found.state is (JointState.MAY_PROCEED if covered else JointState.UNDER_REVIEW)


def test_a_decision_on_another_declaration_does_not_answer() -> None:
    other = Decision("2", "FOOD", 1, "MAY_PROCEED", NOON)
    found = decide("ARRIVED", [Requirement("1", "FOOD", 1)], [other], [])
    assert found.state is JointState.UNDER_REVIEW
    assert found.blocking == ("FOOD",)


def test_an_agency_that_is_not_required_does_not_decide() -> None:
    assert decide("RELEASED", [], [decision("FOOD", 1, "REFUSED", 0)], []).state is JointState.RELEASED


def test_nothing_said_by_anyone_is_under_review_by_customs() -> None:
    found = decide("PRE_ARRIVAL", [], [], [], customs="DOUANES")
    assert (found.state, found.blocking, found.unknown) == (JointState.UNDER_REVIEW, ("DOUANES",), ())


def test_what_cannot_be_laid_to_an_agency_is_unknown_all_the_same() -> None:
    found = decide("RELEASED", [], [], [], incomplete=True)
    assert (found.state, found.unknown) == (JointState.UNKNOWN, ())
    assert decide("SEIZED", [], [], [], incomplete=True).state is JointState.SEIZED


def test_what_a_required_agency_says_of_an_item_that_was_not_named_counts_too() -> None:
    said = [decision("FOOD", 1, "MAY_PROCEED", 0), decision("FOOD", 3, "REFUSED", 0)]
    found = decide("RELEASED", [Requirement("1", "FOOD", 1)], said, [])
    assert (found.state, found.blocking) == (JointState.REFUSED, ("FOOD",))
