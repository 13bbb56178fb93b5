"""Shipments: what travels, in what, and who holds or inspects it."""

from __future__ import annotations

import strawberry

from resolvers.agencies import CustomsOffice
from resolvers.classified import harmonised
from resolvers.declarations import Declaration, JointStatus
from resolvers.enums import Classification, HoldScope, InspectionKind, RiskBand, ShipmentStatus, TransportMode
from resolvers.fields import bound, children, computed, embedded, link, links, made, meta
from resolvers.organizations import Party
from resolvers.relay import (
    Completeness,
    Connection,
    DataFlag,
    Edge,
    Node,
    Provenance,
    Quantity,
    agency,
    completeness,
    data_flags,
    node_id,
    provenance,
)
from resolvers.rules.shipment_status import JOINT_STATUS_NEEDS, joint_status
from resolvers.scalars import AgencyCode, CargoControlNumber, ContainerNumber, CountryCode, DateTime, Locode

COMMERCIAL = Classification.COMMERCIAL
INTELLIGENCE = Classification.INTELLIGENCE

BY_SHIPMENT = (("shipment.ccn", "ccn"),)


@harmonised(COMMERCIAL)
class Conveyance:
    """What goods or people travel in."""

    mode: TransportMode | None = bound("Mode of transport.")
    name: str | None = bound("Name of the vessel.")
    imo: str | None = bound("IMO number of the vessel.")
    flight: str | None = bound("Flight number.")
    flag: CountryCode | None = bound("Country of registration.")
    carrier_code: str | None = bound("Code of the carrier.")


@harmonised(INTELLIGENCE)
class RiskAssessment:
    """The newest assessment of a shipment's risk."""

    score: int | None = bound("0 to 100.")
    band: RiskBand | None = bound("The score in three steps.", INTELLIGENCE, COMMERCIAL)
    rules: list[str] | None = bound("Rules that fired.")
    assessed_at: DateTime | None = bound("When.")


@harmonised(COMMERCIAL)
class Inspection(Node):
    """An inspection of goods, planned or done."""

    id: strawberry.ID = node_id()
    agency: AgencyCode = agency()
    kind: InspectionKind | None = bound("How.")
    place: Locode | None = bound("Where.")
    scheduled_at: DateTime | None = bound("When it is to begin.")
    result: str | None = bound("What it found, in the agency's words.")
    shipment: Shipment | None = link("Shipment", "What is inspected.", on=(("ccn", "shipment.ccn"),))
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(COMMERCIAL)
class Hold(Node):
    """An agency's order to keep goods where they are."""

    id: strawberry.ID = node_id()
    agency: AgencyCode = agency()
    scope: HoldScope | None = bound("What it covers.")
    reason_code: str | None = bound("The agency's reason, in its own code.")
    placed_at: DateTime | None = bound("When it was placed.")
    lifted_at: DateTime | None = bound("When it was lifted; null while it is open.")
    can_move: bool | None = bound("Whether the goods may be moved under it.")
    place: Locode | None = bound("Where the goods are held.")
    container: ContainerNumber | None = bound("The container it covers.")
    shipment: Shipment | None = link("Shipment", "What is held.", on=(("ccn", "shipment.ccn"),))
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(COMMERCIAL)
class TransportEquipment:
    """A container."""

    number: ContainerNumber | None = bound("Its ISO 6346 number.")
    size_type: str | None = bound("Size and type (ISO 6346: `22G1`).")
    seals: list[str] = bound("Numbers of its seals.")
    holds: list[Hold] | None = links(
        "Hold", "Holds on the container, of every agency in the view.", on=(("container", "number"),)
    )
    completeness: Completeness = completeness()
    data_flags: list[DataFlag] = data_flags()


@harmonised(COMMERCIAL)
class Shipment(Node):
    """Goods that travel under one cargo control number."""

    id: strawberry.ID = node_id()
    ccn: CargoControlNumber | None = bound("Cargo control number.")
    ucr: str | None = bound("Unique consignment reference.")
    status: ShipmentStatus | None = bound("Where it stands with customs.")
    mode: TransportMode | None = bound("Mode of transport at the border.")
    master_transport_document: str | None = bound("Master bill of lading or air waybill.")
    port_of_loading: Locode | None = bound("Where it was loaded.")
    port_of_arrival: Locode | None = bound("Where it arrives.")
    office: CustomsOffice | None = link("CustomsOffice", "The customs office.", on=(("code", "office.code"),))
    eta: DateTime | None = bound("When it is expected.")
    arrived_at: DateTime | None = bound("When it arrived.")
    updated_at: DateTime | None = bound("When customs last changed the record.")
    gross_mass: Quantity | None = embedded("Gross mass.")
    packages: int | None = bound("Number of packages.")
    conveyance: Conveyance | None = embedded("What it travels in.")
    carrier_code: str | None = bound("Code of the carrier.")
    carrier_name: str | None = bound("Name of the carrier.")
    containers: list[TransportEquipment] = children("Its containers.")
    importer: Party | None = embedded("Who imports, as named on the cargo document.")
    exporter: Party | None = embedded("Who exports, as named on the cargo document.")
    consignee: Party | None = embedded("Who receives it, as named on the cargo document.")
    declarations: list[Declaration] | None = links("Declaration", "Declarations of it.", on=BY_SHIPMENT)
    holds: list[Hold] | None = links("Hold", "Holds on it, of every agency in the view.", on=BY_SHIPMENT)
    inspections: list[Inspection] | None = links(
        "Inspection", "Inspections of it, of every agency in the view.", on=BY_SHIPMENT
    )
    risk: RiskAssessment | None = link(
        "RiskAssessment", "Its newest risk assessment.", INTELLIGENCE, COMMERCIAL, on=(("ccn", "ccn"),)
    )
    joint_status: JointStatus = computed(
        "Its state over every agency that must decide on it.", needs=JOINT_STATUS_NEEDS, function=joint_status
    )
    completeness: Completeness = completeness()
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(COMMERCIAL)
class HeldContainer:
    """A container that several agencies hold at one place: open it once, together."""

    number: ContainerNumber = made("Its ISO 6346 number.")
    place: Locode = made("Where it is.")
    agencies: list[AgencyCode] = made("Who holds it, of the agencies in the view.")
    holds: list[Hold] = made("The open holds.")
    shipment: Shipment | None = link("Shipment", "What it carries.", on=(("ccn", "shipment.ccn"),))


@harmonised(COMMERCIAL)
class ShipmentEdge(Edge):
    """A shipment in a page."""

    node: Shipment = meta("page", "The shipment.")


@harmonised(COMMERCIAL)
class ShipmentConnection(Connection):
    """A page of shipments."""

    edges: list[ShipmentEdge] = meta("page", "The shipments with their cursors.")
    nodes: list[Shipment] = meta("page", "The shipments alone.")


@harmonised(COMMERCIAL)
class HoldEdge(Edge):
    """A hold in a page."""

    node: Hold = meta("page", "The hold.")


@harmonised(COMMERCIAL)
class HoldConnection(Connection):
    """A page of holds, merged over agencies."""

    edges: list[HoldEdge] = meta("page", "The holds with their cursors.")
    nodes: list[Hold] = meta("page", "The holds alone.")


@harmonised(COMMERCIAL)
class HeldContainerEdge(Edge):
    """A container in a page."""

    node: HeldContainer = meta("page", "The container.")


@harmonised(COMMERCIAL)
class HeldContainerConnection(Connection):
    """A page of containers held by several agencies."""

    edges: list[HeldContainerEdge] = meta("page", "The containers with their cursors.")
    nodes: list[HeldContainer] = meta("page", "The containers alone.")
