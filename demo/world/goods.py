"""The goods of one declaration line and the permit it cites, good or faulty in one way."""

from collections.abc import Callable
from typing import NamedTuple

from demo.world.chance import pick
from demo.world.clock import DAY
from demo.world.identifiers import gtin, vin
from demo.world.reference import ALPHA3, FOOD_GOODS, FREE_GOODS, ORIGINS, TRADE_GOODS, UNKNOWN_ALPHA3, USES
from demo.world.shipments import Shipment
from demo.world.world import World

_AGENCY_NUMBER = {"FOOD": "04", "TRADE_CONTROLS": "07"}
Draw = Callable[[], float]


class Citation(NamedTuple):
    """Customs' number of the issuer, and the permit number as the broker typed it."""

    issuer: str
    number: str


class Goods(NamedTuple):
    """One line. Thousandths of `unit`, cents of CAD; `agency` is the one that must decide, or empty."""

    hs: str
    text: str
    origin: str
    quantity: int
    unit: str
    cents: int
    gtin: str | None
    lot: str | None
    undg: str | None
    vins: tuple[str, ...]
    use: str | None
    agency: str
    citations: tuple[Citation, ...]


def draw_goods(world: World, shipment: Shipment, serial: int, r: Draw) -> Goods:
    """One line's goods. `serial` numbers the line within the world."""
    owned = world.permits.by_importer.get(shipment.importer)
    special = shipment.special in ("unknownPermitIssuer", "missingPermit", "heldByTwo")
    if owned and (r() < 0.42 or special):
        return _permitted(world, shipment, owned, serial, r)
    u = r()
    table = FOOD_GOODS if u < 0.12 or special else TRADE_GOODS if u < 0.17 else FREE_GOODS
    item = pick(table, r())
    quantity = (1 + int(r() * 400)) * 1000
    hs = item.hs + f"{int(r() * 9) * 10:04d}"
    u = r()
    if u < 0.004:
        hs = "77" + hs[2:]
    elif u < 0.008:
        hs = hs[:5]
    alpha3 = UNKNOWN_ALPHA3 if r() < 0.004 else ALPHA3[pick(ORIGINS, r())]
    vins = tuple(vin(serial * 3 + n) for n in range(1 + int(r() * 3))) if item.hs == "870323" else ()
    undg = "3480" if item.hs == "850760" else None
    return _finish(item.text, hs, alpha3, quantity, item.unit, item.cents, item.agency, (), serial, r)._replace(
        vins=vins, undg=undg
    )


def _permitted(world: World, shipment: Shipment, owned: list[int], serial: int, r: Draw) -> Goods:
    """Goods under a permit of the importer; one in five lines fails one check."""
    fault = r()
    arrival = (shipment.arrived or shipment.eta) // DAY
    permit = world.permits.get(owned[int(r() * len(owned))])
    for _ in range(4):
        wanted = permit.food or shipment.special != "heldByTwo"
        if wanted and (fault > 0.9 or permit.first_day < arrival < permit.last_day):
            break
        permit = world.permits.get(owned[int(r() * len(owned))])
    line = permit.lines[int(r() * len(permit.lines))]
    item = line.goods
    hs, unit = item.hs + "1000", item.unit
    left = line.authorised - line.used - line.reserved
    quantity = max(1000, int(left * r() * 0.1))
    origin = permit.origins[int(r() * len(permit.origins))]
    number = permit.number
    if fault < 0.04:  # somebody else's permit, of the same issuer
        number = world.permits.get(
            (owned[0] + 14 + 2 * int(r() * 50)) % world.permits.count // 2 * 2 + (not permit.food)
        ).number
    elif fault < 0.07:
        hs = pick(FREE_GOODS, r()).hs + "1000"
    elif fault < 0.10:
        origin = "SE"
    elif fault < 0.13:
        unit = "LTR"
    elif fault < 0.16:
        quantity = line.authorised * 2
    elif fault < 0.30 and unit in ("KGM", "TNE"):
        unit, quantity = ("TNE", max(1, quantity // 1000)) if unit == "KGM" else ("KGM", quantity * 1000)
    if shipment.special == "missingPermit" or 0.30 < fault < 0.305:
        number = "FI-2019-999999" if permit.food else "GC-9999999"
    issuer = _AGENCY_NUMBER["FOOD" if permit.food else "TRADE_CONTROLS"]
    if shipment.special == "unknownPermitIssuer" or 0.305 < fault < 0.309:
        issuer = "88"
    citation = Citation(issuer, _typed(number, r()))
    cents = (
        item.cents
        if unit == item.unit
        else item.cents * (1000 if unit == "TNE" else 1) // (1000 if unit == "KGM" else 1)
    )
    return _finish(item.text, hs, ALPHA3[origin], quantity, unit, max(1, cents), item.agency, (citation,), serial, r)


def _typed(number: str, u: float) -> str:
    """The permit number as typed: with hyphens, without, in lower case, or spaced."""
    if u < 0.7:
        return number.replace("-", "")
    return number if u < 0.9 else number.lower() if u < 0.96 else number.replace("-", " ")


def _finish(
    text: str,
    hs: str,
    alpha3: str,
    quantity: int,
    unit: str,
    cents: int,
    agency: str,
    cited: tuple[Citation, ...],
    serial: int,
    r: Draw,
) -> Goods:
    value = max(100, quantity * cents // 1000 if quantity < 5_000_000_000 else quantity)
    u = r()
    code = gtin(serial) if u < 0.5 else None
    if code and u < 0.006:
        code = code[:12] + str((int(code[12]) + 1) % 10)
    lot = f"LOT-{serial % 1_000_000:06d}" if agency == "FOOD" else None
    return Goods(
        hs,
        text,
        alpha3,
        quantity,
        unit,
        value,
        code,
        lot,
        None,
        (),
        pick(USES, r()) if agency == "FOOD" else None,
        agency,
        cited,
    )
