"""Row rules of persons, decided by the gateway on what it read."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import AllOf, AnyOf, Compare, Linked, Negation, Param, Predicate, Value
from gateway.planning.person_rules import UNKNOWN, Known, Partly, holds, paths_of

PERSON = Known(
    {
        "documents": [{"issuer": "CA", "number": "1"}, {"issuer": "US", "number": "2"}],
        "records": [{"agency": "POLICE", "caveat": None, "nationalities": ["FR", "DE"], "citizenships": []}],
    }
)


def term(path: str, op: Any, value: Any) -> Compare:
    return Compare(path, op, Value(value))


ISSUER_CA, NUMBER_2 = term("documents.issuer", "eq", "CA"), term("documents.number", "eq", "2")


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (ISSUER_CA, True),
        (AllOf((ISSUER_CA, NUMBER_2)), False),
        (AllOf((term("documents.issuer", "eq", "US"), NUMBER_2)), True),
        (AllOf((ISSUER_CA, term("records.agency", "eq", "POLICE"))), True),
        (AllOf((ISSUER_CA, AllOf((NUMBER_2,)))), True),
        (AnyOf((term("documents.issuer", "eq", "FR"), NUMBER_2)), True),
        (AnyOf(()), False),
        (AllOf(()), True),
        (Negation(ISSUER_CA), False),
        (term("records.nationalities", "null", False), True),
        (term("records.citizenships", "null", False), False),
        (Negation(term("documents.issuer", "eq", "FR")), True),
        (term("documents.issuer", "in", ["FR", "CA"]), True),
        (term("documents.issuer", "in", []), False),
        (term("records.caveat", "eq", None), False),
        (term("records.caveat", "ne", "X"), True),
        (term("records.caveat", "null", True), True),
        (term("records.caveat", "null", False), False),
        (term("records.nationalities", "eq", "DE"), True),
        (term("records.nationalities", "ne", "DE"), False),
        (term("records.nothing", "eq", "x"), False),
    ],
)
def test_holds(rule: Predicate, wanted: bool) -> None:
    assert holds(rule, PERSON, {}) is wanted


def test_claims_are_bound_by_name() -> None:
    rule = Compare("documents.number", "eq", Param("claims.number"))
    assert holds(rule, PERSON, {"claims.number": "2"})
    assert not holds(rule, PERSON, {"claims.number": "3"})
    with pytest.raises(KeyError):
        holds(rule, PERSON, {})


def test_nobody_has_no_element_that_meets_a_term() -> None:
    assert not holds(ISSUER_CA, Known({"documents": [], "records": []}), {})


POLICE_MAY_KNOW_MORE = Known(
    PERSON.surely, {"records": [{"agency": "POLICE", "caveat": None, "nationalities": UNKNOWN}]}
)
FRENCH, AMERICAN = term("records.nationalities", "eq", "FR"), term("records.nationalities", "eq", "US")
IMMIGRATION = term("records.agency", "eq", "IMMIGRATION")


@pytest.mark.parametrize(
    ("rule", "surely", "perhaps"),
    [
        (FRENCH, True, True),
        (AMERICAN, False, True),
        (Negation(FRENCH), False, False),
        (Negation(AMERICAN), False, True),
        (Negation(Negation(AMERICAN)), False, True),
        (Negation(IMMIGRATION), True, True),
        (Negation(AllOf((IMMIGRATION, AMERICAN))), True, True),
        (Negation(AllOf((FRENCH, AMERICAN))), False, True),
        (AnyOf((ISSUER_CA, Negation(AMERICAN))), True, True),
        (AllOf((ISSUER_CA, Negation(AMERICAN))), False, True),
        (Negation(AnyOf((IMMIGRATION, AMERICAN))), False, True),
        (Negation(term("records.caveat", "eq", "X")), True, True),
        (Negation(term("records.caveat", "null", False)), True, True),
        (Negation(term("documents.issuer", "eq", "FR")), True, True),
    ],
)
def test_what_an_agency_may_have_besides_never_shows_a_person(rule: Predicate, surely: bool, perhaps: bool) -> None:
    assert holds(rule, POLICE_MAY_KNOW_MORE, {}) is surely
    assert holds(rule, POLICE_MAY_KNOW_MORE, {}, perhaps=True) is perhaps


PARTLY_READ = Known(
    {"records": [{"agency": "POLICE", "caveat": Partly(), "nationalities": Partly(["FR"])}], "documents": []}
)
NATIONALITY, CAVEAT = "records.nationalities", "records.caveat"


@pytest.mark.parametrize(
    ("rule", "surely", "perhaps"),
    [
        (FRENCH, True, True),
        (AMERICAN, False, True),
        (Negation(FRENCH), False, False),
        (Negation(AMERICAN), False, True),
        (Negation(Negation(AMERICAN)), False, True),
        (term(NATIONALITY, "ne", "US"), False, True),
        (term(NATIONALITY, "in", ["FR"]), True, True),
        (term(NATIONALITY, "null", False), True, True),
        (term(NATIONALITY, "null", True), False, True),
        (term(CAVEAT, "null", True), False, True),
        (term(CAVEAT, "null", False), False, True),
        (Negation(term(CAVEAT, "null", False)), False, True),
        (Negation(AllOf((IMMIGRATION, AMERICAN))), True, True),
    ],
)
def test_what_could_not_be_read_never_shows_a_person(rule: Predicate, surely: bool, perhaps: bool) -> None:
    assert holds(rule, PARTLY_READ, {}) is surely
    assert holds(rule, PARTLY_READ, {}, perhaps=True) is perhaps


@pytest.mark.parametrize(
    "rule",
    [
        term("crossings.place", "eq", "x"),
        term("familyName", "eq", "x"),
        Linked("c", (), ISSUER_CA),
        term("documents.number", "gte", "1"),
        term("documents.number", "startsWith", "1"),
    ],
)
def test_a_rule_about_anything_else_shows_nothing(rule: Predicate) -> None:
    with pytest.raises(ValueError, match="rule of Person"):
        holds(rule, PERSON, {})


def test_paths() -> None:
    rule = AllOf((ISSUER_CA, AnyOf((Negation(term("records.agency", "eq", "x")),))))
    assert paths_of(rule) == {"documents.issuer", "records.agency"}
    assert paths_of(None) == frozenset()
