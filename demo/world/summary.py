"""What `world.json` says: the personas' identities and where to find the special cases."""

from demo.world.clients import uci_key, uci_of
from demo.world.clock import day_iso
from demo.world.declarations import release_chunk
from demo.world.parties import importer
from demo.world.people import person
from demo.world.shipments import Shipment, cargo_chunk
from demo.world.tables import Batch
from demo.world.travellers import ANNA
from demo.world.world import SPECIAL, World


def summary(world: World) -> dict[str, object]:
    """Keys of cases that tests look for. Makes the first chunk once more to read them off."""
    batch = Batch()
    shipments = cargo_chunk(world, 0, batch)
    declarations = release_chunk(world, 0, shipments, batch)
    anna = person(world.seed, ANNA)
    by_shipment: dict[int, str] = {}
    for declaration in declarations:
        by_shipment.setdefault(declaration.shipment.serial, declaration.number)
    return {
        "scale": world.scale.name,
        "seed": world.seed,
        "today": day_iso(world.today),
        "trader_bn": importer(world.seed, 0).bn,
        "carrier": shipments[0].place.carrier,
        "traveller_document": {"issuer": anna.document.alpha2, "number": anna.document.number},
        "traveller": {
            "issuer_icao": anna.document.icao,
            "uci_key": uci_key(uci_of(world.seed, ANNA)),
            "police": "P7000000",
        },
        "specimen_document": {"issuer": "UTO", "number": person(world.seed, 1).document.number},
        "special": {name: _special(shipments[n], by_shipment) for n, name in enumerate(SPECIAL)},
        "permits": {"food": world.permits.get(0).key, "trade_controls": world.permits.get(1).key},
        "versioned": [d.number for d in declarations if d.version > 1][:5],
    }


def _special(shipment: Shipment, by_shipment: dict[int, str]) -> dict[str, object]:
    return {
        "ccn": shipment.place.ccn,
        "transactionNumber": by_shipment.get(shipment.serial),
        "container": shipment.containers[0] if shipment.containers else None,
        "place": shipment.place.port.locode,
    }
