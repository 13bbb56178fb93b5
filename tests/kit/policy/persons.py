"""Persons in the marked data: what agencies have on record of them, where they crossed, and what one person is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from adapters.memory import Row
from gateway.execution.person_reading import document_anchor

Document = tuple[str, str]
Data = Mapping[str, Mapping[str, Sequence[Row]]]
PORTS = ("CAVAN", "CAMTR", "CAHAL")


class Marking(Protocol):
    def text(self, kind: str) -> str: ...
    def moment(self) -> Any: ...


def persons(m: Marking, rng: Random) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """A few people: known to immigration, to the police, or to both, perhaps by another passport."""
    data: dict[str, dict[str, list[dict[str, Any]]]] = {
        "IMMIGRATION": {"personrecord": [], "traveldocument": []},
        "POLICE": {"personrecord": [], "enforcementaction": []},
        "TRAVELLER": {"crossing": []},
    }
    for _ in range(rng.randint(1, 3)):
        passports = [(rng.choice(("CA", "US")), m.text("PASS")) for _ in range(rng.randint(1, 2))]
        known = rng.choice((("IMMIGRATION",), ("POLICE",), ("IMMIGRATION", "POLICE")))
        records = {agency: _record(m, passports[0 if agency == "IMMIGRATION" else -1]) for agency in known}
        for agency, record in records.items():
            data[agency]["personrecord"].append(record)
        if "IMMIGRATION" in known:
            key = records["IMMIGRATION"]["key"]
            data["IMMIGRATION"]["traveldocument"] += [
                {"personKey": key, "issuer": issuer, "number": number, "type": m.text("kind-")}
                for issuer, number in passports
            ]
        data["TRAVELLER"]["crossing"] += [_crossing(m, rng, rng.choice(passports)) for _ in range(rng.randint(0, 3))]
        for _ in range(rng.randint(0, 2)):
            by_record = "POLICE" in known and rng.random() < 0.5
            issuer, number = (None, None) if by_record else rng.choice(passports)
            data["POLICE"]["enforcementaction"].append(
                {
                    "key": m.text("action-"),
                    "personKey": records["POLICE"]["key"] if by_record else None,
                    "kind": rng.choice(("SEIZURE", "PENALTY")),
                    "at": m.moment(),
                    "document.issuer": issuer,
                    "document.number": number,
                }
            )
    return data


def _record(m: Marking, passport: Document) -> dict[str, Any]:
    issuer, number = passport
    family = m.text("family-")
    return {
        "key": m.text("record-"),
        "familyName": family,
        "givenNames": m.text("given-"),
        "searchName": family,
        "document.issuer": issuer,
        "document.number": number,
    }


def _crossing(m: Marking, rng: Random, passport: Document) -> dict[str, Any]:
    issuer, number = passport
    return {
        "key": m.text("crossing-"),
        "state": rng.choice(("EXPECTED", "COMPLETED")),
        "direction": rng.choice(("ENTRY", "EXIT")),
        "at": m.moment() if rng.random() < 0.7 else None,
        "place": rng.choice(PORTS),
        "document.issuer": issuer,
        "document.number": number,
    }


def document_of(row: Row) -> Document:
    return row["document.issuer"], row["document.number"]


def everyone(data: Data) -> Iterator[tuple[str, Row]]:
    """Anchor → a person: ``documents`` known of him, and ``records``, each with its agency. One hop: the documents
    that immigration knows for its record of the one that anchors him."""
    rows = [row for agency in ("IMMIGRATION", "POLICE") for row in data[agency]["personrecord"]]
    rows += data["TRAVELLER"]["crossing"]
    papers = data["IMMIGRATION"]["traveldocument"]
    anchors = {*map(document_of, rows), *((paper["issuer"], paper["number"]) for paper in papers)}
    for anchor in sorted(anchors):
        mine = [row for row in data["IMMIGRATION"]["personrecord"] if document_of(row) == anchor]
        keys = {row["key"] for row in mine}
        documents = {anchor, *((one["issuer"], one["number"]) for one in papers if one["personKey"] in keys)}
        theirs = [row for row in data["POLICE"]["personrecord"] if document_of(row) in documents]
        records = [*(("IMMIGRATION", row) for row in mine), *(("POLICE", row) for row in theirs)]
        yield document_anchor(anchor), {"documents": sorted(documents), "records": records, "anchor": anchor}
