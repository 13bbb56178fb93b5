"""Agencies behind TLS: who cannot prove who they are is not asked, neither otherwise nor in the clear."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.kit.faults import HOST, Border, Gateway, settled
from tests.kit.tls import Authority, front

QUERY = """query Border($document: TravelDocumentKey!) {
  permits(first: 6) { totalCount completeness { complete } nodes { issuer { code } number } }
  crossings(first: 2) { totalCount nodes { at } }
  person(document: $document) { records { agency familyName } completeness { complete } }
}"""
VARIABLES = {"document": {"issuer": "SE", "number": "L898902C3"}}
ALL_PERMITS = "{ permits(first: 1000) { nodes { issuer { code } number } } }"
BEHIND_TLS = {"POLICE": "UNAVAILABLE", "TRADE_CONTROLS": "UNAVAILABLE"}


@dataclass(frozen=True)
class Case:
    """``hosts``: whom the certificates are of, nobody's when the agencies speak in the clear; ``known``: whether the
    gateway is told of their authority; ``logged``: what it says of each."""

    hosts: tuple[str, ...]
    known: bool
    logged: tuple[str, str]


VERIFY = "certificate verify failed"
CASES = {
    "of an unknown authority": Case((HOST,), False, (VERIFY, VERIFY)),
    "of another name": Case(("agency.example",), True, (VERIFY, VERIFY)),
    "none": Case((), True, ("SSL", "rejected SSL upgrade")),
}


@contextlib.asynccontextmanager
async def secured(border: Border, case: Case, directory: Path) -> AsyncIterator[Gateway]:
    """A gateway that asks police and trade controls over TLS."""
    authority = Authority(directory)
    url, dsn = border.agency("police")["url"], border.agency("trade_controls")["dsn"]
    ports = [urlsplit(address).port or 0 for address in (url, dsn)]
    async with contextlib.AsyncExitStack() as stack:
        there = list(ports)
        if case.hosts:
            context = authority.server("agency", *case.hosts)
            there = [
                await stack.enter_async_context(front(port, context, postgres=postgres))
                for port, postgres in zip(ports, (False, True), strict=True)
            ]
        addresses = {
            "POLICE_URL": url.replace("http://", "https://").replace(f":{ports[0]}", f":{there[0]}"),
            "TRADE_DSN": dsn.replace(f":{ports[1]}", f":{there[1]}"),
        }
        tls = f'tls = {{ ca = "{authority.ca}" }}' if case.known else "tls = {}"
        yield await stack.enter_async_context(
            border.gateway("tls", 4_000, environment=addresses, police=tls, trade_controls=tls)
        )


@dataclass
class Plain:
    data: Any
    permits: list[dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(broken_border: Border) -> AsyncIterator[Plain]:
    """What the same agencies answer in the clear."""
    async with broken_border.gateway("clear", 4_000) as gateway:
        answer = await settled(gateway, "developer", QUERY, VARIABLES)
        permits = await settled(gateway, "developer", ALL_PERMITS, {})
        yield Plain(answer.data, permits.data["permits"]["nodes"])


async def test_whom_the_agency_s_authority_vouches_for_is_asked(
    broken_border: Border, plain: Plain, tmp_path: Path
) -> None:
    async with secured(broken_border, Case((HOST,), True, ("", "")), tmp_path) as gateway:
        answer = await gateway.ask("developer", QUERY, VARIABLES)
    assert answer.errors == []
    assert answer.data == plain.data
    assert {answer.outcomes[agency] for agency in BEHIND_TLS} == {"ANSWERED"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_certificate_is_refused(broken_border: Border, plain: Plain, tmp_path: Path, case: Case) -> None:
    async with secured(broken_border, case, tmp_path) as gateway:
        answer = await gateway.ask("developer", QUERY, VARIABLES)
    assert answer.status == 200
    assert {agency: answer.outcomes[agency] for agency in BEHIND_TLS} == BEHIND_TLS
    assert set(answer.outcomes.values()) == {"UNAVAILABLE", "ANSWERED"}
    told = sorted((one["extensions"]["agency"], one["extensions"]["code"]) for one in answer.errors)
    assert told == [(agency, "SOURCE_UNAVAILABLE") for agency in BEHIND_TLS]
    permits, person = answer.data["permits"], answer.data["person"]
    assert permits["nodes"] == [one for one in plain.permits if one["issuer"]["code"] == "FOOD"][:6]
    assert (permits["totalCount"], permits["completeness"]["complete"]) == (None, False)
    assert person["records"] == [one for one in plain.data["person"]["records"] if one["agency"] != "POLICE"]
    assert person["completeness"]["complete"] is False
    assert answer.data["crossings"] == plain.data["crossings"]
    shown = json.dumps(answer.body).lower()
    assert not [word for word in (HOST, "localhost", "ssl", "tls", "certificate") if word in shown]
    logged = [json.loads(line) for line in gateway.log.read_text().splitlines() if '"source failed"' in line]
    details = [(one["agency"], one["detail"]) for one in logged]
    for agency, wanted in zip(BEHIND_TLS, case.logged, strict=True):
        assert any(who == agency and wanted in detail for who, detail in details), details
