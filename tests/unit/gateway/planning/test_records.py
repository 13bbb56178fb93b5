"""Objects of a response as records: what is written of them, and what they are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from gateway.http.finish import encode
from gateway.planning.records import items, recording
from gateway.request import Answer


def written(value: Any) -> str:
    return encode(Answer(value)).decode().removeprefix('{"data":').removesuffix("}")


@pytest.mark.parametrize("keys", [("a",), ("a", "b"), ("class", "_0", "__typename", "None", "_1")])
def test_records_are_written_as_dicts_would_be(keys: tuple[str, ...]) -> None:
    columns = [[f"{key}{row}" for row in range(3)] for key in keys]
    dicts = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    assert written(recording(keys)(columns, 3)) == orjson.dumps(dicts).decode()
    assert [dict(items(one)) for one in recording(keys)(columns, 3)] == dicts


def test_what_is_fixed_stands_in_its_place() -> None:
    fixed = (("__typename", "Hold"), ("c", None))
    made = recording(("a", "__typename", "b", "c"), fixed)([[1, 2], [3, 4]], 2)
    assert written(made) == '[{"a":1,"__typename":"Hold","b":3,"c":null},{"a":2,"__typename":"Hold","b":4,"c":null}]'


@pytest.mark.parametrize("count", [0, 1, 3])
def test_nothing_but_what_is_fixed(count: int) -> None:
    made = recording(("__typename",), (("__typename", "Hold"),))([], count)
    assert [items(one) for one in made] == [[("__typename", "Hold")]] * count


@pytest.mark.parametrize("columns", [[[1, 2], [1]], [[1], [1, 2]], [[1, 2, 3], [1, 2, 3]], [[], []]])
def test_columns_of_another_length_are_an_error(columns: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="lengths"):
        recording(("a", "b"))(columns, 2)


class Known(str):
    """A key that knows more of itself, as scalars make them."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05Z"'),
        (datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC), '"2026-01-02T03:04:05.000060Z"'),
        (date(2026, 1, 2), '"2026-01-02"'),
        (Known("X1"), '"X1"'),
        ('é😀\u2028"\\/\n\x00', '"é😀\u2028\\"\\\\/\\n\\u0000"'),
        (12.5, "12.5"),
        (-(2**63), str(-(2**63))),
        (None, "null"),
        (True, "true"),
    ],
)
def test_how_values_are_written(value: Any, text: str) -> None:
    assert written(recording(("v",))([[value]], 1)) == f'[{{"v":{text}}}]'


@pytest.mark.parametrize("value", [object(), {1: 2, (1,): 3}])
def test_what_has_no_form_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        written([value])
