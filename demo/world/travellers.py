"""The traveller agency: completed crossings, expected passengers, and the newest name seen on each document."""

from demo.world.chance import mix, pick, stream, weighted
from demo.world.clock import DAY, HOUR, day_iso, utc
from demo.world.people import disagreeing, document, fold, person
from demo.world.reference import PORTS
from demo.world.scale import CHUNK_CROSSINGS
from demo.world.tables import Batch
from demo.world.world import World

CHUNK_PEOPLE = 10_000
ANNA = 0
_ENTRY_TABLE = weighted(
    [
        (entry, "A" if entry in ("821", "395", "497", "701") else "M" if entry in ("9", "824") else "L")
        for p in PORTS
        for entry in p.entries
    ],
    [22, 34, 18, 20, 5, 14, 2, 5],
)
_AIRPORTS = (("821", 62), ("497", 24), ("395", 14))
_AIRPORT_TABLE = weighted([a for a, _ in _AIRPORTS], [w for _, w in _AIRPORTS])
_AIRLINES = ("MA", "RC", "AB", "PX", "KN")
_OUTCOMES = ("ADMIT", "ADMIT", "ADMIT", "ADMIT", "RESIDENT")
BLOCK_PASSENGERS = 40


def completed_chunk(world: World, chunk: int, batch: Batch) -> None:
    """Crossings of the past, some of them referred; half a percent voided."""
    r = stream(world.seed, "xing", chunk).random
    rows = batch.table("traveller", "ee.xing")
    people, seed = world.scale.people, world.seed
    count = world.scale.crossings - world.scale.expected
    for index in range(chunk * CHUNK_CROSSINGS, min((chunk + 1) * CHUNK_CROSSINGS, count)):
        u = r()
        who = index % 2 if index < 8 else int(people * u * u)
        paper = document(seed, who)
        poe, mode = _ENTRY_TABLE[int(r() * len(_ENTRY_TABLE))]
        u = r()
        moment = world.noon - int(u * u * world.scale.history_days * DAY)
        entry = r() < 0.6
        u = r()
        referral = (
            ("IM", "CU", "FI", "ZZ")[int(u * 100) % 3 if u > 0.001 else 3] if entry and u < 0.06 and who else None
        )
        outcome = ("REFER" if referral else pick(_OUTCOMES, r())) if entry else None
        flight = f"{_AIRLINES[who % 5]}{100 + int(r() * 800)}" if mode == "A" else None
        rows.append(
            (
                index + 1,
                utc(moment),
                "E" if entry else "X",
                poe,
                mode,
                flight,
                "P",
                paper.icao,
                paper.number,
                outcome,
                referral,
                "1" if r() < 0.005 else "0",
            )
        )


def expected_chunk(world: World, batch: Batch) -> None:
    """Passengers announced by airlines for the 66 hours from 18:00 UTC of yesterday, Anna among them; a tenth twice.

    Passengers come in flights: `pax_seq` counts within a flight and day.
    A later message may move the passenger to another airport.
    """
    r = stream(world.seed, "expected", 0).random
    rows = batch.table("traveller", "ee.api_pnr")
    scale, start = world.scale, world.noon - 18 * HOUR
    flights = max(8, min(scale.expected // 5, 600))
    step = 66 * HOUR // flights
    for index in range(scale.expected):
        flight = index % flights
        bits = mix(world.seed ^ 0xF1, flight)
        poe = _AIRPORT_TABLE[bits % 100]
        number = f"{_AIRLINES[bits % 5]}{1000 + flight}"
        moment = start + flight * step // 60 * 60
        if index == flights // 2:
            who, poe = ANNA, "821"
        elif r() < 0.05:
            who = int(r() * scale.people / world.suspect_step()) * world.suspect_step() + 1
        else:
            who = 1 + int(r() * (scale.people - 1))
        paper = document(world.seed, who % scale.people)
        key = (number, day_iso(moment // DAY), index // flights + 1)
        u = r()
        if u < 0.1:
            rows.append((*key, 1, utc(moment - 2 * HOUR), "395" if u < 0.04 else poe, paper.icao, paper.number))
        rows.append((*key, 2 if u < 0.1 else 1, utc(moment), poe, paper.icao, paper.number))


def seen_chunk(world: World, chunk: int, batch: Batch) -> None:
    """Names as airlines and officers typed them: 3 % differ from the person's own; a few birth dates are unusable."""
    rows = batch.table("traveller", "ee.pax_last")
    for index in range(chunk * CHUNK_PEOPLE, min((chunk + 1) * CHUNK_PEOPLE, world.scale.people)):
        who = disagreeing(person(world.seed, index), world.seed ^ 0x7A)
        first, _, second = who.given.partition(" ")
        bits = mix(world.seed ^ 0xD0B, index)
        born = who.born[:4] + "0000" if bits % 400 == 7 else who.born
        sex = "U" if bits % 300 == 9 else who.sex
        rows.append(
            (
                who.document.icao,
                who.document.number,
                who.family,
                fold(who.family),
                first,
                second or None,
                born,
                sex,
                "/".join(who.icao),
            )
        )
