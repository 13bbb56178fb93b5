"""Persons: read from an anchor, one hop over the documents that the agencies know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.planning.person_rules import Known, holds
from tests.kit.oracle.asking import Asking, Found, Report, join
from tests.kit.oracle.rows import Row

Document = tuple[str, str]
BY_DOCUMENT = ("document.issuer", "document.number")


@dataclass(slots=True)
class _Person:
    anchor: str
    documents: dict[Document, None] = field(default_factory=dict)
    named: frozenset[Document] = frozenset()


def document_anchor(issuer: str, number: str) -> str:
    return json.dumps(["doc", issuer, number], separators=(",", ":"), ensure_ascii=False)


async def persons(asking: Asking, anchors: Sequence[str | None]) -> list[Any]:
    """Per anchor a row of type ``Person``, ``None`` when every agency answered and none knows it, or the failure."""
    people = {anchor: _Person(anchor) for anchor in anchors if anchor is not None}
    reports: list[Report] = []
    await _anchored(asking, people, reports)
    for person in people.values():
        person.named = frozenset(person.documents)
    owners = asking.catalog.lookup_owners("PersonRecord", BY_DOCUMENT)
    keepers = {owner.agency for owner in asking.catalog.lookup_owners("TravelDocument", ("personKey",))}
    first = await _by_documents(asking, people, [owner for owner in owners if owner.agency in keepers])
    await _more_documents(asking, people, first, reports, keepers)
    lacking = [report for report in [*reports, *first.reports] if report.failed]
    rest = await _by_documents(asking, people, [owner for owner in owners if owner.agency not in keepers])
    found = join([first, rest])
    reports += found.reports
    failed = [report for report in reports if report.failed]
    if failed and len(failed) == len(reports):
        return [None if anchor is None else Found([], reports).error() for anchor in anchors]
    made: dict[str, Row | None] = {}
    for person in people.values():
        records = _matching(person, found.rows, keepers)
        row = _row(asking, person, records, reports, lacking) if records or failed else None
        made[person.anchor] = row if row is not None and _visible(asking, row) else None
    return [None if anchor is None else made[anchor] for anchor in anchors]


def _matching(person: _Person, rows: Sequence[Row], keepers: set[str]) -> list[Row]:
    """Those who keep documents were asked by the anchor's alone."""
    found = []
    for document in person.documents:
        mine = [row for row in rows if tuple(row.values.get(path) for path in BY_DOCUMENT) == document]
        found += [row for row in mine if document in person.named or row.agency not in keepers]
    return found


async def _anchored(asking: Asking, people: dict[str, _Person], reports: list[Report]) -> None:
    by_owner: dict[str, dict[tuple[str], list[_Person]]] = {}
    for person in people.values():
        kind, *rest = json.loads(person.anchor)
        if kind == "doc":
            person.documents[rest[0], rest[1]] = None
        else:
            by_owner.setdefault(rest[0], {}).setdefault((rest[1],), []).append(person)
    for owner in asking.catalog.lookup_owners("PersonRecord", ("key",)):
        wanted = by_owner.get(owner.id)
        if wanted:
            found = await asking.by_keys("PersonRecord", list(wanted), ("key",), owners=[owner])
            reports += found.reports
            for row in found.rows:
                document = tuple(row.values.get(path) for path in BY_DOCUMENT)
                for person in wanted[(row.values["key"],)]:
                    if None not in document:
                        person.documents[document] = None  # type: ignore[index]  # whole: issuer and number


async def _by_documents(asking: Asking, people: dict[str, _Person], owners: Sequence[Any]) -> Found:
    keys = list(dict.fromkeys(document for person in people.values() for document in person.documents))
    if not keys or not owners:
        return Found()
    found = await asking.by_keys("PersonRecord", keys, BY_DOCUMENT, owners=owners)
    turn = {owner.id: index for index, owner in enumerate(owners)}
    found.rows.sort(key=lambda row: turn[row.owner.id] if row.owner else 0)
    return found


async def _more_documents(
    asking: Asking, people: dict[str, _Person], first: Found, reports: list[Report], keepers: set[str]
) -> None:
    owned: dict[tuple[str, Any], list[_Person]] = {}
    for person in people.values():
        for row in _matching(person, first.rows, keepers):
            owned.setdefault((row.agency, row.values["key"]), []).append(person)
    if not owned:
        return
    routed: dict[str, list[tuple[Any, ...]]] = {}
    for agency, key in owned:
        routed.setdefault(agency, []).append((key,))
    found = await asking.by_keys("TravelDocument", (), ("personKey",), routed=routed)
    reports += found.reports
    for row in found.rows:
        document = (row.values.get("issuer"), row.values.get("number"))
        if None not in document:
            for person in owned.get((row.agency, row.values["personKey"]), ()):
                person.documents[document] = None  # type: ignore[index]  # whole: issuer and number


def _visible(asking: Asking, person: Row) -> bool:
    rule = asking.rules.rows.get("Person")
    if rule is None:
        return True
    documents = [
        {"issuer": issuer, "number": number}
        for issuer, number in zip(person.values["documents.issuer"], person.values["documents.number"], strict=True)
    ]
    records = [{**row.values, "agency": row.agency} for row in person.children["records"]]
    return holds(rule, Known({"records": records, "documents": documents}), asking.params)


def _row(
    asking: Asking, person: _Person, records: Sequence[Row], reports: Sequence[Report], lacking: Sequence[Report]
) -> Row:
    values = {
        "@anchor": person.anchor,
        "documents.issuer": [issuer for issuer, _ in person.documents],
        "documents.number": [number for _, number in person.documents],
        "records.agency": [row.agency for row in records],
        "records.key": [row.values["key"] for row in records],
    }
    children = {"records": list(records)}
    return Row("Person", values, "", asking.now, False, None, children, reports=reports, lacking=lacking)
