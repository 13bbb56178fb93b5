"""Check digits and patterns, on the samples of the domain's public documents."""

from __future__ import annotations

import pytest

from resolvers import identifiers as ids
from resolvers.identifiers import Identifier

VALID = [
    (ids.CONTAINER, "CSQU3054383"),
    (ids.CONTAINER, "MSCU1234566"),
    (ids.CONTAINER, "TCNU7200794"),
    (ids.AIR_WAYBILL, "014-12345675"),
    (ids.AIR_WAYBILL, "02081140743"),
    (ids.AIR_WAYBILL, "020-76543213"),
    (ids.BUSINESS_NUMBER, "123456782RM0001"),
    (ids.BUSINESS_NUMBER, "119220382RM0001"),
    (ids.BUSINESS_NUMBER, "100123454RM0001"),
    (ids.IMO_NUMBER, "9074729"),
    (ids.IMO_NUMBER, "9811000"),
    (ids.HS_CODE, "040110"),
    (ids.HS_CODE, "76072010"),
    (ids.HS_CODE, "7607201000"),
    (ids.LOCODE, "CAVAN"),
    (ids.COUNTRY, "CA"),
    (ids.COUNTRY, "UTO"),
    (ids.CURRENCY, "CAD"),
    (ids.EORI, "DE123456789012345"),
    (ids.GTIN, "4006381333931"),
    (ids.GTIN, "614141999996"),
    (ids.VIN, "1M8GDM9AXKP042788"),
    (ids.VIN, "1HGCM82633A004352"),
    (ids.LEI, "213800KUD8LAJWSQ9D15"),
    (ids.TRANSACTION_NUMBER, "14969123456789"),
    (ids.TRANSACTION_NUMBER, "1496912345678900002"),
    (ids.CARGO_CONTROL_NUMBER, "1234PARS56789"),
    (ids.UCI, "1234-5678"),
    (ids.UCI, "01-2345-6789"),
    (ids.UCI, "T-00012345"),
    (ids.AGENCY_CODE, "TRADE_CONTROLS"),
]

WRONG_CHECK = [
    (ids.CONTAINER, "CSQU3054384"),
    (ids.AIR_WAYBILL, "014-12345676"),
    (ids.BUSINESS_NUMBER, "123456783RM0001"),
    (ids.IMO_NUMBER, "9074728"),
    (ids.GTIN, "4006381333932"),
    (ids.VIN, "1M8GDM9A1KP042788"),
    (ids.LEI, "213800KUD8LAJWSQ9D16"),
]

WRONG_PATTERN = [
    (ids.CONTAINER, "CSQA3054383"),
    (ids.BUSINESS_NUMBER, "119220382"),
    (ids.HS_CODE, "0401101"),
    (ids.LOCODE, "USLA"),
    (ids.LOCODE, "CAVA1"),
    (ids.COUNTRY, "CAN"),
    (ids.VIN, "1M8GDM9AXKP04278O"),
    (ids.TRANSACTION_NUMBER, "149691234567890"),
    (ids.CARGO_CONTROL_NUMBER, "1234"),
    (ids.CARGO_CONTROL_NUMBER, "1234" + "5" * 22),
    (ids.UCI, "12345"),
    (ids.CONTAINER, "CSQU30543८3"),
]

WRONG_LIST = [(ids.HS_CODE, "770110"), (ids.COUNTRY, "XQ"), (ids.CURRENCY, "QQQ")]


@pytest.mark.parametrize(("identifier", "value"), VALID)
def test_valid(identifier: Identifier, value: str) -> None:
    assert identifier.problem(value) is None
    assert ids.data_problem(identifier, value) is None


@pytest.mark.parametrize(("identifier", "value"), WRONG_CHECK)
def test_wrong_check_digit_has_the_pattern(identifier: Identifier, value: str) -> None:
    assert identifier.matches(value)
    assert ids.data_problem(identifier, value) == "check digit"


@pytest.mark.parametrize(("identifier", "value"), WRONG_PATTERN)
def test_wrong_pattern(identifier: Identifier, value: str) -> None:
    assert not identifier.matches(value)
    assert ids.data_problem(identifier, value) == "pattern"
    assert value not in str(identifier.problem(value))


@pytest.mark.parametrize(("identifier", "value"), WRONG_LIST)
def test_code_that_does_not_exist(identifier: Identifier, value: str) -> None:
    assert identifier.matches(value)
    assert str(ids.data_problem(identifier, value)).startswith("no such ")


def test_cleaning_drops_what_people_type() -> None:
    assert ids.CONTAINER.clean(" csqu 305438-3 ") == "CSQU3054383"
    assert ids.HS_CODE.clean("7607.20.10 00") == "7607201000"
    assert ids.LOCODE.clean("ca van") == "CAVAN"


def test_mrz_fields_of_the_specimen_passport() -> None:
    line = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    for field, digit in (
        (line[0:9], line[9]),
        (line[13:19], line[19]),
        (line[21:27], line[27]),
        (line[28:42], line[42]),
    ):
        assert ids.mrz_field_is_valid(field, digit)
    assert ids.mrz_check_digit(line[0:10] + line[13:20] + line[21:43]) == line[43]
    assert not ids.mrz_field_is_valid(line[0:9], "7")


@pytest.mark.parametrize("digit", ["<", "0"])
def test_empty_optional_field_of_an_mrz(digit: str) -> None:
    assert ids.mrz_field_is_valid("<<<<<<<<<<<<<<", digit)
    assert not ids.mrz_field_is_valid("ZE184226B<<<<<", "<")


def test_transaction_number_splits() -> None:
    assert ids.split_transaction_number("14969123456789") == ("14969123456789", None)
    assert ids.split_transaction_number("1496912345678900002") == ("14969123456789", 2)


def test_identifier_of_a_field() -> None:
    assert ids.identifier_of("ContainerNumber") is ids.CONTAINER
    assert ids.identifier_of("String", "Conveyance.imo") is ids.IMO_NUMBER
    assert ids.identifier_of("String", "Conveyance.name") is None
