"""Arguments that find something in the world: filters, orders, pages, keys, ids; now and then nonsense."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)

from tests.kit.oracle import world

NONSENSE = 0.01
ABSENT = object()


class Arguments:
    """JSON values for input types. ``ids``: node ids of the world."""

    def __init__(self, chance: random.Random, ids: Sequence[str]) -> None:
        self.chance = chance
        self.ids = ids

    def of_field(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Values for a field's arguments by name; absent ones are left out."""
        made: dict[str, Any] = {}
        for name, argument in arguments.items():
            if name in ("first", "last", "after", "before"):
                continue
            if isinstance(argument.type, GraphQLNonNull) or self.chance.random() < 0.6:
                made[name] = self.value(argument.type, name)
        if "first" in arguments:
            made |= self._page("last" in arguments)
        return made

    def _page(self, backward: bool) -> dict[str, Any]:
        if self.chance.random() < NONSENSE:
            return {"first": self.chance.choice((-1, 2_000, 3)), "after": "no cursor"}
        size = self.chance.choice((0, 1, 2, 3, 5, 40, None, ABSENT))
        if size is ABSENT:
            return {}
        return {"last" if backward and self.chance.random() < 0.3 else "first": size}

    def value(self, type_: Any, name: str = "", depth: int = 0) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, name, depth)
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, name, depth) for _ in range(self.chance.choice((0, 1, 1, 2, 3)))]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, depth)
        if isinstance(type_, GraphQLEnumType):
            return self.chance.choice(sorted(type_.values))
        assert isinstance(type_, GraphQLScalarType)
        return self._scalar(type_.name, name)

    def _object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        optional = [name for name, field in type_.fields.items() if not is_required_input_field(field)]
        if depth >= 2:
            optional = [name for name in optional if name not in ("and", "or", "not")]
        chosen = set(self.chance.sample(optional, min(len(optional), self.chance.choice((0, 1, 1, 2)))))
        for name, field in type_.fields.items():
            if name in chosen or is_required_input_field(field):
                made[name] = self.value(field.type, name, depth + 1)
                if self.chance.random() < NONSENSE / 2 and not isinstance(field.type, GraphQLNonNull):
                    made[name] = None
        return made

    def _scalar(self, type_name: str, name: str) -> Any:
        pick = self.chance.choice
        match type_name:
            case "CargoControlNumber":
                return pick(world.SHIPMENTS)
            case "TransactionNumber":
                return pick(world.TRANSACTIONS) + pick(("", "", f"{self.chance.randrange(4):05d}"))
            case "BusinessNumber":
                return pick(world.ORGANIZATIONS)
            case "ContainerNumber":
                return pick(world.CONTAINERS)
            case "Locode":
                return pick(world.PLACES)
            case "HsCode":
                return pick(world.HS)
            case "CountryCode":
                return pick(("CA", "FR", "US", "DE"))
            case "AgencyCode":
                return pick(("FOOD", "TRADE_CONTROLS", "CUSTOMS", "NOBODY"))
            case "DateTime":
                return pick(world.MOMENTS).isoformat()
            case "Date":
                return pick(world.DAYS).isoformat()
            case "PartialDate":
                return pick(("1980", "1980-02"))
            case "Decimal":
                return pick(("1", "12.5", "1000"))
            case "ID":
                return pick(self.ids) if self.chance.random() < 0.9 else pick(("", "x", "AAAA"))
            case "Int":
                return pick((1, 2, 3))
            case "Boolean":
                return self.chance.random() < 0.5
            case _:
                return self._text(name)

    def _text(self, name: str) -> str:
        pick = self.chance.choice
        if name == "number":
            return pick((*world.PERMITS, *(number for _, number in world.DOCUMENTS)))
        if name == "startsWith":
            return pick(("9QRT10", "01", "a", ""))
        return pick((*world.STRINGS, "KGM"))
