"""The root of the schema."""

from __future__ import annotations

from resolvers import arguments
from resolvers.agencies import Agency
from resolvers.classified import harmonised
from resolvers.declarations import Declaration
from resolvers.enums import Classification
from resolvers.fields import Listing, Lookup, Special, planned
from resolvers.organizations import Organization
from resolvers.people import CrossingConnection, Person, PersonConnection
from resolvers.permits import Permit, PermitConnection, PermitVerification
from resolvers.relay import Node
from resolvers.shipments import HeldContainerConnection, HoldConnection, Shipment, ShipmentConnection
from resolvers.viewer import Viewer


@harmonised(Classification.REFERENCE)
class Query:
    """Everything that can be asked. What the caller may not see is not here."""

    viewer: Viewer = planned(Special("viewer"), "The caller, and what the caller may see.")
    node: Node | None = planned(Special("node"), "An object by its id.", arguments=arguments.node)
    nodes: list[Node | None] = planned(
        Special("nodes"), "Objects by their ids, in that order; null where there is none.", arguments=arguments.nodes
    )
    agencies: list[Agency] = planned(Special("agencies"), "Agencies that supply something in the caller's view.")
    shipment: Shipment | None = planned(
        Lookup("Shipment", (("ccn", "ccn"),)), "One shipment.", arguments=arguments.shipment
    )
    shipments: ShipmentConnection | None = planned(Listing("Shipment"), "Shipments.", arguments=arguments.shipments)
    declaration: Declaration | None = planned(
        Lookup("Declaration", (("transactionNumber", "transactionNumber"),)),
        "One declaration, in its newest version.",
        arguments=arguments.declaration,
    )
    holds: HoldConnection | None = planned(Listing("Hold"), "Holds of every agency, merged.", arguments=arguments.holds)
    held_containers: HeldContainerConnection | None = planned(
        Special("heldContainers"),
        "Containers that two or more agencies hold at one place: open once, together.",
        arguments=arguments.held_containers,
    )
    crossings: CrossingConnection | None = planned(
        Listing("Crossing"),
        "Expected and completed border crossings: the inspection list.",
        arguments=arguments.crossings,
    )
    person: Person | None = planned(
        Special("person"), "One person, by an exact travel document.", arguments=arguments.person
    )
    people: PersonConnection | None = planned(
        Special("people"), "Candidates by name and date of birth, scored, never merged.", arguments=arguments.people
    )
    permit: Permit | None = planned(
        Lookup("Permit", (("number", "number"),), agency="issuer"), "One permit.", arguments=arguments.permit
    )
    permits: PermitConnection | None = planned(
        Listing("Permit"),
        "Permits of every issuing agency the caller may see, merged into one ordered list.",
        arguments=arguments.permits,
    )
    verify_permit: PermitVerification = planned(
        Special("verifyPermit"), "Whether a permit covers an import.", arguments=arguments.verify_permit
    )
    organization: Organization | None = planned(
        Lookup("Organization", (("businessNumber", "businessNumber"),)),
        "One organisation.",
        arguments=arguments.organization,
    )
