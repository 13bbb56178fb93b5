"""Values keep what they became, and a memo stays small."""

from __future__ import annotations

from adapters.mapping.memo import Memo, Room


def test_each_value_is_made_once() -> None:
    made: list[str] = []

    def make(values: list[str]) -> list[str]:
        made.extend(values)
        return [value.upper() for value in values]

    memo = Memo(make)
    assert memo(["a", "b", "a"]) == ["A", "B", "A"]
    assert memo(["b", "c"]) == ["B", "C"]
    assert sorted(made) == ["a", "b", "c"]


class Counting:
    """A memo whose makings are counted."""

    def __init__(self, room: Room) -> None:
        self.made: list[int] = []
        self.memo = Memo(self._make, room)

    def _make(self, values: list[int]) -> list[int]:
        self.made += values
        return [-value for value in values]

    def makes(self, values: range) -> list[int]:
        """Which of the values are made, not remembered."""
        self.made.clear()
        assert self.memo(values) == [-value for value in values]
        return sorted(self.made)


def test_the_largest_memo_starts_again_when_there_is_no_room() -> None:
    room = Room(100)
    small, large = Counting(room), Counting(room)
    small.makes(range(20))
    large.makes(range(80))
    assert small.makes(range(20)) == large.makes(range(80)) == []
    assert small.makes(range(21)) == [20]
    assert large.makes(range(70)) == list(range(70))
    assert small.makes(range(21)) == []
    assert len(small.memo) + len(large.memo) <= 100


def test_a_column_of_more_values_than_there_is_room_for_is_made_whole_and_not_kept() -> None:
    room = Room(100)
    one, other = Counting(room), Counting(room)
    other.makes(range(10))
    assert one.makes(range(101)) == list(range(101))
    assert one.makes(range(5)) == list(range(5))
    assert other.makes(range(10)) == []


def test_memos_that_are_gone_take_no_room() -> None:
    room = Room(100)
    kept = Counting(room)
    kept.makes(range(60))
    for _ in range(5):
        Memo(list, room)(range(40))
    assert kept.makes(range(60)) == []
