"""Permit verification: whether a permit covers an import.

Checks run in order: exists, status, holder, dates, HS, origin, unit, balance. A failed one does not stop the others,
unless they need what it did not find: all need the permit; unit and balance need the line. A check that could not run
makes the verdict UNKNOWN, unless another failed; so does a stale answer that everything passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from resolvers.enums import CheckOutcome, PermitCheckKind, PermitStatus, Verdict
from resolvers.rules.units import EXACT, Amount, amount, at_most, base, convert, convertible

PASSED, FAILED, NOT_RUN = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_RUN

NO_ANSWER = "The issuer did not answer."
OUTDATED = "The issuer's copy is out of date."
EARLIER = "It depends on a check that did not pass."

DETAILS: Mapping[tuple[PermitCheckKind, CheckOutcome], str] = {
    (PermitCheckKind.EXISTS, FAILED): "The issuer knows no such permit.",
    (PermitCheckKind.STATUS, FAILED): "The permit is not in force.",
    (PermitCheckKind.STATUS, NOT_RUN): "The status of the permit is not known.",
    (PermitCheckKind.HOLDER, FAILED): "The holder is not the importer.",
    (PermitCheckKind.HOLDER, NOT_RUN): "The holder or the importer is not known.",
    (PermitCheckKind.DATES, FAILED): "The permit does not cover the day of arrival.",
    (PermitCheckKind.DATES, NOT_RUN): "The validity of the permit or the day of arrival is not known.",
    (PermitCheckKind.HS, FAILED): "No line covers the commodity.",
    (PermitCheckKind.HS, NOT_RUN): "The commodity, of the goods or of a line, is not known.",
    (PermitCheckKind.ORIGIN, FAILED): "The permit does not admit the country of origin.",
    (PermitCheckKind.ORIGIN, NOT_RUN): "The country of origin is not known.",
    (PermitCheckKind.UNIT, FAILED): "The quantity cannot be converted to the unit of the line.",
    (PermitCheckKind.UNIT, NOT_RUN): "The quantity, of the goods or of the line, is not known.",
    (PermitCheckKind.BALANCE, FAILED): "Less remains than is imported.",
    (PermitCheckKind.BALANCE, NOT_RUN): "The remaining quantity is not known.",
}
"""Fixed texts: none contains a value of the permit."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a permit. ``spent`` are the reserved and used quantities that are given; ``measurable`` is false when
    one of them is there but cannot be read."""

    hs: str | None
    authorized: Amount | None
    spent: tuple[Amount, ...] = ()
    measurable: bool = True

    def remaining(self) -> Amount | None:
        """Authorized less reserved less used, in the unit authorized; ``None`` when it cannot be known."""
        if self.authorized is None or not self.measurable:
            return None
        left = self.authorized.value
        for one in self.spent:
            converted = convert(one, self.authorized.unit)
            if converted is None:
                return None
            left = EXACT.subtract(left, converted.value)
        return Amount(left, self.authorized.unit)


@dataclass(frozen=True, slots=True)
class Permit:
    """What the issuer says. No ``origins``: any origin."""

    status: str | None
    holder: str | None
    valid_from: date | None
    valid_to: date | None
    lines: tuple[Line, ...]
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """What is to be covered. ``arrival`` is the local day at the port of arrival. Unknown values are ``None``."""

    importer: str | None
    hs: str | None
    origin: str | None
    quantity: Amount | None
    arrival: date | None


@dataclass(frozen=True, slots=True)
class Check:
    kind: PermitCheckKind
    outcome: CheckOutcome
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    verdict: Verdict
    checks: tuple[Check, ...]
    remaining: Amount | None = None


def verify(permit: Permit | None, case: Import, *, answered: bool = True, stale: bool = False) -> Verification:
    """``answered``: the issuer answered at all, if only from a copy; ``stale``: some answer used is out of date."""
    if permit is None:
        known = answered and not stale
        detail = DETAILS[PermitCheckKind.EXISTS, FAILED] if known else OUTDATED if answered else NO_ANSWER
        first = Check(PermitCheckKind.EXISTS, FAILED if known else NOT_RUN, detail)
        rest = (Check(kind, NOT_RUN, EARLIER) for kind in PermitCheckKind if kind is not PermitCheckKind.EXISTS)
        return Verification(Verdict.INVALID if known else Verdict.UNKNOWN, (first, *rest))

    hs, line = _line(permit.lines, case)
    unit, balance = _quantities(line, case.quantity)
    outcomes = {
        PermitCheckKind.STATUS: _status(permit.status),
        PermitCheckKind.HOLDER: _equal(permit.holder, case.importer),
        PermitCheckKind.DATES: _dates(permit, case.arrival),
        PermitCheckKind.HS: hs,
        PermitCheckKind.ORIGIN: _origin(permit.origins, case.origin),
        PermitCheckKind.UNIT: unit,
        PermitCheckKind.BALANCE: balance,
    }
    checks = [Check(PermitCheckKind.EXISTS, PASSED, OUTDATED if stale else None)]
    for kind, outcome in outcomes.items():
        checks.append(Check(kind, outcome or NOT_RUN, EARLIER if outcome is None else DETAILS.get((kind, outcome))))
    return Verification(_verdict(checks, stale), tuple(checks), line.remaining() if line is not None else None)


def _verdict(checks: Iterable[Check], stale: bool) -> Verdict:
    outcomes = {check.outcome for check in checks}
    if FAILED in outcomes:
        return Verdict.INVALID
    return Verdict.UNKNOWN if stale or NOT_RUN in outcomes else Verdict.VALID


def _status(status: str | None) -> CheckOutcome:
    if status is None:
        return NOT_RUN
    return PASSED if status == PermitStatus.ISSUED else FAILED


def _equal(one: str | None, other: str | None) -> CheckOutcome:
    if not one or not other:
        return NOT_RUN
    return PASSED if one == other else FAILED


def _dates(permit: Permit, arrival: date | None) -> CheckOutcome:
    if arrival is None:
        return NOT_RUN
    if (permit.valid_from is not None and arrival < permit.valid_from) or (
        permit.valid_to is not None and arrival > permit.valid_to
    ):
        return FAILED
    return NOT_RUN if permit.valid_from is None or permit.valid_to is None else PASSED


def _origin(origins: Sequence[str], origin: str | None) -> CheckOutcome:
    if not origins:
        return PASSED
    if origin is None:
        return NOT_RUN
    return PASSED if origin in origins else FAILED


def _line(lines: Sequence[Line], case: Import) -> tuple[CheckOutcome, Line | None]:
    """The line that covers the goods best: one that suffices, else one whose unit fits, else the most specific."""
    if case.hs is None:
        return NOT_RUN, None
    covering = [line for line in lines if line.hs and case.hs.startswith(line.hs)]
    if not covering:
        return (NOT_RUN if any(not line.hs for line in lines) else FAILED), None

    def merit(line: Line) -> tuple[bool, bool, int, Decimal]:
        unit, balance = _quantities(line, case.quantity)
        left = line.remaining()
        return balance is PASSED, unit is PASSED, len(line.hs or ""), base(left) if left is not None else Decimal(0)

    return PASSED, max(covering, key=merit)


def _quantities(line: Line | None, quantity: Amount | None) -> tuple[CheckOutcome | None, CheckOutcome | None]:
    """Outcomes of UNIT and BALANCE; ``None`` when an earlier one decided."""
    if line is None:
        return None, None
    if quantity is None or line.authorized is None:
        return NOT_RUN, None
    if not convertible(quantity.unit, line.authorized.unit):
        return FAILED, None
    left = line.remaining()
    if left is None:
        return PASSED, NOT_RUN
    return PASSED, PASSED if at_most(quantity, left) else FAILED


# ---- harmonised rows --------------------------------------------------------------------------


def quantity_of(row: Mapping[str, Any] | None) -> Amount | None:
    return amount(row.get("value"), row.get("unit")) if row is not None else None


def line_of(row: Mapping[str, Any]) -> Line:
    """``reserved`` and ``used`` may be absent, for an issuer that does not count them; their unit may go unsaid."""
    authorized = quantity_of(row.get("authorized"))
    spent: list[Amount] = []
    measurable = True
    for name in ("reserved", "used"):
        given = row.get(name)
        if given is None or given.get("value") is None:
            continue
        found = amount(given["value"], given.get("unit") or (authorized.unit if authorized is not None else None))
        if found is None:
            measurable = False
        else:
            spent.append(found)
    return Line(row.get("hs"), authorized, tuple(spent), measurable)


def permit_of(row: Mapping[str, Any]) -> Permit:
    holder = row.get("holder") or {}
    return Permit(
        status=row.get("status"),
        holder=holder.get("businessNumber"),
        valid_from=row.get("validFrom"),
        valid_to=row.get("validTo"),
        lines=tuple(line_of(line) for line in row.get("lines") or ()),
        origins=tuple(origin for origin in row.get("originCountries") or () if origin),
    )


_MILLIONTH = Decimal("0.000001")


def shown(of: Amount | None) -> dict[str, Any] | None:
    """A ``Quantity`` of at most six decimals, never rounded up."""
    if of is None:
        return None
    text = format(of.value.quantize(_MILLIONTH, ROUND_FLOOR, EXACT), "f").rstrip("0").rstrip(".")
    return {"value": "0" if text == "-0" else text, "unit": of.unit}
