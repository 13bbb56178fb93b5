"""Persons: anchors, documents, records by one hop; enforcement by document or record; who may be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.contract import AllOf, Compare, Negation, Param, Value
from adapters.errors import SourceUnavailable
from gateway.execution.node_ids import NodeIds
from gateway.policy import Policy
from tests.kit.memory_people import passports, record
from tests.kit.memory_world import KEYS, MASTER, World, codes, day, fail_where, told, whole

QUERY = """query($n: String!) {
  person(document: {issuer: "CA", number: $n}) {
    id documents { number } records { agency familyName match { kind } } enforcement { at }
    completeness { complete sources { agency rows outcome } } } }"""
IMMIGRATION_ONLY = whole({"Person": Compare("records.agency", "eq", Value("IMMIGRATION"))}, name="immigration")


def seizure(key: str, at: int, person: str | None = None, number: str | None = None) -> dict[str, Any]:
    issuer = None if number is None else "CA"
    return {"key": key, "at": day(at), "personKey": person, "document.issuer": issuer, "document.number": number}


def world(**more: Any) -> World:
    return World(
        {
            "IMMIGRATION": {
                "personrecord": [record("i1", "X1"), record("i2")],
                "traveldocument": passports("i1", "X1", "X0"),
            },
            "POLICE": {
                "personrecord": [record("p1", "X0"), record("p2", "X2", "ROE"), record("p3", None, "NOE")],
                "enforcementaction": [
                    seizure("e1", 3, "p1", "X1"),
                    seizure("e2", 1, "p1"),
                    seizure("e3", 2, None, "X0"),
                    seizure("e4", 2, "p9", "X9"),
                ],
            },
        },
        **more,
    )


async def test_one_hop_over_the_documents_that_immigration_knows() -> None:
    person = (await world().data_of(QUERY, {"n": "X1"}))["person"]
    assert {one["agency"] for one in person["records"]} == {"IMMIGRATION", "POLICE"}
    assert {one["match"]["kind"] for one in person["records"]} == {"EXACT_DOCUMENT"}
    assert [one["number"] for one in person["documents"]] == ["X0", "X1"]


async def test_what_several_alternatives_find_is_one_list_in_order_each_once() -> None:
    """e1 is found by document and by record."""
    data = await world().data_of(
        '{ person(document: {issuer: "CA", number: "X1"}) { enforcement { id: at } e: enforcement { __typename } } }'
    )
    assert data["person"]["enforcement"] == [{"id": day(1)}, {"id": day(2)}, {"id": day(3)}]
    assert len(data["person"]["e"]) == 3


async def test_when_enforcement_fails_the_list_is_null_with_one_error() -> None:
    here = world()
    here.sources["POLICE"].fail("enforcementaction", SourceUnavailable("x"))
    answer = await here.ask(QUERY, {"n": "X1"})
    assert answer.data is not None
    assert answer.data["person"]["enforcement"] is None
    assert [(one["path"], one["extensions"]["code"]) for one in answer.errors] == [
        (["person", "enforcement"], "SOURCE_UNAVAILABLE")
    ]
    assert answer.data["person"]["completeness"]["complete"] is False


async def test_an_alternative_that_fails_leaves_the_others_and_says_so() -> None:
    here = world()
    fail_where(here.sources["POLICE"], lambda _, work, __: work.spec.keys == ("personKey",))
    found = await here.ask(QUERY, {"n": "X1"})
    assert found.data is not None
    assert [one["at"] for one in found.data["person"]["enforcement"]] == [day(2), day(3)]
    assert [(one.get("path"), one["extensions"]["at"]) for one in found.errors] == [(None, ["person.enforcement"])]
    assert found.data["person"]["completeness"]["complete"] is False


async def test_nobody_knows_the_document() -> None:
    assert (await world().data_of(QUERY, {"n": "X7"}))["person"] is None


@pytest.mark.parametrize("failing", [("IMMIGRATION",), ("POLICE",), ("IMMIGRATION", "POLICE")])
async def test_unknown_is_not_absent_while_an_agency_is_down(failing: tuple[str, ...]) -> None:
    here = world()
    for agency in failing:
        here.sources[agency].fail(None, SourceUnavailable("x"))
    answer = await here.ask(QUERY, {"n": "X7"})
    assert set(codes(answer)) == {"SOURCE_UNAVAILABLE"}
    assert answer.data is not None
    if len(failing) == 2:
        assert answer.data["person"] is None
        assert answer.errors[0]["path"] == ["person"]
    else:
        assert answer.data["person"]["records"] == []
        assert answer.data["person"]["completeness"]["complete"] is False


@pytest.mark.parametrize(("failing", "total"), [("IMMIGRATION", None), ("POLICE", 2)])
async def test_crossings_are_not_counted_while_documents_may_be_missing(failing: str, total: int | None) -> None:
    """Immigration would have told of X0. The police tell of no documents."""
    crossings = [
        {"key": number, "at": day(1), "document.issuer": "CA", "document.number": number} for number in ("X0", "X1")
    ]
    here = world()
    here = World({**here.data, "TRAVELLER": {"crossing": crossings}})
    here.sources[failing].fail("personrecord", SourceUnavailable("x"))
    query = """query($n: String!) { person(document: {issuer: "CA", number: $n}) {
      crossings { totalCount nodes { document { number } } completeness { complete sources { agency outcome } } } } }"""
    answer = await here.ask(query, {"n": "X1"})
    assert answer.data is not None
    found = answer.data["person"]["crossings"]
    assert found["totalCount"] == total
    assert len(found["nodes"]) == (total or 1)
    assert found["completeness"]["complete"] is (total is not None)
    lost = [{"agency": failing, "outcome": "UNAVAILABLE"}] if total is None else []
    assert found["completeness"]["sources"] == [*lost, {"agency": "TRAVELLER", "outcome": "ANSWERED"}]


@pytest.mark.parametrize(("forbidden", "rows"), [("X2", {"IMMIGRATION": 0, "POLICE": 0})])
async def test_a_person_who_may_not_be_seen_is_nobody(forbidden: str, rows: dict[str, int]) -> None:
    one = told(await world().ask(QUERY, {"n": forbidden}, view=IMMIGRATION_ONLY))
    other = told(await world().ask(QUERY, {"n": "X7"}, view=IMMIGRATION_ONLY))
    assert one == other
    assert {each["agency"]: each["rows"] for each in one["extensions"]["completeness"]["sources"]} == rows


async def test_a_search_counts_only_those_who_may_be_seen() -> None:
    # A query is better read whole.
    query = "query($n: String!) { people(search: {familyName: $n}) { nodes { id } totalCount completeness { sources { agency rows } } } }"  # fmt: skip  # noqa: E501
    one = told(await world().ask(query, {"n": "Roe"}, view=IMMIGRATION_ONLY))
    other = told(await world().ask(query, {"n": "Nobody"}, view=IMMIGRATION_ONLY))
    assert one == other


async def test_candidates_are_found_again_by_their_ids_with_or_without_a_document() -> None:
    here = world()
    data = await here.data_of(
        'query { people(search: {familyName: "Doe"}) { nodes { id records { familyName match { kind score } } }'
        " edges { score } } }"
    )
    assert [edge["score"] for edge in data["people"]["edges"]] == [1.0] * 3
    assert all(one["match"]["kind"] == "CANDIDATE" for node in data["people"]["nodes"] for one in node["records"])
    ids = [node["id"] for node in data["people"]["nodes"]]
    assert len(set(ids)) == 3
    again = await here.data_of(
        "query($i: [ID!]!) { nodes(ids: $i) { id ... on Person { records { agency } } } }", {"i": ids}
    )
    assert [node["id"] for node in again["nodes"]] == ids
    assert sorted(len(node["records"]) for node in again["nodes"]) == [1, 1, 2]


@pytest.mark.parametrize("name", ["", "  ", "!!", "-'-"])
async def test_a_search_without_a_letter_is_refused(name: str) -> None:
    here = world()
    answer = await here.ask("query($n: String!) { people(search: {familyName: $n}) { nodes { id } } }", {"n": name})
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert here.asked("POLICE", "personrecord") == 0


async def test_candidates_page_by_score_then_agency_then_key() -> None:
    names = ["DOE", "DOES", "DOEN", "DOE", "DOEZ", "DOE"]
    here = World(
        {
            "IMMIGRATION": {"personrecord": [record(f"i{n}", f"A{n}", name) for n, name in enumerate(names)]},
            "POLICE": {"personrecord": [record(f"p{n}", f"B{n}", name) for n, name in enumerate(names)]},
        }
    )
    query = (
        'query($f: Int, $a: String) { people(search: {familyName: "Doe"}, first: $f, after: $a) { totalCount'
        " edges { score cursor node { id } } pageInfo { hasNextPage endCursor } } }"
    )
    everyone = (await here.data_of(query, {"f": 100}))["people"]["edges"]
    scores = [edge["score"] for edge in everyone]
    assert scores == sorted(scores, reverse=True)
    assert len(everyone) == 12
    for size in (1, 2, 5):
        walked: list[str] = []
        cursor = None
        while True:
            page = (await here.data_of(query, {"f": size, "a": cursor}))["people"]
            walked += [edge["node"]["id"] for edge in page["edges"]]
            assert page["totalCount"] == 12
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert walked == [edge["node"]["id"] for edge in everyone]
    stolen = await here.ask(query.replace('"Doe"', '"Does"'), {"f": 2, "a": everyone[0]["cursor"]})
    assert codes(stolen) == ["BAD_USER_INPUT"]


async def test_rules_about_documents_bind_issuer_and_number_together() -> None:
    rule = AllOf(
        (
            Compare("documents.issuer", "eq", Param("claims.i")),
            Compare("documents.number", "eq", Param("claims.n")),
        )
    )
    view = whole({"Person": rule}, ("claims.i", "claims.n"), "traveller")
    query = '{ person(document: {issuer: "CA", number: "X1"}) { records { agency } } }'
    mine = await world().ask(query, view=view, claims={"i": "CA", "n": "X0"})
    theirs = await world().ask(query, view=view, claims={"i": "US", "n": "X1"})
    assert mine.data is not None
    assert len(mine.data["person"]["records"]) == 2
    assert theirs.data == {"person": None}


async def test_a_rule_by_negation() -> None:
    view = whole({"Person": Negation(Compare("records.agency", "eq", Value("POLICE")))}, name="not police")
    query = 'query($n: String!) { person(document: {issuer: "CA", number: $n}) { records { agency } } }'
    assert (await world().data_of(query, {"n": "X1"}, view=view))["person"] is None


NOT_DOE = Negation(Compare("records.familyName", "eq", Value("DOE")))
CAREFUL = """
[roles.careful]
query = ["person"]
[roles.careful.types]
Person = { fields = ["records", "documents"], rows = { not = { records.familyName = { eq = "DOE" } } } }
PersonRecord = { fields = ["agency", "familyName"] }
TravelDocument = { fields = ["number"] }
[roles.west]
query = ["shipments"]
types.Shipment = { fields = ["ccn"], rows = { portOfArrival = { eq = "CAVAN" } } }
"""
SEEN = 'query($n: String!) { person(document: {issuer: "CA", number: $n}) { records { agency } } }'


@pytest.mark.parametrize("roles", [("careful",), ("careful", "west")])
@pytest.mark.parametrize("failing", ["IMMIGRATION", "POLICE"])
async def test_who_may_be_hidden_is_hidden_while_an_agency_is_down(
    failing: str, roles: tuple[str, ...], tmp_path: Path
) -> None:
    """X1 is DOE at both agencies, X2 is ROE at the police: what the agency that is down calls them is not known."""
    (tmp_path / "roles.toml").write_text(CAREFUL)
    view = Policy.load(tmp_path, MASTER).view_of(roles)
    here = world()
    assert (await here.data_of(SEEN, {"n": "X1"}, view=view))["person"] is None
    assert (await here.data_of(SEEN, {"n": "X2"}, view=view))["person"] is not None
    here.sources[failing].fail("personrecord", SourceUnavailable("x"))
    for number in ("X1", "X2"):
        answer = await here.ask(SEEN, {"n": number}, view=view)
        assert answer.data == {"person": None}
        assert codes(answer) == ["SOURCE_UNAVAILABLE"]


async def test_a_record_found_by_a_document_that_cannot_be_known_hides_too() -> None:
    """Immigration knows X1 as FOE and of the passport X0, under which the police know DOE."""
    here = World(
        {
            "IMMIGRATION": {
                "personrecord": [record("i1", "X1", "FOE")],
                "traveldocument": passports("i1", "X1", "X0"),
            },
            "POLICE": {"personrecord": [record("p1", "X0")]},
        }
    )
    view = whole({"Person": NOT_DOE}, name="not doe")
    assert (await here.data_of(SEEN, {"n": "X1"}, view=view))["person"] is None
    here.sources["IMMIGRATION"].fail("traveldocument", SourceUnavailable("x"))
    assert (await here.ask(SEEN, {"n": "X1"}, view=view)).data == {"person": None}


async def test_records_that_the_view_leaves_out_may_be_what_hides_a_person() -> None:
    police = Compare("agency", "eq", Value("POLICE"))
    view = whole({"Person": NOT_DOE, "PersonRecord": police}, name="not doe, by the police's records")
    assert await world().data_of(SEEN, {"n": "X2"}, view=view) == {"person": None}


async def test_an_agency_that_cannot_have_what_hides_a_person_hides_nobody() -> None:
    """Whatever the police have, it is no record of immigration."""
    view = whole({"Person": Negation(Compare("records.agency", "eq", Value("IMMIGRATION")))}, name="not immigration")
    here = world()
    here.sources["POLICE"].fail(None, SourceUnavailable("x"))
    answer = await here.ask(SEEN, {"n": "X2"}, view=view)
    assert answer.data == {"person": {"records": []}}
    here.sources["POLICE"].fail(None, None)
    here.sources["IMMIGRATION"].fail(None, SourceUnavailable("x"))
    assert (await here.ask(SEEN, {"n": "X2"}, view=view)).data == {"person": None}


async def test_a_search_by_name_does_not_tell_all_that_might_hide_a_person() -> None:
    """The police know the holder of X1 as ROE; that immigration knows him as DOE, a search for ROE does not tell."""
    here = World(
        {
            "IMMIGRATION": {"personrecord": [record("i1", "X1")]},
            "POLICE": {"personrecord": [record("p1", "X1", "ROE")]},
        }
    )
    view = whole({"Person": NOT_DOE}, name="not doe")
    query = '{ people(search: {familyName: "Roe"}) { nodes { records { agency } } totalCount } }'
    assert await here.data_of(query, view=view) == {"people": {"nodes": [], "totalCount": 0}}


@pytest.mark.parametrize("key", ["x", "", "{}", "[]", "[1]", '["rec",1,2]', '["rec","IMMIGRATION.personrecord","i9"]'])
async def test_what_decrypts_to_no_anchor_is_nobody(key: str) -> None:
    here = world()
    (made,) = NodeIds(KEYS).column(here.engine.runner.person_tag, [key])
    assert await here.data_of("query($i: ID!) { node(id: $i) { id } }", {"i": made}) == {"node": None}
