"""Joint status: one state over every agency that must decide on a shipment.

Worst first: SEIZED, REFUSED, REJECTED, HOLD, DOCUMENTS_REQUIRED, UNDER_REVIEW, UNKNOWN, MOVE_DETAIN_AT_DESTINATION,
MAY_PROCEED. The state is the worst of each required agency's newest decision per (agency, item), each open hold, and
customs' own status. It is RELEASED only when customs released and no required agency objects.

An answer that is missing or stale makes its agency UNKNOWN. It can worsen the state, never improve it: a stale
decision still counts for what it is worth when it is adverse, and a missing one hides nobody else's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from resolvers.enums import DecisionStatus, JointState, ShipmentStatus

_STATES = tuple(JointState)
_RANK = {state.value: rank for rank, state in enumerate(_STATES)}
"""From best to worst: the order in which the states are declared."""

UNKNOWN = _RANK["UNKNOWN"]
UNDER_REVIEW = _RANK["UNDER_REVIEW"]
HOLD = _RANK["HOLD"]
MAY_PROCEED = _RANK["MAY_PROCEED"]

RANK_OF_DECISION: Mapping[str | None, int] = {
    **{status.value: _RANK.get(status.value, MAY_PROCEED) for status in DecisionStatus},
    DecisionStatus.RELEASED.value: MAY_PROCEED,
    DecisionStatus.EXAM.value: HOLD,
}
"""An agency's RELEASED is no more than its consent: only customs releases a shipment. EXAM counts as HOLD."""

SILENT = -1
RANK_OF_STATUS: Mapping[str | None, int] = {
    **{status.value: SILENT for status in ShipmentStatus},
    ShipmentStatus.UNDER_REVIEW.value: UNDER_REVIEW,
    ShipmentStatus.HELD.value: HOLD,
    ShipmentStatus.REFUSED.value: _RANK["REFUSED"],
    ShipmentStatus.SEIZED.value: _RANK["SEIZED"],
}
"""Customs' own status. One that is silent says nothing against the shipment."""

_RELEASED = ShipmentStatus.RELEASED.value
_LATEST = datetime.max.replace(tzinfo=UTC)


class Requirement(NamedTuple):
    """An agency must decide on an item of a declaration, or on all of it (``sequence`` null)."""

    transaction: str
    agency: str
    sequence: int | None = None


class Decision(NamedTuple):
    """``status`` is null when its code is unknown, ``at`` when its time is."""

    transaction: str
    agency: str
    sequence: int | None = None
    status: str | None = None
    at: datetime | None = None
    reason_code: str | None = None


class JointVerdict(NamedTuple):
    """The state, whoever has not cleared the shipment, and whoever's answer is missing or stale. Codes are sorted."""

    state: JointState
    blocking: tuple[str, ...]
    unknown: tuple[str, ...]


class Required:
    """Which decisions are required. One on a whole declaration covers its items, and one on an item the whole."""

    def __init__(self, requirements: Iterable[Requirement]) -> None:
        self._items = set(requirements)
        self._named = {(one.transaction, one.agency) for one in self._items}
        self._whole = {(one.transaction, one.agency) for one in self._items if one.sequence is None}

    def covers(self, decision: Decision) -> bool:
        declared = decision.transaction, decision.agency
        if declared not in self._named:
            return False
        if decision.sequence is None or declared in self._whole:
            return True
        return (*declared, decision.sequence) in self._items


def current(decisions: Sequence[Decision]) -> list[Decision]:
    """The newest of each (declaration, agency, item), newest first, ties by agency code.

    Decisions of the same moment all count, and so does one without a time: nothing shows that it was superseded."""
    if len(decisions) < 2:
        return list(decisions)
    newest: dict[tuple[str, str, int | None], datetime] = {}
    for one in decisions:
        if one.at is not None:
            key = one[:3]
            if key not in newest or one.at > newest[key]:
                newest[key] = one.at
    kept = [one for one in decisions if one.at is None or one.at == newest[one[:3]]]
    kept.sort(key=lambda one: (one.agency, one.transaction, -1 if one.sequence is None else one.sequence))
    kept.sort(key=lambda one: one.at or _LATEST, reverse=True)
    return kept


def decide(
    status: str | None,
    requirements: Iterable[Requirement],
    decisions: Iterable[Decision],
    holders: Iterable[str],
    *,
    customs: str = "CUSTOMS",
    unanswered: Collection[str] = (),
    incomplete: bool = False,
) -> JointVerdict:
    """``decisions`` are :func:`current` ones; ``holders`` have an open hold; ``unanswered`` are agencies whose answer
    is missing or stale; ``incomplete``: something is missing that cannot be laid to an agency."""
    unknown = set(unanswered)
    blocking = set(holders)
    worst = UNKNOWN if unknown or incomplete else SILENT
    if blocking:
        worst = HOLD

    declared: dict[tuple[str, str], list[Decision]] = {}
    for one in decisions:
        declared.setdefault(one[:2], []).append(one)
    for needed in requirements:
        answered = False
        for one in declared.get(needed[:2], ()):
            # Whatever the item: food that refuses item 3 does not let the goods go because item 1 was named.
            answered |= one.sequence is None or needed.sequence is None or one.sequence == needed.sequence
            rank = RANK_OF_DECISION.get(one.status, UNKNOWN)
            worst = max(worst, rank)
            if rank > UNKNOWN:
                blocking.add(needed.agency)
            elif rank == UNKNOWN:
                unknown.add(needed.agency)
        if not answered and needed.agency not in unanswered:
            blocking.add(needed.agency)
            worst = max(worst, UNDER_REVIEW)

    own = RANK_OF_STATUS.get(status, UNKNOWN)
    if own == SILENT and worst == SILENT and status != _RELEASED:
        own = UNDER_REVIEW
    worst = max(worst, own)
    if own > UNKNOWN:
        blocking.add(customs)
    elif own == UNKNOWN:
        unknown.add(customs)
    if status == _RELEASED and worst <= MAY_PROCEED:
        worst = _RANK[_RELEASED]
    return JointVerdict(_STATES[worst], tuple(sorted(blocking)), tuple(sorted(unknown)))
