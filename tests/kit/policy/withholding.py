"""A policy over the memory world's agencies, some of which withhold what is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.contract import CollectionSpec
from gateway.policy import Policy
from tests.kit.memory_world import COLLECTIONS, MASTER


@dataclass(frozen=True)
class Withholding:
    withhold: tuple[str, ...] = ()


@dataclass(frozen=True)
class Agency:
    """What policy reads of an agency file."""

    code: str
    terms: Withholding
    file: Path
    collections: Sequence[CollectionSpec]


def policy(directory: Path, roles: str, withhold: Mapping[str, str] | None = None) -> Policy:
    """``roles``: the text of ``roles.toml``. ``withhold``: agency → the coordinate that its terms name."""
    (directory / "roles.toml").write_text(roles)
    terms = {code: Withholding((coordinate,)) for code, coordinate in (withhold or {}).items()}
    agencies = [Agency(code, terms.get(code, Withholding()), directory / code, of) for code, of in COLLECTIONS.items()]
    return Policy.load(directory, MASTER, agencies)
