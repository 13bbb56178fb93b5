"""Customs' cargo side of one chunk: control documents, status history, containers, risk, events, seizures."""

from collections.abc import Callable
from typing import NamedTuple

from demo.world.chance import mix, pick, stream
from demo.world.clock import DAY, HOUR, local
from demo.world.identifiers import container, imo
from demo.world.parties import Firm, heavy_tail, importer, misspelt
from demo.world.people import document
from demo.world.reference import ALPHA3, FLAGS, FOREIGN_PORTS, ORIGINS, SHIPPERS, UNKNOWN_ALPHA3, VESSELS
from demo.world.scale import CHUNK_SHIPMENTS
from demo.world.tables import Batch
from demo.world.world import SPECIAL, Place, World

_HISTORY = {"P": "P", "A": "PA", "R": "PAR", "H": "PAH", "X": "PAHX", "L": "PAL", "F": "PARF", "S": "PAHH", "Q": "PAQ"}
_SIZES = ("22G1", "42G1", "45G1", "22R1", "45R1")
_RULES = ("ORIGIN-07", "VALUE-02", "ROUTE-11", "NEW-IMPORTER", "DOC-MISMATCH", "COMMODITY-05")
Draw = Callable[[], float]


class Shipment(NamedTuple):
    """What a declaration and the other agencies need to know of a shipment.

    Moments in seconds; `status` as customs codes it.
    """

    serial: int
    place: Place
    special: str
    port_no: str
    office: str
    eta: int
    arrived: int | None
    status: str
    importer: int
    firm: Firm
    imp_bn: str | None
    containers: tuple[str, ...]


def shipment_range(world: World, chunk: int) -> range:
    """Indexes of the shipments of a chunk."""
    return range(chunk * CHUNK_SHIPMENTS, min((chunk + 1) * CHUNK_SHIPMENTS, world.scale.shipments))


def cargo_chunk(world: World, chunk: int, batch: Batch) -> list[Shipment]:
    """Appends the cargo rows of a chunk; returns its shipments."""
    r = stream(world.seed, "cargo", chunk).random
    made = []
    for index in shipment_range(world, chunk):
        shipment = _draw(world, index, r)
        upd = _history(shipment, batch, r, world)
        _header(shipment, upd, batch, r)
        _equipment(shipment, batch, r)
        _risk(shipment, batch, r)
        _events(shipment, batch, r)
        if shipment.status == "S":
            _seizure(shipment, batch, r, world)
        made.append(shipment)
    return made


def _draw(world: World, index: int, r: Draw) -> Shipment:
    place = world.place(index)
    special = SPECIAL[index] if index < len(SPECIAL) else ""
    u = r()
    if special:
        eta = world.noon - 10 * HOUR + index * HOUR // 2
    elif u < world.scale.near:
        eta = world.noon - 36 * HOUR + int(r() * 72 * HOUR)
    elif u < world.scale.near + 0.08:
        eta = world.noon + int(r() * 6 * DAY)
    else:
        eta = world.noon - int((1 - r() ** 1.5) * world.scale.history_days * DAY)
    eta -= eta % 60
    status = _status(special, eta - world.noon, r())
    arrived = None if status in "PD" else eta - HOUR + int(r() * r() * 12 * HOUR)
    if status == "D":
        status = "H"  # held before arrival
    who = heavy_tail(world.scale.importers, r())
    firm = importer(world.seed, who)
    bn: str | None = firm.bn
    u = r()
    if special == "blankImporter" or u < 0.006:
        bn = None
    elif special == "invalidImporter" or u < 0.012:
        bn = firm.bn[:9]
    at = int(r() * 6)
    port_no = place.port.cargo_numbers[at % len(place.port.cargo_numbers)]
    count = 1 + int(r() * r() * 3) if place.mode in "12" else 0
    containers = tuple(container(index * 3 + n) for n in range(count))
    office = place.port.offices[at % len(place.port.offices)]
    return Shipment(index, place, special, port_no, office, eta, arrived, status, who, firm, bn, containers)


def _status(special: str, ahead: int, u: float) -> str:
    """Newest status: D stands for held before arrival."""
    forced = {"unmappedStatus": "Q", "heldByTwo": "H", "seized": "S"}.get(special)
    if forced or special:
        return forced or "A"
    if ahead > 0:
        return "P" if u < 0.9 else "D"
    if ahead > -3 * DAY:
        return pick("AAAAAARRRHHHXLLLLLLS", u) if u > 0.02 else "F"
    return pick("L" * 72 + "HHHAAFFSR", u)


def _history(shipment: Shipment, batch: Batch, r: Draw, world: World) -> int:
    """Appends the status history; returns the moment of the last change."""
    rows = batch.table("customs", "cargo.ccd_sts_hist")
    codes = _HISTORY[shipment.status] if shipment.arrived is not None else "P" if shipment.status == "P" else "PH"
    moment = min(shipment.eta, world.noon) - 12 * HOUR - int(r() * 60 * HOUR)
    ccd = shipment.serial * 4
    for n, code in enumerate(codes, 1):
        if n == 2 and shipment.arrived is not None:
            moment = shipment.arrived
        elif n > 1 and r() > 0.03:  # else two rows of one moment: the sequence decides
            moment += 1200 + int(r() * 8 * HOUR)
        rows.append((ccd, n, local(moment), code, "Y" if n == 4 and shipment.status == "S" else "N"))
    return moment


