"""Every agency under every fault: the answer is as complete as it can be, says what is missing, and is in time."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.kit.faults import Answered, Border, Gateway, settled
from tests.kit.patience import until

DEADLINE_MS = 2_000
POSTGRES = ("customs", "traveller", "trade_controls")
HTTP = ("revenue", "immigration", "food", "police")
VARIABLES = {"bn": "100006139RM0001", "document": {"issuer": "SE", "number": "L898902C3"}}
QUERY = """query Border($bn: BusinessNumber!, $document: TravelDocumentKey!) {
  shipments(first: 3, filter: {importer: {eq: $bn}}) { totalCount completeness { complete sources { agency outcome } }
    nodes { ccn status importer { name organization { legalName } }
      holds { agency scope }
      declarations { transactionNumber agencyDecisions { agency status } duties { sequence } }
      completeness { complete sources { agency outcome } } } }
  permits(first: 6) { totalCount completeness { complete sources { agency outcome } }
    nodes { issuer { code } number status } }
  organization(businessNumber: $bn) { legalName }
  crossings(first: 2) { totalCount nodes { direction expectedAt } }
  person(document: $document) { records { agency familyName } authorizations { kind } enforcement { agency kind }
    completeness { complete sources { agency outcome } } }
}"""
PERSON = "query ($document: TravelDocumentKey!) {{ person(document: $document) {{ records {{ {} }} }} }}"
RECORD = "agency familyName givenNames"
ONLY = {
    "customs": ("{{ shipments(first: 1) {{ nodes {{ {} }} }} }}", "ccn status eta"),
    "traveller": ("{{ crossings(first: 1) {{ nodes {{ {} }} }} }}", "at direction expectedAt"),
    "trade_controls": ("{{ permits(first: 1) {{ nodes {{ {} }} }} }}", "number status type"),
    "revenue": (
        "query ($bn: BusinessNumber!) {{ organization(businessNumber: $bn) {{ {} }} }}",
        "legalName country trustedTrader",
    ),
    "immigration": (PERSON, RECORD),
    "food": ("{{ permits(first: 1) {{ nodes {{ {} }} }} }}", "number status type"),
    "police": (PERSON, RECORD),
}
"""A crowd's small questions, and the fields of which everyone asks for one more: equal reads would be one."""


def small(name: str, fields: int) -> str:
    question, every = ONLY[name]
    return question.format(" ".join(every.split()[:fields]))


ALL_PERMITS = "{ permits(first: 1000) { nodes { issuer { code } number status } } }"


@dataclass(frozen=True)
class Fault:
    """``order``: what the agency is told; otherwise it is killed. ``outcome`` and ``code``: what is said of it."""

    name: str
    outcome: str = "UNAVAILABLE"
    code: str = "SOURCE_UNAVAILABLE"
    order: dict[str, Any] | None = None
    busy: int = 0


CONNECTIONS = 2
LATE = ("TIMED_OUT", "SOURCE_TIMEOUT")
EVERYWHERE = (
    Fault("killed"),
    Fault("hangs", *LATE, order={"hang": True}),
    Fault("late", *LATE, order={"latency_ms": 2_000}),
    Fault("reset", order={"reset_after_bytes": 20}),
    Fault("exhausted", *LATE, order={"hang": True}, busy=CONNECTIONS + 1),
)
OVER_HTTP = (
    Fault("503", order={"status": 503}),
    Fault("429", "REFUSED", "SOURCE_REFUSED", order={"status": 429, "retry_after_s": 30}),
    Fault("truncated", order={"truncate": True}),
    Fault("malformed", code="SOURCE_BAD_DATA", order={"malformed": True}),
)
CELLS = [(name, fault) for name in (*POSTGRES, *HTTP) for fault in EVERYWHERE] + [
    (name, fault) for name in HTTP for fault in OVER_HTTP
]


