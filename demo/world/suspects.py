"""The police: persons, lookouts, files, and documents reported lost or stolen."""

from random import Random

from demo.world.chance import mix, pick
from demo.world.clock import DAY, HOUR, instant
from demo.world.people import Person, disagreeing, document, fold, person
from demo.world.tables import Batch
from demo.world.travellers import ANNA
from demo.world.world import World

_CAVEATS = (
    None,
    None,
    None,
    "Not to be disclosed to third parties without the originator's consent",
    "For intelligence purposes only",
)
_ORIGINATORS = ("POLICE", "POLICE", "PARTNER-US", "PARTNER-GB")
_REASONS = (
    "Outstanding warrant",
    "Association with smuggling group",
    "Missing person",
    "Immigration warrant",
    "Witness to be located",
)
_SECTIONS = {
    "ARR": "Criminal Code s. 495",
    "SZR": "Customs Act s. 110",
    "PEN": "Customs Act s. 109.3",
    "REM": "IRPA s. 48",
}


def suspects(world: World, batch: Batch) -> None:
    """Half are travellers known by document, the rest by name alone. Anna has one old penalty and no lookout."""
    step = world.suspect_step()
    known = range(1, world.scale.people, step)
    for index in (ANNA, *known):
        _suspect(world, disagreeing(person(world.seed, index), world.seed ^ 0x99), index, batch, by_document=True)
    for n in range(world.scale.suspects - len(known)):
        stranger = person(world.seed ^ 0xBAD, 1_000_000 + n)
        _suspect(world, stranger, 1_000_000 + n, batch, by_document=False)
    _lost_documents(world, batch)


def _suspect(world: World, who: Person, index: int, batch: Batch, *, by_document: bool) -> None:
    r = Random(mix(world.seed ^ 0x911, index)).random
    key = f"P{7_000_000 + index}"
    anna = index == ANNA
    caveat, originator = (None, "POLICE") if anna else (pick(_CAVEATS, r()), pick(_ORIGINATORS, r()))
    u = r()
    born = f"{who.born[:4]}-{who.born[4:6]}-{who.born[6:]}"
    born = born if anna or u < 0.8 else born[:7] if u < 0.9 else born[:4]
    nationality = who.document.alpha2
    batch.table("police", "person").append(
        (key, who.family, fold(who.family), who.given, born, who.sex, nationality, caveat, originator)
    )
    if by_document:
        documents = batch.table("police", "person_document")
        documents.append((key, 0, who.document.alpha2, who.document.number))
        if r() < 0.1:
            documents.append((key, 1, who.document.alpha2, f"ZZ{index:06d}0"))
    if not anna and r() < 0.65:
        expires = None if r() < 0.2 else instant(world.noon + int(r() * 700 - 60) * DAY)
        batch.table("police", "lookout").append(
            (
                f"L{index:08d}",
                key,
                int(r() < 0.6),
                pick(("A", "B", "C", "S"), r()),
                pick(_REASONS, r()),
                expires,
                caveat,
                originator,
            )
        )
    for n in range(1 if anna else int(r() * 2.2)):
        action = "PEN" if anna else pick(("ARR", "SZR", "PEN", "REM", "OTH" if r() < 0.02 else "ARR"), r())
        at = world.noon - int((3_000 if anna else 30 + r() * 3_000) * DAY) - 3 * HOUR
        value = "250.00" if anna else f"{int(r() * 1_500_000) / 100:.2f}" if action in ("SZR", "PEN") else None
        batch.table("police", "file").append(
            (f"{2015 + index % 10}-{index:07d}{n}", key, action, instant(at), _SECTIONS.get(action), value, caveat)
        )


def _lost_documents(world: World, batch: Batch) -> None:
    """About one document in a hundred of those that travel."""
    rows = batch.table("police", "sltd")
    for index in range(2, world.scale.people):
        bits = mix(world.seed ^ 0x105, index) % 200
        if bits < 2:
            paper = document(world.seed, index)
            rows.append((paper.alpha2, paper.number, "STOLEN" if bits else "LOST"))
