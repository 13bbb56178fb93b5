"""The caller, as the gateway understands the token."""

from __future__ import annotations

from resolvers.classified import harmonised
from resolvers.enums import AccessAction, Classification
from resolvers.fields import made
from resolvers.scalars import Date

REFERENCE = Classification.REFERENCE


@harmonised(REFERENCE)
class FieldAccess:
    """What the caller's view does with one field, and why."""

    coordinate: str = made("Type and field: `Shipment.ccn`.")
    action: AccessAction = made("What is done with it.")
    rows: str | None = made("In which rows; null for all.")
    rule: str = made("The grant that decided it: `role:trader`, `agreement:us-2024`.")


@harmonised(REFERENCE)
class Agreement:
    """The sharing agreement under which the caller asks."""

    id: str = made("Its identifier.")
    title: str = made("Its title.")
    parties: list[str] = made("Who agreed.")
    purposes: list[str] = made("What data may be asked for under it.")
    valid_from: Date = made("First day in force.")
    valid_to: Date | None = made("Last day in force.")
    caveat: str | None = made("What the recipient must observe; travels with the data.")
    citation: str | None = made("Where it is published.")


@harmonised(REFERENCE)
class Viewer:
    """The caller, as the gateway understands the token."""

    subject: str = made("Who asks.")
    organization: str = made("For which organisation.")
    roles: list[str] = made("In which roles.")
    scopes: list[str] = made("Within which scopes of the token.")
    purpose: str | None = made("For which purpose; fixed when the token was issued.")
    agreement: Agreement | None = made("Under which agreement, for partners.")
    access: list[FieldAccess] = made(
        "What this view contains, with the action and the grant that decided it. "
        "What it does not contain is not listed."
    )
