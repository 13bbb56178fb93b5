"""Operator inputs of filters. Each compares one value; operators given together must all hold; ``null`` is refused."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.enums import CrossingState, Direction, PermitStatus, ShipmentStatus, TransportMode
from resolvers.scalars import (
    AgencyCode,
    BusinessNumber,
    CargoControlNumber,
    Date,
    DateTime,
    HsCode,
    Locode,
)


def _operator(description: str, name: str | None = None) -> Any:
    return strawberry.field(name=name, description=description, default=strawberry.UNSET)


def eq() -> Any:
    return _operator("Equal to this.")


def ne() -> Any:
    return _operator("Different from this, or null.")


def one_of() -> Any:
    return _operator("Equal to one of these; an empty list matches nothing.", "in")


def starts_with() -> Any:
    return _operator("Begins with this.")


def gte() -> Any:
    return _operator("At or after this.")


def gt() -> Any:
    return _operator("After this.")


def lte() -> Any:
    return _operator("At or before this.")


def lt() -> Any:
    return _operator("Before this.")


@strawberry.input(description="Compares a text.")
class StringFilter:
    eq: str | None = eq()
    ne: str | None = ne()
    in_: list[str] | None = one_of()
    starts_with: str | None = starts_with()


@strawberry.input(description="Compares a cargo control number.")
class CargoControlNumberFilter:
    eq: CargoControlNumber | None = eq()
    in_: list[CargoControlNumber] | None = one_of()
    starts_with: str | None = starts_with()


@strawberry.input(description="Compares a business number.")
class BusinessNumberFilter:
    eq: BusinessNumber | None = eq()
    in_: list[BusinessNumber] | None = one_of()


@strawberry.input(description="Compares a UN/LOCODE.")
class LocodeFilter:
    eq: Locode | None = eq()
    in_: list[Locode] | None = one_of()


@strawberry.input(description="Compares an agency's code.")
class AgencyCodeFilter:
    eq: AgencyCode | None = eq()
    ne: AgencyCode | None = ne()
    in_: list[AgencyCode] | None = one_of()


@strawberry.input(description="Compares a commodity code.")
class HsFilter:
    eq: HsCode | None = eq()
    in_: list[HsCode] | None = one_of()
    starts_with: str | None = starts_with()


@strawberry.input(description="Compares a moment.")
class DateTimeFilter:
    gte: DateTime | None = gte()
    gt: DateTime | None = gt()
    lte: DateTime | None = lte()
    lt: DateTime | None = lt()


@strawberry.input(description="Compares a day.")
class DateFilter:
    gte: Date | None = gte()
    gt: Date | None = gt()
    lte: Date | None = lte()
    lt: Date | None = lt()


@strawberry.input(description="Compares the status of a shipment.")
class ShipmentStatusFilter:
    eq: ShipmentStatus | None = eq()
    ne: ShipmentStatus | None = ne()
    in_: list[ShipmentStatus] | None = one_of()


@strawberry.input(description="Compares the status of a permit.")
class PermitStatusFilter:
    eq: PermitStatus | None = eq()
    ne: PermitStatus | None = ne()
    in_: list[PermitStatus] | None = one_of()


@strawberry.input(description="Compares a mode of transport.")
class TransportModeFilter:
    eq: TransportMode | None = eq()
    in_: list[TransportMode] | None = one_of()


@strawberry.input(description="Compares the state of a crossing.")
class CrossingStateFilter:
    eq: CrossingState | None = eq()
    in_: list[CrossingState] | None = one_of()


@strawberry.input(description="Compares the direction of a crossing.")
class DirectionFilter:
    eq: Direction | None = eq()
