"""Filters and orders of lists, and the paths they compare: what planning turns into predicates and sort terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from resolvers.enums import Code, described
from resolvers.fields import FILTER, FilterPath, OrderPaths
from resolvers.operators import (
    AgencyCodeFilter,
    BusinessNumberFilter,
    CargoControlNumberFilter,
    CrossingStateFilter,
    DateFilter,
    DateTimeFilter,
    DirectionFilter,
    HsFilter,
    LocodeFilter,
    PermitStatusFilter,
    ShipmentStatusFilter,
    StringFilter,
    TransportModeFilter,
)
from resolvers.scalars import ContainerNumber


def compared(path: str, description: str, op: str = "", agency: bool = False) -> Any:
    """A field of a filter that compares ``path``."""
    return strawberry.field(
        description=description, default=strawberry.UNSET, metadata={FILTER: FilterPath(path, op, agency)}
    )


def combined(name: str, description: str) -> Any:
    """``and``, ``or``, ``not``: Python keywords."""
    return strawberry.field(name=name, description=description, default=strawberry.UNSET)


AND = "All of these hold."
OR = "At least one of these holds."
NOT = "This does not hold."


@strawberry.input(description="Which shipments. Fields that are given must all hold.")
class ShipmentFilter:
    ccn: CargoControlNumberFilter | None = compared("ccn", "Cargo control number.")
    status: ShipmentStatusFilter | None = compared("status", "Status with customs.")
    port_of_arrival: LocodeFilter | None = compared("portOfArrival", "Port of arrival.")
    mode: TransportModeFilter | None = compared("mode", "Mode of transport.")
    eta: DateTimeFilter | None = compared("eta", "Expected arrival.")
    arrived_at: DateTimeFilter | None = compared("arrivedAt", "Arrival.")
    importer: BusinessNumberFilter | None = compared("importer.businessNumber", "Business number of the importer.")
    container: ContainerNumber | None = compared("containers.number", "It has this container.", "eq")
    held: bool | None = compared("held", "Customs' own record says HELD.", "eq")
    and_: list[ShipmentFilter] | None = combined("and", AND)
    or_: list[ShipmentFilter] | None = combined("or", OR)
    not_: ShipmentFilter | None = combined("not", NOT)


@strawberry.input(description="Which holds. Fields that are given must all hold.")
class HoldFilter:
    agency: AgencyCodeFilter | None = compared("agency", "The agency that placed it.", agency=True)
    open: bool | None = compared("liftedAt", "Whether it has not been lifted.", "null")
    container: ContainerNumber | None = compared("container", "It holds this container.", "eq")
    place: LocodeFilter | None = compared("place", "Where.")
    placed_at: DateTimeFilter | None = compared("placedAt", "When it was placed.")
    and_: list[HoldFilter] | None = combined("and", AND)
    or_: list[HoldFilter] | None = combined("or", OR)
    not_: HoldFilter | None = combined("not", NOT)


@strawberry.input(description="Which permits. Fields that are given must all hold.")
class PermitFilter:
    issuer: AgencyCodeFilter | None = compared("issuer", "The agency that issued it.", agency=True)
    type: StringFilter | None = compared("type", "Type, in the issuer's words.")
    status: PermitStatusFilter | None = compared("status", "Status.")
    holder: BusinessNumberFilter | None = compared("holder.businessNumber", "Business number of the holder.")
    hs: HsFilter | None = compared("lines.hs", "Commodity code of some line.")
    valid_to: DateFilter | None = compared("validTo", "Last day of validity.")
    and_: list[PermitFilter] | None = combined("and", AND)
    or_: list[PermitFilter] | None = combined("or", OR)
    not_: PermitFilter | None = combined("not", NOT)


@strawberry.input(description="Which crossings. Fields that are given must all hold.")
class CrossingFilter:
    state: CrossingStateFilter | None = compared("state", "Expected, completed or referred.")
    at: DateTimeFilter | None = compared("at", "When it happened.")
    expected_at: DateTimeFilter | None = compared("expectedAt", "When it is expected.")
    direction: DirectionFilter | None = compared("direction", "Entry or exit.")
    place: LocodeFilter | None = compared("place", "Where.")
    and_: list[CrossingFilter] | None = combined("and", AND)
    or_: list[CrossingFilter] | None = combined("or", OR)
    not_: CrossingFilter | None = combined("not", NOT)


# ---- orders -----------------------------------------------------------------------------------


@described
class ShipmentOrderField(Code):
    """What shipments can be ordered by."""

    HELD = "HELD", "Whether customs holds it; descending puts the held ones first."
    ETA = "ETA", "Expected arrival."
    ARRIVED_AT = "ARRIVED_AT", "Arrival."
    CCN = "CCN", "Cargo control number."


@described
class PermitOrderField(Code):
    """What permits can be ordered by."""

    VALID_TO = "VALID_TO", "Last day of validity."
    NUMBER = "NUMBER", "Permit number."


@described
class HoldOrderField(Code):
    """What holds can be ordered by."""

    PLACED_AT = "PLACED_AT", "When the hold was placed."


@described
class CrossingOrderField(Code):
    """What crossings can be ordered by."""

    AT = "AT", "When the crossing happened."
    EXPECTED_AT = "EXPECTED_AT", "When the crossing is expected."


@described
class OrderDirection(Code):
    """Ascending or descending. Nulls come last in ascending order and first in descending order."""

    ASC = "ASC", "Ascending."
    DESC = "DESC", "Descending."


def _by() -> Any:
    return strawberry.field(description="What to order by.")


def _direction() -> Any:
    return strawberry.field(description="Ascending unless said.", default=OrderDirection.ASC)


@strawberry.input(description="One term of an order of shipments.")
class ShipmentOrder:
    field: ShipmentOrderField = _by()
    direction: OrderDirection = _direction()


@strawberry.input(description="One term of an order of permits.")
class PermitOrder:
    field: PermitOrderField = _by()
    direction: OrderDirection = _direction()


@strawberry.input(description="One term of an order of holds.")
class HoldOrder:
    field: HoldOrderField = _by()
    direction: OrderDirection = _direction()


@strawberry.input(description="One term of an order of crossings.")
class CrossingOrder:
    field: CrossingOrderField = _by()
    direction: OrderDirection = _direction()


ORDERS: Mapping[str, OrderPaths] = {
    "Shipment": OrderPaths(
        {"HELD": "held", "ETA": "eta", "ARRIVED_AT": "arrivedAt", "CCN": "ccn"}, default=(("eta", True),)
    ),
    "Permit": OrderPaths({"VALID_TO": "validTo", "NUMBER": "number"}, default=(("validTo", True),)),
    "Hold": OrderPaths({"PLACED_AT": "placedAt"}, default=(("placedAt", True),)),
    "Crossing": OrderPaths({"AT": "at", "EXPECTED_AT": "expectedAt"}, default=(("at", True),)),
    "Declaration": OrderPaths({}, default=(("acceptedAt", True),)),
    "GoodsItem": OrderPaths({}, default=(("sequence", False),)),
    "AgencyDecision": OrderPaths({}, default=(("at", True),)),
    "Inspection": OrderPaths({}, default=(("scheduledAt", True),)),
    "DutyAssessment": OrderPaths({}, default=(("version", True), ("sequence", False))),
    "Authorization": OrderPaths({}, default=(("validFrom", True),)),
    "Lookout": OrderPaths({}, default=(("expiresAt", True),)),
    "EnforcementAction": OrderPaths({}, default=(("at", True),)),
    "TravelDocument": OrderPaths({}, default=(("expiresOn", True),)),
}
"""Type → what its lists can be ordered by, and their order when nothing is said: newest first, else by key."""
