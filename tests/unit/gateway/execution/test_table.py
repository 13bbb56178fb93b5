"""Rows as columns: who supplies what, flags on what is shown, rows taken and joined with their children."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Child, ChildRows, CollectionSpec, FieldBinding, RowFlag, Rows, coordinate_path
from gateway.execution.layouts import layout
from gateway.execution.order import sorted_rows
from gateway.execution.table import Children, Origin, Table, concat, empty, from_rows, take
from gateway.planning.shapes import Needs

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = Origin("FOOD", NOW, False), Origin("POLICE", NOW, True)


def bound(path: str, kind: str = "String") -> FieldBinding:
    return FieldBinding(path, kind, (path,))


SPEC = CollectionSpec(
    "CUSTOMS",
    "db",
    "shipment",
    "Shipment",
    {"ccn": bound("ccn"), "risk.band": bound("risk.band"), "eta": bound("eta", "DateTime")},
    children={
        "containers": Child(
            "containers", "TransportEquipment", fields={"number": bound("number"), "sizeType": bound("sizeType")}
        ),
        "lines": Child("lines", "PermitLine", fields={"hs": bound("hs")}),
        "countries": Child("countries", "CountryCode", value=bound("")),
    },
)


def needs(columns: str, **children: str) -> Needs:
    made = Needs()
    for path in columns.split():
        made.column(path)
        made.shown.add(path)
    for name, below in children.items():
        for path in below.split():
            made.child(name).column(path)
            made.child(name).shown.add(path)
    return made


def shipments(wanted: Needs, flags: list[RowFlag]) -> Table:
    how = layout(wanted, SPEC)
    rows = Rows(
        2,
        (["a", "b"], ["HIGH", None]),
        NOW,
        (
            ChildRows([0, 2, 2], (["CA", "US"],)),
            ChildRows([0, 1, 3], (["c1", "c2", "c3"],)),
            ChildRows([0, 2, 3], (["l1", "l2", "l3"],)),
        ),
        flags,
    )
    assert how.columns == ("ccn", "risk.band")
    assert [select.name for select in how.selects] == ["countries", "containers", "lines"]
    return from_rows(rows, how, ONE)


ALL = ("ccn absent risk.band countries", {"containers": "number absent", "lines": "hs"})


def test_what_an_owner_lacks_is_null_and_lists_of_scalars_are_columns() -> None:
    table = shipments(needs(ALL[0], **ALL[1]), [])
    assert table.columns == [["a", "b"], [None, None], ["HIGH", None], [["CA", "US"], []]]
    containers = table.children["containers"]
    assert containers.table.columns == [["c1", "c2", "c3"], [None, None, None]]
    assert containers.parents() == [0, 1, 1]
    assert containers.table.origins == (ONE,)
    assert containers.table.parent is table


def test_a_child_list_that_the_owner_lacks_is_empty_in_every_row() -> None:
    wanted = needs("ccn", seals="number")
    wanted.child("seals").child("inner").column("x")
    how = layout(wanted, SPEC)
    table = from_rows(Rows(2, (["a", "b"],), NOW), how, ONE)
    assert table.children["seals"].offsets == [0, 0, 0]
    assert table.children["seals"].table.count == 0
    assert table.children["seals"].table.children["inner"].offsets == [0]


def test_flags_on_what_is_not_shown_are_dropped() -> None:
    wanted = needs(ALL[0], **ALL[1])
    wanted.shown.discard("risk.band")
    wanted.child("lines").shown.discard("hs")
    flags = [RowFlag(0, "risk.band", "unmapped"), RowFlag(0, "lines[1].hs", "pattern"), RowFlag(1, "ccn", "pattern")]
    table = shipments(wanted, flags)
    assert table.flags == {1: [("ccn", "pattern")]}
    assert list(table.flag_coordinates("Shipment")) == ["Shipment.ccn"]


def test_flags_of_children_with_flags_of_their_own_are_there() -> None:
    flags = [RowFlag(1, "containers[1].number", "check digit"), RowFlag(0, "lines[1].hs", "pattern")]
    table = shipments(needs(ALL[0], **ALL[1]), flags)
    assert table.children["containers"].table.flags == {2: [("number", "check digit")]}
    assert table.flags == {0: [("lines[1].hs", "pattern")]}
    assert sorted(table.flag_coordinates("Permit")) == ["Permit.lines.hs", "TransportEquipment.number"]


def test_coordinates_have_no_element_numbers() -> None:
    assert coordinate_path("lines[2].hs[10].x") == "lines.hs.x"


def test_taking_rows_takes_their_children_flags_and_origins() -> None:
    flags = [RowFlag(1, "ccn", "pattern"), RowFlag(1, "containers[0].number", "check digit")]
    table = shipments(needs(ALL[0], **ALL[1]), flags)
    picked = take(table, [1, 0, 1])
    assert picked.columns[0] == ["b", "a", "b"]
    assert picked.flags == {0: [("ccn", "pattern")], 2: [("ccn", "pattern")]}
    below = picked.children["containers"]
    assert (below.offsets, below.table.columns[0]) == ([0, 2, 3, 5], ["c2", "c3", "c1", "c2", "c3"])
    assert below.table.flags == {0: [("number", "check digit")], 3: [("number", "check digit")]}
    assert below.table.parent is picked
    assert picked.per_row([one.agency for one in picked.origins]) == ["FOOD"] * 3
    assert take(table, []).children["lines"].offsets == [0]


def one_column(values: list[Any], origin: Origin, lists: list[list[Any]]) -> Table:
    table = Table(len(values), [list(values)], origins=(origin,))
    offsets = [0]
    for items in lists:
        offsets.append(offsets[-1] + len(items))
    inner = Table(offsets[-1], [[item for items in lists for item in items]], origins=(origin,))
    table.children["below"] = Children(offsets, inner)
    return table


WANTED = needs("v", below="w")
tables = st.lists(st.tuples(st.integers(), st.lists(st.integers(), max_size=3)), max_size=5)


@given(st.lists(tables, max_size=4))
def test_joined_tables_are_their_rows_one_after_the_other(parts: list[list[tuple[int, list[int]]]]) -> None:
    made = [
        one_column([value for value, _ in part], (ONE, TWO)[n % 2], [items for _, items in part])
        for n, part in enumerate(parts)
    ]
    joined = concat(WANTED, made)
    everything = [row for part in parts for row in part]
    assert joined.count == len(everything)
    assert joined.columns == [[value for value, _ in everything]]
    assert joined.per_row([one.agency for one in joined.origins]) == [
        (ONE, TWO)[n % 2].agency for n, part in enumerate(parts) for _ in part
    ]
    below = joined.children["below"]
    lists = [below.table.columns[0][start:end] for start, end in zip(below.offsets, below.offsets[1:], strict=False)]
    assert lists == [items for _, items in everything]
    again = concat(WANTED, [joined, joined])
    assert again.count == 2 * joined.count
    assert take(again, range(joined.count, again.count)).columns == joined.columns


def test_joining_moves_flags_and_keeps_the_parts_as_they_were() -> None:
    one, two = one_column([1, 2], ONE, [[], []]), one_column([3], TWO, [[9]])
    one.flags, two.flags = {1: [("v", "x")]}, {0: [("v", "y")]}
    joined = concat(WANTED, [one, two])
    assert joined.flags == {1: [("v", "x")], 2: [("v", "y")]}
    joined.columns[0].append(4)
    assert one.columns == [[1, 2]]
    assert two.flags == {0: [("v", "y")]}


def test_nothing() -> None:
    table = concat(WANTED, [])
    assert (table.count, table.columns, table.children["below"].offsets) == (0, [[]], [0])
    assert empty(WANTED).per_row([]) == []


# ---- order ------------------------------------------------------------------------------------

cells = st.one_of(st.none(), st.integers(0, 3))


@given(st.lists(st.tuples(cells, cells), max_size=12), st.lists(st.booleans(), min_size=2, max_size=2))
def test_order_is_stable_nulls_last_up_and_first_down(rows: list[tuple[Any, Any]], down: list[bool]) -> None:
    table = Table(len(rows), [[a for a, _ in rows], [b for _, b in rows]])
    found = sorted_rows(table, needs("a b"), (("a", down[0]), ("b", down[1])))

    def place(row: int) -> tuple[Any, ...]:
        keys: list[Any] = []
        for value, descending in zip(rows[row], down, strict=True):
            null = value is None
            keys += [not null if descending else null, -(value or 0) if descending else value or 0]
        return (*keys, row)

    assert found == sorted(range(len(rows)), key=place)


@pytest.mark.parametrize("descending", [False, True])
def test_backward_is_the_exact_reverse(descending: bool) -> None:
    table = Table(5, [[2, None, 1, 2, None]])
    one = sorted_rows(table, needs("a"), (("a", descending),))
    turned = take(table, range(4, -1, -1))
    other = sorted_rows(turned, needs("a"), (("a", not descending),))
    assert [4 - row for row in other][::-1] == one
