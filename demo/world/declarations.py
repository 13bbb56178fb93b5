"""Customs' release side of one chunk, what revenue assesses, and what food and trade controls decide."""

import json
from collections.abc import Callable
from typing import NamedTuple

from demo.world.chance import pick, stream
from demo.world.clock import DAY, HOUR, day_iso, instant, local
from demo.world.goods import Goods, draw_goods
from demo.world.parties import BROKERS, account_security, broker, misspelt
from demo.world.permits import thousandths
from demo.world.shipments import Shipment
from demo.world.tables import Batch
from demo.world.world import World

_AGENCY_NUMBER = {"FOOD": "04", "TRADE_CONTROLS": "07"}
_INCOTERMS = ("FOB", "CIF", "EXW", "DAP", "FCA")
_CURRENCIES = ("CAD", "USD", "USD", "EUR", "CNY")
# Newest customs decision by shipment status: 4 release, 5 exam, 9 may proceed, 14 rejected, 23 hold.
_CUSTOMS = {
    "L": ("4",),
    "H": ("23",),
    "S": ("23",),
    "X": ("5",),
    "F": ("14",),
    "A": ("9", "9", "9", "9", ""),
    "R": ("", "", "14"),
    "P": ("9", ""),
    "Q": ("",),
}
_FOOD = (
    ("OK",) * 46
    + ("REL",) * 8
    + ("REV",) * 12
    + ("DOC",) * 10
    + ("INSP",) * 8
    + ("MOV",) * 5
    + ("REF",) * 3
    + ("",) * 8
)
_TRADE = ("P",) * 70 + ("W",) * 9 + ("D",) * 9 + ("N",) * 4 + ("",) * 8
Draw = Callable[[], float]


class Declaration(NamedTuple):
    """The newest version of one declaration."""

    number: str
    version: int
    shipment: Shipment
    lines: list[Goods]


def release_chunk(world: World, chunk: int, shipments: list[Shipment], batch: Batch) -> list[Declaration]:
    """Appends the release, revenue and decision rows of a chunk; returns its declarations."""
    r = stream(world.seed, "release", chunk).random
    made = []
    for shipment in shipments:
        waiting = shipment.status == "P" and r() < 0.4
        for n in range(0 if waiting else 2 if r() < 0.05 else 1):
            agent = int(r() * BROKERS)
            number = f"{account_security(agent)}{shipment.serial * 2 + n:09d}"
            serial = shipment.serial * 16 + n * 8
            lines = [draw_goods(world, shipment, serial + i, r) for i in range(1 + int(r() * 4.2))]
            u = r()
            version = 3 if u < 0.02 else 2 if u < 0.14 or shipment.special == "movedVersion" else 1
            declaration = Declaration(number, version, shipment, lines)
            for past in range(1, version + 1):
                _version(world, declaration, past, agent, batch, r)
            _required(declaration, batch, r)
            _decisions(declaration, batch, r)
            if shipment.arrived is not None:
                _assess(declaration, batch, r)
            made.append(declaration)
    return made


def _written(number: str, version: int, u: float) -> str:
    """14 digits, or 19 with the version."""
    return number if (version == 1 and u < 0.85) else f"{number}{version:05d}"


def _version(world: World, declaration: Declaration, version: int, agent: int, batch: Batch, r: Draw) -> None:
    shipment, newest = declaration.shipment, version == declaration.version
    txn = _written(declaration.number, version, r())
    ccn, office = shipment.place.ccn, shipment.office
    moved = shipment.special == "movedVersion" or r() < 0.3
    if not newest and moved:
        other = world.place((shipment.serial + 977) % world.scale.shipments)
        ccn, office = other.ccn, other.port.offices[0]
    accepted = (shipment.arrived or shipment.eta - 20 * HOUR) - 6 * HOUR + version * 2 * HOUR
    firm, agent_firm = shipment.firm, broker(agent)
    total = 0
    for n, goods in enumerate(declaration.lines, 1):
        if not newest:
            goods = goods._replace(quantity=goods.quantity + 1000 * version, cents=goods.cents + 999 * version)
        total += goods.cents
        _line(txn, version, n, goods, batch)
    kind = pick(("AB", "AB", "AB", "C", "F"), r())
    direction = pick("IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIET", r())
    batch.table("customs", "rlse.b3_hdr").append(
        (
            txn,
            version,
            kind,
            direction,
            firm.name if newest else misspelt(firm.name, r()),
            shipment.imp_bn,
            agent_firm.name,
            agent_firm.bn,
            office,
            local(accepted) if shipment.arrived is not None else None,
            total,
            "XXQ" if r() < 0.003 else pick(_CURRENCIES, r()),
            pick(_INCOTERMS, r()),
            ccn,
        )
    )


