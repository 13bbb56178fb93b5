"""What every adapter must answer, whatever it asks of its agency: the memory source is the reference."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.contract import (
    AllOf,
    AnyOf,
    ChildRows,
    ChildSelect,
    Compare,
    FetchCall,
    FetchSpec,
    Join,
    Negation,
    OrderTerm,
    Param,
    Predicate,
    Rows,
    Source,
    Unread,
    Value,
)
from tests.conformance.world import reference

COLUMNS = ("number", "type", "status", "holder.name", "validTo", "fee.amount", "updatedAt", "held")
SPEC = FetchSpec("permit", COLUMNS, (ChildSelect("lines", ("line", "hs", "used.value")),))
REFERENCE = reference()


def _children(child: ChildRows, row: int) -> Any:
    elements = range(child.offsets[row], child.offsets[row + 1])
    return [
        (*(_plain(column[i]) for column in child.columns), *(_children(below, i) for below in child.children))
        for i in elements
    ]


def _plain(value: Any) -> Any:
    """Decimals by value: the texts ``10`` and ``10.0`` are the same amount."""
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return float(value) if "." in value or len(value) < 4 else value
    return value


def shown(rows: Rows, ordered: bool) -> Any:
    flags: dict[int, set[str]] = {}
    for flag in rows.flags:
        flags.setdefault(flag.row, set()).add(flag.path)
    listed = [
        (
            tuple(_plain(column[i]) for column in rows.columns),
            tuple(map(repr, (_children(child, i) for child in rows.children))),
            tuple(sorted(flags.get(i, ()))),
            tuple(mark[i] for mark in rows.marks),
        )
        for i in range(rows.count)
    ]
    return listed if ordered else sorted(listed, key=repr)


async def same(source: Source, spec: FetchSpec, call: FetchCall, *, ordered: bool = False) -> Rows:
    """The answer, proved equal to the reference's."""
    answer = await source.prepare(spec).run(call)
    expected = await REFERENCE.prepare(spec).run(call)
    assert shown(answer, ordered) == shown(expected, ordered)
    assert (answer.total, answer.totals) == (expected.total, expected.totals)
    return answer


OPERANDS: list[tuple[str, str, Any]] = [
    *(("type", op, "plant") for op in ("eq", "ne", "lt", "lte", "gt", "gte", "startsWith")),
    ("type", "in", ["meat", "é"]),
    ("type", "in", []),
    ("type", "null", True),
    ("type", "null", False),
    ("type", "startsWith", ""),
    ("holder.name", "startsWith", "Be_"),
    ("holder.name", "startsWith", "Beta%"),
    *(("status", op, "ISSUED") for op in ("eq", "ne")),
    ("status", "in", ["ISSUED", "EXPIRED"]),
    ("status", "null", True),
    *(("validTo", op, date(2026, 11, 3)) for op in ("eq", "ne", "lt", "lte", "gt", "gte")),
    ("validTo", "null", True),
    *(("fee.amount", op, "10.00") for op in ("eq", "ne", "lt", "lte", "gt", "gte")),
    *(("updatedAt", op, datetime(2026, 11, 24, 2, tzinfo=UTC)) for op in ("eq", "ne", "lt", "lte", "gt", "gte")),
    *(("held", op, True) for op in ("eq", "ne")),
    ("held", "null", False),
    *(("originCountries", op, "FR") for op in ("eq", "ne")),
    ("originCountries", "in", ["DE", "US"]),
    *(("originCountries", "null", null) for null in (True, False)),
    *(("holder.country", op, "CA") for op in ("eq", "ne")),
    ("lines.hs", "eq", "0401"),
    ("lines.hs", "ne", "0401"),
    ("lines.hs", "startsWith", "04"),
    ("lines.hs", "null", True),
    ("lines.used.value", "gt", "9.6"),
]


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(("path", "op", "operand"), OPERANDS, ids=lambda value: str(value))
@pytest.mark.parametrize("place", ["filter", "predicate"])
async def test_operators(source: Source, path: str, op: Any, operand: Any, negated: bool, place: str) -> None:
    term: Predicate = Compare(path, op, Param("p"))
    if negated:
        term = Negation(term)
    spec = replace(SPEC, filter=term, count=True) if place == "filter" else replace(SPEC, predicate=term, count=True)
    await same(source, spec, FetchCall(params={"p": operand}))


UNREAD = ("status", "validTo", "originCountries", "holder.country", "type", "held", "fee.amount", "lines.hs")


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("path", UNREAD)
async def test_what_could_not_be_read_can_be_asked_for(source: Source, path: str, negated: bool) -> None:
    term: Predicate = Negation(Unread(path)) if negated else Unread(path)
    counts = {"status": 1, "validTo": 2, "originCountries": 11, "holder.country": 13}
    for spec in (replace(SPEC, filter=term), replace(SPEC, predicate=term), replace(SPEC, marks=(term,))):
        rows = await same(source, spec, FetchCall())
        odd = counts.get(path, 0)
        assert rows.count == (40 if spec.marks else 40 - odd if negated else odd)


