"""One fetch of one owner where grants see different rows: the rows that any of them shows, and which of them does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.contract import AnyOf, Predicate, Rows
from gateway.planning.catalog import Owner
from gateway.planning.rights import GroupRules
from gateway.planning.rows import settle


@dataclass(frozen=True, slots=True)
class Granting:
    """``rule``: the rows to ask for; ``None`` for all, ``False`` for none. Every row that comes is granted by the
    groups of ``base``, and by those of ``places`` whose mark holds: bits ``places[i]`` by ``marks[i]``."""

    rule: Predicate | bool | None
    base: int
    marks: tuple[Predicate, ...] = ()
    places: tuple[int, ...] = ()

    def bits(self, rows: Rows) -> list[int]:
        """Per row the groups that grant it."""
        found = [self.base] * rows.count
        for bit, holds in zip(self.places, rows.marks, strict=True):
            found = [bits | bit if held else bits for bits, held in zip(found, holds, strict=True)]
        return found


def granted(rules: GroupRules, owner: Owner, params: Mapping[str, object], inherited: int, allowed: int) -> Granting:
    """``inherited``: the groups that lead here; ``allowed``: those by whose rules a row may be here."""
    base = rules.whole | (rules.through & inherited)
    marks: dict[Predicate, int] = {}
    for bit, rule in rules.ruled:
        settled = settle(rule, owner, params)
        if settled is True or settled is None:
            base |= bit
        elif settled is not False:
            marks[settled] = marks.get(settled, 0) | bit
    open_ = tuple(mark for mark, bits in marks.items() if bits & allowed)
    if base & allowed:
        return Granting(None, base, tuple(marks), tuple(marks.values()))
    if not open_:
        return Granting(False, 0)
    if len(marks) == 1:
        return Granting(open_[0], base | marks[open_[0]])
    return Granting(open_[0] if len(open_) == 1 else AnyOf(open_), base, tuple(marks), tuple(marks.values()))
