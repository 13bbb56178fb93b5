"""Every enum of the harmonised schema. Values are their own names; each carries its description.

Harmonised values cross the adapter seam as ``str``; a member *is* the ``str`` of its name, so both compare equal.
"""

from __future__ import annotations

import inspect
from enum import StrEnum
from typing import TypeVar

import strawberry


class Code(StrEnum):
    """An enum whose members are declared as ``NAME = "NAME", "description"``."""

    description: str

    def __new__(cls, value: str, description: str) -> Code:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member


C = TypeVar("C", bound=type[Code])


def described(cls: C) -> C:
    """Make a GraphQL enum whose descriptions are the docstring and those of the members."""
    strawberry.enum(cls, description=inspect.getdoc(cls))
    for value in cls.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by Strawberry
        value.description = cls[value.name].description
    return cls


@described
class Classification(Code):
    """What kind of information a field discloses. Roles and agreements grant classes; either of two suffices."""

    COMMERCIAL = "COMMERCIAL", "Shipments, goods, parties: what a trader and a carrier know of their own business."
    REVENUE = "REVENUE", "Declared values, duties and taxes."
    PERSONAL = "PERSONAL", "About an identifiable person."
    BIOMETRIC = "BIOMETRIC", "Derived from a person's body: face, fingerprints, iris."
    HEALTH = "HEALTH", "About a person's health."
    INTELLIGENCE = "INTELLIGENCE", "Risk assessments, lookouts and what led to them."
    ENFORCEMENT = "ENFORCEMENT", "Seizures, penalties, arrests and removals."
    PERMIT = "PERMIT", "Permits, licences and certificates, and their verification."
    REFERENCE = "REFERENCE", "Public reference data, and the structure of answers."
    OVERSIGHT = "OVERSIGHT", "Who was shown what: for privacy officers and auditors."


@described
class AccessAction(Code):
    """What a view does with a field."""

    SHOW = "SHOW", "The value as it is."
    MASK_PARTIAL = "MASK_PARTIAL", "Only the last characters (of a date, the year) are shown."
    MASK_PRESENCE = "MASK_PRESENCE", "Only whether there is a value."
    WITHHOLD = "WITHHOLD", "Always null."


@described
class Language(Code):
    """The languages that names of agencies and offices come in."""

    EN = "EN", "English."
    FR = "FR", "French (français)."


@described
class ShipmentStatus(Code):
    """Where a shipment stands with customs."""

    PRE_ARRIVAL = "PRE_ARRIVAL", "Announced; not yet arrived."
    ARRIVED = "ARRIVED", "Arrived; nothing decided."
    UNDER_REVIEW = "UNDER_REVIEW", "Being reviewed."
    HELD = "HELD", "Held; it may not move on."
    EXAMINED = "EXAMINED", "Examined; no decision yet."
    RELEASED = "RELEASED", "Released by customs."
    REFUSED = "REFUSED", "Entry refused."
    SEIZED = "SEIZED", "Seized."


@described
class JointState(Code):
    """The state of a shipment over all agencies that must decide on it, from best to worst."""

    RELEASED = "RELEASED", "Customs released it and no required agency objects."
    MAY_PROCEED = "MAY_PROCEED", "No required agency objects; customs has not released it yet."
    MOVE_DETAIN_AT_DESTINATION = (
        "MOVE_DETAIN_AT_DESTINATION",
        "It may move on, but must be kept at its destination until an agency has decided.",
    )
    UNKNOWN = "UNKNOWN", "An agency did not answer, or with an outdated copy. Never to be taken for clear."
    UNDER_REVIEW = "UNDER_REVIEW", "At least one required agency has not decided."
    DOCUMENTS_REQUIRED = "DOCUMENTS_REQUIRED", "An agency asks for documents."
    HOLD = "HOLD", "An agency holds it, or wants to examine it."
    REJECTED = "REJECTED", "An agency rejected the declaration."
    REFUSED = "REFUSED", "An agency refuses entry."
    SEIZED = "SEIZED", "It is seized."


@described
class DecisionStatus(Code):
    """One agency's decision."""

    MAY_PROCEED = "MAY_PROCEED", "The agency has no objection."
    RELEASED = "RELEASED", "The agency released the goods."
    MOVE_DETAIN_AT_DESTINATION = "MOVE_DETAIN_AT_DESTINATION", "The goods may move and are detained on arrival."
    UNDER_REVIEW = "UNDER_REVIEW", "The agency has not decided."
    DOCUMENTS_REQUIRED = "DOCUMENTS_REQUIRED", "The agency asks for documents."
    HOLD = "HOLD", "The agency holds the goods."
    EXAM = "EXAM", "The agency will examine the goods; counts as a hold."
    REJECTED = "REJECTED", "The declaration is rejected."
    REFUSED = "REFUSED", "Entry is refused."
    SEIZED = "SEIZED", "The goods are seized."