def _random(rng: random.Random, depth: int) -> Predicate:
    if rng.random() < 0.1:
        return Unread(rng.choice(UNREAD))
    if depth == 0 or rng.random() < 0.3:
        path, op, operand = rng.choice(OPERANDS)
        return Compare(path, op, Value(operand))  # type: ignore[arg-type]  # an operator, drawn as text
    if rng.random() < 0.25:
        return Negation(_random(rng, depth - 1))
    terms = tuple(_random(rng, depth - 1) for _ in range(rng.randrange(4)))
    return AllOf(terms) if rng.random() < 0.5 else AnyOf(terms)


class _Unhashed:
    """Lists in literals make a predicate unhashable; tuples do not."""

    def __new__(cls, predicate: Predicate) -> Any:
        match predicate:
            case Compare(operand=Value(value=list() as value)):
                return replace(predicate, operand=Value(tuple(value)))
            case AllOf(terms=terms) | AnyOf(terms=terms):
                return replace(predicate, terms=tuple(cls(term) for term in terms))
            case Negation(term=term):
                return Negation(cls(term))
        return predicate


@pytest.mark.parametrize("seed", range(40))
async def test_nested_conditions(source: Source, seed: int) -> None:
    rng = random.Random(seed)
    spec = replace(SPEC, filter=_Unhashed(_random(rng, 3)), predicate=_Unhashed(_random(rng, 2)))
    await same(source, spec, FetchCall())


ORDERS = [
    (OrderTerm("number"),),
    (OrderTerm("number", True),),
    (OrderTerm("validTo"), OrderTerm("number")),
    (OrderTerm("validTo", True), OrderTerm("number", True)),
    (OrderTerm("status"), OrderTerm("validTo", True), OrderTerm("number")),
    (OrderTerm("fee.amount", True), OrderTerm("number")),
    (OrderTerm("updatedAt"), OrderTerm("number", True)),
    (OrderTerm("held", True), OrderTerm("type", codepoint=True), OrderTerm("number")),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "+".join(f"{t.path}{'-' * t.descending}" for t in order))
async def test_pages_by_cursor(source: Source, order: tuple[OrderTerm, ...]) -> None:
    """Every page after every row of the page before, until the end."""
    spec = replace(SPEC, order=order, limit=True, count=True, filter=Compare("status", "eq", Value("ISSUED")))
    for condition in (None, spec.filter):
        page = replace(spec, filter=condition)
        call, seen, total = FetchCall(limit=6), 0, None
        while True:
            rows = await same(source, page, call, ordered=True)
            seen += rows.count
            total = rows.total if total is None else total
            if rows.count == 0:
                break
            last = tuple(rows.columns[COLUMNS.index(term.path)][-1] for term in order)
            page = replace(page, after=tuple(value is None for value in last), count=False)
            call = FetchCall(limit=6, cursor=last)
        assert seen == total


@pytest.mark.parametrize("keys", [[("P001",)], [("P001",), ("P039",), ("nobody",), ("P020",), ("a,b/c?d=%",)]])
async def test_lookups(source: Source, keys: list[tuple[str]]) -> None:
    rows = await same(source, replace(SPEC, keys=("number",)), FetchCall(keys=keys))
    assert rows.count == sum(key[0].startswith("P") for key in keys)
    await same(
        source, replace(SPEC, keys=("number",), predicate=Compare("held", "eq", Value(True))), FetchCall(keys=keys)
    )


async def test_lookups_by_several_columns(source: Source) -> None:
    spec = FetchSpec(
        "decision", ("reasonCode", "sequence", "transactionNumber"), keys=("transactionNumber", "sequence")
    )
    keys = [("T1", 0), ("T1", 1), ("T2", 0), ("T0", 1), ("T5", 2), ("T9", 0), ("T0", 3)]
    rows = await same(source, spec, FetchCall(keys=keys))
    assert rows.count == 6, "never the cross product of the columns"


@pytest.mark.parametrize("limit", [0, 1, 3])
@pytest.mark.parametrize("descending", [False, True])
async def test_limits_and_counts_per_key(source: Source, limit: int, descending: bool) -> None:
    order = (OrderTerm("validTo", descending), OrderTerm("number"))
    spec = replace(SPEC, keys=("type",), per_key=True, limit=True, count=True, order=order)
    await same(source, spec, FetchCall(keys=[("plant",), ("meat",), ("none",)], limit=limit))


MARKS: tuple[Predicate, ...] = (
    Compare("held", "eq", Value(True)),
    AnyOf((Compare("lines.hs", "startsWith", Param("hs")), Negation(Compare("holder.name", "eq", Value("Beta"))))),
    Compare("validTo", "lt", Value(date(2026, 6, 1))),
)


