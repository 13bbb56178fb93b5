"""The floor: an endpoint per query, written by hand for its one answer. No GraphQL, no access control, no reports.

Starlette, asyncpg, aiohttp and orjson; one worker. Its answers are the gateway's, but an ``id`` is the plain key.
``python -m bench.floor PORT`` reads the addresses of the agencies from the environment, as the gateway does; with
``--no-reset`` its pools send no reset statement at a connection's release, as the gateway's send none.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.floor_codes import (
    AGENCY,
    BUSINESS_NUMBER,
    COUNTRY,
    DIRECTION,
    FOOD_STATE,
    MODE,
    STATUS,
    TRADE_STATE,
    instant,
    local,
    plain,
    shown,
)
from bench.floor_sources import DECLARATIONS, ITEMS, LONG, LONG_ROWS, ONE, PERMITS, PERMITS_FROM, QUEUE, Sources
from bench.serving import serve

Json = dict[str, Any]


class Floor:
    """``full``: with ``id`` and ``__typename`` on every object."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    async def queue(self, given: Json, full: bool) -> Json:
        numbers = self.sources.numbers.get(given["port"], [])
        rows = await self.sources.customs.fetch(QUEUE, numbers, *local(given["since"]))
        return {"shipments": {"nodes": await self.shipments(rows, full)}}

    async def one(self, given: Json, full: bool) -> Json:
        rows = await self.sources.customs.fetch(ONE, given["ccn"])
        found = await self.shipments(rows, full)
        return {"shipment": found[0] if found else None}

    async def shipments(self, rows: Sequence[Any], full: bool) -> list[Json]:
        ccns = [row[0] for row in rows]
        numbers = list({row[6] for row in rows if row[6] is not None and BUSINESS_NUMBER.fullmatch(row[6])})
        organizations, declarations = await asyncio.gather(
            self.organizations(numbers, full), self.declarations(ccns, full)
        )
        ports = self.sources.ports
        made = []
        for ccn, day, clock, port, packages, name, number, status, equipment, sizes in rows:
            name, number = shown(name), shown(number)
            importer = None
            if name is not None or number is not None:
                importer = {"name": name, "businessNumber": number, "organization": organizations.get(number)}
                if full:
                    importer["__typename"] = "Party"
            one = {
                "ccn": ccn,
                "status": STATUS.get(status),
                "eta": instant(day, clock),
                "portOfArrival": ports.get(port),
                "packages": packages,
                "importer": importer,
                "containers": [
                    {"number": box and (plain(box) or None), "sizeType": shown(size)}
                    for box, size in zip(equipment, sizes, strict=True)
                ],
                "declarations": declarations.get(ccn, []),
            }
            if full:
                one["id"], one["__typename"] = ccn, "Shipment"
                for container in one["containers"]:
                    container["__typename"] = "TransportEquipment"
            made.append(one)
        return made

    async def organizations(self, numbers: list[str], full: bool) -> dict[Any, Json]:
        if not numbers:
            return {}
        found = {}
        for row in await self.sources.accounts(numbers):
            number = row["bn15"]
            found[number] = one = {
                "legalName": row["name"]["legal"],
                "country": row["address"]["country"],
                "trustedTrader": row["pip"]["status"] == "ACTIVE",
            }
            if full:
                one["id"], one["__typename"] = number, "Organization"
        return found

    async def declarations(self, ccns: list[str], full: bool) -> dict[str, list[Json]]:
        if not ccns:
            return {}
        rows = await self.sources.customs.fetch(DECLARATIONS, ccns)
        items = await self.items([row[1] for row in rows], full) if rows else {}
        found: dict[str, list[Json]] = {}
        for ccn, number, version, direction, accepted in rows:
            one = {
                "transactionNumber": number,
                "version": version,
                "direction": DIRECTION.get(direction),
                "acceptedAt": accepted,
                "items": items.get(number, []),
            }
            if full:
                one["id"], one["__typename"] = number, "Declaration"
            found.setdefault(ccn, []).append(one)
        return found

    async def items(self, numbers: list[str], full: bool) -> dict[str, list[Json]]:
        rows = await self.sources.customs.fetch(ITEMS, numbers)
        food: dict[str, None] = {}
        trade: dict[str, None] = {}
        cited: list[list[tuple[str | None, str]]] = []
        for row in rows:
            here = [(AGENCY.get(agency), plain(text)) for agency, text in zip(row[7], row[8], strict=True)]
            cited.append(here)
            for agency, number in here:
                if agency == "FOOD":
                    food[number] = None
                elif agency == "TRADE_CONTROLS":
                    trade[number] = None
        ours, theirs = await asyncio.gather(self.food_permits(list(food), full), self.trade_permits(list(trade), full))
        permits = {"FOOD": ours, "TRADE_CONTROLS": theirs}
        found: dict[str, list[Json]] = {}
        for (txn, line, hs, text, country, quantity, unit, *_), here in zip(rows, cited, strict=True):
            citing = [
                {
                    "issuer": agency,
                    "number": number,
                    "permit": permits[agency].get(number) if agency in permits else None,
                }
                for agency, number in here
            ]
            one: Json = {
                "sequence": line,
                "hs": shown(hs),
                "description": shown(text),
                "originCountry": COUNTRY.get(country),
                "quantity": None if quantity is None else {"value": quantity, "unit": shown(unit)},
                "citedPermits": citing,
            }
            if full:
                one["__typename"] = "GoodsItem"
                if one["quantity"]:
                    one["quantity"]["__typename"] = "Quantity"
                for citation in citing:
                    citation["__typename"] = "CitedPermit"
            found.setdefault(txn, []).append(one)
        return found

    async def food_permits(self, numbers: list[str], full: bool) -> dict[str, Json]:
        rows = await self.sources.permits(numbers) if numbers else []
        return {
            number: _permit(full, number, row["kind"], _food_state(row), row["expiry"])
            for row in rows
            if (number := plain(row["no"]))
        }

    async def trade_permits(self, numbers: list[str], full: bool) -> dict[str, Json]:
        stored = [f"{number[:2]}-{number[2:]}" for number in numbers]
        rows = await self.sources.trade.fetch(PERMITS, stored) if stored else []
        return {number: _permit(full, number, kind, TRADE_STATE.get(state), to) for number, kind, state, to in rows}

    async def long(self, given: Json, full: bool) -> Json:
        ports = self.sources.ports
        numbers = self.sources.numbers.get(given["port"], [])
        text = LONG % {"rows": int(given.get("rows", LONG_ROWS))}
        rows = await self.sources.customs.fetch(text, numbers, *local(given["since"]))
        made = [
            {
                "ccn": ccn,
                "ucr": ucr,
                "mode": MODE.get(mode),
                "portOfLoading": ports.get(loading),
                "portOfArrival": ports.get(arrival),
                "eta": instant(day, clock),
                "packages": packages,
                "carrierCode": code,
                "carrierName": name,
            }
            for ccn, ucr, mode, loading, arrival, day, clock, packages, code, name in rows
        ]
        if full:
            for one in made:
                one["id"], one["__typename"] = one["ccn"], "Shipment"
        return {"shipments": {"nodes": made}}

    async def permits(self, given: Json, full: bool) -> Json:
        theirs, ours = await asyncio.gather(
            self.sources.trade.fetch(PERMITS_FROM, date.fromisoformat(given["from"])),
            self.sources.permits_from(given["from"]),
        )
        made = [
            _listed(
                full,
                "FOOD",
                plain(row["no"]),
                row["kind"],
                _food_state(row),
                row["from"],
                row["expiry"],
                row["holder"]["name"],
                row["holder"]["bn"],
            )
            for row in ours
        ]
        made += [
            _listed(
                full,
                "TRADE_CONTROLS",
                number,
                kind,
                TRADE_STATE.get(state),
                start.isoformat(),
                end.isoformat(),
                name,
                bn,
            )
            for number, kind, state, start, end, name, bn in theirs
        ]
        made.sort(key=lambda one: (one["validTo"], one["issuer"]["code"], one["number"]))
        return {"permits": {"nodes": made[:50]}}


