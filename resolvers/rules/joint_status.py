"""Joint status: one state over every agency that must decide on a shipment.

Worst first: SEIZED, REFUSED, REJECTED, HOLD, DOCUMENTS_REQUIRED, UNDER_REVIEW, UNKNOWN, MOVE_DETAIN_AT_DESTINATION,
MAY_PROCEED. The state is the worst of each required agency's newest decision per (agency, item), each open hold, and
customs' own status. It is RELEASED only when customs released and no required agency objects.

An answer that is missing or stale makes its agency UNKNOWN. It can worsen the state, never improve it: a stale
decision still counts for what it is worth when it is adverse, and a missing one hides nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from resolvers.enums import DecisionStatus, JointState, ShipmentStatus

RANK: Mapping[JointState, int] = {state: rank for rank, state in enumerate(JointState)}
"""From best to worst: the order in which the states are declared."""

FROM_DECISION: Mapping[str, JointState] = {
    DecisionStatus.RELEASED: JointState.MAY_PROCEED,
    DecisionStatus.MAY_PROCEED: JointState.MAY_PROCEED,
    DecisionStatus.MOVE_DETAIN_AT_DESTINATION: JointState.MOVE_DETAIN_AT_DESTINATION,
    DecisionStatus.UNDER_REVIEW: JointState.UNDER_REVIEW,
    DecisionStatus.DOCUMENTS_REQUIRED: JointState.DOCUMENTS_REQUIRED,
    DecisionStatus.HOLD: JointState.HOLD,
    DecisionStatus.EXAM: JointState.HOLD,
    DecisionStatus.REJECTED: JointState.REJECTED,
    DecisionStatus.REFUSED: JointState.REFUSED,
    DecisionStatus.SEIZED: JointState.SEIZED,
}
"""An agency's RELEASED is no more than its consent: only customs releases a shipment."""

FROM_STATUS: Mapping[str, JointState | None] = {
    ShipmentStatus.PRE_ARRIVAL: None,
    ShipmentStatus.ARRIVED: None,
    ShipmentStatus.EXAMINED: None,
    ShipmentStatus.RELEASED: None,
    ShipmentStatus.UNDER_REVIEW: JointState.UNDER_REVIEW,
    ShipmentStatus.HELD: JointState.HOLD,
    ShipmentStatus.REFUSED: JointState.REFUSED,
    ShipmentStatus.SEIZED: JointState.SEIZED,
}
"""Customs' own status; ``None`` says nothing against the shipment."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """An agency must decide on an item of a declaration, or on all of it (``sequence`` null)."""

    transaction: str
    agency: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """``status`` is null when its code is unknown, ``at`` when its time is."""

    transaction: str
    agency: str
    sequence: int | None = None
    status: str | None = None
    at: datetime | None = None
    reason_code: str | None = None

    def answers(self, requirement: Requirement) -> bool:
        """A decision on a whole declaration covers its items, and one on an item a requirement for the whole."""
        return (
            self.transaction == requirement.transaction
            and self.agency == requirement.agency
            and (self.sequence is None or requirement.sequence is None or self.sequence == requirement.sequence)
        )


@dataclass(frozen=True, slots=True)
class JointVerdict:
    """The state, whoever has not cleared the shipment, and whoever's answer is missing or stale. Codes are sorted."""

    state: JointState
    blocking: tuple[str, ...]
    unknown: tuple[str, ...]


def current(decisions: Iterable[Decision]) -> list[Decision]:
    """The newest of each (declaration, agency, item), newest first, ties by agency code.

    Decisions of the same moment all count, and so does one without a time: nothing shows that it was superseded."""
    groups: dict[tuple[str, str, int | None], list[Decision]] = defaultdict(list)
    for decision in decisions:
        groups[decision.transaction, decision.agency, decision.sequence].append(decision)
    kept: list[Decision] = []
    for group in groups.values():
        newest = max((one.at for one in group if one.at is not None), default=None)
        kept += [one for one in group if one.at is None or one.at == newest]
    kept.sort(key=lambda one: (one.agency, one.transaction, one.sequence if one.sequence is not None else -1))
    kept.sort(key=lambda one: (one.at is None, one.at.timestamp() if one.at is not None else 0.0), reverse=True)
    return kept


def decide(
    status: str | None,
    requirements: Collection[Requirement],
    decisions: Collection[Decision],
    holders: Iterable[str],
    *,
    customs: str = "CUSTOMS",
    unanswered: Collection[str] = (),
    incomplete: bool = False,
) -> JointVerdict:
    """``decisions`` are :func:`current` ones; ``holders`` have an open hold; ``unanswered`` are agencies whose answer
    is missing or stale; ``incomplete``: something is missing that cannot be laid to an agency."""
    said: dict[str, set[JointState]] = defaultdict(set)
    for agency in unanswered:
        said[agency].add(JointState.UNKNOWN)
    for agency in holders:
        said[agency].add(JointState.HOLD)
    for requirement in requirements:
        found = [one for one in decisions if one.answers(requirement)]
        said[requirement.agency].update(FROM_DECISION.get(one.status or "", JointState.UNKNOWN) for one in found)
        if not found and requirement.agency not in unanswered:
            said[requirement.agency].add(JointState.UNDER_REVIEW)

    own = FROM_STATUS.get(status or "", JointState.UNKNOWN)
    if own is not None:
        said[customs].add(own)
    released = status == ShipmentStatus.RELEASED
    states = {state for several in said.values() for state in several}
    if incomplete:
        states.add(JointState.UNKNOWN)
    if not states and not released:
        said[customs].add(JointState.UNDER_REVIEW)
        states.add(JointState.UNDER_REVIEW)

    worst = max(states, key=RANK.__getitem__, default=JointState.MAY_PROCEED)
    return JointVerdict(
        state=JointState.RELEASED if released and worst is JointState.MAY_PROCEED else worst,
        blocking=_agencies(said, [state for state in JointState if RANK[state] > RANK[JointState.UNKNOWN]]),
        unknown=_agencies(said, [JointState.UNKNOWN]),
    )


def _agencies(said: Mapping[str, set[JointState]], states: Sequence[JointState]) -> tuple[str, ...]:
    return tuple(sorted(agency for agency, several in said.items() if not several.isdisjoint(states)))
