"""The one schema, assembled. ``python -m resolvers.schema`` prints it."""

from __future__ import annotations

import sys
from functools import cache

import strawberry
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from resolvers.people import Authorization, Crossing, EnforcementAction, Person
from resolvers.query import Query
from resolvers.scalars import SCALARS
from resolvers.shipments import Inspection


def config() -> StrawberryConfig:
    """The configuration that every schema over these types needs; the executing one is made by the gateway."""
    return StrawberryConfig(scalar_map=SCALARS)


TYPES = (Authorization, Crossing, EnforcementAction, Inspection, Person)
"""Types that implement ``Node``: named, so that none depends on being reached from the root."""


@cache
def master() -> strawberry.Schema:
    """Every type and field, executing nothing. Made when it is asked for: what serves has its own."""
    return strawberry.Schema(query=Query, types=TYPES, config=config())


def printed() -> str:
    """The schema as ``schema.graphql`` has it."""
    return print_schema(master()).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
