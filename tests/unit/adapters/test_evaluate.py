"""The reference semantics: predicates, order, cursors, limits and row selection over columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import (
    AllOf,
    AnyOf,
    Child,
    ChildRows,
    ChildSelect,
    CollectionSpec,
    Compare,
    FetchCall,
    FetchSpec,
    FieldBinding,
    Negation,
    OrderTerm,
    Param,
    Predicate,
    RowFlag,
    Rows,
    Value,
)
from adapters.errors import Unsupported
from adapters.evaluate import evaluation, sort, take
from adapters.predicates import Table, compile_predicate

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def binding(path: str, type_name: str = "String", **rest: Any) -> FieldBinding:
    return FieldBinding(path, type_name, (path,), **rest)


PERMIT = CollectionSpec(
    "FOOD",
    "api",
    "permit",
    "Permit",
    {
        "number": binding("number"),
        "amount": binding("amount", "Decimal"),
        "validTo": binding("validTo", "DateTime"),
        "origins": binding("origins", list=True),
    },
    children={
        "lines": Child(
            "lines",
            "PermitLine",
            fields={"hs": binding("hs"), "qty": binding("qty", "Decimal")},
            children={"marks": Child("marks", "String", value=binding(""))},
        ),
    },
)


def rows(**columns: list[Any]) -> Rows:
    return Rows(len(next(iter(columns.values()))), tuple(columns.values()), NOW)


def masked(predicate: Predicate, params: dict[str, Any] | None = None, **columns: list[Any]) -> list[bool]:
    table = Table.of(rows(**columns), tuple(columns), ())
    return compile_predicate(predicate, PERMIT)(table, params or {})


@pytest.mark.parametrize(
    ("op", "operand", "expected"),
    [
        ("eq", "b", [False, True, False]),
        ("ne", "b", [True, False, True]),
        ("in", ["a", "b"], [True, True, False]),
        ("in", [], [False, False, False]),
        ("lt", "b", [True, False, False]),
        ("lte", "b", [True, True, False]),
        ("gt", "a", [False, True, False]),
        ("gte", "a", [True, True, False]),
        ("startsWith", "a", [True, False, False]),
        ("null", True, [False, False, True]),
        ("null", False, [True, True, False]),
    ],
)
def test_operators_are_two_valued(op: Any, operand: Any, expected: list[bool]) -> None:
    compare = Compare("number", op, Value(operand))
    assert masked(compare, number=["a", "b", None]) == expected
    assert masked(Negation(compare), number=["a", "b", None]) == [not v for v in expected]


def test_decimals_compare_numerically_though_they_are_text() -> None:
    assert masked(Compare("amount", "gt", Value("9.5")), amount=["10", "9.50", None]) == [True, False, False]
    assert masked(Compare("amount", "eq", Param("a")), {"a": "9.5"}, amount=["10", "9.50", None]) == [
        False,
        True,
        False,
    ]


def test_list_columns_match_when_some_element_does() -> None:
    assert masked(Compare("origins", "eq", Value("CA")), origins=[["US", "CA"], [], None]) == [True, False, False]


def test_nested_and_or() -> None:
    predicate = AnyOf((AllOf((Compare("number", "eq", Value("a")), Compare("amount", "lt", Value("5")))), AnyOf(())))
    assert masked(predicate, number=["a", "a", "b"], amount=["4", "5", "1"]) == [True, False, False]
    assert masked(AllOf(()), number=["a"]) == [True]


def _with_lines() -> Rows:
    marks = ChildRows([0, 1, 1, 3], (["x", "y", "z"],))
    lines = ChildRows([0, 2, 2, 3], (["0401", "0402", "07"], ["1", "10", "2"]), (marks,))
    return Rows(3, (["p1", "p2", "p3"],), NOW, (lines,), [RowFlag(2, "lines[0].qty", "bad"), RowFlag(0, "number", "x")])


LINES = ChildSelect("lines", ("hs", "qty"), (ChildSelect("marks"),))


def test_child_paths_match_when_some_element_does() -> None:
    table = Table.of(_with_lines(), ("number",), (LINES,))
    assert compile_predicate(Compare("lines.hs", "startsWith", Value("04")), PERMIT)(table, {}) == [True, False, False]
    assert compile_predicate(Compare("lines.qty", "gt", Value("9")), PERMIT)(table, {}) == [True, False, False]
    assert compile_predicate(Compare("lines.marks", "eq", Value("z")), PERMIT)(table, {}) == [False, False, True]


def test_taking_rows_takes_children_and_flags() -> None:
    taken = take(_with_lines(), [2, 0])
    assert taken.columns == (["p3", "p1"],)
    assert taken.children[0].offsets == [0, 1, 3]
    assert taken.children[0].columns[0] == ["07", "0401", "0402"]
    assert taken.children[0].children[0].offsets == [0, 2, 3, 3]
    assert taken.children[0].children[0].columns == (["y", "z", "x"],)
    assert taken.flags == [RowFlag(0, "lines[0].qty", "bad"), RowFlag(1, "number", "x")]


def test_what_was_fetched_only_to_decide_is_dropped_with_its_flags() -> None:
    spec = FetchSpec("permit", ("number",), (ChildSelect("lines", ("hs",)),))
    work = evaluation(spec, PERMIT, predicate=Compare("lines.qty", "lt", Value("3")))
    assert work.children == (ChildSelect("lines", ("hs", "qty")),)
    fetched = _with_lines()
    fetched.children = tuple(replace(child, children=()) for child in fetched.children)
    answer = work.apply(fetched, FetchCall())
    assert answer.columns == (["p1", "p3"],)
    assert answer.children[0].columns == (["0401", "0402", "07"],)
    assert answer.flags == [RowFlag(0, "number", "x")]


def test_an_unsupplied_path_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="does not supply holder"):
        evaluation(FetchSpec("permit", ("number",)), PERMIT, predicate=Compare("holder", "eq", Value("x")))


def test_nulls_last_ascending_and_first_descending() -> None:
    column = ["b", None, "a", None]
    assert sort(range(4), [column], [OrderTerm("number")]) == [2, 0, 1, 3]
    assert sort(range(4), [column], [OrderTerm("number", descending=True)]) == [1, 3, 0, 2]


values = st.lists(st.tuples(st.none() | st.integers(0, 4), st.integers(0, 4).map(str)), max_size=12)


@given(values, st.booleans(), st.booleans(), st.integers(1, 4))
def test_pages_by_cursor_are_the_whole_list(
    data: list[tuple[int | None, str]], descending: bool, key_descending: bool, size: int
) -> None:
    data = [(amount, f"{key}{i}") for i, (amount, key) in enumerate(data)]
    order = (OrderTerm("amount", descending), OrderTerm("number", key_descending))
    whole = FetchSpec("permit", ("amount", "number"), order=order)

    def source() -> Rows:
        return rows(amount=[None if a is None else str(a) for a, _ in data], number=[key for _, key in data])

    expected = evaluation(whole, PERMIT, predicate=None).apply(source(), FetchCall())
    seen: list[tuple[Any, Any]] = []
    cursor: tuple[Any, ...] | None = None
    for _ in range(len(data) + 1):
        after = None if cursor is None else tuple(v is None for v in cursor)
        work = evaluation(replace(whole, limit=True, after=after, count=True), PERMIT, predicate=None)
        page = work.apply(source(), FetchCall(limit=size, cursor=cursor))
        assert page.total == len(data)
        if not page.count:
            break
        seen += zip(*page.columns, strict=True)
        cursor = seen[-1]
    assert seen == list(zip(*expected.columns, strict=True))


def test_limits_and_counts_per_key() -> None:
    spec = FetchSpec(
        "permit",
        ("number", "amount"),
        keys=("number",),
        order=(OrderTerm("amount", True),),
        limit=True,
        per_key=True,
        count=True,
    )
    answer = evaluation(spec, PERMIT, predicate=None).apply(
        rows(number=["a", "a", "b", "a", "z"], amount=["1", "3", "5", "2", "9"]),
        FetchCall(keys=[("a",), ("b",), ("c",)], limit=2),
    )
    assert list(zip(*answer.columns, strict=True)) == [("b", "5"), ("a", "3"), ("a", "2")]
    assert answer.totals == {("a",): 3, ("b",): 1, ("c",): 0}


def test_a_key_inside_a_list_finds_its_row_once() -> None:
    spec = FetchSpec("permit", ("number", "origins"), keys=("origins",))
    answer = evaluation(spec, PERMIT, predicate=None).apply(
        rows(number=["a", "b"], origins=[["CA", "US"], None]), FetchCall(keys=[("CA",), ("US",)])
    )
    assert answer.columns[0] == ["a"]
