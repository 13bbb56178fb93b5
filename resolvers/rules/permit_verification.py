"""Permit verification: whether a permit covers an import.

Checks run in order: exists, status, holder, dates, HS, origin, unit, balance. A failed one does not stop the others,
unless they need what it did not find: all need the permit; unit and balance need the line. A check that could not run
makes the verdict UNKNOWN, unless another failed; so does a stale answer that everything passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from resolvers.enums import CheckOutcome, PermitCheckKind, PermitStatus, Verdict
from resolvers.rules.units import EXACT, Amount, amount, at_most, base, convert, convertible

PASSED, FAILED, NOT_RUN = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_RUN
_ISSUED = PermitStatus.ISSUED.value

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


class Line(NamedTuple):
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


class Permit(NamedTuple):
    """What the issuer says. No ``origins``: any origin."""

    status: str | None
    holder: str | None
    valid_from: date | None
    valid_to: date | None
    lines: tuple[Line, ...]
    origins: tuple[str, ...] = ()


class Import(NamedTuple):
    """What is to be covered. ``arrival`` is the local day at the port of arrival. Unknown values are ``None``."""

    importer: str | None
    hs: str | None
    origin: str | None
    quantity: Amount | None
    arrival: date | None


class Check(NamedTuple):
    kind: PermitCheckKind
    outcome: CheckOutcome
    detail: str | None = None


class Verification(NamedTuple):
    verdict: Verdict
    checks: tuple[Check, ...]
    remaining: Amount | None = None


class _Outcomes:
    """The checks of one kind, made once. ``skipped``: an earlier check decided."""

    def __init__(self, kind: PermitCheckKind) -> None:
        self.passed = Check(kind, PASSED)
        self.failed = Check(kind, FAILED, DETAILS.get((kind, FAILED)))
        self.unknown = Check(kind, NOT_RUN, DETAILS.get((kind, NOT_RUN)))
        self.skipped = Check(kind, NOT_RUN, EARLIER)

    def of(self, holds: bool) -> Check:
        return self.passed if holds else self.failed


EXISTS, STATUS, HOLDER, DATES, HS, ORIGIN, UNIT, BALANCE = map(_Outcomes, PermitCheckKind)

_STALE = Check(PermitCheckKind.EXISTS, PASSED, OUTDATED)
_OUTDATED = Check(PermitCheckKind.EXISTS, NOT_RUN, OUTDATED)
_NO_ANSWER = Check(PermitCheckKind.EXISTS, NOT_RUN, NO_ANSWER)
_SKIPPED = tuple(each.skipped for each in (STATUS, HOLDER, DATES, HS, ORIGIN, UNIT, BALANCE))


def verify(permit: Permit | None, case: Import, *, answered: bool = True, stale: bool = False) -> Verification:
    """``answered``: the issuer answered at all, if only from a copy; ``stale``: some answer used is out of date."""
    if permit is None:
        if answered and not stale:
            return Verification(Verdict.INVALID, (EXISTS.failed, *_SKIPPED))
        return Verification(Verdict.UNKNOWN, (_OUTDATED if answered else _NO_ANSWER, *_SKIPPED))

    hs, balance = _covering(permit.lines, case)
    checks = (
        _STALE if stale else EXISTS.passed,
        STATUS.of(permit.status == _ISSUED) if permit.status else STATUS.unknown,
        HOLDER.of(permit.holder == case.importer) if permit.holder and case.importer else HOLDER.unknown,
        _dates(permit, case.arrival),
        hs,
        _origin(permit.origins, case.origin),
        balance.unit,
        balance.balance,
    )
    return Verification(_verdict(checks, stale), checks, balance.left)


def _verdict(checks: Iterable[Check], stale: bool) -> Verdict:
    outcomes = [check.outcome for check in checks]
    if FAILED in outcomes:
        return Verdict.INVALID
    return Verdict.UNKNOWN if stale or NOT_RUN in outcomes else Verdict.VALID


def _dates(permit: Permit, arrival: date | None) -> Check:
    first, last = permit.valid_from, permit.valid_to
    if arrival is None:
        return DATES.unknown
    if (first is not None and arrival < first) or (last is not None and arrival > last):
        return DATES.failed
    return DATES.unknown if first is None or last is None else DATES.passed


def _origin(origins: Sequence[str], origin: str | None) -> Check:
    if not origins:
        return ORIGIN.passed
    return ORIGIN.of(origin in origins) if origin is not None else ORIGIN.unknown


class _Balance(NamedTuple):
    """What a line comes to: the checks of its unit and balance, and what is left on it."""

    unit: Check
    balance: Check
    left: Amount | None = None


_NO_LINE = _Balance(UNIT.skipped, BALANCE.skipped)


def _covering(lines: Sequence[Line], case: Import) -> tuple[Check, _Balance]:
    """The line that covers the goods best: one that suffices, else one whose unit fits, else the most specific."""
    if case.hs is None:
        return HS.unknown, _NO_LINE
    covering = [(line.hs, _balance(line, case.quantity)) for line in lines if line.hs and case.hs.startswith(line.hs)]
    if not covering:
        return (HS.unknown if any(not line.hs for line in lines) else HS.failed), _NO_LINE
    if len(covering) == 1:
        return HS.passed, covering[0][1]

    def merit(candidate: tuple[str, _Balance]) -> tuple[bool, bool, int, Decimal]:
        hs, (unit, balance, left) = candidate
        return balance is BALANCE.passed, unit is UNIT.passed, len(hs), base(left) if left is not None else Decimal(0)

    return HS.passed, max(covering, key=merit)[1]


def _balance(line: Line, quantity: Amount | None) -> _Balance:
    left = line.remaining()
    if quantity is None or line.authorized is None:
        return _Balance(UNIT.unknown, BALANCE.skipped, left)
    if not convertible(quantity.unit, line.authorized.unit):
        return _Balance(UNIT.failed, BALANCE.skipped, left)
    if left is None:
        return _Balance(UNIT.passed, BALANCE.unknown)
    return _Balance(UNIT.passed, BALANCE.of(at_most(quantity, left)), left)


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
