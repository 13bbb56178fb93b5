"""A view's field actions and groups, as a plan uses them: what a shape does to a column, and who grants a fetch's rows.

Inner selections (of computed fields) know none of it: they are read in full, and never leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import GraphQLSchema

from adapters.contract import TYPE_KEYS, Predicate
from gateway.policy.coordinates import leads_to
from gateway.policy.narrowing import SHADOWS
from gateway.policy.view import View

if TYPE_CHECKING:
    from gateway.planning.plan import Check

PARTIAL, PRESENCE, WITHHOLD, SHOW = "PARTIAL", "PRESENCE", "WITHHOLD", "SHOW"


@dataclass(frozen=True, slots=True)
class Mask:
    """``level`` is ``PARTIAL`` or ``PRESENCE``; what is kept depends on the scalar."""

    level: str
    scalar: str


@dataclass(frozen=True, slots=True)
class Cells:
    """Groups (as bits) that show, partly mask, or tell the presence of a field; on other rows it is null."""

    show: int
    partial: int
    presence: int
    scalar: str


@dataclass(frozen=True, slots=True)
class GroupRules:
    """Who grants the rows of one owner, as bits: groups that see ``whole`` type, those that see what their parents lead
    to (``through``), those with a rule of their own, and those whose rule leaves the source (``crossing``): the part
    of it that the source can decide, and the checks that tell the rest."""

    whole: int
    through: int
    ruled: tuple[tuple[int, Predicate], ...]
    crossing: tuple[tuple[int, Predicate | None, tuple[Check, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What one plan asks of its view."""

    view: View

    @property
    def several(self) -> bool:
        return bool(self.view.groups)

    def action(self, coordinate: str) -> str:
        return self.view.actions.get(coordinate, SHOW)

    def cells(self, coordinate: str, scalar: str, granted: int) -> Cells | None:
        """``granted``: the groups that have a say where the field stands."""
        said = self.view.cells.get(coordinate)
        if said is None:
            return None
        bits = {
            level: granted & sum(1 << i for i, one in enumerate(said) if one == level)
            for level in (SHOW, PARTIAL, PRESENCE)
        }
        return Cells(bits[SHOW], bits[PARTIAL], bits[PRESENCE], scalar)

    def follows(self, coordinate: str) -> int | None:
        """The groups whose rows lead on over this link; ``None`` where all rows are of one group."""
        if not self.several:
            return None
        cells = self.view.cells.get(coordinate)
        if cells is None:
            return -1
        return sum(1 << i for i, one in enumerate(cells) if one == SHOW)

    def told(self, coordinate: str) -> tuple[str | None, bool]:
        """The mask that some row bears, and whether the field is withheld on some row."""
        said = self.view.cells.get(coordinate) or (self.action(coordinate),)
        level = PRESENCE if PRESENCE in said else PARTIAL if PARTIAL in said else None
        return level, WITHHOLD in said or "HIDE" in said or coordinate in self.view.withheld_of

    def withheld_of(self, coordinate: str) -> frozenset[str]:
        """The agencies that withhold the field on their own rows."""
        return self.view.withheld_of.get(coordinate, frozenset())

    def reads(self, owner: str, name: str) -> bool:
        """Whether the view has some use for the value: hidden and withheld ones are not even read."""
        fields = getattr(self.view.schema.type_map.get(owner), "fields", ())
        return name in fields and self.action(f"{owner}.{name}") != WITHHOLD

    def orders(self, schema: GraphQLSchema, type_name: str, path: str) -> bool:
        """Whether rows may come ordered by a value: one that the caller sees on every row, or the key."""
        if path in TYPE_KEYS.get(type_name, ()):
            return True
        path = SHADOWS.get((type_name, path), path)
        visible = self.view.schema.type_map

        def may(owner: str, name: str) -> bool:
            return name in getattr(visible.get(owner), "fields", ()) and self.view.is_clear(f"{owner}.{name}")

        return leads_to(schema, type_name, path, may)
