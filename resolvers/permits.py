"""Permits, licences and certificates, and their verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import arguments
from resolvers.agencies import Agency
from resolvers.classified import harmonised
from resolvers.enums import CheckOutcome, Classification, PermitCheckKind, PermitStatus, Verdict
from resolvers.fields import Link, bound, children, computed, embedded, made, meta, planned
from resolvers.organizations import Party
from resolvers.relay import (
    Connection,
    DataFlag,
    Edge,
    Node,
    Provenance,
    Quantity,
    data_flags,
    node_id,
    provenance,
)
from resolvers.rules.cited_permits import REMAINING_NEEDS, remaining
from resolvers.scalars import CountryCode, Date, DateTime, HsCode

if TYPE_CHECKING:
    from resolvers.shipments import ShipmentConnection

PERMIT = Classification.PERMIT


@harmonised(PERMIT)
class PermitLine:
    """One line of a permit: a commodity and how much of it."""

    line: int = bound("Number of the line.")
    hs: HsCode | None = bound("Commodity code; longer codes that begin with it are covered.")
    authorized: Quantity | None = embedded("How much may be imported.")
    reserved: Quantity | None = embedded("How much of it is set aside for declarations under way.")
    used: Quantity | None = embedded("How much of it has been used.")
    remaining: Quantity | None = computed(
        "Authorized less reserved less used.", needs=REMAINING_NEEDS, function=remaining
    )


@harmonised(PERMIT)
class Permit(Node):
    """A licence, permit, certificate or other document that an agency issues for goods (LPCO)."""

    id: strawberry.ID = node_id()
    issuer: Agency = meta("issuer", "The agency that issued it.")
    number: str | None = bound("Its number at the issuer.")
    type: str | None = bound("Its type, in the issuer's words.")
    status: PermitStatus | None = bound("Whether it can be used.")
    holder: Party | None = embedded("Whom it was issued to.")
    valid_from: Date | None = bound("First day of validity.")
    valid_to: Date | None = bound("Last day of validity.")
    origin_countries: list[CountryCode] | None = bound("Countries of origin that it admits; none means any.")
    lines: list[PermitLine] = children("What it covers.")
    shipments: Annotated[ShipmentConnection, strawberry.lazy("resolvers.shipments")] | None = planned(
        Link(
            "Shipment",
            (("ccn", "shipment.ccn"),),
            "connection",
            via=(
                ("GoodsItem", (("citedPermits.issuer", "agency"), ("citedPermits.number", "number"))),
                ("Declaration", (("transactionNumber", "transactionNumber"),)),
            ),
        ),
        "Shipments whose declarations cite it.",
        Classification.COMMERCIAL,
        arguments=arguments.page,
    )
    provenance: Provenance = provenance()
    data_flags: list[DataFlag] = data_flags()


@harmonised(PERMIT)
class PermitEdge(Edge):
    """A permit in a page."""

    node: Permit = meta("page", "The permit.")


@harmonised(PERMIT)
class PermitConnection(Connection):
    """A page of permits."""

    edges: list[PermitEdge] = meta("page", "The permits with their cursors.")
    nodes: list[Permit] = meta("page", "The permits alone.")


@harmonised(PERMIT)
class PermitCheck:
    """One check of a permit."""

    kind: PermitCheckKind = made("What was checked.")
    outcome: CheckOutcome = made("How it ended.")
    detail: str | None = made("Why, in fixed text that contains no value of the permit.")


@harmonised(PERMIT)
class PermitVerification:
    """Whether a permit covers an import. Nothing is reserved or written off by asking."""

    verdict: Verdict = made("What the checks came to.")
    checks: list[PermitCheck] = made("Every check, in the order in which they are run.")
    remaining: Quantity | None = made("What remains on the line that covers the goods.")
    as_of: DateTime = made("The oldest answer used.")