@pytest.mark.parametrize("count", [False, True])
async def test_marks_tell_of_each_row_whether_they_hold(source: Source, count: bool) -> None:
    """In a list, a lookup, a page, a page after a cursor that is null, and pages per key."""
    marked = replace(SPEC, marks=MARKS)
    order = (OrderTerm("validTo", True), OrderTerm("number"))
    params = {"hs": "04", "types": ["plant", "meat"]}
    await same(source, marked, FetchCall(params=params))
    rows = await same(source, replace(marked, columns=("number",), children=()), FetchCall(params=params))
    assert [len(mark) for mark in rows.marks] == [rows.count] * 3
    keys = [("P001",), ("P020",), ("P039",), ("nobody",)]
    await same(source, replace(marked, keys=("number",)), FetchCall(keys=keys, params=params))
    page = replace(marked, order=order, limit=True, count=count)
    await same(source, page, FetchCall(params=params, limit=7), ordered=True)
    listed = replace(page, predicate=Compare("type", "in", Param("types")))
    await same(source, listed, FetchCall(params=params, limit=7), ordered=True)
    after = replace(page, after=(True, False), count=False)
    await same(source, after, FetchCall(params=params, limit=30, cursor=(None, "P000")), ordered=True)
    per_key = replace(page, keys=("type",), per_key=True)
    await same(source, per_key, FetchCall(keys=[("plant",), ("meat",)], params=params, limit=3))


SAME_TYPE = FetchSpec(
    "permit",
    ("number", "validTo", "status", "originCountries"),
    (ChildSelect("lines", ("line", "hs")),),
    order=(OrderTerm("validTo", True), OrderTerm("number")),
)
OF_ITS_TYPE = Join((("type", "type"),), SAME_TYPE)
OF_ITS_OWN = Join((("number", "number"),), replace(SAME_TYPE, columns=("holder.name",), joins=(OF_ITS_TYPE,)))


async def test_rows_with_those_of_a_neighbour(source: Source) -> None:
    """In a list, a lookup, a page and after a cursor: the rows that a lookup by the same keys brings, in its order,
    with lists, flags and joins of their own. A null leads nowhere."""
    if not source.joins("permit", OF_ITS_TYPE):
        assert type(source).__name__ == "RestSource"
        return
    joined = replace(SPEC, joins=(OF_ITS_TYPE, OF_ITS_OWN))
    rows = await same(source, joined, FetchCall())
    assert any(flag.path.startswith("@0[") for flag in rows.flags)
    assert any(flag.path.startswith("@1[0].@0[") for flag in rows.flags)
    of_null = [row for row, kind in enumerate(rows.columns[1]) if kind is None]
    assert of_null
    assert all(rows.children[1].offsets[row] == rows.children[1].offsets[row + 1] for row in of_null)
    await same(source, replace(joined, keys=("number",)), FetchCall(keys=[("P001",), ("P020",), ("nobody",)]))
    await same(source, replace(joined, keys=("number",)), FetchCall(keys=[("nobody",)]))
    order = (OrderTerm("validTo"), OrderTerm("number"))
    page = replace(joined, order=order, limit=True, count=True, filter=Compare("type", "in", Param("types")))
    await same(source, page, FetchCall(params={"types": ["plant", "é"]}, limit=6), ordered=True)
    after = replace(joined, order=order, limit=True, after=(False, False))
    cursor = (date(2026, 11, 2), "P005")
    await same(source, after, FetchCall(limit=9, cursor=cursor), ordered=True)
    marked = replace(joined, marks=MARKS)
    await same(source, marked, FetchCall(params={"hs": "04"}))


async def test_a_rule_of_what_is_joined_is_kept(source: Source) -> None:
    term = AnyOf((Compare("lines.hs", "eq", Param("hs")), Compare("holder.name", "eq", Param("who"))))
    join = Join(OF_ITS_TYPE.on, replace(SAME_TYPE, predicate=term))
    if source.joins("permit", join):
        for params in ({"hs": "07", "who": "Alpha"}, {"hs": "none", "who": "nobody"}):
            rows = await same(source, replace(SPEC, joins=(join,)), FetchCall(params=params))
        assert rows.children[1].offsets[-1] == 0


async def test_rows_joined_by_two_columns(source: Source) -> None:
    pair = (("transactionNumber", "transactionNumber"), ("sequence", "sequence"))
    order = (OrderTerm("sequence", True),)
    own = Join(pair, FetchSpec("decision", ("reasonCode",)))
    beside = Join(pair[:1], FetchSpec("decision", ("sequence",), order=order, joins=(own,)))
    if source.joins("decision", beside):
        rows = await same(
            source, FetchSpec("decision", ("transactionNumber", "sequence"), joins=(beside, own)), FetchCall()
        )
        assert rows.children[0].offsets[-1] > rows.count == rows.children[1].offsets[-1]


async def test_dirty_values_are_null_and_flagged(source: Source) -> None:
    rows = await same(source, replace(SPEC, columns=("number", "validTo", "status")), FetchCall())
    assert sorted(flag.path for flag in rows.flags) == ["status", "validTo", "validTo"]
    rows = await same(
        source, replace(SPEC, columns=("number",), filter=Compare("validTo", "null", Value(True))), FetchCall()
    )
    assert rows.flags == [], "no flag for what is not shown"
