"""Cursors: read back by whoever may, refused to everyone else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ClientError, ErrorCode
from gateway.execution.cursors import Cursors, Position, Stand, binding, mark

KEYS = [b"n" * 32, b"o" * 32]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)
rows = st.lists(values, min_size=1, max_size=3).map(tuple)
positions = st.builds(Position, st.none() | rows, st.none() | rows)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=10), positions, max_size=4))
def test_what_is_written_is_read(at: dict[str, Position]) -> None:
    cursors = Cursors(KEYS)
    assert cursors.decode(b"x", cursors.encode(b"x", at)) == at


def test_types_survive() -> None:
    at = Position((datetime(2026, 1, 2, 3, tzinfo=UTC), date(2026, 1, 2), None, True, 1, "1"))
    (found,) = Cursors(KEYS).decode(b"x", Cursors(KEYS).encode(b"x", {"o": at})).values()
    assert found.last is not None
    assert [type(one) for one in found.last] == [type(one) for one in at.last or ()]


def test_a_row_that_is_both_neighbours_is_written_once() -> None:
    row = ("a" * 200,)
    cursors = Cursors(KEYS)
    same, apart = Position(row, row), Position(row, ("b" * 200,))
    assert len(cursors.encode(b"x", {"o": same})) < len(cursors.encode(b"x", {"o": apart})) - 200
    found = cursors.decode(b"x", cursors.encode(b"x", {"o": same}))["o"]
    assert found.last is found.next


def refused(cursors: Cursors, bound: bytes, text: str) -> None:
    with pytest.raises(ClientError, match="start again") as told:
        cursors.decode(bound, text)
    assert told.value.code is ErrorCode.BAD_USER_INPUT


def test_another_list_filter_or_right_is_refused() -> None:
    cursors = Cursors(KEYS)
    made = cursors.encode(b"x", {"o": Position((1,))})
    refused(cursors, b"y", made)
    refused(Cursors([b"z" * 32]), b"x", made)


def test_rotated_keys() -> None:
    old = Cursors(KEYS[1:]).encode(b"x", {"o": Position((1,))})
    assert Cursors(KEYS).decode(b"x", old) == {"o": Position((1,))}
    refused(Cursors(KEYS[:1]), b"x", old)


@given(st.text(max_size=120))
def test_anything_else_is_refused(text: str) -> None:
    refused(Cursors(KEYS), b"x", text)


@given(st.data())
def test_tampering_is_refused(data: st.DataObject) -> None:
    cursors = Cursors(KEYS)
    made = cursors.encode(b"x", {"o": Position(("a", None), ("b", 2))})
    place = data.draw(st.integers(0, len(made) - 2))
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda one: one != made[place]))
    refused(cursors, b"x", made[:place] + letter + made[place + 1 :])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("ab",)),
        (("a", None), ("a",)),
        (({"f0": "1"},), ({"f0": 1},)),
        (([("x", True)],), ([("x", False)],)),
        ((["a", "b"],), (["a,b"],)),
        (("1",), (1,)),
        (({"a": [1, 2]},), ({"a": [2, 1]},)),
    ],
)
def test_bindings_of_different_parts_differ(one: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert binding(*one) != binding(*other)
    assert binding(*one) == binding(*one)


def test_a_binding_takes_whatever_arguments_may_be() -> None:
    assert binding(datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), {"b": 1, "a": None}, [("k", 1)], 1.5)
    assert binding({"a": 1, "b": 2}) == binding({"b": 2, "a": 1})


@pytest.mark.parametrize("around", ["{}=", "{}\n", " {}", "!{}", "{}."])
def test_there_is_one_spelling_of_a_cursor(around: str) -> None:
    cursors = Cursors(KEYS)
    refused(cursors, b"x", around.format(cursors.encode(b"x", {"o": Position((1,))})))


@given(st.none() | rows, st.frozensets(st.text(st.characters(exclude_categories=["Cs"])).map(mark), max_size=5))
def test_where_a_reader_stands_is_read(place: tuple[Any, ...] | None, marks: frozenset[str]) -> None:
    cursors = Cursors(KEYS)
    at = Stand(place, marks)
    assert cursors.decode_stand(b"x", cursors.encode_stand(b"x", at)) == at
    with pytest.raises(ClientError, match="start again"):
        cursors.decode_stand(b"y", cursors.encode_stand(b"x", at))
