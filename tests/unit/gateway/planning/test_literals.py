"""Objects from columns."""

from __future__ import annotations

import pytest

from gateway.planning.literals import zipping


@pytest.mark.parametrize("keys", [("a",), ("a", "b"), ("class", "_0", "__typename", "None")])
def test_objects_are_those_of_dict_and_zip(keys: tuple[str, ...]) -> None:
    columns = [[f"{key}{row}" for row in range(3)] for key in keys]
    assert zipping(keys)(columns, 3) == [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    assert all(tuple(made) == keys for made in zipping(keys)(columns, 3))


def test_what_is_fixed_stands_in_its_place() -> None:
    made = zipping(("a", "__typename", "b", "c"), (("__typename", "Hold"), ("c", None)))([[1, 2], [3, 4]], 2)
    assert made == [
        {"a": 1, "__typename": "Hold", "b": 3, "c": None},
        {"a": 2, "__typename": "Hold", "b": 4, "c": None},
    ]
    assert tuple(made[0]) == ("a", "__typename", "b", "c")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_nothing_but_what_is_fixed(count: int) -> None:
    made = zipping(("__typename",), (("__typename", "Hold"),))([], count)
    assert made == [{"__typename": "Hold"}] * count
    assert len(set(map(id, made))) == count


def test_columns_of_unequal_length_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        zipping(("a", "b"))([[1, 2], [1]], 2)


@pytest.mark.parametrize("key", ["", "a-b", "a'", "1a", "a\n", "é", "a}: __import__('os')"])
def test_nothing_but_names_becomes_code(key: str) -> None:
    with pytest.raises(ValueError, match="keys of an object"):
        zipping((key,))
    with pytest.raises(ValueError, match="keys of an object"):
        zipping(("a",), (("a", key),))
