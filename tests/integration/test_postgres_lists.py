"""Child lists of every construction: nested tables, JSON arrays, repeated columns; with their flags."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from adapters.contract import (
    Child,
    ChildRows,
    ChildSelect,
    CollectionSpec,
    Compare,
    FetchCall,
    FetchSpec,
    FieldBinding,
    OrderTerm,
    Value,
)
from adapters.postgres import PostgresSource
from adapters.postgres.settings import PostgresSettings
from demo.postgres import OWNER, READER, Server
from tests.integration.test_postgres_semantics import server  # noqa: F401 - fixtures

TABLES = """
CREATE SCHEMA lists;
CREATE TABLE lists.permit (id int PRIMARY KEY, no text, doc jsonb, box_1 text, box_2 text);
CREATE TABLE lists.line (permit int, n int, hs text, doc jsonb, tags text[]);
CREATE TABLE lists.part (permit int, line int, m int, name char(6));
INSERT INTO lists.permit VALUES
 (1, 'A', '{"x": {"rows": [{"q": "1", "subs": [{"z": 5}, {"z": 6}]}, {"q": "?"}]}}', 'b1', ' '),
 (2, 'B', NULL, NULL, 'b2'), (3, 'C', '{"x": 4}', NULL, NULL);
INSERT INTO lists.line VALUES
 (1, 2, '84', '[{"w": 1}]', '{t,u}'), (1, 1, '73', NULL, '{}'), (2, 1, NULL, '[]', NULL);
INSERT INTO lists.part VALUES (1, 1, 2, 'one-b'), (1, 2, 1, 'two-a'), (1, 1, 1, 'one-a'), (2, 1, 1, NULL);
"""


def text(path: str, column: str, type_: str = "String", **more: Any) -> FieldBinding:
    return FieldBinding(path, type_, (column,), **more)


LINES = Child(
    "lines",
    "Line",
    "lists.line",
    {"permit": "id"},
    ("n",),
    fields={"hs": text("hs", "hs"), "tags": text("tags", "tags", list=True)},
    children={
        "parts": Child(
            "parts", "Part", "lists.part", {"permit": "permit", "line": "n"}, ("m",), value=text("parts", "name")
        ),
        "docs": Child("docs", "Doc", array="doc", fields={"w": text("w", "w", "Int")}),
    },
)
ROWS = Child(
    "rows",
    "Row",
    array="doc.x.rows",
    fields={"q": text("q", "q", "Int"), "r": text("r", "q")},
    children={"subs": Child("subs", "Sub", array="subs", value=text("subs", "z", "Int"))},
)
BOXES = Child("boxes", "Box", each=(("box_1",), ("box_2",)), value=text("boxes", "box_1"))


@pytest.fixture(scope="module")
async def permits(server: Server) -> AsyncIterator[PostgresSource]:  # noqa: F811 - a fixture
    owner = await asyncpg.connect(server.dsn(OWNER))
    await owner.execute(TABLES)
    await owner.close()
    spec = CollectionSpec(
        "TEST",
        "db",
        "permit",
        "Permit",
        {"number": text("number", "no")},
        "lists.permit",
        children={"lines": LINES, "rows": ROWS, "boxes": BOXES},
    )
    settings = PostgresSettings.model_validate({"kind": "postgres", "dsn": server.dsn(READER)})
    source = PostgresSource("db", "TEST", settings, {"permit": spec}, {})
    yield source
    await source.close()


def nested(rows: ChildRows, index: int) -> list[Any]:
    """The elements of one owner: tuples of columns, then of lists."""
    return [
        (*(column[i] for column in rows.columns), *(nested(child, i) for child in rows.children))
        for i in range(rows.offsets[index], rows.offsets[index + 1])
    ]


@pytest.mark.parametrize("limit", [None, 5])
async def test_every_list(permits: PostgresSource, limit: int | None) -> None:
    spec = FetchSpec(
        "permit",
        ("number",),
        (
            ChildSelect("lines", ("hs", "tags"), (ChildSelect("parts"), ChildSelect("docs", ("w",)))),
            ChildSelect("rows", ("q",), (ChildSelect("subs"),)),
            ChildSelect("boxes"),
        ),
        order=(OrderTerm("number"),),
        limit=limit is not None,
    )
    rows = await permits.prepare(spec).run(FetchCall(limit=limit))
    lines, documents, boxes = rows.children
    assert [nested(lines, i) for i in range(3)] == [
        [("73", [], [("one-a",), ("one-b",)], []), ("84", ["t", "u"], [("two-a",)], [(1,)])],
        [(None, [], [(None,)], [])],
        [],
    ]
    assert [nested(documents, i) for i in range(3)] == [[(1, [(5,), (6,)]), (None, [])], [], []]
    assert [nested(boxes, i) for i in range(3)] == [[("b1",)], [("b2",)], []]
    assert [(flag.row, flag.path, flag.problem) for flag in rows.flags] == [(0, "rows[1].q", "not a number")]


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("boxes", "b2", ["B"]),
        ("rows.r", "?", ["A"]),
        ("lines.hs", "84", ["A"]),
        ("lines.tags", "u", ["A"]),
        ("lines.parts", "one-a", ["A"]),
    ],
)
async def test_some_element_meets_a_comparison(
    permits: PostgresSource, path: str, value: str, found: list[str]
) -> None:
    spec = FetchSpec("permit", ("number",), filter=Compare(path, "eq", Value(value)))
    assert (await permits.prepare(spec).run(FetchCall())).columns == (found,)
