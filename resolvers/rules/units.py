"""Conversion of quantities between units of UNECE Recommendation 20, exact in decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation, localcontext
from typing import NamedTuple

EXACT = Context(prec=60)

_FACTORS: Mapping[str, Mapping[str, str]] = {
    "mass": {
        "KGM": "1",
        "MGM": "0.000001",
        "GRM": "0.001",
        "HGM": "0.1",
        "CTM": "0.0002",
        "DTN": "100",
        "TNE": "1000",
        "KTN": "1000000",
        "ONZ": "0.028349523125",
        "LBR": "0.45359237",
        "CWI": "50.80234544",
        "CWA": "45.359237",
        "STN": "907.18474",
        "LTN": "1016.0469088",
    },
    "volume": {
        "LTR": "1",
        "MLT": "0.001",
        "CLT": "0.01",
        "DLT": "0.1",
        "HLT": "100",
        "K6": "1000",
        "CMQ": "0.001",
        "DMQ": "1",
        "MTQ": "1000",
        "GLL": "3.785411784",
        "GLI": "4.54609",
        "BLL": "158.987294928",
    },
    "count": {
        "C62": "1",
        "NMB": "1",
        "EA": "1",
        "H87": "1",
        "HEA": "1",
        "NAR": "1",
        "PR": "2",
        "NPR": "2",
        "DZN": "12",
        "CEN": "100",
        "GRO": "144",
        "MIL": "1000",
    },
    "length": {"MTR": "1", "MMT": "0.001", "CMT": "0.01", "KMT": "1000", "INH": "0.0254", "FOT": "0.3048"},
    "area": {"MTK": "1", "CMK": "0.0001", "FTK": "0.09290304"},
    "energy": {"KWH": "1", "MWH": "1000", "GWH": "1000000"},
}

_UNITS = {unit: (kind, Decimal(factor)) for kind, units in _FACTORS.items() for unit, factor in units.items()}


class Amount(NamedTuple):
    """A number of some unit."""

    value: Decimal
    unit: str


def amount(value: object, unit: object) -> Amount | None:
    """From harmonised values; ``None`` when either is missing or no number."""
    if not isinstance(value, (str, int, Decimal)) or isinstance(value, bool) or not isinstance(unit, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return Amount(number, unit.strip().upper()) if number.is_finite() and unit.strip() else None


def convertible(one: str, other: str) -> bool:
    """Equal units always; others when both are known and measure the same."""
    if one == other:
        return True
    return one in _UNITS and other in _UNITS and _UNITS[one][0] == _UNITS[other][0]


def base(of: Amount) -> Decimal:
    """The number in the unit that all units of its kind are compared in; exact."""
    factor = _UNITS[of.unit][1] if of.unit in _UNITS else Decimal(1)
    return EXACT.multiply(of.value, factor)


def convert(of: Amount, unit: str) -> Amount | None:
    """``None`` when the units do not measure the same."""
    if of.unit == unit:
        return of
    if not convertible(of.unit, unit):
        return None
    with localcontext(EXACT):
        return Amount(base(of) / _UNITS[unit][1], unit)


def at_most(one: Amount, other: Amount) -> bool:
    """Compared without division, so that no rounding decides. Units must be convertible."""
    return base(one) <= base(other)
