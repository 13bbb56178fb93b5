"""Rec 20 conversions are exact and never cross from one kind of measure to another."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.rules.units import _FACTORS, Amount, at_most, convert, convertible

CONVERSIONS = [
    ("1", "TNE", "1000", "KGM"),
    ("1", "LBR", "0.45359237", "KGM"),
    ("1000", "GRM", "1", "KGM"),
    ("2.5", "HLT", "250", "LTR"),
    ("1500", "MLT", "1.5", "LTR"),
    ("3", "DZN", "36", "NMB"),
    ("7", "HEA", "7", "NMB"),
    ("7", "C62", "7", "HEA"),
    ("1", "GRO", "12", "DZN"),
    ("2", "NPR", "4", "C62"),
]


@pytest.mark.parametrize(("value", "unit", "expected", "other"), CONVERSIONS)
def test_conversion(value: str, unit: str, expected: str, other: str) -> None:
    assert convert(Amount(Decimal(value), unit), other) == Amount(Decimal(expected), other)


def test_unknown_units_convert_to_themselves_only() -> None:
    bushels = Amount(Decimal(1), "BUA")
    assert convert(bushels, "BUA") is bushels
    assert convert(bushels, "LTR") is None
    assert not convertible("BUA", "BUI")


def test_kinds_do_not_mix() -> None:
    kinds = list(_FACTORS.values())
    for units in kinds:
        for others in kinds:
            assert all(convertible(one, other) == (units is others) for one in units for other in others)


@given(st.decimals("0.000001", "999999999", places=6), st.sampled_from(["LBR", "TNE", "GRM", "ONZ", "STN"]))
def test_comparison_does_not_round(value: Decimal, unit: str) -> None:
    one = Amount(value, unit)
    more = Amount(value + Decimal("0.000001"), unit)
    in_kilograms = convert(one, "KGM")
    assert in_kilograms is not None
    assert at_most(one, in_kilograms)
    assert at_most(in_kilograms, one)
    assert not at_most(more, in_kilograms)
