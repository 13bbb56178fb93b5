"""``Shipment.jointStatus`` on columns of fetched rows: who was asked, who answered, and then the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from resolvers.enums import SourceOutcome
from resolvers.rules.joint_status import Decision, Required, Requirement, current, decide

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
COMMON = (OWN, HOLDS, DECLARATIONS, REQUIRED)

ANSWERED = SourceOutcome.ANSWERED.value
STALE = SourceOutcome.STALE.value

Row = Mapping[str, Any]
Report = tuple[str, datetime | None]
Answers = Mapping[str, Mapping[str, Report]]


def joint_status(rows: Sequence[Row], answers: Answers) -> list[Any]:
    """One ``JointStatus`` per shipment, as a dict by GraphQL names."""
    asked = _Asked(answers, datetime.now(UTC))
    return [_one(row, asked) for row in rows]


class _Asked:
    """What the reports say, once for all rows."""

    def __init__(self, answers: Answers, now: datetime) -> None:
        self.now = now
        self.decisions = answers.get(DECISIONS, {})
        self.customs = next(iter(answers.get(OWN, ())), "CUSTOMS")
        everywhere = [report for link in COMMON for report in answers.get(link, {}).items()]
        self.silent = frozenset(agency for agency, report in everywhere if not _answered(report))
        self._oldest = min((as_of for _, (_, as_of) in everywhere if as_of is not None), default=None)

    def oldest(self, deciding: Iterable[str]) -> datetime:
        """Of the answers used for a row: those that every row needs, and those of the agencies that must decide."""
        oldest = self._oldest
        for agency in deciding:
            as_of = self.decisions[agency][1] if agency in self.decisions else None
            if as_of is not None and (oldest is None or as_of < oldest):
                oldest = as_of
        return oldest or self.now


def _one(row: Row, asked: _Asked) -> dict[str, Any]:
    declarations = row.get("declarations")
    holds = row.get("holds")
    incomplete = declarations is None or holds is None
    requirements: list[Requirement] = []
    decisions: list[Decision] = []
    for declaration in declarations or ():
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
        for one in declaration.get("agencyDecisions") or ():
            decisions.append(
                Decision(
                    transaction,
                    one["agency"],
                    one.get("sequence"),
                    one.get("status"),
                    one.get("at"),
                    one.get("reasonCode"),
                )
            )

    deciding = {one.agency for one in requirements}
    newest = current(decisions)
    verdict = decide(
        row.get("status"),
        requirements,
        newest,
        [hold["agency"] for hold in holds or () if hold.get("liftedAt") is None],
        customs=asked.customs,
        unanswered=asked.silent.union([one for one in deciding if not _answered(asked.decisions.get(one))]),
        incomplete=incomplete,
    )
    needed = Required(requirements)
    return {
        "state": verdict.state.value,
        "blockingAgencies": list(verdict.blocking),
        "unknownAgencies": list(verdict.unknown),
        "decisions": [_shown(one, needed, asked) for one in newest],
        "asOf": asked.oldest(deciding),
    }


def _answered(report: Report | None) -> bool:
    return report is not None and report[0] == ANSWERED


def _shown(decision: Decision, needed: Required, asked: _Asked) -> dict[str, Any]:
    outcome, as_of = asked.decisions.get(decision.agency, (ANSWERED, None))
    return {
        "agency": decision.agency,
        "sequence": decision.sequence,
        "status": decision.status,
        "reasonCode": decision.reason_code,
        "at": decision.at,
        "required": needed.covers(decision),
        "provenance": {"agency": decision.agency, "asOf": as_of or asked.now, "stale": outcome == STALE},
    }