@described
class TransportMode(Code):
    """How goods or people travel (UNECE Recommendation 19)."""

    MARITIME = "MARITIME", "By sea."
    RAIL = "RAIL", "By rail."
    ROAD = "ROAD", "By road."
    AIR = "AIR", "By air."
    MAIL = "MAIL", "By post."


@described
class TradeDirection(Code):
    """Which way goods cross the border."""

    IMPORT = "IMPORT", "Into the country."
    EXPORT = "EXPORT", "Out of the country."
    TRANSIT = "TRANSIT", "Through the country."


@described
class HoldScope(Code):
    """What a hold covers."""

    SHIPMENT = "SHIPMENT", "The whole shipment."
    CONTAINER = "CONTAINER", "One container."
    ITEM = "ITEM", "Certain goods."


@described
class InspectionKind(Code):
    """How goods are inspected."""

    DOCUMENT = "DOCUMENT", "Documents only."
    NON_INTRUSIVE = "NON_INTRUSIVE", "By X-ray, scanner or detector, without opening."
    PHYSICAL = "PHYSICAL", "Opened and examined."
    SAMPLE = "SAMPLE", "A sample is taken."
    FUMIGATION = "FUMIGATION", "Fumigated."


@described
class RiskBand(Code):
    """A risk score in three steps."""

    LOW = "LOW", "Low risk."
    MEDIUM = "MEDIUM", "Medium risk."
    HIGH = "HIGH", "High risk."


@described
class Sex(Code):
    """Sex as printed in a travel document."""

    F = "F", "Female."
    M = "M", "Male."
    X = "X", "Unspecified."


@described
class Direction(Code):
    """Which way a person crosses the border."""

    ENTRY = "ENTRY", "Into the country."
    EXIT = "EXIT", "Out of the country."


@described
class CrossingState(Code):
    """How far a crossing has come."""

    EXPECTED = "EXPECTED", "Announced by a carrier; not yet seen."
    COMPLETED = "COMPLETED", "The person crossed."
    REFERRED = "REFERRED", "The person was sent to a second examination."


@described
class MatchKind(Code):
    """Why a record is taken to be about a person."""

    EXACT_DOCUMENT = "EXACT_DOCUMENT", "The record names the same travel document."
    CANDIDATE = "CANDIDATE", "Name and date of birth are alike. A lead, not an identification."


@described
class AuthorizationKind(Code):
    """What an authorization permits."""

    ETA = "ETA", "Electronic travel authorization."
    TRV = "TRV", "Temporary resident visa."
    STUDY = "STUDY", "Study permit."
    WORK = "WORK", "Work permit."
    PR = "PR", "Permanent residence."
    REFUGEE = "REFUGEE", "Refugee protection."


@described
class EnforcementKind(Code):
    """What was done."""

    SEIZURE = "SEIZURE", "Goods, currency or a conveyance seized."
    PENALTY = "PENALTY", "A monetary penalty."
    ARREST = "ARREST", "An arrest."
    REMOVAL = "REMOVAL", "A removal from the country."


@described
class PermitStatus(Code):
    """Whether a permit can be used."""

    ISSUED = "ISSUED", "In force."
    SUSPENDED = "SUSPENDED", "Suspended for the time being."
    REVOKED = "REVOKED", "Revoked for good."
    EXHAUSTED = "EXHAUSTED", "Its quantity is used up."
    EXPIRED = "EXPIRED", "Its validity has ended."


@described
class Verdict(Code):
    """What the verification of a permit came to."""

    VALID = "VALID", "Every check passed."
    INVALID = "INVALID", "At least one check failed."
    UNKNOWN = "UNKNOWN", "None failed, but not all could be run on a current answer."


@described
class PermitCheckKind(Code):
    """The checks of a permit, in the order in which they are run."""

    EXISTS = "EXISTS", "The issuer knows the permit."
    STATUS = "STATUS", "It is in force."
    HOLDER = "HOLDER", "Its holder is the importer."
    DATES = "DATES", "It covers the local date of arrival."
    HS = "HS", "A line covers the commodity."
    ORIGIN = "ORIGIN", "It admits the country of origin."
    UNIT = "UNIT", "The quantity can be converted to the unit of the line."
    BALANCE = "BALANCE", "Enough quantity remains."


@described
class CheckOutcome(Code):
    """How one check ended."""

    PASSED = "PASSED", "It holds."
    FAILED = "FAILED", "It does not hold."
    NOT_RUN = "NOT_RUN", "It could not be run."


@described
class SourceOutcome(Code):
    """How an agency system answered."""

    ANSWERED = "ANSWERED", "It answered."
    STALE = "STALE", "It answered from a copy older than the agency vouches for."
    TIMED_OUT = "TIMED_OUT", "No answer in time."
    UNAVAILABLE = "UNAVAILABLE", "It could not be reached, or its answer could not be read."
    REFUSED = "REFUSED", "It refused to answer."


@described
class SourceHealth(Code):
    """Whether an agency's systems can be asked."""

    UP = "UP", "All answer."
    DEGRADED = "DEGRADED", "Some are slow or do not answer."
    DOWN = "DOWN", "None answers."
