"""Scores of candidates: loose enough for transliteration and truncation, and ordered as a person would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.rules.person_match import fold, score

ANNA = {"familyName": "Eriksson", "givenNames": "Anna Maria", "birthDate": "1974-08-12"}


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Müller-Lüdenscheidt", "MULLERLUDENSCHEIDT"),
        ("O’Brien", "OBRIEN"),
        ("Straße", "STRASSE"),
        ("Ørsted", "ORSTED"),
        ("Łukasz", "LUKASZ"),
        ("Đặng", "DANG"),
        ("Nuñez de la Peña", "NUNEZDELAPENA"),
        ("ERIKSSON<<ANNA", "ERIKSSONANNA"),
        ("ﬁnn", "FINN"),
        ("山田", ""),
    ],
)
def test_fold(name: str, folded: str) -> None:
    assert fold(name) == folded


def record(**changed: Any) -> dict[str, Any]:
    return {**ANNA, **changed}


def test_the_same_person_scores_one() -> None:
    assert score(ANNA, ANNA) == 1.0
    assert score({"familyName": "ERIKSSON"}, ANNA) == 1.0
    assert score(ANNA, record(familyName="Érìksson", givenNames="MARIA ANNA")) == 1.0


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (record(), record(familyName="Erikson")),
        (record(familyName="Erikson"), record(familyName="Andersson")),
        (record(givenNames="A. Maria"), record(givenNames="Bertil")),
        (record(), record(birthDate="1974-08-13")),
        (record(birthDate="1974-12-08"), record(birthDate="1974-03-30")),
        (record(birthDate="1974-08"), record(birthDate="1974")),
        (record(birthDate="1974"), record(birthDate=None)),
        (record(birthDate=None), record(birthDate="1951-01-01")),
        (record(birthDate="1975-03-30"), record(birthDate="1951-03-30")),
        (record(givenNames=None), record(givenNames="Bertil")),
        (record(birthDate="someday"), record(birthDate="1951-01-01")),
    ],
)
def test_order(better: dict[str, Any], worse: dict[str, Any]) -> None:
    assert score(ANNA, better) > score(ANNA, worse)


def test_truncated_names_stay_close() -> None:
    search = {"familyName": "Wolfeschlegelsteinhausen"}
    assert score(search, {"familyName": "WOLFESCHLEGEL"}) >= 0.95


def test_a_partial_search_agrees_with_a_full_record() -> None:
    assert score({**ANNA, "birthDate": "1974"}, ANNA) > score({**ANNA, "birthDate": "1975"}, ANNA)


def test_no_family_name_no_match() -> None:
    assert score(ANNA, record(familyName=None)) <= 0.5
    assert score({"familyName": "Eriksson"}, {"familyName": "山田"}) == 0.0


names = st.text(max_size=40)
dates = st.one_of(st.none(), st.sampled_from(["1974", "1974-08", "1974-08-12", "2001-01-31"]))


@given(names, names, dates, names, st.one_of(st.none(), names), dates)
def test_scores_stay_between_zero_and_one(
    family: str, given_names: str, birth: str | None, other: str, other_given: str | None, other_birth: str | None
) -> None:
    search = {"familyName": family, "givenNames": given_names, "birthDate": birth}
    found = score(search, {"familyName": other, "givenNames": other_given, "birthDate": other_birth})
    assert 0.0 <= found <= 1.0
