"""Identifiers of the trade: how they are cleaned, their patterns and their check digits.

``problem`` functions say what is wrong with a clean value, without repeating it, or ``None``. Patterns and check
digits are told apart: a link is followed when the pattern holds, a wrong check digit is only flagged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pycountry
from stdnum import ean, imo, iso6346, lei, luhn

Problem = Callable[[str], str | None]

WRONG_CHECK_DIGIT = "check digit"


@dataclass(frozen=True, slots=True, eq=False)
class Identifier:
    """``shape`` is what a person is told when ``pattern`` does not match; ``drop`` are characters ignored in input.

    Compared and hashed by identity: a memo over (identifier, value) costs one lookup."""

    name: str
    shape: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    drop: str = " "
    message: str = WRONG_CHECK_DIGIT

    def clean(self, text: str) -> str:
        """Upper case, without the separators people type."""
        return text.strip().upper().translate({ord(char): None for char in self.drop})

    def matches(self, value: str) -> bool:
        """Whether the value has the identifier's pattern (its check digit may still be wrong)."""
        return self.pattern.fullmatch(value) is not None

    def problem(self, value: str) -> str | None:
        """``pattern``-shaped complaint first, then the check digit (or the code list)."""
        if not self.matches(value):
            return f"must be {self.shape}"
        if self.check is not None and not self.check(value):
            return self.message
        return None


# ---- check digits that no library here has ----------------------------------------------------


def mrz_value(char: str) -> int:
    """``<`` is 0, digits are themselves, ``A`` is 10 … ``Z`` is 35 (ICAO 9303-3, 4.9)."""
    return 0 if char == "<" else int(char, 36)


def mrz_check_digit(text: str) -> str:
    """Weights 7-3-1 over the field, modulo 10."""
    return str(sum(mrz_value(char) * (7, 3, 1)[index % 3] for index, char in enumerate(text)) % 10)


def mrz_field_is_valid(text: str, digit: str) -> bool:
    """An empty optional field may have the check digit ``<`` or ``0``."""
    if digit == "<":
        return not text.strip("<")
    return mrz_check_digit(text) == digit


_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin_check_digit(vin: str) -> str:
    """Position 9 of a vehicle identification number (49 CFR 565.15)."""
    total = sum(int(_VIN_VALUES.get(char, char)) * weight for char, weight in zip(vin, _VIN_WEIGHTS, strict=True))
    return "X" if total % 11 == 10 else str(total % 11)


def _air_waybill(value: str) -> bool:
    digits = value.replace("-", "")
    return int(digits[3:10]) % 7 == int(digits[10])


def _business_number(value: str) -> bool:
    return bool(luhn.is_valid(value[:9]))


def _vin(value: str) -> bool:
    return vin_check_digit(value) == value[8]


def _hs(value: str) -> bool:
    return value[:2] not in ("00", "77")


def _iso6346(value: str) -> bool:
    return bool(iso6346.is_valid(value))


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries) | {"UTO"}


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def _identifier(name: str, shape: str, pattern: str, check: Any = None, **options: Any) -> Identifier:
    return Identifier(name, shape, re.compile(pattern), check, **options)


CONTAINER = _identifier(
    "ContainerNumber",
    "three letters, one of U, J or Z, and seven digits",
    r"[A-Z]{3}[UJZ][0-9]{7}",
    _iso6346,
    drop=" -",
)
AIR_WAYBILL = _identifier("AirWaybill", "a three-digit prefix and eight digits", r"[0-9]{3}-?[0-9]{8}", _air_waybill)
BUSINESS_NUMBER = _identifier(
    "BusinessNumber",
    "nine digits, two letters and four digits (123456782RM0001)",
    r"[0-9]{9}[A-Z]{2}[0-9]{4}",
    _business_number,
    drop=" -",
)
IMO_NUMBER = _identifier("IMO", "seven digits", r"[0-9]{7}", imo.is_valid)
HS_CODE = _identifier(
    "HsCode", "6, 8 or 10 digits", r"[0-9]{6}(?:[0-9]{2}){0,2}", _hs, drop=" .", message="no such chapter"
)
LOCODE = _identifier("Locode", "two letters and three letters or digits 2 to 9 (CAVAN)", r"[A-Z]{2}[A-Z2-9]{3}")
COUNTRY = _identifier(
    "CountryCode",
    "two letters (ISO 3166-1 alpha-2)",
    r"[A-Z]{2}|UTO",
    lambda value: value in _countries(),
    message="no such country",
)
CURRENCY = _identifier(
    "CurrencyCode",
    "three letters (ISO 4217)",
    r"[A-Z]{3}",
    lambda value: value in _currencies(),
    message="no such currency",
)
EORI = _identifier("EORI", "two letters and up to 15 letters or digits", r"[A-Z]{2}[A-Z0-9]{1,15}")
GTIN = _identifier("GTIN", "8, 12, 13 or 14 digits", r"[0-9]{8}|[0-9]{12,14}", ean.is_valid, drop=" -")
VIN = _identifier("VIN", "17 letters or digits without I, O and Q", r"[A-HJ-NPR-Z0-9]{17}", _vin)
LEI = _identifier("LEI", "18 letters or digits and two digits", r"[A-Z0-9]{18}[0-9]{2}", lei.is_valid)
TRANSACTION_NUMBER = _identifier(
    "TransactionNumber", "14 digits, or 19 with the version", r"[0-9]{14}(?:[0-9]{5})?", drop=" -"
)
CARGO_CONTROL_NUMBER = _identifier(
    "CargoControlNumber",
    "a four-character carrier code and a reference, at most 25 letters, digits or hyphens",
    r"[0-9A-Z-]{4}[0-9A-Z-]{1,21}",
)
UCI = _identifier("UCI", "8 or 10 digits", r"(?:T-?)?[0-9]{4}-?[0-9]{4}|[0-9]{2}-?[0-9]{4}-?[0-9]{4}", drop=" -")
AGENCY_CODE = _identifier(
    "AgencyCode", "capital letters, digits and underscores, beginning with a letter", r"[A-Z][A-Z0-9_]{0,31}", drop=""
)

BY_SCALAR: Mapping[str, Identifier] = {
    one.name: one
    for one in (
        AGENCY_CODE,
        BUSINESS_NUMBER,
        CARGO_CONTROL_NUMBER,
        CONTAINER,
        COUNTRY,
        CURRENCY,
        HS_CODE,
        LOCODE,
        TRANSACTION_NUMBER,
    )
}
"""Scalar of the schema → its identifier."""

BY_COORDINATE: Mapping[str, Identifier] = {
    "Conveyance.imo": IMO_NUMBER,
    "GoodsItem.gtin": GTIN,
    "GoodsItem.vins": VIN,
    "Authorization.uci": UCI,
}
"""Identifiers that the schema shows as ``String``."""


def identifier_of(scalar: str, coordinate: str = "") -> Identifier | None:
    """The identifier behind a field, or ``None`` when there is nothing to check."""
    return BY_COORDINATE.get(coordinate) or BY_SCALAR.get(scalar)


def data_problem(identifier: Identifier, value: str) -> str | None:
    """``check digit`` or ``pattern``, as a data flag says it; ``None`` when the value is good."""
    found = identifier.problem(value)
    if found is None:
        return None
    return "pattern" if found.startswith("must be ") else found


def split_transaction_number(value: str) -> tuple[str, int | None]:
    """14 digits and, of a 19-digit number, the version."""
    return value[:14], int(value[14:]) if len(value) == 19 else None
