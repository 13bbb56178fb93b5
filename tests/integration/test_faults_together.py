"""Requests at once share statements and never rows; and what is missing never reads as clear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.kit.faults import Border, Gateway, settled
from tests.kit.statements import TYPES

SHIPMENT = """query ($ccn: CargoControlNumber!) { shipment(ccn: $ccn) { ccn portOfArrival
  declarations { transactionNumber items { sequence } } holds { agency } } }"""
LISTED = "query ($port: [Locode!]) { shipments(first: 16, filter: {portOfArrival: {in: $port}}) { nodes { ccn } } }"
STATUS = """{ shipments(first: 40) { nodes { ccn jointStatus { state unknownAgencies }
  declarations { agencyDecisions { agency } } } } }"""
CLEAR = {"MAY_PROCEED", "MOVE_DETAIN_AT_DESTINATION", "RELEASED"}
VERIFY = """query ($input: VerifyPermitInput!) { verifyPermit(input: $input) { verdict } }"""
CLAIMED = {
    "importer": "100006139RM0001",
    "hs": "0401100000",
    "originCountry": "US",
    "quantity": {"value": "1", "unit": "KGM"},
    "arrival": "2026-11-24",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(broken_border: Border) -> AsyncIterator[Gateway]:
    # As long as an answer is delayed below: how much is joined is not to depend on the machine.
    async with broken_border.gateway("together", 5_000, customs="coalesce_ms = 1000") as started:
        yield started


async def statements(border: Border, name: str) -> list[dict[str, Any]]:
    """What the gateway has sent to a database so far."""
    await asyncio.sleep(0.5)  # the log is followed, not written through
    return _lines(Path(border.agency(name)["statement_log"]))


def _lines(log: Path) -> list[dict[str, Any]]:
    every = [orjson.loads(line) for line in log.read_bytes().splitlines()] if log.exists() else []
    return [one for one in every if not one["text"].startswith(TYPES)]


async def ccns(gateway: Gateway, port: str) -> list[str]:
    answer = await settled(gateway, "developer", LISTED, {"port": [port]})
    return [node["ccn"] for node in answer.data["shipments"]["nodes"]]


async def test_sixteen_at_once_are_asked_together(broken_border: Border, gateway: Gateway) -> None:
    wanted = await ccns(gateway, "CAVAN")
    alone = [(await gateway.ask("developer", SHIPMENT, {"ccn": ccn})).data for ccn in wanted]
    before = len(await statements(broken_border, "customs"))
    await gateway.ask("developer", SHIPMENT, {"ccn": wanted[0]})
    each = len(await statements(broken_border, "customs")) - before
    await broken_border.order("customs", latency_ms=60)
    try:
        found = await asyncio.gather(*(gateway.ask("developer", SHIPMENT, {"ccn": ccn}) for ccn in wanted))
    finally:
        await broken_border.order("customs")
    sent = len(await statements(broken_border, "customs")) - before - each
    assert [answer.data for answer in found] == alone
    assert all(answer.errors == [] for answer in found)
    assert 0 < sent < len(wanted) * each / 2


async def test_the_same_at_once_is_asked_once(broken_border: Border, gateway: Gateway) -> None:
    """Every agency that is asked takes its time: one that answered the first would be asked anew by the next."""
    ccn = (await ccns(gateway, "CAVAN"))[0]
    before = len(await statements(broken_border, "customs"))
    alone = await gateway.ask("developer", SHIPMENT, {"ccn": ccn})
    each = len(await statements(broken_border, "customs")) - before
    asked = [agency.lower() for agency in alone.outcomes]
    for agency in asked:
        await broken_border.order(agency, latency_ms=800)
    try:
        found = await asyncio.gather(*(gateway.ask("developer", SHIPMENT, {"ccn": ccn}) for _ in range(8)))
    finally:
        for agency in asked:
            await broken_border.order(agency)
    sent = len(await statements(broken_border, "customs")) - before - each
    assert set(asked) == {"customs", "food"}
    assert [answer.body for answer in found] == [found[0].body] * 8
    assert found[0].data == alone.data
    assert sent == each


async def test_officers_of_two_ports_share_nothing(broken_border: Border, gateway: Gateway) -> None:
    """One view, two values of its claim: no statement names both, and nobody sees the other's rows."""
    own = {"officer-vancouver": await ccns(gateway, "CAVAN"), "officer-montreal": await ccns(gateway, "CAMTR")}
    every = [ccn for found in own.values() for ccn in found]
    before = len(await statements(broken_border, "customs"))
    await broken_border.order("customs", latency_ms=60)
    try:
        asked = [(persona, ccn) for ccn in every for persona in own]
        found = await asyncio.gather(*(gateway.ask(persona, SHIPMENT, {"ccn": ccn}) for persona, ccn in asked))
    finally:
        await broken_border.order("customs")
    for (persona, ccn), answer in zip(asked, found, strict=True):
        shipment = answer.data["shipment"]
        assert (shipment["ccn"] if shipment else None) == (ccn if ccn in own[persona] else None)
    sent = (await statements(broken_border, "customs"))[before:]
    for one in sent:
        text = orjson.dumps(one.get("parameters")).decode() + one["text"]
        assert not ("CAVAN" in text and "CAMTR" in text), text
    assert len(sent) < len(asked)


@pytest.mark.parametrize("name", ["food", "trade_controls", "customs"])
async def test_no_missing_answer_is_clear(broken_border: Border, gateway: Gateway, name: str) -> None:
    whole = (await settled(gateway, "developer", STATUS, {})).data["shipments"]["nodes"]
    await broken_border.order(name, drop=True)
    try:
        answer = await gateway.ask("developer", STATUS)
    finally:
        await broken_border.order(name)
    if name == "customs":
        assert answer.data["shipments"] is None
        return
    agency, touched = name.upper(), 0
    for before, after in zip(whole, answer.data["shipments"]["nodes"], strict=True):
        status = after["jointStatus"]
        assert status is not None
        if agency in status["unknownAgencies"]:
            touched += 1
            assert status["state"] not in CLEAR
        if any(one["agency"] == agency for each in before["declarations"] for one in each["agencyDecisions"]):
            assert agency in status["unknownAgencies"]
    assert touched


@pytest.mark.parametrize(("name", "number"), [("food", "FI2024000000"), ("trade_controls", "GC0000001")])
async def test_a_permit_whose_issuer_is_silent_is_not_verified(
    broken_border: Border, gateway: Gateway, name: str, number: str
) -> None:
    given = {"input": {**CLAIMED, "issuer": name.upper(), "number": number}}
    await broken_border.order(name, drop=True)
    try:
        answer = await gateway.ask("developer", VERIFY, given)
    finally:
        await broken_border.order(name)
    assert answer.status == 200
    assert answer.data["verifyPermit"]["verdict"] == "UNKNOWN"
