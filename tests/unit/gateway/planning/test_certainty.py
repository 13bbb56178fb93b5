"""What is asked of sources under a row rule, where a value could not be read."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from adapters.contract import AllOf, AnyOf, Compare, FetchCall, FetchSpec, Linked, Negation, Predicate, RowFlag, Value
from adapters.memory import MemorySource
from gateway.planning.certainty import surely
from tests.kit.memory_world import collection

PERSON = collection("POLICE", "PersonRecord", "key nationalities sex")
HOUSE = collection("POLICE", "Hold", "key person")
FRENCH, AMERICAN = (Compare("nationalities", "eq", Value(one)) for one in ("FR", "US"))
MALE = Compare("sex", "eq", Value("M"))
VALUES: dict[str, tuple[Any, ...]] = {"nationalities": ("FR", "US", "DE"), "sex": ("M", "F")}

RULES: list[Predicate] = [
    FRENCH,
    Negation(FRENCH),
    Negation(Negation(FRENCH)),
    Compare("nationalities", "ne", Value("US")),
    Negation(Compare("nationalities", "ne", Value("US"))),
    Compare("nationalities", "null", Value(True)),
    Compare("nationalities", "null", Value(False)),
    Negation(Compare("nationalities", "null", Value(True))),
    AllOf((Negation(AMERICAN), MALE)),
    Negation(AllOf((AMERICAN, MALE))),
    Negation(AnyOf((AMERICAN, Negation(MALE)))),
    AnyOf((Negation(AMERICAN), MALE)),
    Negation(Compare("nationalities", "in", Value(("US", "FR")))),
]


async def keys(rows: list[dict[str, Any]], flags: list[RowFlag], rule: Predicate) -> set[str]:
    source = MemorySource("db", "POLICE", [PERSON], {"personrecord": rows}, flags={"personrecord": flags})
    answer = await source.prepare(FetchSpec("personrecord", ("key",), predicate=rule)).run(FetchCall())
    return set(answer.columns[0])


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_a_row_is_shown_only_if_it_would_be_whatever_the_unread_values_were(rule: Predicate) -> None:
    rows, flags, allowed = [], [], set()
    for row, odd in enumerate(((), ("nationalities",), ("sex",), ("nationalities", "sex"))):
        for sex, nationality in product(VALUES["sex"], (*VALUES["nationalities"], None)):
            key = f"{row}-{sex}-{nationality}"
            said = {"key": key, "sex": sex, "nationalities": nationality}
            rows.append({**said, **dict.fromkeys(odd)})
            flags += [RowFlag(len(rows) - 1, path, "unmapped code") for path in odd]
            meant = [{**said, **dict(zip(odd, values, strict=True))} for values in product(*(VALUES[p] for p in odd))]
            if all([await keys([one], [], rule) for one in meant]):
                allowed.add(key)
    assert await keys(rows, flags, surely(rule)) <= allowed
    clean = [row for row in rows if row["key"].startswith("0")]
    assert await keys(clean, [], surely(rule)) == await keys(clean, [], rule), "what was read decides as before"


async def test_a_list_may_have_more_than_was_read() -> None:
    rows = [{"key": "whole", "nationalities": ["FR"]}, {"key": "partly", "nationalities": ["FR"]}]
    flags = [RowFlag(1, "nationalities", "unmapped code")]
    assert await keys(rows, flags, surely(FRENCH)) == {"whole", "partly"}
    assert await keys(rows, flags, surely(Negation(AMERICAN))) == {"whole"}
    assert await keys(rows, flags, surely(Negation(FRENCH))) == set()


@pytest.mark.parametrize("odd", [None, ("hold", 0, "person"), ("personrecord", 0, "key")])
async def test_no_link_is_certain_only_where_it_could_be_read(odd: tuple[str, int, str] | None) -> None:
    """Nobody held: not where our own key may be another. What theirs may be is not told."""
    flags = {} if odd is None else {odd[0]: [RowFlag(odd[1], odd[2], "unmapped code")]}
    data = {"personrecord": [{"key": "a"}, {"key": "b"}], "hold": [{"key": "h", "person": "b"}]}
    source = MemorySource("db", "POLICE", [PERSON, HOUSE], data, flags=flags)
    nobody = surely(Negation(Linked("hold", (("person", "key"),), Compare("key", "eq", Value("h")))))
    answer = await source.prepare(FetchSpec("personrecord", ("key",), predicate=nobody)).run(FetchCall())
    assert answer.columns[0] == ([] if odd is not None and odd[0] == "personrecord" else ["a"])
