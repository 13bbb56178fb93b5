"""Declarations: their goods, the permits they cite, agencies' decisions, duties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.agencies import CustomsOffice
from resolvers.classified import harmonised
from resolvers.enums import Classification, DecisionStatus, JointState, TradeDirection
from resolvers.fields import bound, children, computed, embedded, link, links, made, meta
from resolvers.organizations import Party
from resolvers.permits import Permit, PermitVerification
from resolvers.relay import (
    Completeness,
    DataFlag,
    Money,
    Node,
    Provenance,
    Quantity,
    agency,
    completeness,
    data_flags,
    node_id,
    provenance,
)
from resolvers.rules.cited_permits import VERIFICATION_NEEDS, verification
from resolvers.scalars import AgencyCode, CountryCode, Date, DateTime, HsCode, TransactionNumber

if TYPE_CHECKING:
    from resolvers.shipments import Shipment

COMMERCIAL = Classification.COMMERCIAL
REVENUE = Classification.REVENUE
PERMIT = Classification.PERMIT

BY_TRANSACTION = (("transactionNumber", "transactionNumber"),)


@harmonised(COMMERCIAL)
class AgencyDecision:
    """What one agency decided about a declaration, or about one of its items."""

    agency: AgencyCode = agency()
    sequence: int | None = bound("The item decided on; null for the whole declaration.")
    status: DecisionStatus | None = bound("The decision.")
    reason_code: str | None = bound("The agency's reason, in its own code.")
    at: DateTime | None = bound("When it was taken.")
    required: bool = meta("required", "Whether the goods may not be released without this agency's decision.")
    provenance: Provenance = provenance()


@harmonised(COMMERCIAL)
class JointStatus:
    """The state of a shipment over every agency that must decide on it, worst first."""

    state: JointState = made("The worst of all decisions, holds and customs' own status.")
    blocking_agencies: list[AgencyCode] = made("Agencies that have not cleared it, of those in the view.")
    unknown_agencies: list[AgencyCode] = made(
        "Agencies whose answer is missing or stale, whatever the state; never counted as clear."
    )
    decisions: list[AgencyDecision] = made("The newest decision of each agency and item, newest first.")
    as_of: DateTime = made("The oldest answer used.")


@harmonised(REVENUE)
class DutyAssessment:
    """Duties and taxes assessed on one line of a declaration."""

    sequence: int | None = bound("Number of the line.")
    version: int | None = bound("Version of the declaration assessed.")
    treatment: str | None = bound("Tariff treatment.")
    duty: Money | None = embedded("Customs duty.")
    excise_tax: Money | None = embedded("Excise tax.")
    gst: Money | None = embedded("Goods and services tax.")
    total: Money | None = embedded("All of it together.")
    due: Date | None = bound("When it is due.")
    paid: bool | None = bound("Whether it is paid in full.")
    provenance: Provenance = provenance()


@harmonised(COMMERCIAL, PERMIT)
class CitedPermit:
    """A permit that goods cite, as written in the declaration."""

    issuer: AgencyCode | None = bound("The issuing agency; null, and flagged, when the code is unknown.")
    number: str | None = bound("The number, in upper case without separators.")
    permit: Permit | None = link(
        "Permit", "The permit at its issuer.", PERMIT, on=(("number", "number"),), agency="issuer"
    )
    verification: PermitVerification | None = computed(
        "Whether it covers the item that cites it.", PERMIT, needs=VERIFICATION_NEEDS, function=verification
    )


@harmonised(COMMERCIAL)
class GoodsItem:
    """One line of a declaration."""

    sequence: int = bound("Number of the line.")
    hs: HsCode | None = bound("Commodity code.")
    description: str | None = bound("Description of the goods.")
    origin_country: CountryCode | None = bound("Country of origin.")
    quantity: Quantity | None = embedded("How much.")
    customs_value: Money | None = embedded("Value for duty.", REVENUE)
    gtin: str | None = bound("Global trade item number.")
    lot: str | None = bound("Lot or batch.")
    undg: str | None = bound("UN number of dangerous goods.")
    vins: list[str] | None = bound("Vehicle identification numbers.")
    intended_use: str | None = bound("What the goods are for.")
    cited_permits: list[CitedPermit] = children(
        "Permits that this item cites, looked up at their issuers.", COMMERCIAL, PERMIT
    )
    data_flags: list[DataFlag] = data_flags()


@harmonised(COMMERCIAL)
class Declaration(Node):
    """A customs declaration, in its newest version."""

    id: strawberry.ID = node_id()
    transaction_number: TransactionNumber | None = bound("Its number, 14 digits.")
    version: int | None = bound("Its version.")
    type: str | None = bound("Its type, in customs' own code.")
    direction: TradeDirection | None = bound("Import, export or transit.")
    importer: Party | None = embedded("Who imports.")
    declarant: Party | None = embedded("Who declares: the broker, or the importer.")
    office: CustomsOffice | None = link("CustomsOffice", "Office of release.", on=(("code", "office.code"),))
    accepted_at: DateTime | None = bound("When customs accepted it.")
    invoice_total: Money | None = embedded("Total of the invoice.", REVENUE)
    incoterm: str | None = bound("Terms of delivery (Incoterms).")
    items: list[GoodsItem] = links("GoodsItem", "Its lines.", on=BY_TRANSACTION)
    agency_decisions: list[AgencyDecision] | None = links(
        "AgencyDecision", "What agencies decided, each in its own system.", on=BY_TRANSACTION
    )
    duties: list[DutyAssessment] | None = links("DutyAssessment", "Duties and taxes.", REVENUE, on=BY_TRANSACTION)
    shipment: Annotated[Shipment, strawberry.lazy("resolvers.shipments")] | None = link(
        "Shipment", "The shipment that it declares.", on=(("ccn", "shipment.ccn"),)
    )
    completeness: Completeness = completeness()
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()
