"""Values keep what they became, and a memo stays small."""

from __future__ import annotations

from adapters.mapping.memo import MOST, Memo


def test_each_value_is_made_once() -> None:
    made: list[str] = []

    def make(values: list[str]) -> list[str]:
        made.extend(values)
        return [value.upper() for value in values]

    memo = Memo(make)
    assert memo(["a", "b", "a"]) == ["A", "B", "A"]
    assert memo(["b", "c"]) == ["B", "C"]
    assert sorted(made) == ["a", "b", "c"]


def test_a_memo_keeps_no_more_than_it_may() -> None:
    made: list[int] = []

    def make(values: list[int]) -> list[int]:
        made.extend(values)
        return [-value for value in values]

    memo = Memo(make)
    assert memo(range(MOST)) == [-value for value in range(MOST)]
    assert memo([0, MOST]) == [0, -MOST]
    made.clear()
    assert memo([0, MOST]) == [0, -MOST]
    assert made == []
    assert memo([1]) == [-1]
    assert made == [1]


def test_a_column_of_more_values_than_a_memo_keeps_is_made_whole_and_not_kept() -> None:
    made: list[int] = []

    def make(values: list[int]) -> list[int]:
        made.extend(values)
        return [-value for value in values]

    memo = Memo(make)
    many = range(MOST + 1)
    assert memo(many) == [-value for value in many]
    made.clear()
    assert memo([5]) == [-5]
    assert made == [5]