@dataclass
class Healthy:
    gateway: Gateway
    data: Any
    outcomes: dict[str, str]
    permits: list[dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def healthy(broken_border: Border) -> AsyncIterator[Healthy]:
    few = {
        **dict.fromkeys(POSTGRES, f"max_connections = {CONNECTIONS}"),
        **dict.fromkeys(HTTP, f"max_concurrency = {CONNECTIONS}"),
    }
    async with broken_border.gateway("matrix", DEADLINE_MS, **few) as gateway:
        answer = await settled(gateway, "developer", QUERY, VARIABLES)
        permits = await settled(gateway, "developer", ALL_PERMITS, {})
        yield Healthy(gateway, answer.data, answer.outcomes, permits.data["permits"]["nodes"])


def lacking(healthy: Healthy, agency: str) -> Any:
    """The healthy answer as it must be without ``agency``."""
    data = copy.deepcopy(healthy.data)
    if agency == "CUSTOMS":
        data["shipments"] = None
    for node in data["shipments"]["nodes"] if data["shipments"] else ():
        node["holds"] = [hold for hold in node["holds"] if hold["agency"] != agency]
        if agency == "REVENUE" and node["importer"]["organization"] is not None:
            node["importer"]["organization"] = None
        for declaration in node["declarations"]:
            kept = [one for one in declaration["agencyDecisions"] if one["agency"] != agency]
            declaration["agencyDecisions"] = kept
            if agency == "REVENUE":
                declaration["duties"] = None
    if agency in ("FOOD", "TRADE_CONTROLS"):
        data["permits"]["nodes"] = [one for one in healthy.permits if one["issuer"]["code"] != agency][:6]
        data["permits"]["totalCount"] = None
    if agency == "REVENUE":
        data["organization"] = None
    if agency == "TRAVELLER":
        data["crossings"] = None
    person = data["person"]
    person["records"] = [record for record in person["records"] if record["agency"] != agency]
    if agency == "IMMIGRATION":
        person["authorizations"] = None
    if agency == "POLICE":
        person["enforcement"] = [one for one in person["enforcement"] if one["agency"] != agency]
    return data


def pruned(value: Any, found: list[Any]) -> Any:
    """``value`` without its completeness objects, which go to ``found``."""
    if isinstance(value, dict):
        found += [value["completeness"]] if "completeness" in value else []
        return {key: pruned(inner, found) for key, inner in value.items() if key != "completeness"}
    return [pruned(item, found) for item in value] if isinstance(value, list) else value


def check(healthy: Healthy, answer: Answered, agency: str, fault: Fault) -> None:
    assert answer.status == 200
    assert answer.seconds <= healthy.gateway.deadline * 1.1
    wanted: list[Any] = []
    told: list[Any] = []
    expected = orjson.dumps(pruned(lacking(healthy, agency), wanted), option=orjson.OPT_INDENT_2).decode()
    assert orjson.dumps(pruned(answer.data, told), option=orjson.OPT_INDENT_2).decode() == expected
    assert answer.outcomes == {**healthy.outcomes, agency: fault.outcome}
    assert answer.complete is False
    for before, after in zip(wanted, told, strict=True):
        sources = {one["agency"]: one["outcome"] for one in before["sources"]}
        lacks = agency in sources
        assert {one["agency"]: one["outcome"] for one in after["sources"]} == (
            {**sources, agency: fault.outcome} if lacks else sources
        )
        assert after["complete"] is not lacks
    assert answer.errors
    assert {one["extensions"]["agency"] for one in answer.errors} == {agency}
    assert {one["extensions"]["code"] for one in answer.errors} == {fault.code}
    places = [
        tuple(one["extensions"].get("at", ())) or tuple(step for step in one["path"] if isinstance(step, str))
        for one in answer.errors
    ]
    assert len(places) == len(set(places)), places


async def taken(gateway: Gateway, name: str) -> bool:
    """Whether every connection to an agency is."""
    busy = f'guichet_source_connections{{agency="{name.upper()}",'
    found = [value for key, value in (await gateway.metrics()).items() if key.startswith(busy) and '"busy"' in key]
    return found == [CONNECTIONS]


@pytest.mark.parametrize(("name", "fault"), CELLS, ids=[f"{name}-{fault.name}" for name, fault in CELLS])
async def test_an_agency_breaks(healthy: Healthy, broken_border: Border, name: str, fault: Fault) -> None:
    gateway = healthy.gateway
    crowd: list[asyncio.Task[Answered]] = []
    if fault.order is None:
        await broken_border.kill(name)
    else:
        await broken_border.order(name, **fault.order)
    try:
        questions = [small(name, 1 + one) for one in range(fault.busy)]
        crowd = [asyncio.ensure_future(gateway.ask("developer", question, VARIABLES)) for question in questions]
        if crowd:
            await until(lambda: taken(gateway, name))
        answer = await gateway.ask("developer", QUERY, VARIABLES)
    finally:
        await asyncio.gather(*crowd)
        await (broken_border.revive(name) if fault.order is None else broken_border.order(name))
    check(healthy, answer, name.upper(), fault)
    whole = await settled(gateway, "developer", QUERY, VARIABLES)
    assert whole.data == healthy.data


@pytest.mark.parametrize("name", POSTGRES)
async def test_a_database_is_restarted(healthy: Healthy, broken_border: Border, name: str) -> None:
    """Every connection of the pool is dead, and nobody notices."""
    ask: Callable[[], Any] = lambda: healthy.gateway.ask("developer", QUERY, VARIABLES)  # noqa: E731 - short
    await asyncio.gather(*(ask() for _ in range(2)))
    await broken_border.order(name, restart=True)
    for answer in await asyncio.gather(*(ask() for _ in range(3))):
        assert answer.errors == []
        assert answer.data == healthy.data


@pytest.mark.parametrize("name", HTTP)
async def test_an_agency_sends_ten_times_as_much(healthy: Healthy, broken_border: Border, name: str) -> None:
    """Whatever it says of its own, nobody else's part changes, and the answer is in time."""
    await broken_border.order(name, repeat_rows=10)
    try:
        answer = await healthy.gateway.ask("developer", QUERY, VARIABLES)
    finally:
        await broken_border.order(name)
    assert answer.status == 200
    assert answer.errors == []
    assert answer.seconds <= healthy.gateway.deadline * 1.1
    assert answer.outcomes == healthy.outcomes
    found, wanted = once(answer.data), once(healthy.data)
    if name == "food":  # its permits fill more of the page, and its total is what it says
        assert all(one in healthy.permits for one in found["permits"]["nodes"])
        del found["permits"], wanted["permits"]
    assert found == wanted


def once(value: Any) -> Any:
    """``value`` with every list's elements told once: what an agency says twice is shown twice."""
    if isinstance(value, dict):
        return {key: once(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return list({orjson.dumps(item): once(item) for item in value}.values())
    return value
