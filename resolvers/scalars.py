"""The custom scalars: what an argument must look like. Results are harmonised already and pass as they are.

A bad *argument* is refused with a reason; bad agency *data* is shown and flagged, and never comes through here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal as PythonDecimal
from decimal import InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode, print_ast
from strawberry.types.scalar import ScalarDefinition

from resolvers import identifiers
from resolvers.identifiers import Identifier

AgencyCode = NewType("AgencyCode", str)
CargoControlNumber = NewType("CargoControlNumber", str)
TransactionNumber = NewType("TransactionNumber", str)
BusinessNumber = NewType("BusinessNumber", str)
ContainerNumber = NewType("ContainerNumber", str)
HsCode = NewType("HsCode", str)
Locode = NewType("Locode", str)
CountryCode = NewType("CountryCode", str)
CurrencyCode = NewType("CurrencyCode", str)
Decimal = NewType("Decimal", str)
Date = NewType("Date", date)
DateTime = NewType("DateTime", datetime)
PartialDate = NewType("PartialDate", str)


class TransactionNumberArgument(str):
    """The 14 digits of a transaction number; ``version`` when the argument had 19."""

    __slots__ = ("version",)

    version: int | None


def _refuse(scalar: str, problem: str) -> GraphQLError:
    return GraphQLError(f"{scalar} {problem}.")


def _text(scalar: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _refuse(scalar, "must be a string")
    return value


def _identified(identifier: Identifier) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        clean = identifier.clean(_text(identifier.name, value))
        problem = identifier.problem(clean)
        if problem == identifiers.WRONG_CHECK_DIGIT:
            problem = "has a wrong check digit"
        elif problem is not None and not problem.startswith("must be "):
            problem = f"is not valid: {problem}"
        if problem is not None:
            raise _refuse(identifier.name, problem)
        return clean

    return parse


def parse_agency_code(value: Any) -> str:
    """Upper case as configured: an agency code is not corrected, so that its spelling is one."""
    text = _text("AgencyCode", value)
    if not identifiers.AGENCY_CODE.matches(text):
        raise _refuse("AgencyCode", f"must be {identifiers.AGENCY_CODE.shape}")
    return text


def parse_transaction_number(value: Any) -> TransactionNumberArgument:
    clean = _identified(identifiers.TRANSACTION_NUMBER)(value)
    number, version = identifiers.split_transaction_number(clean)
    argument = TransactionNumberArgument(number)
    argument.version = version
    return argument


_DECIMAL = re.compile(r"[+-]?[0-9]{1,24}(?:\.[0-9]{1,6})?")


def parse_decimal(value: Any) -> str:
    """String or Int, never Float: a float has already lost what it meant."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise _refuse("Decimal", "must be a string or an integer; a float is not exact")
    text = str(value).strip()
    if not _DECIMAL.fullmatch(text):
        raise _refuse("Decimal", "must be digits with at most six decimals")
    try:
        return format(PythonDecimal(text), "f")
    except InvalidOperation:
        raise _refuse("Decimal", "must be a number") from None


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def parse_date(value: Any) -> date:
    text = _text("Date", value)
    if not _DATE.fullmatch(text):
        raise _refuse("Date", "must be YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refuse("Date", "must be a day of the calendar") from None


def parse_date_time(value: Any) -> datetime:
    text = _text("DateTime", value)
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise _refuse("DateTime", "must be an RFC 3339 timestamp (2026-11-24T09:30:00-05:00)")
    if found["offset"] is None:
        raise _refuse("DateTime", "needs an offset: Z, or one like -05:00")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse("DateTime", "must be a moment of the calendar") from None


def parse_partial_date(value: Any) -> str:
    text = _text("PartialDate", value)
    found = _PARTIAL_DATE.fullmatch(text)
    if found is None:
        raise _refuse("PartialDate", "must be YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = found.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise _refuse("PartialDate", "must be a date of the calendar") from None
    return text


def _literal(name: str, parse: Callable[[Any], Any], integers: bool) -> Callable[[ValueNode, Any], Any]:
    def parse_literal(node: ValueNode, _variables: Any = None) -> Any:
        if isinstance(node, StringValueNode):
            return parse(node.value)
        if integers and isinstance(node, IntValueNode):
            return parse(int(node.value))
        wanted = "a string or an integer" if integers else "a string"
        raise GraphQLError(f"{name} must be {wanted}, not {print_ast(node)}.", nodes=node)

    return parse_literal


def _scalar(name: str, parse: Callable[[Any], Any], description: str, integers: bool = False) -> ScalarDefinition:
    definition: ScalarDefinition = strawberry.scalar(
        name=name,
        description=description,
        parse_value=parse,
        parse_literal=_literal(name, parse, integers),
    )
    return definition


SCALARS: dict[object, ScalarDefinition] = {
    AgencyCode: _scalar(
        "AgencyCode",
        parse_agency_code,
        "Code of a configured agency (`CUSTOMS`, `FOOD`, …). A scalar, because agencies are added by configuration.",
    ),
    CargoControlNumber: _scalar(
        "CargoControlNumber",
        _identified(identifiers.CARGO_CONTROL_NUMBER),
        "Number under which a carrier reports a shipment: its four-character code and a reference, at most 25 "
        "characters. Spaces are dropped.",
    ),
    TransactionNumber: _scalar(
        "TransactionNumber",
        parse_transaction_number,
        "Number of a declaration: 14 digits; an argument of 19 digits is split into number and version.",
    ),
    BusinessNumber: _scalar(
        "BusinessNumber",
        _identified(identifiers.BUSINESS_NUMBER),
        "BN15: nine digits of which the last checks the others, two letters (program), four digits (account).",
    ),
    ContainerNumber: _scalar(
        "ContainerNumber",
        _identified(identifiers.CONTAINER),
        "ISO 6346: owner code, category (U, J or Z), six digits and a check digit.",
    ),
    HsCode: _scalar(
        "HsCode",
        _identified(identifiers.HS_CODE),
        "Commodity code of the Harmonized System: 6, 8 or 10 digits; dots and spaces are dropped.",
    ),
    Locode: _scalar("Locode", _identified(identifiers.LOCODE), "UN/LOCODE. Accepts `CA VAN`, prints `CAVAN`."),
    CountryCode: _scalar(
        "CountryCode",
        _identified(identifiers.COUNTRY),
        "ISO 3166-1 alpha-2. `UTO`, the specimen state of travel documents, is allowed.",
    ),
    CurrencyCode: _scalar("CurrencyCode", _identified(identifiers.CURRENCY), "ISO 4217."),
    Decimal: _scalar(
        "Decimal",
        parse_decimal,
        "An exact decimal number as a string, at most six decimals. Arguments: String or Int, never Float.",
        integers=True,
    ),
    Date: _scalar("Date", parse_date, "A day: `YYYY-MM-DD`."),
    DateTime: _scalar("DateTime", parse_date_time, "RFC 3339. Printed in UTC with `Z`; an argument needs an offset."),
    PartialDate: _scalar("PartialDate", parse_partial_date, "`YYYY`, `YYYY-MM` or `YYYY-MM-DD`."),
}
"""For ``StrawberryConfig.scalar_map``."""
