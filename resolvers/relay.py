"""Shapes that every part of the schema shares: nodes, pages, completeness, provenance, flags, money, quantities."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.classified import harmonised, harmonised_interface
from resolvers.enums import Classification, SourceOutcome
from resolvers.fields import bound, made, meta
from resolvers.scalars import AgencyCode, CurrencyCode, DateTime, Decimal

REFERENCE = Classification.REFERENCE


def node_id() -> Any:
    return meta("id", "Opaque, globally unique, and the same for every caller. Grants nothing.")


def provenance() -> Any:
    return meta("provenance", "Whose value this is, and as of when.")


def data_flags() -> Any:
    return meta("dataFlags", "What the gateway noticed in the agency's data, here and below where there are no flags.")


def completeness() -> Any:
    return meta("completeness", "Which agencies were asked for the plain lists here and below, and how they answered.")


def agency() -> Any:
    return meta("agency", "The agency whose record this is.")


@harmonised_interface(REFERENCE)
class Node:
    """An object that can be fetched again by its id."""

    id: strawberry.ID = node_id()


@harmonised(REFERENCE)
class Provenance:
    """Whose value this is, and the moment for which that agency vouches for it."""

    agency: AgencyCode = made("The agency that supplied the value.")
    as_of: DateTime = made("The moment for which the agency vouches for it.")
    stale: bool = made("Whether that is longer ago than the agency vouches for.")


@harmonised(REFERENCE)
class DataFlag:
    """Something the gateway noticed in agency data and shows rather than hides."""

    field: str = made("Path from this object to the value: `risk.band`, `lines[2].hs`.")
    problem: str = made("What is wrong, without the value; `check digit`, for instance.")


@harmonised(REFERENCE)
class SourceReport:
    """How one agency answered one fetch."""

    agency: AgencyCode = made("The agency that was asked.")
    outcome: SourceOutcome = made("How it answered.")
    as_of: DateTime | None = made("The moment for which it vouches for its answer.")
    rows: int | None = made("How many of its rows are shown.")
    truncated: bool = made("Whether its answer was cut at a limit of its own: there may be more.")


@harmonised(REFERENCE)
class Completeness:
    """Whether everyone who was asked has answered. An agency that did not answer is never counted as having nothing."""

    complete: bool = made("Whether every agency asked has answered.")
    sources: list[SourceReport] = made("One report per agency and fetch, of the agencies in the caller's view.")


@harmonised(REFERENCE)
class Money:
    """An amount of money."""

    amount: Decimal | None = bound("The amount.")
    currency: CurrencyCode | None = bound("Its currency.")


@harmonised(REFERENCE)
class Quantity:
    """A measured quantity."""

    value: Decimal | None = bound("The number.")
    unit: str | None = bound("Its unit, as UNECE Recommendation 20 abbreviates it (`KGM`, `LTR`, `NMB`).")


@harmonised(REFERENCE)
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = meta("page", "Whether there is more after this page.")
    has_previous_page: bool = meta("page", "Whether there is more before this page.")
    start_cursor: str | None = meta("page", "Cursor of the first row, for `before`.")
    end_cursor: str | None = meta("page", "Cursor of the last row, for `after`.")


@harmonised(REFERENCE)
class Connection:
    """What every page has beside its rows."""

    page_info: PageInfo = meta("page", "Where the page lies in its list.")
    total_count: int | None = meta(
        "page", "How many rows the caller could page through; null where an owner failed or cannot count."
    )
    completeness: Completeness = meta("page", "Which agencies were asked for this page, and how they answered.")


@harmonised(REFERENCE)
class Edge:
    """What every row of a page has beside the object."""

    cursor: str = meta("page", "Opaque position of this row, valid for the same list and the same rights.")
