"""The food agency's holds and inspections of one chunk, its permits and commodities; trade controls' permits."""

from demo.world.chance import mix, pick, stream
from demo.world.clock import HOUR, day_iso, instant, utc
from demo.world.declarations import Declaration
from demo.world.parties import importer, misspelt
from demo.world.permits import Permit, thousandths
from demo.world.reference import FOOD_GOODS
from demo.world.tables import Batch
from demo.world.world import World

CHUNK_PERMITS = 10_000


def food_chunk(world: World, chunk: int, declarations: list[Declaration], batch: Batch) -> None:
    """Holds and inspections on shipments with food; a held container is often one that customs holds too."""
    r = stream(world.seed, "food", chunk).random
    for declaration in declarations:
        shipment = declaration.shipment
        lots = [goods.lot for goods in declaration.lines if goods.agency == "FOOD"]
        both = shipment.special == "heldByTwo"
        if not lots and not both:
            continue
        chance = 0.55 if shipment.status == "H" else 0.12 if shipment.status in "ARXS" else 0.02
        if r() < chance or both:
            placed = (shipment.arrived or shipment.eta - 8 * HOUR) + HOUR + int(r() * 4 * HOUR)
            boxed = bool(shipment.containers) and (r() < 0.75 or both)
            scope = "container" if boxed else pick(("lot", "shipment"), r())
            is_open = both or shipment.status in "HRA"
            lifted = None if is_open else instant(placed + 5 * HOUR)
            batch.table("food", "hold").append(
                (
                    f"FH-{declaration.number[5:]}",
                    shipment.place.ccn,
                    scope,
                    lots[0] if scope == "lot" else None,
                    f"F{int(r() * 20):02d}",
                    instant(placed),
                    lifted,
                    int(r() < 0.3),
                    shipment.place.port.locode,
                    shipment.containers[0] if boxed else None,
                )
            )
        if r() < (0.3 if shipment.status in "HX" else 0.08):
            at = (shipment.arrived or shipment.eta) + 6 * HOUR
            done = shipment.status == "L"
            batch.table("food", "inspection").append(
                (
                    f"FN-{declaration.number[5:]}",
                    shipment.place.ccn,
                    pick(("doc", "phys", "sample"), r()),
                    shipment.place.port.locode,
                    instant(at),
                    pick(("compliant", "non-compliant"), r() * 1.3 % 1) if done else None,
                )
            )


def permit_chunk(world: World, chunk: int, batch: Batch) -> None:
    """Permits of both issuers, by index."""
    for index in range(chunk * CHUNK_PERMITS, min((chunk + 1) * CHUNK_PERMITS, world.permits.count)):
        permit = world.permits.get(index)
        firm = importer(world.seed, permit.holder)
        bits = mix(world.seed ^ 0xF00D, index)
        name = misspelt(firm.name, (bits >> 20) % 1000 / 1000) if bits % 100 < 3 else firm.name
        if permit.food:
            _food_permit(permit, name, firm.bn, batch)
        else:
            _trade_permit(world, index, permit, name, firm.bn, bits, batch)


def _food_permit(permit: Permit, name: str, bn: str, batch: Batch) -> None:
    batch.table("food", "permit").append(
        (
            permit.key,
            permit.number,
            permit.kind,
            permit.state,
            int(permit.suspended),
            name,
            bn,
            day_iso(permit.first_day),
            day_iso(permit.last_day),
            ",".join(permit.origins),
        )
    )
    rows = batch.table("food", "permit_line")
    for n, line in enumerate(permit.lines, 1):
        amounts = (thousandths(line.authorised), thousandths(line.reserved), thousandths(line.used))
        rows.append((permit.key, n, line.goods.code, line.unit, *amounts))


def _trade_permit(world: World, index: int, permit: Permit, name: str, bn: str, bits: int, batch: Batch) -> None:
    state = "S" if permit.suspended else permit.state
    first, last = day_iso(permit.first_day), day_iso(permit.last_day)
    rows = batch.table("trade_controls", "lic.permit")
    rows.append((index * 2, permit.number, permit.kind, state, name, bn, first, last, None))
    if bits % 97 == 5:  # an earlier row of the same number, deleted
        rows.append(
            (index * 2 + 1, permit.number, permit.kind, "R", name, bn, first, last, utc((world.today - 40) * 86_400))
        )
    origins = batch.table("trade_controls", "lic.permit_origin")
    origins.extend((index * 2, country) for country in permit.origins)
    lines = batch.table("trade_controls", "lic.permit_line")
    for n, line in enumerate(permit.lines, 1):
        amounts = (thousandths(line.authorised), thousandths(line.reserved), thousandths(line.used))
        lines.append((index * 2, n, line.goods.hs, *amounts, line.unit))


def commodities(batch: Batch) -> None:
    """The food agency's commodity codes; one has no goods under it."""
    rows = batch.table("food", "commodity")
    rows.extend((goods.code, goods.hs, goods.text) for goods in FOOD_GOODS)
    rows.append(("Z999", "", "Not classified"))
