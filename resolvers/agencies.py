"""Reference data: agencies and customs offices."""

from __future__ import annotations

from resolvers import arguments
from resolvers.classified import harmonised
from resolvers.enums import Classification, SourceHealth
from resolvers.fields import bound, made, meta
from resolvers.scalars import AgencyCode, Locode


@harmonised(Classification.REFERENCE)
class Agency:
    """An organisation that owns data. Shown only when the caller's view contains something of it."""

    code: AgencyCode = made("Its code.")
    name: str = meta("name", "Its name, in English or French.", arguments=arguments.name)
    supplies: list[str] = made("The types it supplies, of those in the caller's view.")
    health: SourceHealth = made("Whether its systems answer.")


@harmonised(Classification.REFERENCE)
class CustomsOffice:
    """An office of customs."""

    code: str = bound("Its four-digit code.")
    name: str | None = meta("name", "Its name, in English or French.", arguments=arguments.name)
    locode: Locode | None = bound("Where it is.")