def _line(txn: str, version: int, number: int, goods: Goods, batch: Batch) -> None:
    attrs = json.dumps({"intended_use": goods.use}) if goods.use else None
    batch.table("customs", "rlse.b3_line").append(
        (
            txn,
            version,
            number,
            goods.hs,
            goods.text,
            goods.origin,
            thousandths(goods.quantity),
            goods.unit,
            goods.cents,
            goods.gtin,
            goods.lot,
            goods.undg,
            attrs,
        )
    )
    for n, text in enumerate(goods.vins, 1):
        batch.table("customs", "rlse.b3_vin").append((txn, version, number, n, text))
    for n, cited in enumerate(goods.citations, 1):
        batch.table("customs", "rlse.b3_lpco").append((txn, version, number, n, cited.issuer, cited.number))


def _required(declaration: Declaration, batch: Batch, r: Draw) -> None:
    """One row for each agency: customs for nearly all, the others for the first line that is theirs."""
    rows = batch.table("customs", "rlse.b3_ogd")
    if r() < 0.9:
        rows.append((declaration.number, None, "01"))
    seen = set()
    for n, goods in enumerate(declaration.lines, 1):
        if goods.agency and goods.agency not in seen:
            seen.add(goods.agency)
            rows.append((declaration.number, n, _AGENCY_NUMBER[goods.agency]))
    u = r()
    if declaration.shipment.special == "unknownRequiredAgency" or u < 0.003:
        rows.append((declaration.number, None, "11"))
    elif u < 0.005:
        rows.append((declaration.number, None, "19"))


def _decisions(declaration: Declaration, batch: Batch, r: Draw) -> None:
    shipment = declaration.shipment
    at = (shipment.arrived or shipment.eta - 18 * HOUR) + HOUR
    code = pick(_CUSTOMS[shipment.status], r())
    rows = batch.table("customs", "rlse.rlse_dcsn")
    if code:
        if r() < 0.4:  # an earlier decision, superseded
            rows.append((declaration.number, local(at - 2 * HOUR), "9", None))
        written = _written(declaration.number, declaration.version, 0.0 if r() < 0.7 else 1.0)
        rows.append((written, local(at + int(r() * 5 * HOUR)), code, f"R{int(r() * 40):02d}" if code != "4" else None))
    released = shipment.status == "L"
    for n, goods in enumerate(declaration.lines, 1):
        moment = at + int(r() * 7 * HOUR)
        if goods.agency == "FOOD":
            choice = ("REL" if r() < 0.5 else "OK") if released and r() < 0.95 else pick(_FOOD, r())
            if choice:
                reason = None if choice in ("OK", "REL") else f"F{int(r() * 20):02d}"
                batch.table("food", "decision").append((declaration.number, n, choice, reason, instant(moment)))
        elif goods.agency:
            choice = "P" if released and r() < 0.95 else pick(_TRADE, r())
            checks = batch.table("trade_controls", "lic.release_check")
            if choice and r() < 0.15:
                checks.append((declaration.number, n, "W", "FIRST-PASS", local(moment - 3 * HOUR)))
            if choice:
                checks.append(
                    (declaration.number, n, choice, None if choice == "P" else f"T{int(r() * 9)}", local(moment))
                )


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _assess(declaration: Declaration, batch: Batch, r: Draw) -> None:
    """Revenue assesses what has arrived; of a corrected declaration also the version before."""
    shipment = declaration.shipment
    if r() < 0.08:
        return
    day = (shipment.arrived or shipment.eta) // DAY + 25
    state = pick(("PAID", "PAID", "PAID", "OPEN", "PART"), r()) if shipment.status == "L" else "OPEN"
    for version in range(max(1, declaration.version - 1), declaration.version + 1):
        batch.table("revenue", "assessment").append((declaration.number, version, "CAD", day_iso(day), state))
        rows = batch.table("revenue", "line")
        for n, goods in enumerate(declaration.lines, 1):
            value = goods.cents + (999 if version < declaration.version else 0)
            duty = value * (0, 0, 65, 80, 180)[int(r() * 5)] // 1000
            excise = value // 50 if goods.vins else 0
            gst = (value + duty + excise) * 5 // 100
            rows.append(
                (
                    declaration.number,
                    version,
                    n,
                    pick(("MFN", "MFN", "UST", "CPTPT", "CEUT"), r()),
                    _money(duty),
                    _money(excise),
                    _money(gst),
                    _money(duty + excise + gst),
                )
            )
