"""The immigration agency: clients (citizens are unknown to it), their documents, their applications."""

from random import Random

from demo.world.chance import mix, pick
from demo.world.clock import day_compact
from demo.world.identifiers import travel_document
from demo.world.people import Person, disagreeing, fold, person
from demo.world.tables import Batch
from demo.world.travellers import CHUNK_PEOPLE
from demo.world.world import World

_OLD_DOCUMENTS = 50_000_000
_CONDITIONS = ("MUST NOT WORK", "MUST NOT STUDY", "MUST LEAVE BY EXPIRY", "MEDICAL SURVEILLANCE", "EMPLOYER SPECIFIC")


def uci_of(seed: int, index: int) -> str:
    """`1234-5678`, `11-2345-6789`, or temporary `T-00012345`; digits alone are distinct too."""
    bits = mix(seed ^ 0xC1, index) % 100
    if bits < 2:
        return f"T-{index:08d}"
    if bits < 60:
        return f"{10_000_000 + index * 7:08d}"[:4] + "-" + f"{10_000_000 + index * 7:08d}"[4:]
    digits = f"11{index * 11:08d}"
    return f"{digits[:2]}-{digits[2:6]}-{digits[6:]}"


def uci_key(uci: str) -> str:
    """Its digits."""
    return "".join(c for c in uci if c.isdigit())


def client_chunk(world: World, chunk: int, batch: Batch) -> None:
    """Everybody but citizens and one in ten others."""
    for index in range(chunk * CHUNK_PEOPLE, min((chunk + 1) * CHUNK_PEOPLE, world.scale.people)):
        who = person(world.seed, index)
        if who.document.icao == "CAN" or (index > 1 and mix(world.seed ^ 0x1C, index) % 10 == 0):
            continue
        _client(world, disagreeing(who, world.seed ^ 0x11), batch)


def _client(world: World, who: Person, batch: Batch) -> None:
    r = Random(mix(world.seed ^ 0xC11E, who.serial)).random
    uci = uci_of(world.seed, who.serial)
    key = uci_key(uci)
    born = "19800231" if r() < 0.003 and who.serial > 1 else who.born
    batch.table("immigration", "client").append(
        (key, uci, who.family, fold(who.family), who.given, born, who.sex, ",".join(who.icao))
    )
    documents = batch.table("immigration", "document")
    expiry = world.today + int(r() * 3_400) - (200 if who.serial > 1 else -60)
    documents.append((key, "PASSPORT", who.document.icao, who.document.number, day_compact(expiry)))
    if r() < 0.12:
        old = travel_document(_OLD_DOCUMENTS + who.serial)
        documents.append((key, "PASSPORT", who.document.icao, old, day_compact(expiry - 3_650)))
    lines = ["V-1" if who.visa else "ETA"]
    u = r()
    if u < 0.25:
        lines.append(pick(("S-1", "W-1", "W-1", "PR", "RF"), u * 4))
    for n, line in enumerate(lines):
        start = world.today - int(r() * 1_500)
        end = start + pick((180, 365, 730, 1_825), r()) if who.serial > 1 else world.today + 400
        status = (
            "EXPIRED"
            if end < world.today
            else pick(("APPROVED", "APPROVED", "APPROVED", "REFUSED", "CANCELLED"), r() if who.serial > 1 else 0)
        )
        conditions = ",".join(sorted({pick(_CONDITIONS, r()) for _ in range(int(r() * 3))})) if line != "ETA" else ""
        line = "X-9" if r() < 0.003 and who.serial > 1 else line
        batch.table("immigration", "application").append(
            (
                f"{line[0]}{300_000_000 + who.serial * 4 + n}",
                key,
                line,
                status,
                day_compact(start),
                day_compact(end),
                conditions,
            )
        )
