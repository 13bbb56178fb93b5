"""Whatever a client sends: an answer or a client error, never an exception."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.memory_world import World, codes, day

WORLD = World(
    {
        "CUSTOMS": {"shipment": [{"ccn": "1234PARS00001", "status": "HELD", "eta": day(1)}]},
        "FOOD": {"permit": [{"number": f"F{n}", "validTo": None} for n in range(3)]},
    }
)


# As a table: a case a line.
@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('query($a: Int = 2) { heldContainers(place: "CAMTR", agencies: $a) { nodes { number } } }', {"a": None}),
        ("query($a: Boolean = true) { __typename @skip(if: $a) viewer { subject } }", {"a": None}),
        ("query($a: Boolean = true) { permits { nodes { id @include(if: $a) } } }", {"a": None}),
        ("query($l: Language = EN) { agencies { name(language: $l) } }", {"l": None}),
        ("query($f: PermitFilter) { permits(filter: $f) { nodes { id } } }", {"f": {"type": None}}),
        ("query($f: PermitFilter) { permits(filter: $f) { nodes { id } } }", {"f": {"type": {"eq": None}}}),
        ("query($n: Int) { permits(first: $n) { nodes { id } } }", {"n": -1}),
        ("query($n: Int) { permits(first: 1, last: $n) { nodes { id } } }", {"n": 1}),
        ("query($c: String) { permits(after: $c, before: $c) { nodes { id } } }", {"c": "AAAA"}),
        ("query($c: String) { permits(first: 2, before: $c) { nodes { id } } }", {"c": "AAAA"}),
        ("query($c: String) { permits(last: 2, after: $c) { nodes { id } } }", {"c": "AAAA"}),
        ("query($c: String) { permits(after: $c) { nodes { id } } }", {"c": ""}),
        ("query($c: String) { permits(after: $c) { nodes { id } } }", {"c": "é\x00?"}),
        ("query($c: String) { permits(after: $c) { nodes { id } } }", {"c": "A"}),
    ],
)  # fmt: skip
async def test_bad_input_is_told_and_nothing_is_asked(query: str, variables: dict[str, Any]) -> None:
    before = sum(len(source.calls) for source in WORLD.sources.values())
    answer = await WORLD.ask(query, variables)
    assert (answer.status, answer.data, codes(answer)) == (400, None, ["BAD_USER_INPUT"])
    assert sum(len(source.calls) for source in WORLD.sources.values()) == before


@pytest.mark.parametrize(
    "query",
    [
        'query($c: String) { people(search: {familyName: "X"}, after: $c) { nodes { id } } }',
        'query($c: String) { heldContainers(place: "CAMTR", after: $c) { nodes { number } } }',
    ],
)
async def test_a_bad_cursor_of_a_list_made_here(query: str) -> None:
    for cursor in ("", "AAAA", "x" * 3_000):
        answer = await WORLD.ask(query, {"c": cursor})
        assert (answer.status, answer.data, codes(answer)) == (400, None, ["BAD_USER_INPUT"])


@pytest.mark.parametrize("cursor", [None])
async def test_a_null_cursor_is_none(cursor: None) -> None:
    data = await WORLD.data_of(
        "query($c: String) { permits(after: $c) { nodes { number } pageInfo { hasPreviousPage } } }", {"c": cursor}
    )
    assert data["permits"]["pageInfo"]["hasPreviousPage"] is False


async def test_a_page_beyond_the_limit_says_the_limit() -> None:
    answer = await WORLD.ask("{ permits(first: 1001) { nodes { id } } }")
    assert answer.errors[0]["extensions"] == {"code": "PAGE_SIZE_LIMIT", "limit": 1000, "measured": 1001}


async def test_a_page_of_no_rows_has_no_cursors_but_says_that_there_are_rows() -> None:
    page = "nodes { number } edges { cursor } totalCount pageInfo { hasNextPage startCursor endCursor }"
    data = await WORLD.data_of("{ permits(first: 0) { " + page + " } }")
    assert data["permits"] == {
        "nodes": [],
        "edges": [],
        "totalCount": 3,
        "pageInfo": {"hasNextPage": True, "startCursor": None, "endCursor": None},
    }


@pytest.mark.parametrize("kind", ["mutation", "subscription"])
async def test_only_queries_are_planned(kind: str) -> None:
    answer = await WORLD.ask(kind + ' { shipment(ccn: "1234PARS00001") { ccn held } }')
    assert (answer.data, codes(answer), answer.executed) == (None, ["GRAPHQL_VALIDATION_FAILED"], False)


async def test_introspection_beside_data_takes_the_variables_as_they_were_sent() -> None:
    data = await WORLD.data_of(
        'query($s: DateTime, $n: String!, $k: String = "Hold") { __type(name: $n) { name } k: __type(name: $k) { name }'
        " shipments(filter: {eta: {gte: $s}}) { nodes { status } } }",
        {"s": "2026-01-01T00:00:00Z", "n": "Shipment"},
    )
    assert data == {
        "__type": {"name": "Shipment"},
        "k": {"name": "Hold"},
        "shipments": {"nodes": [{"status": "HELD"}]},
    }


async def test_introspection_alone_beside_typename_and_under_fragments() -> None:
    data = await WORLD.data_of(
        "query($no: Boolean!) { t: __typename ...F @skip(if: $no) ... @include(if: $no) "
        '{ b: __type(name: "Hold") { name } } } fragment F on Query { __schema { queryType { name } } }',
        {"no": True},
    )
    assert data == {"t": "Query", "b": {"name": "Hold"}}


@pytest.mark.parametrize(
    "node_id", ["", "A", "AAAA", "%%%", "AQ" * 12, "Ag" * 40, "\x00", "日本", "AQAAAAAAAAAAAAAAAAAAAAAA", "x" * 5_000]
)
async def test_a_forged_id_is_an_absent_node(node_id: str) -> None:
    data = await WORLD.data_of("query($i: ID!) { node(id: $i) { id } nodes(ids: [$i, $i]) { id } }", {"i": node_id})
    assert data == {"node": None, "nodes": [None, None]}


async def test_no_ids_are_no_nodes() -> None:
    assert await WORLD.data_of("{ nodes(ids: []) { id } }") == {"nodes": []}
