"""An agency whose copy is too old: its values are shown, its age is told, and nothing is cleared by them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest_asyncio

from tests.kit.faults import Border, Gateway, settled
from tests.kit.truth import Truth
from tests.kit.truth_codes import AGENCY

STATUS = """{ shipments(first: 200) { nodes { ccn
  jointStatus { state blockingAgencies unknownAgencies decisions { agency status provenance { agency stale } } }
  declarations { transactionNumber agencyDecisions { agency status } } } } }"""
PERMITS = """{ permits(first: 400) { totalCount completeness { complete sources { agency outcome asOf } }
  nodes { issuer { code } number status } } }"""
VERIFY = "query ($input: VerifyPermitInput!) { verifyPermit(input: $input) { verdict checks { kind outcome } } }"
OF_TRADE = """{ permits(filter: {status: {eq: ISSUED}}, first: 300) { nodes { issuer { code } number validTo
  holder { businessNumber } originCountries lines { hs remaining { value unit } } } } }"""
CLEAR = {"MAY_PROCEED", "MOVE_DETAIN_AT_DESTINATION", "RELEASED"}
COPIED = 'freshness = "24h"\nas_of = { table = "lic.load_log", column = "loaded_at" }'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(broken_border: Border) -> AsyncIterator[Gateway]:
    """Trade controls' decisions are of the same nightly copy as its permits."""
    async with broken_border.gateway("stale", 10_000, collections={"trade_controls.decision": COPIED}) as started:
        yield started


@contextlib.asynccontextmanager
async def outdated(border: Border) -> AsyncIterator[None]:
    """Last night's load and the one before have failed."""
    owner = await asyncpg.connect(border.agency("trade_controls")["store"])
    try:
        await owner.execute("UPDATE lic.load_log SET loaded_at = loaded_at - interval '2 days'")
        try:
            yield
        finally:
            await owner.execute("UPDATE lic.load_log SET loaded_at = loaded_at + interval '2 days'")
    finally:
        await owner.close()


async def test_stale_permits_are_shown_with_their_age(broken_border: Border, gateway: Gateway) -> None:
    fresh = (await settled(gateway, "developer", PERMITS, {})).data["permits"]
    async with outdated(broken_border):
        answer = await gateway.ask("developer", PERMITS)
    assert answer.errors == []
    found = answer.data["permits"]
    assert {one["issuer"]["code"] for one in found["nodes"]} == {"FOOD", "TRADE_CONTROLS"}
    assert (found["nodes"], found["totalCount"]) == (fresh["nodes"], fresh["totalCount"])
    before, after = (
        {one["agency"]: one for one in each["completeness"]["sources"]}["TRADE_CONTROLS"] for each in (fresh, found)
    )
    assert (before["outcome"], after["outcome"]) == ("ANSWERED", "STALE")
    assert after["asOf"] < before["asOf"]
    assert answer.outcomes == {"FOOD": "ANSWERED", "TRADE_CONTROLS": "STALE"}
    assert (await gateway.ask("developer", PERMITS)).outcomes["TRADE_CONTROLS"] == "ANSWERED"


def deciding(truth: Truth) -> set[str]:
    """Declarations that trade controls must decide on."""
    return {
        txn
        for txn, rows in truth.required.items()
        if any(AGENCY.get(one["ogd_cd"]) == "TRADE_CONTROLS" for one in rows)
    }


async def test_a_stale_decision_clears_nothing_and_still_stops(broken_border: Border, gateway: Gateway) -> None:
    fresh = (await settled(gateway, "developer", STATUS, {})).data["shipments"]["nodes"]
    async with outdated(broken_border):
        answer = await gateway.ask("developer", STATUS)
    assert answer.errors == []
    assert answer.outcomes["TRADE_CONTROLS"] == "STALE"
    needed = await asyncio.to_thread(deciding, Truth(broken_border.demo.info["agencies"]))
    cleared, stopped = 0, 0
    for before, after in zip(fresh, answer.data["shipments"]["nodes"], strict=True):
        assert after["declarations"] == before["declarations"]
        was, now = before["jointStatus"], after["jointStatus"]
        required = any(each["transactionNumber"] in needed for each in after["declarations"])
        unknown = {*was["unknownAgencies"], *(["TRADE_CONTROLS"] if required else [])}
        assert set(now["unknownAgencies"]) == unknown
        for one in now["decisions"]:
            assert one["provenance"]["stale"] is (one["agency"] == "TRADE_CONTROLS")
        if not required:
            assert (now["state"], now["blockingAgencies"]) == (was["state"], was["blockingAgencies"])
        elif was["state"] in CLEAR:
            cleared += 1
            assert (now["state"], now["blockingAgencies"]) == ("UNKNOWN", [])
        elif was["state"] == "UNDER_REVIEW":  # that an agency has said nothing yet is not known from an old copy
            assert now["state"] == ("UNDER_REVIEW" if now["blockingAgencies"] else "UNKNOWN")
        else:
            stopped += was["blockingAgencies"] == now["blockingAgencies"] == ["TRADE_CONTROLS"]
            assert now["state"] == was["state"]
            assert set(was["blockingAgencies"]) - set(now["blockingAgencies"]) <= {"TRADE_CONTROLS"}
    assert cleared
    assert stopped


async def test_a_stale_permit_verifies_nothing(broken_border: Border, gateway: Gateway) -> None:
    listed = (await settled(gateway, "developer", OF_TRADE, {})).data["permits"]["nodes"]
    permit = next(
        one
        for one in listed
        if one["issuer"]["code"] == "TRADE_CONTROLS"
        and one["originCountries"]
        and one["lines"]
        and one["lines"][0]["hs"]
    )
    line = permit["lines"][0]
    asked: dict[str, Any] = {
        "issuer": "TRADE_CONTROLS",
        "number": permit["number"],
        "importer": permit["holder"]["businessNumber"],
        "hs": line["hs"].ljust(10, "0"),
        "originCountry": permit["originCountries"][0],
        "quantity": line["remaining"],
        "arrival": permit["validTo"],
    }
    fresh = await gateway.ask("developer", VERIFY, {"input": asked})
    async with outdated(broken_border):
        stale = await gateway.ask("developer", VERIFY, {"input": asked})
        wrong = await gateway.ask("developer", VERIFY, {"input": {**asked, "importer": "100012269RM0002"}})
    verdicts = [answer.data["verifyPermit"]["verdict"] for answer in (fresh, stale, wrong)]
    assert verdicts == ["VALID", "UNKNOWN", "INVALID"]
    assert {one["outcome"] for one in stale.data["verifyPermit"]["checks"]} == {"PASSED"}
    assert stale.outcomes == {"TRADE_CONTROLS": "STALE"}
