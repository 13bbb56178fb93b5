"""Row rules where a value could not be read: a rule shows a row only if it holds whatever that value means. Pure.

Rules say what they compare; sources are asked for what is certain. Without a negation nothing changes: what could not
be read is null, and meets no comparison.
"""

from __future__ import annotations

from adapters.contract import AllOf, AnyOf, Compare, Linked, Negation, Predicate, Unread, Value


def surely(rule: Predicate) -> Predicate:
    """Rows of which the rule holds whatever is unread."""
    match rule:
        case Compare(path=path) if _by_absence(rule):
            return AllOf((rule, Negation(Unread(path))))
        case AllOf(terms=terms):
            return AllOf(tuple(map(surely, terms)))
        case AnyOf(terms=terms):
            return AnyOf(tuple(map(surely, terms)))
        case Negation(term=term):
            return Negation(_perhaps(term))
        case Linked(collection=collection, on=on, term=term):
            return Linked(collection, on, surely(term))
    return rule


def _perhaps(rule: Predicate) -> Predicate:
    """Rows of which the rule may hold."""
    match rule:
        case Compare(path=path):
            return AnyOf((rule, Unread(path)))
        case AllOf(terms=terms):
            return AllOf(tuple(map(_perhaps, terms)))
        case AnyOf(terms=terms):
            return AnyOf(tuple(map(_perhaps, terms)))
        case Negation(term=term):
            return Negation(surely(term))
        case Linked(collection=collection, on=on, term=term):
            return AnyOf((Linked(collection, on, _perhaps(term)), *(Unread(ours) for _, ours in on)))
    return rule


def _by_absence(term: Compare) -> bool:
    """Whether a null meets the comparison."""
    return term.op == "ne" or term == Compare(term.path, "null", Value(True))
