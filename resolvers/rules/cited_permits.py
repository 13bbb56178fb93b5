"""``CitedPermit.verification``, ``PermitLine.remaining`` and ``verifyPermit`` on fetched rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from resolvers.enums import SourceOutcome
from resolvers.rules.permit_verification import Import, Verification, line_of, permit_of, quantity_of, shown, verify
from resolvers.rules.ports import local_day

REMAINING_NEEDS = "{ authorized { value unit } reserved { value unit } used { value unit } }"

PERMIT_NEEDS = """{
  status
  holder { businessNumber }
  validFrom
  validTo
  originCountries
  lines { hs authorized { value unit } reserved { value unit } used { value unit } }
}"""
"""What :func:`verify_permit` must be given of a permit."""

VERIFICATION_NEEDS = f"""{{
  issuer
  number
  permit {PERMIT_NEEDS}
  item {{
    hs
    originCountry
    quantity {{ value unit }}
    declaration {{
      importer {{ businessNumber }}
      shipment {{ arrivedAt eta portOfArrival }}
    }}
  }}
}}"""

OWN = ""
PERMIT = "permit"
DECLARATION = "item.declaration"
SHIPMENT = "item.declaration.shipment"

Row = Mapping[str, Any]
Report = tuple[str, datetime | None]
Answers = Mapping[str, Mapping[str, Report]]


def remaining(rows: Sequence[Row], _answers: Answers) -> list[Any]:
    """Authorized less reserved less used: one ``Quantity`` per permit line."""
    return [shown(line_of(row).remaining()) for row in rows]


def verification(rows: Sequence[Row], answers: Answers) -> list[Any]:
    """One ``PermitVerification`` per cited permit."""
    now = datetime.now(UTC)
    context = [report for link in (OWN, DECLARATION, SHIPMENT) for report in answers.get(link, {}).values()]
    issuers = answers.get(PERMIT, {})
    return [_cited(row, issuers.get(row.get("issuer") or ""), context, now) for row in rows]


def verify_permit(permit: Row | None, report: Report | None, asked: Row, now: datetime) -> dict[str, Any]:
    """``Query.verifyPermit``. ``asked`` is the coerced input; ``report`` the issuer's, ``None`` if nobody was asked."""
    case = Import(
        importer=asked["importer"],
        hs=asked["hs"],
        origin=asked["originCountry"],
        quantity=quantity_of(asked["quantity"]),
        arrival=asked["arrival"],
    )
    return _verified(permit, report, (), case, now)


def _cited(row: Row, report: Report | None, context: Sequence[Report], now: datetime) -> dict[str, Any]:
    item: Row = row.get("item") or {}
    declaration: Row = item.get("declaration") or {}
    case = Import(
        importer=(declaration.get("importer") or {}).get("businessNumber"),
        hs=item.get("hs"),
        origin=item.get("originCountry"),
        quantity=quantity_of(item.get("quantity")),
        arrival=_arrival(declaration.get("shipment") or {}),
    )
    return _verified(row.get("permit"), report if row.get("number") else None, context, case, now)


def _arrival(shipment: Row) -> date | None:
    return local_day(shipment.get("arrivedAt") or shipment.get("eta"), shipment.get("portOfArrival"))


def _verified(
    permit: Row | None, report: Report | None, context: Sequence[Report], case: Import, now: datetime
) -> dict[str, Any]:
    used = [*context, *([report] if report is not None else [])]
    found = verify(
        permit_of(permit) if permit is not None else None,
        case,
        answered=report is not None and report[0] in (SourceOutcome.ANSWERED, SourceOutcome.STALE),
        stale=any(outcome == SourceOutcome.STALE for outcome, _ in used),
    )
    return _as_dict(found, min((as_of for _, as_of in used if as_of is not None), default=now))


def _as_dict(found: Verification, as_of: datetime) -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "checks": [
            {"kind": check.kind.value, "outcome": check.outcome.value, "detail": check.detail} for check in found.checks
        ],
        "remaining": shown(found.remaining),
        "asOf": as_of,
    }
