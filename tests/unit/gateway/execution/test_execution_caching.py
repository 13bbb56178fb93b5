"""Kept answers as clients meet them: who gets them, and what they say of their age."""

from __future__ import annotations

from typing import Any

from adapters.caching import CachingSource
from adapters.contract import Compare, Param, Value
from adapters.errors import SourceUnavailable
from gateway.execution import build_engine
from tests.kit.memory_world import COLLECTIONS, KEYS, MASTER, MemoryAgency, World, whole

QUERY = """{ organization(businessNumber: "123456782RM0001") { legalName } }"""


def world() -> World:
    """Revenue's organizations may be kept."""
    here = World(
        {
            "REVENUE": {
                "organization": [{"businessNumber": "123456782RM0001", "legalName": "ACME", "country": "CA"}],
            }
        },
        as_of=None,
    )
    sources: dict[tuple[str, str], Any] = {(code, "db"): source for code, source in here.sources.items()}
    sources["REVENUE", "db"] = CachingSource(here.sources["REVENUE"], {"organization": 60})
    agencies = [MemoryAgency(code, {"en": code, "fr": code}, COLLECTIONS[code]) for code in here.agencies]
    here.engine = build_engine(MASTER, agencies, sources, here.limits, KEYS, here.timeout)
    return here


async def test_the_second_request_tells_the_time_of_the_first_one_s_fetch() -> None:
    here = world()
    first, second = await here.ask(QUERY), await here.ask(QUERY)
    assert here.asked("REVENUE", "organization") == 1
    assert second.data == first.data == {"organization": {"legalName": "ACME"}}
    assert second.extensions["completeness"] == first.extensions["completeness"]
    (source,) = second.extensions["completeness"]["sources"]
    assert (source["agency"], source["outcome"], source["rows"]) == ("REVENUE", "ANSWERED", 1)
    assert source["asOf"] is not None
    here.sources["REVENUE"].fail(None, SourceUnavailable("down"))
    assert (await here.ask(QUERY)).data == first.data


async def test_views_and_claims_that_differ_share_nothing() -> None:
    here = world()
    rule = {"Organization": Compare("country", "eq", Param("claims.country"))}
    ruled = whole(rule, ("claims.country",), "ruled")
    other = whole({"Organization": Compare("country", "eq", Value("US"))}, name="other")
    found = []
    for view, claims in ((None, None), (ruled, {"country": "CA"}), (ruled, {"country": "US"}), (other, None)):
        for _ in range(2):
            data = await here.data_of(QUERY, view=view, claims=claims)
            found.append(data["organization"] is not None)
    assert found == [True, True, True, True, False, False, False, False]
    assert here.asked("REVENUE", "organization") == 4


def test_a_plan_says_what_is_kept() -> None:
    text = world().engine.explain(query=QUERY, operation_name=None, variables=None, view=whole())
    assert "| kept for 60 s" in text