def _food_state(row: Json) -> str | None:
    return "SUSPENDED" if row["suspended"] else FOOD_STATE.get(row["state"])


def _permit(full: bool, number: str, kind: str, status: str | None, end: Any) -> Json:
    one: Json = {"number": number, "type": kind, "status": status, "validTo": end}
    if full:
        one["id"], one["__typename"] = number, "Permit"
    return one


def _listed(
    full: bool, agency: str, number: str, kind: str, status: str | None, start: str, end: str, name: str, bn: str
) -> Json:
    one = _permit(full, number, kind, status, end)
    one["validFrom"], one["holder"], one["issuer"] = start, {"name": name, "businessNumber": bn}, {"code": agency}
    if full:
        one["holder"]["__typename"], one["issuer"]["__typename"] = "Party", "Agency"
    return one


def application(environment: dict[str, str], reset: bool) -> Starlette:
    sources = Sources(environment, reset)
    floor = Floor(sources)

    def endpoint(
        answer: Callable[[Json, bool], Awaitable[Json]], full: bool
    ) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            data = await answer(orjson.loads(await request.body())["variables"], full)
            return Response(orjson.dumps({"data": data}, option=orjson.OPT_UTC_Z), media_type="application/json")

        return respond

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await sources.start()
        yield
        await sources.close()

    queries = {"q1": floor.queue, "q2": floor.one, "q3": floor.long, "q4": floor.permits}
    routes = [
        Route(f"/{name}{suffix}", endpoint(answer, not suffix), methods=["POST"])
        for name, answer in queries.items()
        for suffix in ("", ".bare")
    ]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    serve(application(dict(os.environ), reset="--no-reset" not in sys.argv), int(sys.argv[1]))
