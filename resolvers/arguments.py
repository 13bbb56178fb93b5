# ruff: noqa: ARG001 (only the signatures count: the plan answers, so no function here ever runs)
"""The arguments of fields, as the signatures of functions that are never called."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from resolvers.enums import Language
from resolvers.fields import unresolved
from resolvers.filters import (
    CrossingFilter,
    CrossingOrder,
    HoldFilter,
    HoldOrder,
    PermitFilter,
    PermitOrder,
    ShipmentFilter,
    ShipmentOrder,
)
from resolvers.inputs import PersonSearch, TravelDocumentKey, VerifyPermitInput
from resolvers.scalars import AgencyCode, BusinessNumber, CargoControlNumber, Locode, TransactionNumber

First = Annotated[
    int | None, strawberry.argument(description="How many rows from the start; 25 unless said. Not with `last`.")
]
After = Annotated[str | None, strawberry.argument(description="Only rows after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many rows from the end. Not with `first`.")]
Before = Annotated[str | None, strawberry.argument(description="Only rows before this cursor.")]


def name(
    language: Annotated[Language, strawberry.argument(description="In which language.")] = Language.EN,
) -> Any:
    return unresolved()


def page(first: First = strawberry.UNSET, after: After = strawberry.UNSET) -> Any:
    return unresolved()


def shipments(
    filter: Annotated[ShipmentFilter | None, strawberry.argument(description="Which ones.")] = strawberry.UNSET,
    order_by: Annotated[
        list[ShipmentOrder] | None, strawberry.argument(description="In which order; ties by key.")
    ] = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Any:
    return unresolved()


def holds(
    filter: Annotated[HoldFilter | None, strawberry.argument(description="Which ones.")] = strawberry.UNSET,
    order_by: Annotated[
        list[HoldOrder] | None, strawberry.argument(description="In which order; ties by key.")
    ] = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Any:
    return unresolved()


def permits(
    filter: Annotated[PermitFilter | None, strawberry.argument(description="Which ones.")] = strawberry.UNSET,
    order_by: Annotated[
        list[PermitOrder] | None, strawberry.argument(description="In which order; ties by issuer, then key.")
    ] = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Any:
    return unresolved()


def crossings(
    filter: Annotated[CrossingFilter | None, strawberry.argument(description="Which ones.")] = strawberry.UNSET,
    order_by: Annotated[
        list[CrossingOrder] | None, strawberry.argument(description="In which order; ties by key.")
    ] = strawberry.UNSET,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Any:
    return unresolved()


def node(id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]) -> Any:
    return unresolved()


def nodes(ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their ids.")]) -> Any:
    return unresolved()


def shipment(ccn: Annotated[CargoControlNumber, strawberry.argument(description="Its cargo control number.")]) -> Any:
    return unresolved()


def declaration(
    transaction_number: Annotated[
        TransactionNumber, strawberry.argument(description="14 digits; of 19 the last five are the version.")
    ],
) -> Any:
    return unresolved()


def held_containers(
    place: Annotated[Locode, strawberry.argument(description="Where.")],
    agencies: Annotated[int, strawberry.argument(description="By how many agencies at least.")] = 2,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> Any:
    return unresolved()


def person(document: Annotated[TravelDocumentKey, strawberry.argument(description="The document.")]) -> Any:
    return unresolved()


def people(
    search: Annotated[PersonSearch, strawberry.argument(description="Whom to look for.")],
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> Any:
    return unresolved()


def permit(
    issuer: Annotated[AgencyCode, strawberry.argument(description="The agency that issued it.")],
    number: Annotated[str, strawberry.argument(description="Its number.")],
) -> Any:
    return unresolved()


def verify_permit(
    input: Annotated[VerifyPermitInput, strawberry.argument(description="The permit and the import.")],
) -> Any:
    return unresolved()


def organization(
    business_number: Annotated[BusinessNumber, strawberry.argument(description="Its business number (BN15).")],
) -> Any:
    return unresolved()
