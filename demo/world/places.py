"""Customs' code tables, and the organisations that revenue has registered."""

from demo.world.chance import mix
from demo.world.parties import BROKERS, broker, importer, misspelt
from demo.world.reference import FOREIGN_PORTS, OFFICES, PORTS
from demo.world.tables import Batch
from demo.world.world import World


def reference(world: World, batch: Batch) -> None:
    """Ports, offices, and an account for every business number that any document names."""
    ports = {number: (port.locode, port.name) for port in PORTS for number in port.cargo_numbers}
    ports |= {number: (locode, locode) for group in FOREIGN_PORTS.values() for number, locode in group}
    batch.table("customs", "ref.port_loc").extend((number, *ports[number]) for number in sorted(ports))
    batch.table("customs", "ref.cbsa_off").extend(OFFICES)
    accounts = batch.table("revenue", "account")
    for index in range(world.scale.importers):
        firm = importer(world.seed, index)
        bits = mix(world.seed ^ 0xACC, index)
        name = misspelt(firm.name, (bits >> 20) % 1000 / 1000) if index and bits % 100 < 3 else firm.name
        status = ("ACTIVE", "NONE", "NONE", "NONE", None, "SUSPENDED")[0 if index == 0 else (bits >> 8) % 6]
        accounts.append((firm.bn, name, "US" if bits % 33 == 5 else "CA", status))
    accounts.extend((broker(n).bn, broker(n).name, "CA", "ACTIVE" if n % 2 else "NONE") for n in range(BROKERS))
