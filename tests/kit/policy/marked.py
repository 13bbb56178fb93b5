"""Agencies in memory whose every value is one of a kind, so that a value that leaks is seen wherever it turns up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from stdnum import luhn

from adapters.memory import Row
from gateway.execution.node_ids import NodeIds
from gateway.settings.config import Limits
from tests.kit.memory_world import KEYS, NOW, World
from tests.kit.policy.persons import PORTS, everyone, persons

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Mark = TypeVar("Mark")


@dataclass
class Marks:
    """Makes values of which there is one each; ``made`` are all of them."""

    rng: Random
    made: set[Any] = field(default_factory=set)
    count: int = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def text(self, kind: str) -> str:
        n = self.number()
        return self._keep(kind + DIGITS[n // 1296] + DIGITS[n // 36 % 36] + DIGITS[n % 36])

    def digits(self, start: str, length: int, end: str = "") -> str:
        return self._keep(start + str(self.number()).zfill(length - len(start) - len(end)) + end)

    def business_number(self) -> str:
        n = next(n for n in (f"{self.number():04d}" for _ in range(10)) if luhn.is_valid(f"12345{n}"))
        return self._keep(f"12345{n}RM{n}")

    def moment(self) -> datetime:
        return self._keep(NOW - timedelta(seconds=7 * self.number()))

    def day(self) -> date:
        return self._keep(date(2020, 1, 1) + timedelta(days=self.number()))

    def sequence(self) -> int:
        return self._keep(7_000_000 + self.number())

    def _keep(self, value: Mark) -> Mark:
        self.made.add(value)
        return value


@dataclass(frozen=True)
class Marked:
    """``rows``: node id → the agency and its row. ``business_numbers``: of the organisations there are."""

    world: World
    made: frozenset[Any]
    rows: Mapping[str, tuple[str, Row]]
    business_numbers: tuple[str, ...]

    def found(self, value: Any) -> set[Any]:
        """The marks anywhere in a value: whole texts, parts of a text, keys, moments, numbers."""
        marks: set[Any] = set()
        for one in leaves(value):
            if isinstance(one, str):
                marks |= {mark for mark in self.made if isinstance(mark, str) and mark in one}
            elif not isinstance(one, bool) and one in self.made:
                marks.add(one)
        return marks


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield key
            yield from leaves(below)
    elif isinstance(value, list | tuple | set | frozenset):
        for below in value:
            yield from leaves(below)
    elif value is not None:
        yield value


def marked(rng: Random) -> Marked:
    """A few shipments with declarations, items, holds of three agencies, permits of two, and who is behind them."""
    m = Marks(rng)
    bns = [m.business_number() for _ in range(3)]
    shipments = [_shipment(m, rng, bns) for _ in range(rng.randint(2, 5))]
    ccns = [one["ccn"] for one in shipments]
    boxes = [box["number"] for one in shipments for box in one["containers"]]
    declarations = [_declaration(m, rng, bns, ccn) for ccn in [ccns[0], *ccns[1:] * rng.randint(0, 2)]]
    items = [
        {
            "transactionNumber": one["transactionNumber"],
            "sequence": m.sequence(),
            "hs": m.digits("07", 6),
            "description": m.text("goods-"),
        }
        for one in declarations
        for _ in range(rng.randint(1, 2))
    ]
    holds = {
        agency: [_hold(m, rng, ccns, boxes) for _ in range(rng.randint(1, 4))]
        for agency in ("CUSTOMS", "FOOD", "TRADE_CONTROLS")
    }
    permits = {agency: [_permit(m, rng, bns, agency) for _ in range(rng.randint(1, 3))] for agency in PERMITS}
    data: dict[str, dict[str, list[dict[str, Any]]]] = {
        "CUSTOMS": {
            "shipment": shipments,
            "declaration": declarations,
            "goodsitem": items,
            "hold": holds["CUSTOMS"],
        },
        "FOOD": {"permit": permits["FOOD"], "hold": holds["FOOD"]},
        "TRADE_CONTROLS": {"permit": permits["TRADE_CONTROLS"], "hold": holds["TRADE_CONTROLS"]},
        "REVENUE": {
            "organization": [
                {"businessNumber": bn, "legalName": m.text("legal-"), "country": rng.choice(("CA", "US"))} for bn in bns
            ]
        },
        **persons(m, rng),
    }
    data["CUSTOMS"]["requireddecision"], data["FOOD"]["agencydecision"] = _decisions(m, rng, declarations, items)
    world = World(data, Limits(aliases=5_000, depth=60, tokens=100_000), timeout=60)
    return Marked(world, frozenset(m.made), dict(_by_id(world)), tuple(bns))


PERMITS = ("FOOD", "TRADE_CONTROLS")
NODE_KEYS = {
    "Shipment": "ccn",
    "Declaration": "transactionNumber",
    "Hold": "key",
    "Permit": "number",
    "Organization": "businessNumber",
    "Crossing": "key",
    "EnforcementAction": "key",
}


def _by_id(world: World) -> Iterator[tuple[str, tuple[str, Row]]]:
    ids = NodeIds(KEYS)
    for agency, collections in world.data.items():
        for provides, key in NODE_KEYS.items():
            rows = collections.get(provides.lower(), ())
            if rows:
                tag = world.owner(agency, provides).tag
                yield from zip(
                    ids.column(tag, [row[key] for row in rows]), ((agency, row) for row in rows), strict=True
                )
    people = dict(everyone(world.data))
    tag = world.engine.runner.person_tag
    yield from zip(ids.column(tag, list(people)), (("", person) for person in people.values()), strict=True)


def _shipment(m: Marks, rng: Random, bns: list[str]) -> dict[str, Any]:
    return {
        "ccn": m.text("1234PARS"),
        "status": rng.choice(("ARRIVED", "HELD", "RELEASED")),
        "portOfArrival": rng.choice(PORTS),
        "eta": m.moment(),
        "arrivedAt": m.moment() if rng.random() < 0.5 else None,
        "carrierCode": m.text("code-"),
        "carrierName": m.text("carrier-"),
        "importer.name": m.text("importer-"),
        "importer.businessNumber": rng.choice(bns),
        "held": rng.random() < 0.5,
        "containers": [{"number": m.digits("CSQU", 11), "sizeType": m.text("size-")} for _ in range(rng.randint(0, 2))],
    }


def _declaration(m: Marks, rng: Random, bns: list[str], ccn: str) -> dict[str, Any]:
    return {
        "transactionNumber": m.digits("1234567", 14),
        "version": m.sequence(),
        "acceptedAt": m.moment(),
        "shipment.ccn": ccn,
        "importer.name": m.text("declared-"),
        "importer.businessNumber": rng.choice(bns),
    }


def _hold(m: Marks, rng: Random, ccns: list[str], boxes: list[str]) -> dict[str, Any]:
    return {
        "key": m.text("hold-"),
        "scope": rng.choice(("SHIPMENT", "CONTAINER", "ITEM")),
        "reasonCode": m.text("reason-"),
        "placedAt": m.moment(),
        "liftedAt": m.moment() if rng.random() < 0.3 else None,
        "canMove": rng.random() < 0.5,
        "place": rng.choice(PORTS),
        "container": rng.choice(boxes) if boxes and rng.random() < 0.6 else None,
        "shipment.ccn": rng.choice([*ccns, "9999PARSNONE"]) if rng.random() < 0.9 else None,
    }


def _decisions(
    m: Marks, rng: Random, declarations: list[dict[str, Any]], items: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Which of them food must decide on, as a whole or by item, and what it decided."""
    numbers = [one["transactionNumber"] for one in declarations if rng.random() < 0.6]
    required = [
        {"transactionNumber": number, "sequence": rng.choice([None, item["sequence"]]), "agency": "FOOD"}
        for number in numbers
        for item in items
        if item["transactionNumber"] == number
    ]
    made = [
        {
            "transactionNumber": one["transactionNumber"],
            "sequence": one["sequence"],
            "status": rng.choice(("RELEASED", "REFUSED", "MAY_PROCEED")),
            "reasonCode": m.text("because-"),
            "at": m.moment(),
        }
        for one in required
        if rng.random() < 0.7
    ]
    return required, made


def _permit(m: Marks, rng: Random, bns: list[str], agency: str) -> dict[str, Any]:
    lines = {"lines": [{"hs": m.digits("08", 6)} for _ in range(rng.randint(0, 2))]} if agency == "FOOD" else {}
    return {
        "number": m.text(f"{agency[0]}-"),
        "type": m.text("type-"),
        "status": rng.choice(("ISSUED", "REVOKED")),
        "holder.name": m.text("holder-"),
        "holder.businessNumber": rng.choice(bns),
        "validFrom": m.day(),
        "validTo": m.day(),
        **lines,
    }
