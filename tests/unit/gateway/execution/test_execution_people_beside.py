"""What is shown of a person is the same whether he is read alone or beside others."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from adapters.contract import Compare, Negation, Predicate, Value
from adapters.errors import SourceUnavailable
from gateway.execution.node_ids import NodeIds
from gateway.execution.person_reading import document_anchor, record_anchor
from tests.kit.memory_people import passports, record
from tests.kit.memory_world import KEYS, World, day, fail_where, whole

SHOWN = """id documents { number } records { agency familyName } enforcement { at }
  crossings { totalCount nodes { document { number } } } completeness { complete }"""
QUERY = f"query($i: [ID!]!) {{ nodes(ids: $i) {{ ... on Person {{ {SHOWN} }} }} }}"

ANCHORS = {
    "two passports": document_anchor(("CA", "X1")),
    "the other of them": document_anchor(("CA", "X0")),
    "known to the police alone": document_anchor(("CA", "X2")),
    "a record of the police": record_anchor("POLICE.personrecord", "p1"),
    "a record without a document": record_anchor("POLICE.personrecord", "p3"),
    "nobody": document_anchor(("CA", "X7")),
}
RULES: dict[str, Predicate | None] = {
    "all": None,
    "not named ROE": Negation(Compare("records.familyName", "eq", Value("ROE"))),
}


def world() -> World:
    """Immigration keeps two records of the holder of X1 and X0: i1 knows of both passports, i4 of X0 alone."""
    return World(
        {
            "IMMIGRATION": {
                "personrecord": [record("i1", "X1"), record("i4", "X0", "DOH")],
                "traveldocument": [*passports("i1", "X1", "X0"), *passports("i4", "X0")],
            },
            "POLICE": {
                "personrecord": [record("p1", "X0"), record("p2", "X2", "ROE"), record("p3", None, "NOE")],
                "enforcementaction": [{"key": "e1", "at": day(1), "personKey": "p1"}],
            },
            "TRAVELLER": {
                "crossing": [
                    {"key": n, "at": day(1), "document.issuer": "CA", "document.number": n} for n in ("X0", "X1", "X2")
                ]
            },
        }
    )


async def shown(here: World, names: tuple[str, ...], rule: Predicate | None) -> list[Any]:
    ids = NodeIds(KEYS).column(here.engine.runner.person_tag, [ANCHORS[name] for name in names])
    view = whole(None if rule is None else {"Person": rule}, name=f"people, {rule}")
    answer = await here.ask(QUERY, {"i": ids}, view=view)
    assert answer.data is not None
    return list(answer.data["nodes"])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "failing",
    [None, ("IMMIGRATION", "personrecord"), ("IMMIGRATION", "traveldocument"), ("POLICE", "personrecord")],
)
async def test_alone_and_beside_others_a_person_is_the_same(failing: tuple[str, str] | None, rule: str) -> None:
    here = world()
    if failing is not None:
        here.sources[failing[0]].fail(failing[1], SourceUnavailable("x"))
    alone = {name: (await shown(here, (name,), RULES[rule]))[0] for name in ANCHORS}
    for pair in permutations(ANCHORS, 2):
        assert await shown(here, pair, RULES[rule]) == [alone[name] for name in pair], pair
    everyone = tuple(ANCHORS)
    assert await shown(here, everyone, RULES[rule]) == [alone[name] for name in everyone]


async def test_a_record_that_fails_by_its_key_is_not_the_failure_of_others() -> None:
    here = world()
    fail_where(here.sources["POLICE"], lambda _, work, __: work.spec.keys == ("key",))
    for rule in RULES.values():
        alone = {name: (await shown(here, (name,), rule))[0] for name in ANCHORS}
        assert alone["a record of the police"] is None
        assert alone["two passports"] is not None
        for pair in permutations(ANCHORS, 2):
            assert await shown(here, pair, rule) == [alone[name] for name in pair], pair


async def test_whoever_is_read_the_agencies_are_asked_as_often() -> None:
    """Together, not one by one; and no oftener because something fails."""
    here = world()
    await shown(here, tuple(ANCHORS), None)
    asked = {name: len(source.calls) for name, source in here.sources.items()}
    assert asked == {**asked, "IMMIGRATION": 3, "POLICE": 4, "TRAVELLER": 1}
