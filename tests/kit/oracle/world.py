"""A small random world: rows for every collection of the real agency files, with all that can be wrong with them.

Nulls in every nullable value, keys that lead nowhere, keys that are shared, ties, empty lists, and nulls where the
schema allows none (``GoodsItem.sequence``, ``PermitLine.line``). Check digits are right, so that nothing is flagged.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.contract import MISSING, Child, CollectionSpec, FieldBinding
from adapters.memory import MemorySource, Row
from gateway.settings.agencies import AgencyFile

SHIPMENTS = tuple(f"9QRT{1000 + n}" for n in range(18))
TRANSACTIONS = tuple(f"1234500000{n:04d}" for n in range(20))
ORGANIZATIONS = ("123456782RM0001", "987654324RM0001", "111111118RM0002", "100000009RM0001")
CONTAINERS = ("MSKU6011672", "TGHU7599330", "CSQU3054383", "HLXU2008419")
DOCUMENTS = (("CA", "AB123456"), ("FR", "12AB34567"), ("US", "555000111"), ("CA", "ZZ000001"), ("DE", "C01X00T47"))
OFFICES = ("0497", "0813", "0453", "0009")
PLACES = ("CAVAN", "CAMTR", "CATOR", "CAHAL")
PERMITS = tuple(f"GC{n:07d}" for n in range(12))
HS = ("010121", "01012100", "8703239000", "870323")
MOMENTS = tuple(datetime(2026, 11, day, hour, tzinfo=UTC) for day in (1, 2, 9) for hour in (0, 12))
DAYS = (date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31), date(2027, 1, 1))
NULLS = 0.2
STRINGS = ("a", "B", "é", "zeta", "Alpha")

SIZES: Mapping[str, int] = {"Shipment": 14, "Declaration": 14, "Organization": 3, "CustomsOffice": 3}
NEVER_NULL = frozenset({"ccn", "transactionNumber", "key", "businessNumber", "code", "issuer", "version"})


def memory_sources(
    agencies: Sequence[AgencyFile],
    seed: int,
    *,
    scale: int = 1,
    clean: bool = False,
    kind: type[MemorySource] = MemorySource,
) -> dict[tuple[str, str], MemorySource]:
    """A source per agency and system. ``clean``: no nulls where the schema allows none."""
    made = {}
    for index, agency in enumerate(agencies):
        for name in agency.sources:
            specs = [spec for spec in agency.collections if spec.source == name]
            world = _World(random.Random(f"{seed} {agency.code} {name}"), scale, clean)
            data = {spec.name: list(world.rows(spec)) for spec in specs}
            as_of = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(hours=index)
            made[agency.code, name] = kind(name, agency.code, specs, data, as_of=as_of)
    return made


class _World:
    def __init__(self, chance: random.Random, scale: int, clean: bool) -> None:
        self.chance = chance
        self.scale = scale
        self.clean = clean

    def rows(self, spec: CollectionSpec) -> Iterator[Row]:
        fields = {**spec.fields, **{path: one for part in spec.parts.values() for path, one in part.fields.items()}}
        for index in range(SIZES.get(spec.provides, 16) * self.scale):
            row = {path: self._value(path, binding, spec.provides) for path, binding in fields.items()}
            row |= self._key(spec, index)
            self._documents(spec, row)
            if self.clean and spec.provides == "GoodsItem":
                row["sequence"] = index
            row |= {name: self._child(name, child) for name, child in spec.children.items()}
            yield row

    def _key(self, spec: CollectionSpec, index: int) -> dict[str, Any]:
        """What names a row is there once only."""
        match spec.provides:
            case "Shipment":
                return {"ccn": SHIPMENTS[index] if index < len(SHIPMENTS) else f"9QRT{1000 + index}"}
            case "Declaration":
                return {"transactionNumber": TRANSACTIONS[index] if index < len(TRANSACTIONS) else f"12345{index:09d}"}
            case "Organization":
                return {"businessNumber": ORGANIZATIONS[index % len(ORGANIZATIONS)]}
            case "CustomsOffice":
                return {"code": OFFICES[index % len(OFFICES)]}
            case "Permit":
                return {"number": PERMITS[index] if index < len(PERMITS) else f"GC{index:07d}"}
            case "RiskAssessment":
                return {"ccn": SHIPMENTS[index % len(SHIPMENTS)]}
            case "PersonRecord":
                return {"key": f"{spec.agency[0]}{index % 12:07d}-{index // 12}"}
            case _ if "key" in spec.fields:
                key = f"{spec.name}-{index}" if index % 3 else json.dumps([f"{spec.name} of a long name", str(index)])
                return {"key": key}
            case _:
                return {}

    def _documents(self, spec: CollectionSpec, row: dict[str, Any]) -> None:
        for issuer, number in (("document.issuer", "document.number"), ("issuer", "number")):
            if issuer in row and number in row and (issuer != "issuer" or spec.provides == "TravelDocument"):
                row[issuer], row[number] = self.chance.choice(DOCUMENTS)
                if spec.provides != "TravelDocument" and self.chance.random() < NULLS:
                    row[self.chance.choice((issuer, number))] = None
        if spec.provides == "TravelDocument" and "personKey" in row:
            row["personKey"] = f"{spec.agency[0]}{self.chance.randrange(14):07d}-0"

    def _child(self, name: str, child: Child) -> list[Any] | None:
        if self.chance.random() < 0.1:
            return None
        count = self.chance.choice((0, 1, 1, 2, 3))
        if child.value is not None:
            return [self._scalar(name, child.value) for _ in range(count)]
        rows = []
        for _ in range(count):
            row = {path: self._value(path, binding, child.type) for path, binding in child.fields.items()}
            rows.append(row | {below: self._child(below, inner) for below, inner in child.children.items()})
        return rows

    def _value(self, path: str, binding: FieldBinding, type_name: str) -> Any:
        if binding.const is not MISSING:
            return binding.const
        scarce = 0.03 if path in ("sequence", "line") and type_name in ("GoodsItem", "PermitLine") else NULLS
        if scarce < NULLS and self.clean:
            scarce = 0.0
        if path not in NEVER_NULL and self.chance.random() < scarce:
            return None
        if binding.list:
            return [self._scalar(path, binding) for _ in range(self.chance.randrange(3))]
        return self._scalar(path, binding)

    def _scalar(self, path: str, binding: FieldBinding) -> Any:
        pick = self.chance.choice
        if binding.enum:
            return pick(sorted(binding.enum))
        if path == "personKey":
            return f"{pick('IP')}{self.chance.randrange(14):07d}-0"
        if path in ("office.code", "code"):
            return pick(OFFICES)
        match binding.type:
            case "CargoControlNumber":
                return pick(SHIPMENTS)
            case "TransactionNumber":
                return pick(TRANSACTIONS)
            case "BusinessNumber":
                return pick((*ORGANIZATIONS, "not a number"))
            case "ContainerNumber":
                return pick((*CONTAINERS, "ABC"))
            case "Locode":
                return pick(PLACES)
            case "HsCode":
                return pick(HS)
            case "CountryCode":
                return pick(("CA", "FR", "US"))
            case "CurrencyCode":
                return pick(("CAD", "EUR"))
            case "AgencyCode":
                return pick(("FOOD", "TRADE_CONTROLS", "CUSTOMS", "POLICE"))
            case "DateTime":
                return pick(MOMENTS)
            case "Date":
                return pick(DAYS)
            case "PartialDate":
                return pick(("1980", "1980-02", "1980-02-03"))
            case "Decimal":
                return pick(("0", "12.5", "1000", "3.25"))
            case "Int":
                return self.chance.randrange(4)
            case "Boolean":
                return self.chance.random() < 0.5
            case _:
                return pick(PERMITS) if path == "number" else pick(STRINGS)