def _header(shipment: Shipment, upd: int, batch: Batch, r: Draw) -> None:
    place, firm = shipment.place, shipment.firm
    origin = pick(ORIGINS, r())
    eta = local(shipment.eta)
    eta_dt = "20261399" if shipment.special == "badEta" or r() < 0.003 else eta[:10].replace("-", "")
    sea, air = place.mode == "1", place.mode == "4"
    u = r()
    row = (
        shipment.serial * 4,
        "C",
        "N" if u < 0.9 else " ",
        place.ccn,
        f"6CA{shipment.importer:07d}-{shipment.serial}" if u > 0.5 else None,
        "9" if r() < 0.004 else place.mode,
        place.master,
        pick(FOREIGN_PORTS[place.mode], r())[0],
        shipment.port_no,
        shipment.office,
        eta_dt,
        eta[11:13] + eta[14:16],
        local(shipment.arrived) if shipment.arrived is not None else None,
        local(upd),
        f"{int(r() * 26_000_000) / 1000:.3f}",
        1 + int(r() * 900),
        place.carrier,
        place.carrier_name,
        misspelt(firm.name, r() * 10) if r() < 0.03 else firm.name,
        shipment.imp_bn,
        "CAN",
        pick(SHIPPERS, r()),
        None,
        UNKNOWN_ALPHA3 if r() < 0.006 else ALPHA3[origin],
        firm.name,
        firm.bn if r() < 0.7 else None,
        "CAN",
        pick(VESSELS, r()) if sea else None,
        imo(int(r() * 400)) if sea else None,
        f"{place.carrier_name[:2].upper()}{100 + int(r() * 899)}" if air else None,
        pick(FLAGS, r()) if sea else None,
        "Y" if shipment.status == "H" else "N",
        shipment.status,
    )
    rows = batch.table("customs", "cargo.ccd_hdr")
    rows.append(row)
    u = r()
    if u < 0.01:  # an earlier entry, deleted, at another port
        rows.append((row[0] + 1, "C", "Y", *row[3:8], "0453", "453", *row[10:]))
    elif u < 0.03:  # a house bill under the same master
        rows.append((row[0] + 2, "H", "N", place.ccn + "H1", *row[4:]))


def _equipment(shipment: Shipment, batch: Batch, r: Draw) -> None:
    rows = batch.table("customs", "cargo.ccd_eqp")
    for n, number in enumerate(shipment.containers, 1):
        u = r()
        if (shipment.special == "wrongContainer" and n == 1) or (not shipment.special and u < 0.008):
            number = number[:10] + str((int(number[10]) + 1) % 10)
        elif (shipment.special == "untidyContainer" and n == 1) or (not shipment.special and u < 0.016):
            number = f"{number[:4].lower()} {number[4:10]} {number[10]}"
        seals = ",".join(f"SL{mix(shipment.serial, s) % 1_000_000:06d}" for s in range(int(u * 3)))
        rows.append((shipment.serial * 4, n, number, pick(_SIZES, r()), seals or None))


def _risk(shipment: Shipment, batch: Batch, r: Draw) -> None:
    rows = batch.table("customs", "cargo.trgt_rslt")
    u = r()
    if u > 0.88:
        return
    for n in range(2 if u < 0.08 else 1):
        score = int(r() * r() * 101)
        band = "Z" if r() < 0.003 else "L" if score < 35 else "M" if score < 70 else "H"
        rules = "{" + ",".join(_RULES[(shipment.serial + i) % 6] for i in range(score // 30)) + "}"
        rows.append((shipment.place.ccn, local(shipment.eta - 30 * HOUR + n * 6 * HOUR), score, band, rules))


def _events(shipment: Shipment, batch: Batch, r: Draw) -> None:
    rows = batch.table("customs", "cargo.evt")
    status, start = shipment.status, (shipment.arrived or shipment.eta - 8 * HOUR) + 1800
    box = shipment.containers[0] if shipment.containers and r() < 0.75 else None
    if shipment.special == "heldByTwo":
        box = shipment.containers[0]
    beg = local(start)
    year, sequence = int(beg[:4]), shipment.serial * 4
    held = status in "HXS" or (status == "L" and r() < 0.08)
    if held:
        ended = None if status in "HS" else local(start + 2 * HOUR + int(r() * 30 * HOUR))
        scope = "C" if box else pick("SSSI", r())
        rows.append(
            (
                year,
                sequence,
                "HLD",
                None,
                shipment.place.ccn,
                scope,
                f"H{int(r() * 30):02d}",
                beg,
                ended,
                pick("YNN ", r()),
                shipment.port_no,
                box,
                None,
            )
        )
    if status == "X" or (held and r() < 0.6):
        done = status == "X" or status == "L"
        rows.append(
            (
                year,
                sequence + 1,
                "EXM",
                pick("DVVPPSF", r()),
                shipment.place.ccn,
                None,
                None,
                local(start + 3 * HOUR),
                None,
                None,
                shipment.port_no,
                box,
                pick(("conform", "shortage", "undeclared goods"), r()) if done else None,
            )
        )
    if r() < 0.02:
        rows.append(
            (
                year,
                sequence + 2,
                "NTE",
                None,
                shipment.place.ccn,
                None,
                None,
                beg,
                None,
                None,
                shipment.port_no,
                None,
                "broker called",
            )
        )


def _seizure(shipment: Shipment, batch: Batch, r: Draw, world: World) -> None:
    who = int(r() * world.scale.people / world.suspect_step()) * world.suspect_step() + 1
    paper = document(world.seed, who % world.scale.people)
    named = r() < 0.6
    at = (shipment.arrived or shipment.eta) + 5 * HOUR
    batch.table("customs", "cargo.seiz").append(
        (
            f"SZ{shipment.serial:08d}",
            pick(("OPEN", "OPEN", "OPEN", "CLSD", "CANC", "VOID"), r()),
            local(at),
            "Customs Act s. 110",
            f"F-{shipment.serial:07d}",
            f"{int(r() * 9_000_000) / 100:.2f}",
            paper.icao if named else None,
            paper.number if named else None,
            shipment.place.ccn,
        )
    )
