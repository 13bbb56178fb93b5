"""Introspection in French: the same types and fields as in English, for every caller his own."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql import get_introspection_query

from gateway.policy import Policy
from gateway.request import RequestContext
from resolvers.enums import Language
from tests.kit.memory_world import World, principal, whole
from tests.kit.plain import plain


async def introspected(world: World, view: Any, language: Language, query: str = get_introspection_query()) -> Any:
    deadline = asyncio.get_running_loop().time() + 5
    context = RequestContext("r1", principal({"carrier": "1234"}), deadline, language=language)
    answer = await world.engine.execute(query=query, operation_name=None, variables=None, view=view, context=context)
    assert answer.errors == []
    return plain(answer).data


def silent(value: Any) -> Any:
    """Without descriptions."""
    if isinstance(value, dict):
        return {key: silent(inner) for key, inner in value.items() if key != "description"}
    return [silent(inner) for inner in value] if isinstance(value, list) else value


async def test_french_differs_in_descriptions_alone(policy: Policy) -> None:
    """A carrier's view: what it does not have, it does not have in French."""
    world, view = World({}), policy.view_of(["carrier"])
    english = await introspected(world, view, Language.EN)
    french = await introspected(world, view, Language.FR)
    assert english != french
    assert silent(english) == silent(french)
    assert "Numéro de contrôle du fret." in str(french)
    assert "importateur" not in str(french).lower()


async def test_both_languages_share_one_plan() -> None:
    world, query = World({}), '{ a: __type(name: "Hold") { description fields { d: description } } }'
    english = await introspected(world, whole(), Language.EN, query)
    size = len(world.engine.planner.cache)
    french = await introspected(world, whole(), Language.FR, query)
    assert len(world.engine.planner.cache) == size
    assert english["a"]["description"] == "An agency's order to keep goods where they are."
    assert french["a"]["description"] == "Ordre d'un organisme de laisser des marchandises où elles sont."
    assert {"d": "Lieu où les marchandises sont retenues."} in french["a"]["fields"]


async def test_a_description_of_the_data_is_the_agencys() -> None:
    """A goods item has a field of that name: its words are not ours."""
    items = [{"transactionNumber": "14969123456789", "sequence": 1, "description": "Shipments."}]
    declared = [{"transactionNumber": "14969123456789"}]
    world = World({"CUSTOMS": {"goodsitem": items, "declaration": declared}})
    query = '{ declaration(transactionNumber: "14969123456789") { items { description } } }'
    data = await introspected(world, whole(), Language.FR, query)
    assert data == {"declaration": {"items": [{"description": "Shipments."}]}}
