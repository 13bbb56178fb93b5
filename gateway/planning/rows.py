"""Predicates of policy and filters of callers, made fit for one owner: paths it lacks fold, links become EXISTS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLObjectType, GraphQLSchema

from adapters.contract import AllOf, AnyOf, Compare, Linked, Negation, Param, Predicate, Unread, Value
from adapters.errors import Unsupported
from gateway.planning.catalog import Catalog, Owner
from gateway.planning.certainty import surely
from resolvers.fields import INNER_LINKS, Link, binding_of

AGENCY = "@agency"
"""The path of filters that choose owners (``issuer``, ``agency``)."""


def for_owner(predicate: Predicate, owner: Owner, params: Mapping[str, object]) -> Predicate | bool:
    """A filter for one owner, or the constant it comes to there: a path the owner lacks is null in all rows."""
    match predicate:
        case Compare(path=path) if path == AGENCY:
            return _holds(predicate, owner.agency, params)
        case Compare(path=path) if not _supplies(owner, path):
            return _holds(predicate, None, params)
        case Unread(path=path) if not _supplies(owner, path):
            return False
        case AllOf(terms=terms):
            kept = [for_owner(term, owner, params) for term in terms]
            if any(term is False for term in kept):
                return False
            left = tuple(term for term in kept if not isinstance(term, bool))
            return _joined(AllOf, left) if left else True
        case AnyOf(terms=terms):
            kept = [for_owner(term, owner, params) for term in terms]
            if any(term is True for term in kept):
                return True
            left = tuple(term for term in kept if not isinstance(term, bool))
            return _joined(AnyOf, left) if left else False
        case Negation(term=term):
            inner = for_owner(term, owner, params)
            return not inner if isinstance(inner, bool) else Negation(inner)
        case _:
            return predicate


def _joined(kind: type[AllOf] | type[AnyOf], terms: tuple[Predicate, ...]) -> Predicate:
    return terms[0] if len(terms) == 1 else kind(terms)


def _supplies(owner: Owner, path: str) -> bool:
    head = path.split(".")[0]
    return owner.spec.supplies(path) or head in owner.spec.children


def _holds(term: Compare, value: object, params: Mapping[str, object]) -> bool:
    wanted = term.operand.value if isinstance(term.operand, Value) else params[term.operand.name]
    match term.op:
        case "null":
            return (value is None) == bool(wanted)
        case "ne":
            return value != wanted
        case "eq":
            return value is not None and value == wanted
        case "in":
            return value is not None and value in (wanted if isinstance(wanted, list | tuple) else ())
        case _:
            return False


@dataclass(frozen=True, slots=True)
class SemiJoin:
    """A term that leaves the source: our rows are shown whose ``on`` (their path, our path) finds a row of ``target``
    under ``term``, which is in the target's own paths."""

    target: str
    on: tuple[tuple[str, str], ...]
    term: Predicate


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """What policy asks of one owner's rows: a predicate for its source, and semi-joins over the rows fetched by key."""

    predicate: Predicate | None = None
    semi_joins: tuple[SemiJoin, ...] = ()


NO_RULE = OwnerRule()


