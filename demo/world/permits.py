"""Permits of the food agency and of trade controls, computed from their index."""

from functools import lru_cache
from random import Random
from typing import NamedTuple

from demo.world.chance import mix
from demo.world.parties import heavy_tail
from demo.world.reference import FOOD_GOODS, FOOD_UNITS, ORIGINS, TRADE_GOODS, Commodity

FOOD_KINDS = ("IMPORT", "PHYTO", "MEAT")
TRADE_KINDS = {"16": "AGRI", "04": "AGRI", "61": "TEXTILE", "52": "TEXTILE", "72": "STEEL_GIP", "73": "STEEL_GIP"}


class Line(NamedTuple):
    """Quantities in thousandths of the line's unit, as the issuer counts it."""

    goods: Commodity
    unit: str
    authorised: int
    reserved: int
    used: int


class Permit(NamedTuple):
    """`number` as the issuer writes it; `state` in the letters that both issuers use; days since the epoch."""

    food: bool
    number: str
    kind: str
    state: str
    suspended: bool
    holder: int
    first_day: int
    last_day: int
    origins: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def key(self) -> str:
        """The number upper-cased and stripped, as customs and the gateway compare it."""
        return self.number.replace("-", "")


class Permits:
    """All permits of a world. Holds only the index of each importer's permits."""

    def __init__(self, seed: int, count: int, importers: int, today: int) -> None:
        """`today` in days since the epoch."""
        self._seed, self.count, self._today = seed, count, today
        self._importers = importers
        self.by_importer: dict[int, list[int]] = {}
        for index in range(count):
            self.by_importer.setdefault(self.holder(index), []).append(index)
        self.get = lru_cache(maxsize=60_000)(self._make)

    def holder(self, index: int) -> int:
        """Importer that holds permit `index`; the first forty are Acme's."""
        if index < 40:
            return 0
        return heavy_tail(self._importers, (mix(self._seed ^ 0x5EED, index) >> 11) / (1 << 53))

    def _make(self, index: int) -> Permit:
        r = Random(mix(self._seed, index)).random
        food = index % 2 == 0
        goods = FOOD_GOODS if food else TRADE_GOODS
        first = int(r() * len(goods))
        lines = []
        for n in range(1 + int(r() * 2.2)):
            item = goods[(first + n) % len(goods)]
            scale = 20_000 if item.unit in ("TNE", "HEA") else 400_000
            authorised = (1 + int(r() * 20)) * scale * 1_000 // 10
            used = int(authorised * r() * 0.9) if index % 7 else authorised - 5_000
            reserved = int((authorised - used) * r() * 0.2)
            lines.append(Line(item, FOOD_UNITS[item.unit] if food else item.unit, authorised, reserved, used))
        u = r()
        expired, lasting = 0.86 < u <= 0.92, 120 + int(r() * 400)
        last_day = self._today - 1 - int(r() * 200) if expired else self._today + 1 + int(r() * 300)
        state = "E" if expired else "I" if u <= 0.86 else "R" if u < 0.945 else "X" if u < 0.97 else "I"
        origins = tuple(sorted({ORIGINS[int(r() * len(ORIGINS))] for _ in range(2 + int(r() * 3))}))
        if food:
            number = f"FI-{2024 + index % 3}-{index:06d}"
            state = "A" if state == "I" else state
            kind = FOOD_KINDS[0 if lines[0].goods.hs < "0201" else 2 if lines[0].goods.hs < "0400" else 1]
        else:
            number, kind = f"GC-{index:07d}", TRADE_KINDS[lines[0].goods.hs[:2]]
        return Permit(
            food,
            number,
            kind,
            state,
            u >= 0.97,
            self.holder(index),
            last_day - lasting,
            last_day,
            origins,
            tuple(lines),
        )


def thousandths(value: int) -> str:
    """`1500` → `1.500`."""
    return f"{value // 1000}.{value % 1000:03d}"
