"""People, as the agencies' own records know them. Nothing is stored or merged here."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers import arguments
from resolvers.agencies import CustomsOffice
from resolvers.classified import harmonised
from resolvers.enums import (
    AuthorizationKind,
    Classification,
    CrossingState,
    Direction,
    EnforcementKind,
    MatchKind,
    Sex,
    TransportMode,
)
from resolvers.fields import Link, LinkedValue, Special, bound, embedded, link, links, made, meta, planned
from resolvers.relay import (
    Completeness,
    Connection,
    DataFlag,
    Edge,
    Money,
    Node,
    Provenance,
    agency,
    completeness,
    data_flags,
    node_id,
    provenance,
)
from resolvers.scalars import AgencyCode, CountryCode, Date, DateTime, Locode, PartialDate
from resolvers.shipments import Conveyance

PERSONAL = Classification.PERSONAL
INTELLIGENCE = Classification.INTELLIGENCE
ENFORCEMENT = Classification.ENFORCEMENT

BY_DOCUMENT = (("document.issuer", "documents.issuer"), ("document.number", "documents.number"))
BY_RECORD = (("personKey", "records.key"),)


def by_record(target: str, description: str, *classes: Classification) -> Any:
    """A list that the agency of each record keeps under its own key for the person."""
    return links(target, description, *classes, on=BY_RECORD, agency="records.agency")


@harmonised(PERSONAL)
class Match:
    """Why a record is shown with a person."""

    kind: MatchKind = made("By the same document, or by name and date of birth only.")
    score: float | None = made("How alike, from 0 to 1; null for an exact document.")


@harmonised(PERSONAL)
class PersonRecord:
    """One agency's record of a person. Disagreeing records stay side by side."""

    agency: AgencyCode = agency()
    key: str | None = bound("The record's key at the agency.")
    family_name: str | None = bound("Family name.")
    given_names: str | None = bound("Given names.")
    birth_date: PartialDate | None = bound("Date of birth, as far as known.")
    sex: Sex | None = bound("Sex.")
    citizenships: list[CountryCode] | None = bound("Citizenships.")
    match: Match = meta("match", "Why the record is shown with this person.")
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(PERSONAL)
class TravelDocument:
    """A passport, visa or other travel document."""

    type: str | None = bound("Its type, as printed (`P`, `V`, …).")
    issuer: CountryCode | None = bound("The issuing state.")
    number: str | None = bound("Its number.")
    expires_on: Date | None = bound("Last day of validity.")
    reported_lost_or_stolen: bool | None = planned(
        LinkedValue("TravelDocument", (("issuer", "issuer"), ("number", "number")), "reportedLostOrStolen"),
        "Whether it is reported lost or stolen, according to the police.",
    )
    provenance: Provenance = provenance()


@harmonised(PERSONAL)
class Authorization(Node):
    """A visa, permit or other leave to enter or stay."""

    id: strawberry.ID = node_id()
    kind: AuthorizationKind | None = bound("What it permits.")
    uci: str | None = bound("Unique client identifier at immigration.")
    status: str | None = bound("Its status, in the agency's words.")
    valid_from: Date | None = bound("First day of validity.")
    valid_to: Date | None = bound("Last day of validity.")
    conditions: list[str] = bound("Conditions imposed.")
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(INTELLIGENCE)
class Lookout:
    """A lookout: an agency's wish that a person be seen to."""

    agency: AgencyCode = agency()
    refer: bool | None = bound("Whether to refer the person to a second examination.", INTELLIGENCE, PERSONAL)
    handling_code: str | None = bound("How to handle the person.", INTELLIGENCE, PERSONAL)
    reason: str | None = bound("Why.")
    caveat: str | None = bound("What the originator permits to be done with this; travels with it.")
    expires_at: DateTime | None = bound("Until when it holds.")
    provenance: Provenance = provenance()


@harmonised(ENFORCEMENT)
class EnforcementAction(Node):
    """A seizure, penalty, arrest or removal."""

    id: strawberry.ID = node_id()
    agency: AgencyCode = agency()
    kind: EnforcementKind | None = bound("What was done.")
    at: DateTime | None = bound("When.")
    legal_basis: str | None = bound("Under which provision.")
    file_number: str | None = bound("File number at the agency.")
    value: Money | None = embedded("Value seized, or amount of the penalty.")
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(PERSONAL)
class Crossing(Node):
    """A person's crossing of the border, expected or completed."""

    id: strawberry.ID = node_id()
    state: CrossingState | None = bound("Expected, completed or referred.")
    direction: Direction | None = bound("Entry or exit.")
    expected_at: DateTime | None = bound("When it is expected.")
    at: DateTime | None = bound("When it happened.")
    place: Locode | None = bound("Where.")
    office: CustomsOffice | None = link("CustomsOffice", "The office at the border.", on=(("code", "office.code"),))
    mode: TransportMode | None = bound("How the person travels.")
    conveyance: Conveyance | None = embedded("What the person travels in.")
    document: TravelDocument | None = embedded("The travel document presented.")
    outcome: str | None = bound("What the officer decided, in the agency's words.")
    referred_to: str | None = bound("To whom the person was referred, in the agency's code.")
    person: Person | None = planned(Special("crossing_person"), "The person who presented that document.")
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(PERSONAL)
class CrossingEdge(Edge):
    """A crossing in a page."""

    node: Crossing = meta("page", "The crossing.")


@harmonised(PERSONAL)
class CrossingConnection(Connection):
    """A page of crossings."""

    edges: list[CrossingEdge] = meta("page", "The crossings with their cursors.")
    nodes: list[Crossing] = meta("page", "The crossings alone.")


@harmonised(PERSONAL)
class Person(Node):
    """A view over the agencies' own records of one person. Nothing is stored or merged here."""

    id: strawberry.ID = node_id()
    records: list[PersonRecord] | None = links("PersonRecord", "What each agency has on record.", on=BY_DOCUMENT)
    documents: list[TravelDocument] | None = by_record("TravelDocument", "Travel documents known for the person.")
    crossings: CrossingConnection | None = planned(
        Link("Crossing", BY_DOCUMENT, "connection"),
        "Crossings with one of these documents.",
        arguments=arguments.crossings,
    )
    authorizations: list[Authorization] | None = by_record("Authorization", "Leave to enter or stay.")
    lookouts: list[Lookout] | None = by_record("Lookout", "Lookouts.", INTELLIGENCE, PERSONAL)
    enforcement: list[EnforcementAction] | None = links(
        "EnforcementAction",
        "Seizures, penalties, arrests and removals, by document or by record.",
        ENFORCEMENT,
        on=(*BY_DOCUMENT, *BY_RECORD),
        agency="records.agency",
        any_of=True,
    )
    completeness: Completeness = completeness()


@harmonised(PERSONAL)
class PersonEdge(Edge):
    """A candidate in a page."""

    node: Person = meta("page", "The person.")
    score: float = meta("page", "How alike the best of the records is to what was searched, from 0 to 1.")


@harmonised(PERSONAL)
class PersonConnection(Connection):
    """A page of candidates, best first. Candidates are leads, never merged."""

    edges: list[PersonEdge] = meta("page", "The candidates with their cursors and scores.")
    nodes: list[Person] = meta("page", "The candidates alone.")
