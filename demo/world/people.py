"""People as they are, before each agency gets some of it wrong. Person 0 is Anna Maria Eriksson."""

import unicodedata
from functools import lru_cache
from random import Random
from typing import NamedTuple

from demo.world.chance import mix, pick, weighted
from demo.world.identifiers import travel_document
from demo.world.reference import FAMILY_NAMES, GIVEN_F, GIVEN_M, ISSUERS

_ISSUER_TABLE = weighted(ISSUERS, [issuer[2] for issuer in ISSUERS])
_SPECIAL = (
    ("Eriksson", "Anna Maria", "19740812", "F", "SWE", "SE", "L898902C3"),
    ("Specimen", "Ivan", "19651122", "M", "UTO", "UTO", "D23145890"),
)


class Document(NamedTuple):
    """A passport: ICAO 9303 issuer, ISO alpha-2 issuer, number."""

    icao: str
    alpha2: str
    number: str


class Person(NamedTuple):
    """`born` as yyyyMMdd; `icao` lists citizenships."""

    serial: int
    family: str
    given: str
    born: str
    sex: str
    icao: tuple[str, ...]
    document: Document
    visa: bool


def fold(name: str) -> str:
    """The searchable form: accents dropped, ß → SS, upper case, letters A–Z only."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("Ø", "O").replace("ø", "o"))
    return "".join(c for c in plain.upper() if "A" <= c <= "Z")


def document(seed: int, index: int) -> Document:
    """The passport of a person, without the rest of the person."""
    if index < len(_SPECIAL):
        return Document(*_SPECIAL[index][4:7])
    icao, alpha2, _, _ = _ISSUER_TABLE[mix(seed, index) % len(_ISSUER_TABLE)]
    return Document(icao, alpha2, travel_document(index))


@lru_cache(maxsize=4_096)
def person(seed: int, index: int) -> Person:
    """Person `index` of the world."""
    doc = document(seed, index)
    if index < len(_SPECIAL):
        family, given, born, sex, only, _, _ = _SPECIAL[index]
        return Person(index, family, given, born, sex, (only,), doc, False)
    r = Random(mix(seed ^ 0x9E09, index)).random
    female = r() < 0.5
    names = GIVEN_F if female else GIVEN_M
    given = pick(names, r())
    if r() < 0.4:
        given += " " + pick(names, r())
    family = pick(FAMILY_NAMES, r())
    if r() < 0.25:
        family += "-" + pick(FAMILY_NAMES, r())
    born = f"{1936 + int(r() * 86)}{1 + int(r() * 12):02d}{1 + int(r() * 28):02d}"
    sex = "X" if r() < 0.01 else "F" if female else "M"
    second = pick(ISSUERS, r())[0] if r() < 0.06 else doc.icao
    icao = (doc.icao,) if second == doc.icao else (doc.icao, second)
    visa = any(issuer[3] for issuer in ISSUERS if issuer[0] == doc.icao)
    return Person(index, family, given, born, sex, icao, doc, visa)


def disagreeing(who: Person, seed: int) -> Person:
    """The person as a second agency recorded them: 3 % differ in spelling, birth date or citizenship."""
    bits = mix(seed, who.serial)
    if who.serial < len(_SPECIAL) or bits % 100 >= 3:
        return who
    kind = (bits >> 8) % 3
    if kind == 0:
        return (
            who._replace(family=fold(who.family).title())
            if fold(who.family).title() != who.family
            else who._replace(family=who.family + "e")
        )
    if kind == 1:
        return who._replace(born=who.born[:4] + who.born[4:6] + f"{(int(who.born[6:]) + 9) % 28 + 1:02d}")
    return who._replace(icao=("USA" if who.icao[0] != "USA" else "CAN",))
