"""Input objects other than filters and orders."""

from __future__ import annotations

import strawberry

from resolvers.scalars import AgencyCode, BusinessNumber, CountryCode, Date, Decimal, HsCode, PartialDate


@strawberry.input(description="A travel document.")
class TravelDocumentKey:
    issuer: CountryCode = strawberry.field(description="The issuing state.")
    number: str = strawberry.field(description="Its number.")


@strawberry.input(description="Whom to look for.")
class PersonSearch:
    family_name: str = strawberry.field(description="Family name; case, accents and spacing do not matter.")
    given_names: str | None = strawberry.field(description="Given names.", default=strawberry.UNSET)
    birth_date: PartialDate | None = strawberry.field(
        description="Date of birth, as far as known.", default=strawberry.UNSET
    )


@strawberry.input(description="A quantity.")
class QuantityInput:
    value: Decimal = strawberry.field(description="The number.")
    unit: str = strawberry.field(description="Its unit, as UNECE Recommendation 20 abbreviates it.")


@strawberry.input(description="A permit, and the import that it is to cover.")
class VerifyPermitInput:
    issuer: AgencyCode = strawberry.field(description="The agency that issued the permit.")
    number: str = strawberry.field(description="Its number.")
    importer: BusinessNumber = strawberry.field(description="Who imports.")
    hs: HsCode = strawberry.field(description="Commodity code of the goods.")
    origin_country: CountryCode = strawberry.field(description="Where the goods come from.")
    quantity: QuantityInput = strawberry.field(description="How much is imported.")
    arrival: Date = strawberry.field(description="Local day of arrival at the port of arrival.")
