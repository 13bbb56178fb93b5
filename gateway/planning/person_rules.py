"""Row rules of ``Person``: a person is no row of any source, so the gateway decides on what it read of one.

Paths begin with ``records`` or ``documents``; terms of one conjunction about the same list must hold of one element.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def holds(rule: Predicate, elements: Elements, params: Mapping[str, Any]) -> bool:
    """Whether the person may be seen. Raises ``ValueError`` for a rule about anything else: nothing is shown then."""
    match rule:
        case Compare():
            return _some(elements, [rule], params)
        case AllOf(terms=terms):
            by_list: dict[str, list[Compare]] = {}
            for term in terms:
                if isinstance(term, Compare):
                    by_list.setdefault(term.path.split(".")[0], []).append(term)
            others = [term for term in terms if not isinstance(term, Compare)]
            return all(_some(elements, group, params) for group in by_list.values()) and all(
                holds(term, elements, params) for term in others
            )
        case AnyOf(terms=terms):
            return any(holds(term, elements, params) for term in terms)
        case Negation(term=term):
            return not holds(term, elements, params)
        case _:
            raise ValueError(f"a rule of Person cannot be {rule!r}")


def granting(run: Seeing, elements: Elements) -> int:
    """The groups, as bits, that grant a person."""
    bits = 0
    for index, group in enumerate(run.view.groups):
        if "Person" not in group.rows:
            continue
        rule = group.rows["Person"]
        if rule is None:
            bits |= (1 << index) if group.whole else run.inherited & (1 << index)
        elif holds(rule, elements, run.params):
            bits |= 1 << index
    return bits


def records_granted(run: Seeing, person: int, rows: Sequence[int], grants: Sequence[int]) -> list[tuple[int, int]]:
    """The records of a person that some group grants, with those groups: one without a rule of its own for records
    sees those of the persons it sees."""
    own = 0
    for index, group in enumerate(run.view.groups):
        if group.whole or group.rows.get("PersonRecord") is not None:
            own |= 1 << index
    return [(row, bits) for row in rows if (bits := grants[row] & (person | own))]


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


def _some(elements: Elements, terms: Sequence[Compare], params: Mapping[str, Any]) -> bool:
    head = terms[0].path.split(".")[0]
    if head not in elements:
        raise ValueError(f"a rule of Person cannot name {terms[0].path}")
    return any(all(_matches(term, element, params) for term in terms) for element in elements[head])


def _matches(term: Compare, element: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    value = element.get(term.path.partition(".")[2])
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
