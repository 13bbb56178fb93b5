"""Objects from columns."""

from __future__ import annotations

import pytest

from gateway.execution.literals import zipping


@pytest.mark.parametrize("keys", [("a",), ("a", "b"), ("class", "_0", "__typename", "None")])
def test_objects_are_those_of_dict_and_zip(keys: tuple[str, ...]) -> None:
    columns = [[f"{key}{row}" for row in range(3)] for key in keys]
    assert zipping(keys)(columns) == [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
    assert all(tuple(made) == keys for made in zipping(keys)(columns))


def test_columns_of_unequal_length_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        zipping(("a", "b"))([[1, 2], [1]])


@pytest.mark.parametrize("key", ["", "a-b", "a'", "1a", "a\n", "é", "a}: __import__('os')"])
def test_nothing_but_names_becomes_code(key: str) -> None:
    with pytest.raises(ValueError, match="keys of an object"):
        zipping((key,))
