"""Arguments are read strictly, and refused with a reason that does not depend on how they were given."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLScalarType, parse_value
from hypothesis import given
from hypothesis import strategies as st

from resolvers.scalars import SCALARS, TransactionNumberArgument
from resolvers.schema import master

SAMPLES: list[tuple[str, Any, Any]] = [
    ("AgencyCode", "FOOD", "FOOD"),
    ("CargoControlNumber", "1234 pars 56789", "1234PARS56789"),
    ("TransactionNumber", "14969-123456789", "14969123456789"),
    ("TransactionNumber", "1496912345678900002", "14969123456789"),
    ("BusinessNumber", "123456782 RM 0001", "123456782RM0001"),
    ("ContainerNumber", "csqu 305438 3", "CSQU3054383"),
    ("HsCode", "7607.20.10.00", "7607201000"),
    ("Locode", "CA VAN", "CAVAN"),
    ("CountryCode", "ca", "CA"),
    ("CountryCode", "UTO", "UTO"),
    ("CurrencyCode", "CAD", "CAD"),
    ("Decimal", "12.50", "12.50"),
    ("Decimal", 12, "12"),
    ("Decimal", "-0.000001", "-0.000001"),
    ("Date", "2026-02-28", date(2026, 2, 28)),
    ("DateTime", "2026-11-24T09:30:00-05:00", datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
    ("DateTime", "2026-11-24t09:30:00.250z", datetime(2026, 11, 24, 9, 30, 0, 250_000, tzinfo=UTC)),
    ("PartialDate", "1980", "1980"),
    ("PartialDate", "1980-02", "1980-02"),
    ("PartialDate", "1980-02-29", "1980-02-29"),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("AgencyCode", "food", "AgencyCode must be capital letters"),
    ("CargoControlNumber", "12", "must be a four-character carrier code"),
    ("TransactionNumber", "123", "must be 14 digits, or 19"),
    ("BusinessNumber", "123456783RM0001", "BusinessNumber has a wrong check digit"),
    ("BusinessNumber", "123456782", "must be nine digits"),
    ("ContainerNumber", "CSQU3054384", "ContainerNumber has a wrong check digit"),
    ("HsCode", "04011", "must be 6, 8 or 10 digits"),
    ("HsCode", "770110", "is not valid: no such chapter"),
    ("Locode", "CAVANC", "must be two letters"),
    ("CountryCode", "XQ", "is not valid: no such country"),
    ("CurrencyCode", "QQQ", "is not valid: no such currency"),
    ("Decimal", 1.5, "a float is not exact|a string or an integer"),
    ("Decimal", True, "a float is not exact|a string or an integer"),
    ("Decimal", "1e3", "digits with at most six decimals"),
    ("Decimal", "0.1234567", "digits with at most six decimals"),
    ("Decimal", "NaN", "digits with at most six decimals"),
    ("Decimal", "١", "digits with at most six decimals"),
    ("Date", "2026-02-30", "a day of the calendar"),
    ("Date", "20260228", "must be YYYY-MM-DD"),
    ("DateTime", "2026-11-24T09:30:00", "needs an offset"),
    ("DateTime", "2026-11-24", "RFC 3339"),
    ("DateTime", "2026-11-24T25:30:00Z", "a moment of the calendar"),
    ("DateTime", "0001-01-01T00:00:00+14:00", "a moment of the calendar"),
    ("PartialDate", "1980-13", "a date of the calendar"),
    ("PartialDate", "80", "must be YYYY"),
    ("Locode", 5, "must be a string"),
    ("Date", True, "must be a string"),
]


def scalar(name: str) -> GraphQLScalarType:
    found = master()._schema.type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


def refusal(name: str, value: Any) -> str | None:
    try:
        scalar(name).parse_value(value)
    except GraphQLError as refused:
        return refused.message
    return None


def literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


@pytest.mark.parametrize(("name", "given_value", "expected"), SAMPLES)
def test_accepted(name: str, given_value: Any, expected: Any) -> None:
    assert scalar(name).parse_value(given_value) == expected
    assert scalar(name).parse_literal(parse_value(literal(given_value))) == expected


@pytest.mark.parametrize(("name", "given_value", "reason"), REFUSED)
def test_refused(name: str, given_value: Any, reason: str) -> None:
    with pytest.raises(GraphQLError, match=reason):
        scalar(name).parse_value(given_value)
    with pytest.raises(GraphQLError, match=reason):
        scalar(name).parse_literal(parse_value(literal(given_value)))


def test_every_scalar_has_samples_of_both_kinds() -> None:
    names = {str(definition.name) for definition in SCALARS.values()}
    assert names == {name for name, _, _ in SAMPLES}
    assert names == {name for name, _, _ in REFUSED}


def test_version_of_a_transaction_number_is_kept() -> None:
    found = scalar("TransactionNumber").parse_value("1496912345678900002")
    assert isinstance(found, TransactionNumberArgument)
    assert found.version == 2
    assert scalar("TransactionNumber").parse_value("14969123456789").version is None


def test_results_pass_as_they_are() -> None:
    for name in {name for name, _, _ in SAMPLES}:
        assert scalar(name).serialize("anything, dirty data too") == "anything, dirty data too"


@pytest.mark.parametrize("name", sorted({name for name, _, _ in SAMPLES}))
@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())))
def test_any_argument_is_accepted_or_refused_politely(name: str, value: Any) -> None:
    reason = refusal(name, value)
    assert reason is None or re.fullmatch(rf"{name} (must|has|needs|is not) .+\.", reason)
