"""Queries 1 and 4 of the domain against SQL on the agencies' stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kit.demo import RunningDemo
from tests.kit.truth import Row, in_order, instant
from tests.kit.truth_codes import ACTION, AUTHORIZATION, ENTRIES
from tests.kit.truth_people import Document, PeopleTruth, icao

ARRIVALS = """query ($from: DateTime!, $to: DateTime!, $after: String) {
  crossings(
    filter: {state: {eq: EXPECTED}, expectedAt: {gte: $from, lt: $to}},
    orderBy: [{field: EXPECTED_AT}], first: 40, after: $after
  ) {
    totalCount pageInfo { hasNextPage endCursor } completeness { complete }
    nodes {
      state expectedAt place conveyance { flight }
      document { issuer number reportedLostOrStolen }
      person { authorizations { kind status validTo } lookouts { refer handlingCode } }
    }
  }
}"""


def test_inspection_list(demo: RunningDemo, people: PeopleTruth) -> None:
    """Query 1: who arrives at my port in the next two hours, with document, authorization and refer flag."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    arrivals = people.expected("CAVAN", today - timedelta(days=2), today + timedelta(days=3))
    since = datetime.fromisoformat(arrivals[len(arrivals) // 2]["expectedAt"])  # whatever the hour of this run
    until = since + timedelta(hours=2)
    expected = [
        {
            "state": "EXPECTED",
            "expectedAt": row["expectedAt"],
            "place": "CAVAN",
            "conveyance": {"flight": row["flight"]},
            "document": {
                "issuer": row["document"][0],
                "number": row["document"][1],
                "reportedLostOrStolen": row["document"] in people.lost,
            },
            "person": inspected(people, row["document"]),
        }
        for row in people.expected("CAVAN", since, until)
    ]
    nodes: list[Row] = []
    after, more, total = None, True, None
    while more:
        variables = {"from": since.isoformat(), "to": until.isoformat(), "after": after}
        answer = demo.ask("traveller-officer", ARRIVALS, variables)
        assert "errors" not in answer, answer["errors"]
        page = answer["data"]["crossings"]
        assert page["completeness"] == {"complete": True}
        nodes += page["nodes"]
        after, more, total = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"], page["totalCount"]
    assert len(expected) > 3
    assert total == len(expected)
    assert [node["expectedAt"] for node in nodes] == [row["expectedAt"] for row in expected]
    for node in nodes:
        for name in ("authorizations", "lookouts"):
            node["person"][name] = in_order(node["person"][name])
    assert in_order(nodes) == in_order(expected)


def inspected(people: PeopleTruth, document: Document) -> Row:
    known = people.known(document)
    return {
        "authorizations": in_order(
            {"kind": AUTHORIZATION.get(one["line"]), "status": one["status"], "validTo": dashed(one["valid_to"])}
            for one in people.applications(known)
        ),
        "lookouts": in_order(
            {"refer": bool(one["refer"]), "handlingCode": one["code"]} for one in people.lookouts(known)
        ),
    }


def dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


PERSON = """query ($document: TravelDocumentKey!) { person(document: $document) {
  records { agency familyName givenNames birthDate match { kind score } provenance { agency stale } }
  documents { issuer number expiresOn }
  authorizations { kind uci status validFrom validTo conditions }
  lookouts { agency refer handlingCode }
  enforcement { agency kind at fileNumber legalBasis }
  crossings(first: 1000) { totalCount nodes { state at expectedAt place } completeness { complete } }
  completeness { complete sources { agency outcome } }
} }"""


@pytest.mark.parametrize("which", ["traveller", "specimen", "suspect", "renewed"])
def test_one_person_across_agencies(demo: RunningDemo, people: PeopleTruth, world: dict[str, Any], which: str) -> None:
    """Query 4: each agency's own record side by side, found by a document and one hop through immigration."""
    document = documents_of(people, world)[which]
    known = people.known(document)
    answer = demo.ask("analyst", PERSON, {"document": {"issuer": document[0], "number": document[1]}})
    assert "errors" not in answer, answer
    found = answer["data"]["person"]
    names = {(one["agency"], one["familyName"], one["givenNames"]) for one in found["records"]}
    assert names == {
        *(("IMMIGRATION", one["surname"], one["given"]) for one in known.clients),
        *(("POLICE", one["family"], one["given"]) for one in known.suspects),
        *(("TRAVELLER", one["surnm"], joined(one["gvn_1"], one["gvn_2"])) for one in known.seen),
    }
    assert len(found["records"]) == len(known.clients) + len(known.suspects) + len(known.seen)
    assert {one["match"]["kind"] for one in found["records"]} == {"EXACT_DOCUMENT"}
    assert all(one["provenance"] == {"agency": one["agency"], "stale": False} for one in found["records"])
    assert {(one["issuer"], one["number"]) for one in found["documents"]} >= {
        (icao(one["country"]), one["no"]) for one in people.papers(known)
    }
    assert in_order({**one, "conditions": sorted(one["conditions"])} for one in found["authorizations"]) == in_order(
        {
            "kind": AUTHORIZATION.get(one["line"]),
            "uci": next(client["uci"] for client in known.clients if client["uci_key"] == one["uci_key"]),
            "status": one["status"],
            "validFrom": dashed(one["valid_from"]),
            "validTo": dashed(one["valid_to"]),
            "conditions": sorted(one["conditions"].split(",")) if one["conditions"] else [],
        }
        for one in people.applications(known)
    )
    assert in_order(found["lookouts"]) == in_order(
        {"agency": "POLICE", "refer": bool(one["refer"]), "handlingCode": one["code"]} for one in people.lookouts(known)
    )
    police = [one for one in found["enforcement"] if one["agency"] == "POLICE"]
    assert in_order(police) == in_order(
        {
            "agency": "POLICE",
            "kind": ACTION.get(one["action"]),
            "at": one["date"],
            "fileNumber": one["file_no"],
            "legalBasis": one["section"],
        }
        for one in people.files(known)
    )
    seizures = people.seizures(known)
    customs = [one for one in found["enforcement"] if one["agency"] == "CUSTOMS"]
    assert sorted(one["fileNumber"] for one in customs) == sorted(one["file_nbr"] for one in seizures)
    done, due = people.crossings(known)
    crossings = found["crossings"]
    assert crossings["totalCount"] == len(done) + len(due)
    assert in_order(
        {"at": one["at"], "expectedAt": one["expectedAt"], "place": one["place"]} for one in crossings["nodes"]
    ) == in_order(
        [
            *({"at": utc(one["xing_ts"]), "expectedAt": None, "place": ENTRIES[one["poe_nbr"]]} for one in done),
            *({"at": None, "expectedAt": utc(one["sta_ts"]), "place": ENTRIES[one["poe_nbr"]]} for one in due),
        ]
    )
    assert found["completeness"]["complete"]
    assert {one["agency"] for one in found["completeness"]["sources"]} == {
        "CUSTOMS",
        "IMMIGRATION",
        "POLICE",
        "TRAVELLER",
    }


def utc(moment: datetime | None) -> str | None:
    return instant(moment, UTC)


def joined(*names: str | None) -> str:
    return " ".join(name for name in names if name)


def documents_of(people: PeopleTruth, world: dict[str, Any]) -> dict[str, Document]:
    return {
        "traveller": (world["traveller_document"]["issuer"], world["traveller_document"]["number"]),
        "specimen": (world["specimen_document"]["issuer"], world["specimen_document"]["number"]),
        "suspect": people.some_suspect(),
        "renewed": people.some_renewed(),
    }


def test_nobody_knows_the_document(demo: RunningDemo) -> None:
    answer = demo.ask("analyst", PERSON, {"document": {"issuer": "SE", "number": "NOBODY123"}})
    assert answer["data"] == {"person": None}
    assert "errors" not in answer


def test_candidates_are_scored_and_never_merged(demo: RunningDemo, people: PeopleTruth) -> None:
    """By name and birth date: every record of that name and year, best first, each in a node of its own document."""
    query = """{ people(search: {familyName: "Eriksson", birthDate: "1974-08-12"}, first: 100) {
      edges { score node { records { agency familyName match { kind score } } } } } }"""
    answer = demo.ask("analyst", query)
    assert "errors" not in answer, answer
    edges = answer["data"]["people"]["edges"]
    assert edges
    scores = [edge["score"] for edge in edges]
    assert scores == sorted(scores, reverse=True)
    records = [one for edge in edges for one in edge["node"]["records"]]
    assert {one["match"]["kind"] for one in records} == {"CANDIDATE"}
    found = [(one["agency"], one["familyName"]) for one in records if one["familyName"] == "Eriksson"]
    assert sorted(found) == sorted(people.named("Eriksson", "1974"))


def test_pages_of_a_list_whose_rule_moves_with_time(demo: RunningDemo) -> None:
    """The officer's rule says ``now - 5y``: the moment differs on every page, the rights do not."""
    query = """query ($after: String) { crossings(first: 15, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { id } } }"""
    seen: list[str] = []
    after: str | None = None
    for _ in range(4):
        answer = demo.ask("traveller-officer", query, {"after": after})
        assert "errors" not in answer
        page = answer["data"]["crossings"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert len(set(seen)) == 60
