"""Domain rule 2: every combination of what can be right, wrong or unknown about a permit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from resolvers.enums import CheckOutcome, PermitCheckKind, PermitStatus, Verdict
from resolvers.rules.permit_verification import DETAILS, EARLIER, NO_ANSWER, OUTDATED, Import, Line, Permit, verify
from resolvers.rules.units import Amount, amount

PASSED, FAILED, NOT_RUN = CheckOutcome
ARRIVAL = date(2026, 11, 24)
HOLDER = "123456782RM0001"


def kg(value: str, unit: str = "KGM") -> Amount:
    return Amount(Decimal(value), unit)


STATUSES = [(status, PASSED if status == "ISSUED" else FAILED) for status in PermitStatus] + [(None, NOT_RUN)]
HOLDERS = [(HOLDER, PASSED), ("119220382RM0001", FAILED), (None, NOT_RUN)]
DATES = [
    ((date(2026, 1, 1), date(2026, 12, 31)), PASSED),
    ((ARRIVAL, ARRIVAL), PASSED),
    ((date(2026, 11, 25), date(2026, 12, 31)), FAILED),
    ((date(2026, 1, 1), date(2026, 11, 23)), FAILED),
    ((None, date(2026, 11, 23)), FAILED),
    ((None, date(2026, 12, 31)), NOT_RUN),
    ((date(2026, 1, 1), None), NOT_RUN),
]
COMMODITIES: list[tuple[tuple[str | None, str | None], CheckOutcome]] = [
    (("040110", "0401101000"), PASSED),
    (("040110", "0402100000"), FAILED),
    (("0401101000", "040110"), FAILED),
    ((None, "0401101000"), NOT_RUN),
    (("040110", None), NOT_RUN),
]
ORIGINS = [(((), None), PASSED), ((("NZ", "FR"), "FR"), PASSED), ((("NZ",), "FR"), FAILED), ((("NZ",), None), NOT_RUN)]
QUANTITIES = [
    ((kg("100"), kg("100")), (PASSED, PASSED)),
    ((kg("0.1", "TNE"), kg("100")), (PASSED, PASSED)),
    ((kg("101"), kg("100")), (PASSED, FAILED)),
    ((kg("1", "LTR"), kg("100")), (FAILED, NOT_RUN)),
    ((None, kg("100")), (NOT_RUN, NOT_RUN)),
    ((kg("1"), None), (NOT_RUN, NOT_RUN)),
]


def outcomes(permit: Permit, case: Import, stale: bool = False) -> tuple[Verdict, dict[PermitCheckKind, CheckOutcome]]:
    found = verify(permit, case, stale=stale)
    assert [check.kind for check in found.checks] == list(PermitCheckKind)
    return found.verdict, {check.kind: check.outcome for check in found.checks}


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize(("status", "status_ok"), STATUSES)
def test_every_combination(status: str | None, status_ok: CheckOutcome, stale: bool) -> None:
    for holder, dates, hs, origin, quantity in product(HOLDERS, DATES, COMMODITIES, ORIGINS, QUANTITIES):
        (line_hs, goods_hs), hs_ok = hs
        (origins, goods_origin), origin_ok = origin
        (wanted, authorized), (unit_ok, balance_ok) = quantity
        permit = Permit(status, holder[0], *dates[0], (Line(line_hs, authorized),), origins)
        verdict, found = outcomes(permit, Import(HOLDER, goods_hs, goods_origin, wanted, ARRIVAL), stale)
        line_found = hs_ok is PASSED
        expected = {
            PermitCheckKind.EXISTS: PASSED,
            PermitCheckKind.STATUS: status_ok,
            PermitCheckKind.HOLDER: holder[1],
            PermitCheckKind.DATES: dates[1],
            PermitCheckKind.HS: hs_ok,
            PermitCheckKind.ORIGIN: origin_ok,
            PermitCheckKind.UNIT: unit_ok if line_found else NOT_RUN,
            PermitCheckKind.BALANCE: balance_ok if line_found else NOT_RUN,
        }
        assert found == expected
        if FAILED in expected.values():
            assert verdict is Verdict.INVALID
        elif stale or NOT_RUN in expected.values():
            assert verdict is Verdict.UNKNOWN
        else:
            assert verdict is Verdict.VALID


CASE = Import(HOLDER, "0401101000", "FR", kg("10"), ARRIVAL)


def permit(*lines: Line, **changed: Any) -> Permit:
    given = {"status": "ISSUED", "holder": HOLDER, "valid_from": ARRIVAL, "valid_to": ARRIVAL}
    return Permit(**{**given, "lines": lines or (Line("040110", kg("100")),), **changed})


@pytest.mark.parametrize(
    ("answered", "stale", "first", "detail", "verdict"),
    [
        (True, False, FAILED, DETAILS[PermitCheckKind.EXISTS, FAILED], Verdict.INVALID),
        (True, True, NOT_RUN, OUTDATED, Verdict.UNKNOWN),
        (False, False, NOT_RUN, NO_ANSWER, Verdict.UNKNOWN),
        (False, True, NOT_RUN, NO_ANSWER, Verdict.UNKNOWN),
    ],
)
def test_no_permit(answered: bool, stale: bool, first: CheckOutcome, detail: str, verdict: Verdict) -> None:
    found = verify(None, CASE, answered=answered, stale=stale)
    assert (found.checks[0].outcome, found.checks[0].detail, found.verdict) == (first, detail, verdict)
    assert all((check.outcome, check.detail) == (NOT_RUN, EARLIER) for check in found.checks[1:])
    assert found.remaining is None


def test_importer_or_arrival_not_known() -> None:
    assert outcomes(permit(), Import(None, CASE.hs, "FR", CASE.quantity, ARRIVAL))[0] is Verdict.UNKNOWN
    assert outcomes(permit(), Import(HOLDER, CASE.hs, "FR", CASE.quantity, None))[0] is Verdict.UNKNOWN


def test_details_of_checks_that_passed_are_empty_and_texts_have_no_digits() -> None:
    found = verify(permit(), CASE)
    assert [check.detail for check in found.checks] == [None] * 8
    assert not any(char.isdigit() for text in (*DETAILS.values(), EARLIER, NO_ANSWER, OUTDATED) for char in text)


def test_remaining_is_authorized_less_reserved_less_used_in_the_line_s_unit() -> None:
    line = Line("040110", kg("1", "TNE"), (kg("250.5"), kg("100000", "GRM")))
    found = verify(permit(line), CASE)
    assert found.remaining == Amount(Decimal("0.6495"), "TNE")
    assert found.verdict is Verdict.VALID


def test_exactly_what_remains_passes_and_a_millionth_more_does_not() -> None:
    line = Line("040110", kg("100"), (kg("0.1"), kg("0.2")))
    for wanted, verdict in (("99.7", Verdict.VALID), ("99.700001", Verdict.INVALID)):
        assert verify(permit(line), Import(HOLDER, CASE.hs, "FR", kg(wanted), ARRIVAL)).verdict is verdict


def test_overdrawn_permit_shows_what_it_owes() -> None:
    found = verify(permit(Line("040110", kg("100"), (kg("120"),))), CASE)
    assert (found.verdict, found.remaining) == (Verdict.INVALID, kg("-20"))


@pytest.mark.parametrize(
    "line",
    [Line("040110", kg("100"), (), measurable=False), Line("040110", kg("100"), (kg("1", "LTR"),))],
)
def test_balance_that_cannot_be_reckoned_is_unknown(line: Line) -> None:
    found = verify(permit(line), CASE)
    assert found.verdict is Verdict.UNKNOWN
    assert found.checks[-1].outcome is NOT_RUN
    assert found.remaining is None


def test_of_several_lines_one_that_suffices_is_taken() -> None:
    lines = (Line("04011010", kg("5")), Line("0401", kg("1000")), Line("040110", kg("1", "LTR")))
    found = verify(permit(*lines), CASE)
    assert (found.verdict, found.remaining) == (Verdict.VALID, kg("1000"))


def test_of_several_lines_that_suffice_the_most_specific_is_taken() -> None:
    lines = (Line("0401", kg("1000")), Line("04011010", kg("50")))
    assert verify(permit(*lines), CASE).remaining == kg("50")


def test_a_line_with_an_unreadable_commodity_leaves_it_open() -> None:
    found = verify(permit(Line("070190", kg("5")), Line(None, kg("5"))), CASE)
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("value", [None, "many", "NaN", True, 1.5])
def test_amounts_that_are_none(value: object) -> None:
    assert amount(value, "KGM") is None
    assert amount("1", None) is None
    assert amount("1", " ") is None
