"""Predicates folded for one owner: a path it lacks is null in all its rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import AllOf, AnyOf, Compare, Linked, Negation, Param, Predicate, Value
from adapters.errors import Unsupported
from gateway.planning.rows import (
    AGENCY,
    NO_RULE,
    OwnerRule,
    RowRules,
    SemiJoin,
    for_owner,
    params_of,
    settle,
)
from tests.kit.memory_world import MASTER, World

WORLD = World({})
FOOD = WORLD.owner("FOOD", "Permit")
TRADE = WORLD.owner("TRADE_CONTROLS", "Permit")
HAS = Compare("number", "eq", Param("f0"))
YES, NO = AllOf(()), AnyOf(())


def folded(op: Any, value: Any, path: str = "absent") -> Predicate | bool:
    return for_owner(Compare(path, op, Param("f0")), FOOD, {"f0": value})


@pytest.mark.parametrize(
    ("op", "value", "wanted"),
    [
        ("eq", "x", False),
        ("eq", None, False),
        ("ne", "x", True),
        ("in", ["x"], False),
        ("in", [None], False),
        ("in", [], False),
        ("lt", "x", False),
        ("lte", "x", False),
        ("gt", "x", False),
        ("gte", "x", False),
        ("startsWith", "", False),
        ("null", True, True),
        ("null", False, False),
    ],
)
def test_a_path_the_owner_lacks(op: str, value: Any, wanted: bool) -> None:
    assert folded(op, value) is wanted


@pytest.mark.parametrize(
    ("op", "value", "wanted"),
    [
        ("eq", "FOOD", True),
        ("eq", "TRADE_CONTROLS", False),
        ("ne", "FOOD", False),
        ("ne", "TRADE_CONTROLS", True),
        ("in", ["A", "FOOD"], True),
        ("in", ("A",), False),
        ("in", "FOODSTUFF", False),
        ("null", False, True),
        ("null", True, False),
    ],
)
def test_the_agency_chooses_owners(op: Any, value: Any, wanted: bool) -> None:
    assert folded(op, value, AGENCY) is wanted
    literal: Any = Value(tuple(value) if isinstance(value, list) else value)
    assert for_owner(Compare(AGENCY, op, literal), FOOD, {}) is wanted


@pytest.mark.parametrize(
    ("predicate", "wanted"),
    [
        (HAS, HAS),
        (AllOf((HAS, YES)), HAS),
        (AllOf((HAS, NO)), False),
        (AllOf((HAS, HAS)), AllOf((HAS, HAS))),
        (AnyOf((HAS, YES)), True),
        (AnyOf((HAS, NO)), HAS),
        (AnyOf((NO, HAS, AllOf((HAS, HAS)))), AnyOf((HAS, AllOf((HAS, HAS))))),
        (Negation(YES), False),
        (Negation(NO), True),
        (Negation(HAS), Negation(HAS)),
        (Negation(AllOf((HAS, NO))), True),
        (Negation(Negation(AnyOf((HAS, YES)))), True),
        (YES, True),
        (NO, False),
        (Linked("x", (("a", "b"),), HAS), Linked("x", (("a", "b"),), HAS)),
    ],
)
def test_constants_disappear(predicate: Predicate, wanted: Predicate | bool) -> None:
    assert for_owner(predicate, FOOD, {"f0": "x"}) == wanted


terms: st.SearchStrategy[Predicate] = st.recursive(
    st.sampled_from(
        [
            HAS,
            Compare("absent", "ne", Value("x")),
            Compare("absent", "eq", Value("x")),
            Compare(AGENCY, "eq", Value("FOOD")),
            Compare(AGENCY, "eq", Value("TRADE_CONTROLS")),
        ]
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=3).map(lambda found: AllOf(tuple(found))),
        st.lists(below, max_size=3).map(lambda found: AnyOf(tuple(found))),
        below.map(Negation),
    ),
    max_leaves=8,
)


def holds(predicate: Predicate | bool, number: str, owner: str) -> bool:
    row = {"number": number, AGENCY: owner}
    match predicate:
        case bool():
            return predicate
        case Compare(path=path, op=op, operand=operand):
            wanted = operand.value if isinstance(operand, Value) else "1"
            return (row.get(path) == wanted) if op == "eq" else row.get(path) != wanted
        case AllOf(terms=found):
            return all(holds(term, number, owner) for term in found)
        case AnyOf(terms=found):
            return any(holds(term, number, owner) for term in found)
        case Negation(term=term):
            return not holds(term, number, owner)
        case _:
            raise AssertionError(predicate)


@given(terms, st.sampled_from(["1", "2"]))
def test_folding_changes_no_answer(predicate: Predicate, number: str) -> None:
    for owner in (FOOD, TRADE):
        found = for_owner(predicate, owner, {"f0": "1"})
        assert holds(found, number, owner.agency) == holds(predicate, number, owner.agency)
        assert isinstance(found, bool) or "agency" not in repr(found)


def test_values_are_not_kept_in_what_is_folded() -> None:
    assert "secret" not in repr(for_owner(AllOf((HAS, YES)), FOOD, {"f0": "secret"}))


def test_settle() -> None:
    assert settle(None, FOOD, {}) is None
    assert settle(NO, FOOD, {}) is False
    assert settle(HAS, FOOD, {"f0": 1}) == HAS


def test_the_parameters_a_predicate_names() -> None:
    rule = AllOf((HAS, AnyOf((Negation(Compare("x", "eq", Param("claims.a"))),)), Compare("y", "eq", Value(1))))
    assert params_of(rule) == {"f0", "claims.a"}
    assert params_of(Linked("c", (), Compare("x", "eq", Param("now")))) == {"now"}
    assert params_of(None) == frozenset()


# ---- rules of a view --------------------------------------------------------------------------


def rule_of(agency: str, provides: str, rule: Predicate) -> OwnerRule:
    return RowRules(MASTER, WORLD.engine.planner.catalog, {provides: rule}).rule(WORLD.owner(agency, provides))


def test_a_type_without_a_rule_has_none() -> None:
    rules = RowRules(MASTER, WORLD.engine.planner.catalog, {"Hold": HAS})
    assert rules.rule(FOOD) == NO_RULE


def test_a_path_of_the_row_stays() -> None:
    term = Compare("holder.businessNumber", "in", Param("claims.bn"))
    assert rule_of("FOOD", "Permit", term) == OwnerRule(term)


def test_agency_and_issuer_are_the_owner() -> None:
    for name in ("agency", "issuer"):
        found = rule_of("FOOD", "Hold", Compare(name, "eq", Param("claims.agency")))
        assert found == OwnerRule(Compare(AGENCY, "eq", Param("claims.agency")))


def test_a_link_inside_the_source_becomes_exists() -> None:
    term = Compare("shipment.portOfArrival", "in", Param("claims.ports"))
    found = rule_of("CUSTOMS", "Declaration", term)
    assert found == OwnerRule(
        Linked("shipment", (("ccn", "shipment.ccn"),), Compare("portOfArrival", "in", Param("claims.ports")))
    )


def test_links_are_followed_over_several_hops() -> None:
    term = Compare("declarations.items.citedPermits.issuer", "eq", Param("claims.agency"))
    found = rule_of("CUSTOMS", "Shipment", term).predicate
    assert isinstance(found, Linked)
    assert isinstance(found.term, Linked)
    assert (found.collection, found.term.collection) == ("declaration", "goodsitem")
    assert found.term.term == Compare("citedPermits.issuer", "eq", Param("claims.agency"))


def test_a_link_to_another_source_is_a_semi_join() -> None:
    found = rule_of("FOOD", "Hold", Compare("shipment.carrierCode", "eq", Param("claims.carrier")))
    join = SemiJoin("Shipment", (("ccn", "shipment.ccn"),), Compare("carrierCode", "eq", Param("claims.carrier")))
    assert found == OwnerRule(None, (join,))


@pytest.mark.parametrize("wrap", [Negation, lambda term: AnyOf((term, HAS)), lambda term: AllOf((AnyOf((term,)),))])
def test_a_semi_join_anywhere_but_in_the_outer_conjunction_is_refused(wrap: Any) -> None:
    with pytest.raises(Unsupported):
        rule_of("FOOD", "Hold", wrap(Compare("shipment.carrierCode", "eq", Value("x"))))
