"""``Shipment.jointStatus`` on columns of fetched rows: who was asked, who answered, and then the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from resolvers.enums import SourceOutcome
from resolvers.rules.joint_status import Decision, Requirement, current, decide

JOINT_STATUS_NEEDS = """{
  status
  holds { agency canMove placedAt liftedAt }
  declarations {
    transactionNumber
    required { agency sequence }
    agencyDecisions { agency sequence status reasonCode at }
  }
}"""

OWN = ""
HOLDS = "holds"
DECLARATIONS = "declarations"
REQUIRED = "declarations.required"
DECISIONS = "declarations.agencyDecisions"

Row = Mapping[str, Any]
Reports = Mapping[str, tuple[str, datetime | None]]
Answers = Mapping[str, Reports]


def joint_status(rows: Sequence[Row], answers: Answers) -> list[Any]:
    """One ``JointStatus`` per shipment, as a dict by GraphQL names."""
    now = datetime.now(UTC)
    return [_one(row, answers, now) for row in rows]


def _one(row: Row, answers: Answers, now: datetime) -> dict[str, Any]:
    declarations: Sequence[Row] = row.get("declarations") or ()
    incomplete = row.get("declarations") is None or row.get("holds") is None
    requirements: list[Requirement] = []
    decisions: list[Decision] = []
    for declaration in declarations:
        transaction = declaration.get("transactionNumber")
        required = declaration.get("required")
        if transaction is None or required is None:
            incomplete = True
        transaction = transaction or ""
        for one in required or ():
            if one.get("agency") is None:
                incomplete = True
            else:
                requirements.append(Requirement(transaction, one["agency"], one.get("sequence")))
        decisions += [_decision(transaction, one) for one in declaration.get("agencyDecisions") or ()]

    deciding = {one.agency for one in requirements}
    unanswered = _silent(answers, (OWN, DECLARATIONS, REQUIRED, HOLDS))
    if deciding:
        reports = answers.get(DECISIONS, {})
        unanswered |= {agency for agency in deciding if not _answered(reports.get(agency))}
    newest = current(decisions)
    verdict = decide(
        row.get("status"),
        requirements,
        newest,
        [hold["agency"] for hold in row.get("holds") or () if hold.get("liftedAt") is None],
        customs=next(iter(answers.get(OWN, ())), "CUSTOMS"),
        unanswered=unanswered,
        incomplete=incomplete,
    )
    return {
        "state": verdict.state.value,
        "blockingAgencies": list(verdict.blocking),
        "unknownAgencies": list(verdict.unknown),
        "decisions": [_shown(one, requirements, answers.get(DECISIONS, {}), now) for one in newest],
        "asOf": _oldest(answers, deciding) or now,
    }


def _answered(report: tuple[str, datetime | None] | None) -> bool:
    return report is not None and report[0] == SourceOutcome.ANSWERED


def _silent(answers: Answers, links: Iterable[str]) -> set[str]:
    return {agency for link in links for agency, report in answers.get(link, {}).items() if not _answered(report)}


def _oldest(answers: Answers, deciding: set[str]) -> datetime | None:
    used = [
        as_of
        for link in (OWN, DECLARATIONS, REQUIRED, HOLDS, DECISIONS)
        for agency, (_, as_of) in answers.get(link, {}).items()
        if as_of is not None and (link != DECISIONS or agency in deciding)
    ]
    return min(used, default=None)


def _decision(transaction: str, row: Row) -> Decision:
    return Decision(
        transaction, row["agency"], row.get("sequence"), row.get("status"), row.get("at"), row.get("reasonCode")
    )


def _shown(decision: Decision, requirements: Sequence[Requirement], reports: Reports, now: datetime) -> dict[str, Any]:
    outcome, as_of = reports.get(decision.agency, (SourceOutcome.ANSWERED, None))
    return {
        "agency": decision.agency,
        "sequence": decision.sequence,
        "status": decision.status,
        "reasonCode": decision.reason_code,
        "at": decision.at,
        "required": any(decision.answers(one) for one in requirements),
        "provenance": {"agency": decision.agency, "asOf": as_of or now, "stale": outcome == SourceOutcome.STALE},
    }
