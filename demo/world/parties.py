"""Importers and customs brokers. Importer 0 is Acme, the demo's trader; importance falls off steeply with the index."""

from functools import lru_cache
from typing import NamedTuple

from demo.world.chance import mix
from demo.world.identifiers import business_number
from demo.world.reference import FIRM_ENDS, FIRM_TRADES, FIRM_WORDS

BROKERS = 20
_BROKER_SERIAL = 9_000_000


class Firm(NamedTuple):
    """A firm as documents name it."""

    name: str
    bn: str


@lru_cache(maxsize=32_768)
def importer(seed: int, index: int) -> Firm:
    """Every 61st has a business number with a wrong check digit, and is registered with it."""
    if index == 0:
        return Firm("Acme Imports Ltd", business_number(1))
    bits = mix(seed, index)
    word, trade = FIRM_WORDS[bits % 12], FIRM_TRADES[(bits >> 8) % 11]
    name = f"{word} {trade} {index} {FIRM_ENDS[(bits >> 16) % 4]}"
    return Firm(name, business_number(index + 1, account=1 + (bits >> 20) % 2, wrong=index % 61 == 17))


@lru_cache(maxsize=64)
def broker(index: int) -> Firm:
    """Customs broker: the declarant of most declarations."""
    return Firm(f"{FIRM_WORDS[index % 12]} Customs Brokers {index + 1}", business_number(_BROKER_SERIAL + index))


def account_security(index: int) -> str:
    """Five digits that start the transaction numbers of a broker."""
    return f"{10_007 + index * 4_111:05d}"


def heavy_tail(count: int, u: float) -> int:
    """An index below `count`; the first few get most of the draws."""
    return int(count * u * u * u)


def misspelt(name: str, u: float) -> str:
    """The name as another agency has it: two letters swapped, or upper case."""
    if u < 0.5 and len(name) > 4:
        at = 1 + int(u * 2 * (len(name) - 3))
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name.upper()
