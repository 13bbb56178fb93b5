"""What is asked about people and arrivals under load, and what the agencies' own stores say to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.kit.soak.judging import Question, of
from tests.kit.truth import Row, instant
from tests.kit.truth_codes import ACTION, AUTHORIZATION, ENTRIES
from tests.kit.truth_people import Document, PeopleTruth

ALL = ("CUSTOMS", "IMMIGRATION", "POLICE", "TRAVELLER")
PERSON = """query ($document: TravelDocumentKey!) { person(document: $document) {
  records { agency familyName }
  authorizations { kind status validFrom }
  lookouts { agency refer handlingCode }
  enforcement { agency kind fileNumber }
  crossings(first: 200) { totalCount nodes { at expectedAt place } } } }"""


def people(truth: PeopleTruth, world: Mapping[str, Any]) -> Iterator[Question]:
    """A person by document. Immigration tells of further documents: without it, the others' records that are only
    under those are not found."""

    def owned(row: Row) -> set[str]:
        return {row["agency"], "IMMIGRATION"}

    parts = {
        "person": of(*ALL),
        "person.records": of(*ALL, owned=owned),
        "person.authorizations": of("IMMIGRATION"),
        "person.lookouts": of("POLICE", "IMMIGRATION"),
        "person.enforcement": of("CUSTOMS", "POLICE", "IMMIGRATION", owned=owned),
        "person.crossings": of("TRAVELLER", "IMMIGRATION"),
    }
    special = [world[name] for name in ("traveller_document", "specimen_document")]
    documents = [(one["issuer"], one["number"]) for one in special]
    for document in (*documents, truth.some_suspect(), truth.some_renewed()):
        asked = {"issuer": document[0], "number": document[1]}
        yield Question(f"person {document}", "analyst", PERSON, {"document": asked}, _person(truth, document), parts)


def _person(truth: PeopleTruth, document: Document) -> Row:
    known = truth.known(document)
    done, due = truth.crossings(known)
    records = [
        *({"agency": "IMMIGRATION", "familyName": one["surname"]} for one in known.clients),
        *({"agency": "POLICE", "familyName": one["family"]} for one in known.suspects),
        *({"agency": "TRAVELLER", "familyName": one["surnm"]} for one in known.seen),
    ]
    enforcement = [
        {"agency": "POLICE", "kind": ACTION.get(one["action"]), "fileNumber": one["file_no"]}
        for one in truth.files(known)
    ]
    enforcement += [
        {"agency": "CUSTOMS", "kind": "SEIZURE", "fileNumber": one["file_nbr"]} for one in truth.seizures(known)
    ]
    crossings = [
        *({"at": instant(one["xing_ts"], UTC), "expectedAt": None, "place": ENTRIES[one["poe_nbr"]]} for one in done),
        *({"at": None, "expectedAt": instant(one["sta_ts"], UTC), "place": ENTRIES[one["poe_nbr"]]} for one in due),
    ]
    return {
        "person": {
            "records": records,
            "authorizations": [
                {
                    "kind": AUTHORIZATION.get(one["line"]),
                    "status": one["status"],
                    "validFrom": _dashed(one["valid_from"]),
                }
                for one in truth.applications(known)
            ],
            "lookouts": [
                {"agency": "POLICE", "refer": bool(one["refer"]), "handlingCode": one["code"]}
                for one in truth.lookouts(known)
            ],
            "enforcement": enforcement,
            "crossings": {"totalCount": len(crossings), "nodes": crossings},
        }
    }


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


def arrivals(truth: PeopleTruth) -> Iterator[Question]:
    """Who is expected within some hours at an officer's port."""
    query = """query ($from: DateTime!, $to: DateTime!) { crossings(
        filter: {state: {eq: EXPECTED}, expectedAt: {gte: $from, lt: $to}}, orderBy: [{field: EXPECTED_AT}], first: 300
      ) { totalCount nodes { expectedAt place conveyance { flight } document { issuer number } } } }"""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    known = truth.expected("CAVAN", today - timedelta(days=2), today + timedelta(days=3))
    for share in (4, 2):
        since = datetime.fromisoformat(known[len(known) // share]["expectedAt"])
        until = since + timedelta(hours=2)
        nodes = [
            {
                "expectedAt": row["expectedAt"],
                "place": row["place"],
                "conveyance": {"flight": row["flight"]},
                "document": {"issuer": row["document"][0], "number": row["document"][1]},
            }
            for row in truth.expected("CAVAN", since, until)
        ]
        right = {"crossings": {"totalCount": len(nodes), "nodes": nodes}}
        asked = {"from": since.isoformat(), "to": until.isoformat()}
        parts = {"crossings": of("TRAVELLER")}
        yield Question(f"arrivals from {since:%H:%M}", "traveller-officer", query, asked, right, parts)
