"""The types of the Strawberry service: of the harmonised schema, what the benchmark's queries select.

Plain attributes wherever the parent has the value; a resolver for every link, which loads through a ``DataLoader``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import strawberry
from strawberry.dataloader import DataLoader

from bench.floor_codes import BUSINESS_NUMBER
from resolvers.enums import PermitStatus, ShipmentStatus, TradeDirection, TransportMode
from resolvers.filters import PermitFilter, PermitOrder, ShipmentFilter, ShipmentOrder, ShipmentOrderField
from resolvers.scalars import (
    AgencyCode,
    BusinessNumber,
    CargoControlNumber,
    ContainerNumber,
    CountryCode,
    Date,
    DateTime,
    Decimal,
    HsCode,
    Locode,
    TransactionNumber,
)

ISSUERS = frozenset({"FOOD", "TRADE_CONTROLS"})


@dataclass(slots=True)
class Reads:
    """What a request reads with. Loaders are its own: what it has loaded, no other sees."""

    queue: Callable[[ShipmentFilter], Awaitable[list[Shipment]]]
    long: Callable[[ShipmentFilter, int], Awaitable[list[Shipment]]]
    one: Callable[[str], Awaitable[Shipment | None]]
    expiring: Callable[[PermitFilter, int], Awaitable[list[Permit]]]
    declarations: DataLoader[str, list[Declaration]]
    items: DataLoader[str, list[GoodsItem]]
    organizations: DataLoader[str, Organization | None]
    permits: DataLoader[tuple[str, str], Permit | None]


Info: TypeAlias = strawberry.Info[Reads, None]


@strawberry.type
class Organization:
    id: strawberry.ID
    legal_name: str | None
    country: CountryCode | None
    trusted_trader: bool | None


@strawberry.type
class Party:
    name: str | None
    business_number: BusinessNumber | None

    @strawberry.field
    async def organization(self, info: Info) -> Organization | None:
        number = self.business_number
        if number is None or not BUSINESS_NUMBER.fullmatch(number):
            return None
        return await info.context.organizations.load(number)


@strawberry.type
class TransportEquipment:
    number: ContainerNumber | None
    size_type: str | None


@strawberry.type
class Quantity:
    value: Decimal
    unit: str | None


@strawberry.type
class Agency:
    code: AgencyCode


@strawberry.type
class Permit:
    id: strawberry.ID
    number: str
    type: str | None
    status: PermitStatus | None
    valid_to: Date | None
    valid_from: Date | None = None
    holder: Party | None = None
    issuer: Agency | None = None


@strawberry.type
class CitedPermit:
    issuer: AgencyCode | None
    number: str

    @strawberry.field
    async def permit(self, info: Info) -> Permit | None:
        if self.issuer not in ISSUERS:
            return None
        return await info.context.permits.load((self.issuer, self.number))


@strawberry.type
class GoodsItem:
    sequence: int
    hs: HsCode | None
    description: str | None
    origin_country: CountryCode | None
    quantity: Quantity | None
    cited_permits: list[CitedPermit]


@strawberry.type
class Declaration:
    id: strawberry.ID
    transaction_number: TransactionNumber
    version: int
    direction: TradeDirection | None
    accepted_at: DateTime | None

    @strawberry.field
    async def items(self, info: Info) -> list[GoodsItem]:
        return await info.context.items.load(self.transaction_number)


@strawberry.type
class Shipment:
    id: strawberry.ID
    ccn: CargoControlNumber
    eta: DateTime | None
    port_of_arrival: Locode | None
    packages: int | None
    status: ShipmentStatus | None = None
    importer: Party | None = None
    containers: list[TransportEquipment] = strawberry.field(default_factory=list)
    ucr: str | None = None
    mode: TransportMode | None = None
    port_of_loading: Locode | None = None
    carrier_code: str | None = None
    carrier_name: str | None = None

    @strawberry.field
    async def declarations(self, info: Info) -> list[Declaration]:
        return await info.context.declarations.load(self.ccn)


@strawberry.type
class ShipmentConnection:
    nodes: list[Shipment]


@strawberry.type
class PermitConnection:
    nodes: list[Permit]


@strawberry.type
class Query:
    @strawberry.field
    async def shipment(self, info: Info, ccn: CargoControlNumber) -> Shipment | None:
        return await info.context.one(ccn)

    @strawberry.field
    async def shipments(
        self, info: Info, filter: ShipmentFilter, order_by: list[ShipmentOrder], first: int
    ) -> ShipmentConnection:
        if order_by[0].field is ShipmentOrderField.HELD:
            return ShipmentConnection(nodes=await info.context.queue(filter))
        return ShipmentConnection(nodes=await info.context.long(filter, first))

    @strawberry.field
    async def permits(
        self,
        info: Info,
        filter: PermitFilter,
        order_by: list[PermitOrder],  # noqa: ARG002 - one order is ever asked for, and the statement has it
        first: int,
    ) -> PermitConnection:
        return PermitConnection(nodes=await info.context.expiring(filter, first))
