"""Parties as named on documents, and the organisations behind their business numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import arguments
from resolvers.classified import harmonised
from resolvers.enums import Classification
from resolvers.fields import Link, bound, link, planned
from resolvers.relay import DataFlag, Node, Provenance, data_flags, node_id, provenance
from resolvers.scalars import BusinessNumber, CountryCode

if TYPE_CHECKING:
    from resolvers.permits import PermitConnection
    from resolvers.shipments import ShipmentConnection


@harmonised(Classification.COMMERCIAL)
class Organization(Node):
    """An organisation, as the revenue agency registers it."""

    id: strawberry.ID = node_id()
    business_number: BusinessNumber | None = bound("Its business number (BN15).")
    legal_name: str | None = bound("Its legal name.")
    country: CountryCode | None = bound("Country of its address.")
    trusted_trader: bool | None = bound("Whether it is an authorised economic operator (trusted trader).")
    shipments: Annotated[ShipmentConnection, strawberry.lazy("resolvers.shipments")] | None = planned(
        Link("Shipment", (("importer.businessNumber", "businessNumber"),), "connection"),
        "Shipments that name it as importer.",
        arguments=arguments.shipments,
    )
    permits: Annotated[PermitConnection, strawberry.lazy("resolvers.permits")] | None = planned(
        Link("Permit", (("holder.businessNumber", "businessNumber"),), "connection"),
        "Permits that it holds, of every issuing agency in the view.",
        Classification.PERMIT,
        arguments=arguments.permits,
    )
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(Classification.COMMERCIAL)
class Party:
    """A party as named on a document."""

    name: str | None = bound("The name on the document.")
    business_number: BusinessNumber | None = bound("The business number on the document.")
    country: CountryCode | None = bound("The country on the document.")
    organization: Organization | None = link(
        "Organization",
        "The organisation with that business number. A wrong check digit is flagged, and followed all the same.",
        on=(("businessNumber", "businessNumber"),),
    )
