"""The Strawberry peer: a service as one writes it with Strawberry by hand, over the floor's own statements and calls.

No access control. Its executor is Strawberry's own; a ``DataLoader`` makes one batched call a level. What costs a
service nothing to turn on is on: documents are parsed and validated once, answers written by orjson.
``python -m bench.service PORT`` reads the addresses of the agencies from the environment, as the floor does.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from bench import floor_codes as codes
from bench.floor_codes import instant, local, plain, shown
from bench.floor_sources import DECLARATIONS, ITEMS, LONG, ONE, PERMITS, PERMITS_FROM, QUEUE, Sources
from bench.service_types import (
    Agency,
    CitedPermit,
    Declaration,
    GoodsItem,
    Organization,
    Party,
    Permit,
    Quantity,
    Query,
    Reads,
    Shipment,
    TransportEquipment,
)
from bench.serving import serve
from resolvers.enums import PermitStatus, ShipmentStatus, TradeDirection, TransportMode
from resolvers.filters import PermitFilter, ShipmentFilter
from resolvers.schema import config

STATUS = {code: ShipmentStatus[name] for code, name in codes.STATUS.items()}
MODE = {code: TransportMode[name] for code, name in codes.MODE.items()}
DIRECTION = {code: TradeDirection[name] for code, name in codes.DIRECTION.items()}
TRADE_STATE = {code: PermitStatus[name] for code, name in codes.TRADE_STATE.items()}
FOOD_STATE = {code: PermitStatus[name] for code, name in codes.FOOD_STATE.items()}


class Service:
    """One per process: what requests read with."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def reads(self) -> Reads:
        return Reads(
            queue=self.queue,
            long=self.long,
            one=self.one,
            expiring=self.expiring,
            declarations=DataLoader(self.declarations),
            items=DataLoader(self.items),
            organizations=DataLoader(self.organizations),
            permits=DataLoader(self.permits),
        )

    async def queue(self, chosen: ShipmentFilter) -> list[Shipment]:
        return [self._shipment(row) for row in await self.sources.customs.fetch(QUEUE, *self._chosen(chosen))]

    async def one(self, ccn: str) -> Shipment | None:
        rows = await self.sources.customs.fetch(ONE, ccn)
        return self._shipment(rows[0]) if rows else None

    async def long(self, chosen: ShipmentFilter, first: int) -> list[Shipment]:
        ports = self.sources.ports
        return [
            Shipment(
                id=ccn,
                ccn=ccn,
                ucr=ucr,
                mode=MODE.get(mode),
                port_of_loading=ports.get(loading),
                port_of_arrival=ports.get(arrival),
                eta=instant(day, clock),
                packages=packages,
                carrier_code=code,
                carrier_name=name,
            )
            for ccn, ucr, mode, loading, arrival, day, clock, packages, code, name in await self.sources.customs.fetch(
                LONG % {"rows": first}, *self._chosen(chosen)
            )
        ]

    def _chosen(self, chosen: Any) -> tuple[list[str], str, str]:
        return self.sources.numbers.get(chosen.port_of_arrival.eq, []), *local(chosen.eta.gte.isoformat())

    def _shipment(self, row: Any) -> Shipment:
        ccn, day, clock, port, packages, name, number, status, equipment, sizes = row
        name, number = shown(name), shown(number)
        return Shipment(
            id=ccn,
            ccn=ccn,
            status=STATUS.get(status),
            eta=instant(day, clock),
            port_of_arrival=self.sources.ports.get(port),
            packages=packages,
            importer=None if name is None and number is None else Party(name=name, business_number=number),
            containers=[
                TransportEquipment(number=box and (plain(box) or None), size_type=shown(size))
                for box, size in zip(equipment, sizes, strict=True)
            ],
        )

    async def organizations(self, numbers: list[str]) -> Sequence[Organization | None]:
        found = {
            row["bn15"]: Organization(
                id=row["bn15"],
                legal_name=row["name"]["legal"],
                country=row["address"]["country"],
                trusted_trader=row["pip"]["status"] == "ACTIVE",
            )
            for row in await self.sources.accounts(numbers)
        }
        return [found.get(number) for number in numbers]

    async def declarations(self, ccns: list[str]) -> Sequence[list[Declaration]]:
        found: dict[str, list[Declaration]] = {}
        for ccn, number, version, direction, accepted in await self.sources.customs.fetch(DECLARATIONS, ccns):
            one = Declaration(
                id=number,
                transaction_number=number,
                version=version,
                direction=DIRECTION.get(direction),
                accepted_at=accepted,
            )
            found.setdefault(ccn, []).append(one)
        return [found.get(ccn, []) for ccn in ccns]

    async def items(self, numbers: list[str]) -> Sequence[list[GoodsItem]]:
        found: dict[str, list[GoodsItem]] = {}
        for txn, line, hs, text, country, quantity, unit, agencies, cited in await self.sources.customs.fetch(
            ITEMS, numbers
        ):
            one = GoodsItem(
                sequence=line,
                hs=shown(hs),
                description=shown(text),
                origin_country=codes.COUNTRY.get(country),
                quantity=None if quantity is None else Quantity(value=quantity, unit=shown(unit)),
                cited_permits=[
                    CitedPermit(issuer=codes.AGENCY.get(agency), number=plain(permit))
                    for agency, permit in zip(agencies, cited, strict=True)
                ],
            )
            found.setdefault(txn, []).append(one)
        return [found.get(number, []) for number in numbers]

    async def permits(self, cited: list[tuple[str, str]]) -> Sequence[Permit | None]:
        food = [number for issuer, number in cited if issuer == "FOOD"]
        trade = [number for issuer, number in cited if issuer == "TRADE_CONTROLS"]
        ours, theirs = await asyncio.gather(self._food(food), self._trade(trade))
        found = {"FOOD": ours, "TRADE_CONTROLS": theirs}
        return [found[issuer].get(number) for issuer, number in cited]

    async def _food(self, numbers: list[str]) -> Mapping[str, Permit]:
        rows = await self.sources.permits(numbers) if numbers else []
        return {
            number: Permit(id=number, number=number, type=row["kind"], status=_food_state(row), valid_to=row["expiry"])
            for row in rows
            if (number := plain(row["no"]))
        }

    async def _trade(self, numbers: list[str]) -> Mapping[str, Permit]:
        stored = [f"{number[:2]}-{number[2:]}" for number in numbers]
        rows = await self.sources.trade.fetch(PERMITS, stored) if stored else []
        return {
            number: Permit(id=number, number=number, type=kind, status=TRADE_STATE.get(state), valid_to=end)
            for number, kind, state, end in rows
        }

    async def expiring(self, chosen: PermitFilter, first: int) -> list[Permit]:
        start: Any = chosen.valid_to
        day: date = start.gte
        theirs, ours = await asyncio.gather(
            self.sources.trade.fetch(PERMITS_FROM, day), self.sources.permits_from(day.isoformat())
        )
        made = [
            Permit(
                id=number,
                number=number,
                type=row["kind"],
                status=_food_state(row),
                valid_from=row["from"],
                valid_to=row["expiry"],
                holder=Party(name=row["holder"]["name"], business_number=row["holder"]["bn"]),
                issuer=Agency(code="FOOD"),
            )
            for row in ours
            if (number := plain(row["no"]))
        ]
        made += [
            Permit(
                id=number,
                number=number,
                type=kind,
                status=TRADE_STATE.get(state),
                valid_from=start.isoformat(),
                valid_to=end.isoformat(),
                holder=Party(name=name, business_number=bn),
                issuer=Agency(code="TRADE_CONTROLS"),
            )
            for number, kind, state, start, end, name, bn in theirs
        ]
        made.sort(key=_by_expiry)
        return made[:first]


def _food_state(row: Mapping[str, Any]) -> PermitStatus | None:
    return PermitStatus.SUSPENDED if row["suspended"] else FOOD_STATE.get(row["state"])


def _by_expiry(permit: Any) -> tuple[str, str, str]:
    return permit.valid_to, permit.issuer.code, permit.number


class Endpoint(GraphQL[Reads, None]):
    def __init__(self, schema: strawberry.Schema, service: Service) -> None:
        super().__init__(schema, graphql_ide=None)
        self.service = service

    async def get_context(self, request: Any, response: Any) -> Reads:  # noqa: ARG002 - as Strawberry calls it
        return self.service.reads()

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


def application(environment: dict[str, str]) -> Starlette:
    sources = Sources(environment, reset=False)  # as the gateway and the Node peers
    schema = strawberry.Schema(Query, config=config(), extensions=[ParserCache, ValidationCache])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await sources.start()
        yield
        await sources.close()

    return Starlette(routes=[Route("/graphql", Endpoint(schema, Service(sources)))], lifespan=lifespan)


if __name__ == "__main__":
    serve(application(dict(os.environ)), int(sys.argv[1]))
