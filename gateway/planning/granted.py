"""One fetch of one owner where grants see different rows: the rows that any of them shows, and which of them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.contract import AnyOf, Predicate, Rows
from gateway.planning.catalog import Owner
from gateway.planning.rights import GroupRules
from gateway.planning.rows import settle

if TYPE_CHECKING:
    from gateway.planning.plan import Check


@dataclass(frozen=True, slots=True)
class Crossing:
    """A group (its bit) that grants those rows for which mark ``mark`` holds (``None``: any) and which pass all of
    ``checks``, whose places in :attr:`Granting.checks` these are."""

    bit: int
    mark: int | None
    checks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Granting:
    """``rule``: the rows to ask for; ``None`` for all, ``False`` for none. Every row that comes is granted by the
    groups of ``base``, by those of ``places`` whose mark holds (bits ``places[i]`` by ``marks[i]``), and by those of
    ``crossing`` whose ``checks`` it passes. ``sift``: some rows may turn out to be granted by nobody."""

    rule: Predicate | bool | None
    base: int
    marks: tuple[Predicate, ...] = ()
    places: tuple[int, ...] = ()
    crossing: tuple[Crossing, ...] = ()
    checks: tuple[Check, ...] = ()
    sift: bool = False

    def bits(self, rows: Rows, passing: Sequence[frozenset[int]] = ()) -> list[int]:
        """Per row the groups that grant it. ``passing``: the rows that pass each check."""
        found = [self.base] * rows.count
        for bit, holds in zip(self.places, rows.marks, strict=True):
            found = [bits | bit if held else bits for bits, held in zip(found, holds, strict=True)]
        for one in self.crossing:
            admitted = frozenset(range(rows.count)).intersection(*(passing[index] for index in one.checks))
            for row in admitted:
                if one.mark is None or rows.marks[one.mark][row]:
                    found[row] |= one.bit
        return found


def granted(
    rules: GroupRules,
    owner: Owner,
    params: Mapping[str, object] | None,
    inherited: int,
    allowed: int,
    *,
    bounded: bool,
) -> Granting:
    """``inherited``: the groups that lead here; ``allowed``: those by whose rules a row may be here. ``bounded``: rows
    are asked by key and come whole; elsewhere a rule that leaves the source brings no rows, it only tells more of
    those that others bring."""
    base = rules.whole | (rules.through & inherited)
    marks: dict[Predicate, int] = {}
    for bit, rule in rules.ruled:
        settled = settle(rule, owner, params)
        if settled is True or settled is None:
            base |= bit
        elif settled is not False:
            marks[settled] = marks.get(settled, 0) | bit
    opening: list[Predicate | None] = [mark for mark, bits in marks.items() if bits & allowed]
    crossing: list[Crossing] = []
    checks: list[Check] = []
    for bit, part, own in rules.crossing:
        settled = settle(part, owner, params)
        if settled is False:
            continue
        local = None if settled is True else settled
        if local is not None:
            marks.setdefault(local, 0)
        places = tuple(range(len(checks), len(checks) + len(own)))
        crossing.append(Crossing(bit, None if local is None else list(marks).index(local), places))
        checks += own
        if bounded and bit & allowed:
            opening.append(local)
    told = (base, tuple(marks), tuple(marks.values()), tuple(crossing), tuple(checks))
    if base & allowed:
        return Granting(None, *told)
    if not opening:
        return Granting(False, 0)
    open_ = tuple(dict.fromkeys(mark for mark in opening if mark is not None))
    if len(marks) == 1 and not crossing:
        return Granting(open_[0], base | marks[open_[0]])
    rule_ = None if None in opening else open_[0] if len(open_) == 1 else AnyOf(open_)
    return Granting(rule_, *told, sift=bounded and any(one.bit & allowed for one in crossing))
