"""Row rules of ``Person``: a person is no row of any source, so the gateway decides on what it read of one.

Paths begin with ``records`` or ``documents``; terms of one conjunction about the same list must hold of one element.
An agency that did not answer may have a record that a negation speaks of: who is shown is shown whatever it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from adapters.contract import AllOf, AnyOf, Compare, Negation, Predicate, Value
from gateway.policy.view import View


class Seeing(Protocol):
    """What is known of a request here."""

    view: View
    params: Mapping[str, Any]
    inherited: int


Elements = Mapping[str, Sequence[Mapping[str, Any]]]
"""List → its elements, each as path below the list → value."""


@dataclass(frozen=True, slots=True)
class Partly:
    """A value, or list, of which ``read`` was told; something else there could not be read and may be any."""

    read: Any = None


UNKNOWN = Partly()
"""A value that nobody told: it may be any."""


@dataclass(frozen=True, slots=True)
class Known:
    """``surely``: the elements that were told; ``perhaps``: such as there may be besides, untold."""

    surely: Elements
    perhaps: Elements = field(default_factory=dict)


def holds(rule: Predicate, known: Known, params: Mapping[str, Any], *, perhaps: bool = False) -> bool:
    """Whether the rule surely holds, or with ``perhaps`` may hold. Raises ``ValueError`` for a rule about anything
    else: nothing is shown then."""
    match rule:
        case Compare():
            return _some(known, [rule], params, perhaps)
        case AllOf(terms=terms):
            by_list: dict[str, list[Compare]] = {}
            for term in terms:
                if isinstance(term, Compare):
                    by_list.setdefault(term.path.split(".")[0], []).append(term)
            others = [term for term in terms if not isinstance(term, Compare)]
            return all(_some(known, group, params, perhaps) for group in by_list.values()) and all(
                holds(term, known, params, perhaps=perhaps) for term in others
            )
        case AnyOf(terms=terms):
            return any(holds(term, known, params, perhaps=perhaps) for term in terms)
        case Negation(term=term):
            return not holds(term, known, params, perhaps=not perhaps)
        case _:
            raise ValueError(f"a rule of Person cannot be {rule!r}")


def granting(run: Seeing, known: Known) -> int:
    """The groups, as bits, that grant a person."""
    bits = 0
    for index, group in enumerate(run.view.groups):
        if "Person" not in group.rows:
            continue
        rule = group.rows["Person"]
        if rule is None:
            bits |= (1 << index) if group.whole else run.inherited & (1 << index)
        elif holds(rule, known, run.params):
            bits |= 1 << index
    return bits


def records_granted(run: Seeing, person: int, rows: Sequence[int], grants: Sequence[int]) -> list[tuple[int, int]]:
    """The records of a person that some group shows, with those groups: one without a rule of its own for records
    sees those of the persons it sees. Records are read for groups too that do not show any."""
    shown = 0
    for index, group in enumerate(run.view.groups):
        if "PersonRecord" in group.rows:
            own = group.whole or group.rows["PersonRecord"] is not None
            shown |= (1 << index) if own else person & (1 << index)
    return [(row, bits) for row in rows if (bits := grants[row] & shown)]


def paths_of(rule: Predicate | None) -> frozenset[str]:
    """The paths that a rule reads."""
    match rule:
        case Compare(path=path):
            return frozenset({path})
        case AllOf(terms=terms) | AnyOf(terms=terms):
            return frozenset().union(*(paths_of(term) for term in terms))
        case Negation(term=term):
            return paths_of(term)
        case _:
            return frozenset()


def _some(known: Known, terms: Sequence[Compare], params: Mapping[str, Any], perhaps: bool) -> bool:
    head = terms[0].path.split(".")[0]
    if head not in known.surely:
        raise ValueError(f"a rule of Person cannot name {terms[0].path}")
    elements = [*known.surely[head], *(known.perhaps.get(head, ()) if perhaps else ())]
    return any(all(_matches(term, element, params, perhaps) for term in terms) for element in elements)


def _matches(term: Compare, element: Mapping[str, Any], params: Mapping[str, Any], perhaps: bool) -> bool:
    value = element.get(term.path.partition(".")[2])
    if isinstance(value, Partly):
        if perhaps:
            return True
        value = value.read
        if not _told_by_part(term):
            return False
    wanted = term.operand.value if isinstance(term.operand, Value) else params[term.operand.name]
    values = value if isinstance(value, list | tuple) else [value]
    match term.op:
        case "eq":
            return any(one is not None and one == wanted for one in values)
        case "ne":
            return all(one != wanted for one in values)
        case "in":
            return any(one is not None and one in wanted for one in values)
        case "null":
            return (value is None or not values) == bool(wanted)
        case _:
            raise ValueError(f"a rule of Person cannot use {term.op}")


def _told_by_part(term: Compare) -> bool:
    """Whether what was read of a value can meet the term, whatever the rest of it is."""
    return term.op in ("eq", "in") or term == Compare(term.path, "null", Value(False))