class RowRules:
    """A view's row predicates for the owners of each type, as they surely hold: see ``certainty``.

    A path that leaves the row is followed over the schema's links. Inside one source it becomes ``Linked``; across
    sources a semi-join, which must be a term of the rule's outermost conjunction: elsewhere ``Unsupported`` is raised.
    """

    def __init__(self, schema: GraphQLSchema, catalog: Catalog, rows: Mapping[str, Predicate]) -> None:
        self.schema = schema
        self.catalog = catalog
        self.rows = rows

    def rule(self, owner: Owner) -> OwnerRule:
        rule = self.rows.get(owner.spec.provides)
        if rule is None:
            return NO_RULE
        local: list[Predicate] = []
        joins: list[SemiJoin] = []
        for term in rule.terms if isinstance(rule, AllOf) else (rule,):
            crossing = self._crossing(term, owner) if isinstance(term, Compare) else None
            if crossing is not None:
                joins.append(crossing)
            else:
                local.append(self._translate(term, owner))
        return OwnerRule(surely(_joined(AllOf, tuple(local))) if local else None, tuple(joins))

    def _crossing(self, term: Compare, owner: Owner) -> SemiJoin | None:
        head, _, rest = term.path.partition(".")
        if not rest or _supplies(owner, term.path) or self._neighbours(owner, head):
            return None
        link = self._link(owner.spec.provides, head)
        if link is None or not all(owner.spec.supplies(ours) for _, ours in link.on):
            return None
        return SemiJoin(link.target, link.on, Compare(rest, term.op, term.operand))

    def _translate(self, predicate: Predicate, owner: Owner) -> Predicate:
        match predicate:
            case AllOf(terms=terms):
                return AllOf(tuple(self._translate(term, owner) for term in terms))
            case AnyOf(terms=terms):
                return AnyOf(tuple(self._translate(term, owner) for term in terms))
            case Negation(term=term):
                return Negation(self._translate(term, owner))
            case Compare(path=path):
                if path in ("agency", "issuer") and not _supplies(owner, path):
                    path = AGENCY
                return self._compare(Compare(path, predicate.op, predicate.operand), owner)
            case Linked() | Unread():
                return predicate

    def _compare(self, term: Compare, owner: Owner) -> Predicate:
        head, _, rest = term.path.partition(".")
        if term.path == AGENCY or _supplies(owner, term.path):
            return term
        link = self._link(owner.spec.provides, head)
        if link is None or not rest:
            if not any(_supplies(one, term.path) for one in self.catalog.owners(owner.spec.provides)):
                raise Unsupported(f"nobody supplies {term.path}, which a row rule of {owner.spec.provides} names")
            return term  # null in every row of this owner: folded when the request is known
        targets = self._neighbours(owner, head)
        if not targets:
            raise Unsupported(f"a row rule of {owner.spec.provides} follows {head} out of {owner.agency}")
        below = tuple(
            Linked(target.spec.name, link.on, self._compare(Compare(rest, term.op, term.operand), target))
            for target in targets
        )
        return _joined(AnyOf, below)

    def _neighbours(self, owner: Owner, head: str) -> list[Owner]:
        """Collections of the same source that the link ``head`` leads to."""
        link = self._link(owner.spec.provides, head)
        return [
            target
            for target in (self.catalog.owners(link.target) if link is not None else ())
            if (target.agency, target.spec.source) == (owner.agency, owner.spec.source)
        ]

    def _link(self, type_name: str, name: str) -> Link | None:
        inner = INNER_LINKS.get(type_name, {}).get(name)
        if isinstance(inner, Link):
            return inner
        graphql_type = self.schema.type_map.get(type_name)
        if not isinstance(graphql_type, GraphQLObjectType) or name not in graphql_type.fields:
            return None
        binding = binding_of(graphql_type.fields[name], name)
        return binding if isinstance(binding, Link) else None


def settle(predicate: Predicate | None, owner: Owner, params: Mapping[str, object] | None) -> Predicate | bool | None:
    """A policy predicate with its agency terms decided for this owner and request; ``False``: not one row. Without
    ``params`` they stay open."""
    return predicate if predicate is None or params is None else for_owner(predicate, owner, params)


def params_of(predicate: Predicate | None) -> frozenset[str]:
    """The names of the parameters that a predicate uses."""
    match predicate:
        case Compare(operand=Param(name=name)):
            return frozenset({name})
        case AllOf(terms=terms) | AnyOf(terms=terms):
            return frozenset().union(*(params_of(term) for term in terms))
        case Negation(term=term) | Linked(term=term):
            return params_of(term)
        case _:
            return frozenset()
