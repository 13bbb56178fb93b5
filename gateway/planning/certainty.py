"""Row rules where a value could not be read: a rule shows a row only if it holds whatever that value means. Pure.

Rules say what they compare; sources are asked for what is certain. Without a negation nothing changes: what could not
be read is null, and meets no comparison.
"""

from __future__ import annotations

from adapters.contract import AllOf, AnyOf, Compare, Linked, Negation, Predicate, Unread, Value


def surely(rule: Predicate) -> Predicate:
    """Rows of which the rule holds whatever is unread."""
    return _bounded(rule, sure=True)


def _bounded(rule: Predicate, *, sure: bool) -> Predicate:
    """Rows of which the rule surely holds, or else those of which it may hold. A negation turns one into the other."""
    match rule:
        case Compare(path=path) if not sure:
            return AnyOf((rule, Unread(path)))
        case Compare(path=path) if _by_absence(rule):
            return AllOf((rule, Negation(Unread(path))))
        case AllOf(terms=terms) | AnyOf(terms=terms):
            return type(rule)(tuple(_bounded(term, sure=sure) for term in terms))
        case Negation(term=term):
            return Negation(_bounded(term, sure=not sure))
        case Linked(collection=collection, on=on, term=term):
            linked = Linked(collection, on, _bounded(term, sure=sure))
            return linked if sure else AnyOf((linked, *(Unread(ours) for _, ours in on)))
    return rule


def _by_absence(term: Compare) -> bool:
    """Whether a null meets the comparison."""
    return term.op == "ne" or term == Compare(term.path, "null", Value(True))
