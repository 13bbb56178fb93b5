"""``@classified``: what kind of information a field discloses; and the decorator that makes a type of the schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TypeVar

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from resolvers.enums import Classification

T = TypeVar("T")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="classified",
    description="What kind of information the field discloses. It shows when any of the classes is granted.",
)
class Classified:
    """The directive; ``as`` is a Python keyword."""

    as_: list[Classification] = strawberry.directive_field(name="as")


def classified(*classes: Classification) -> tuple[Classified, ...]:
    """Directives for a field; none leaves the choice to the type."""
    return (Classified(as_=list(classes)),) if classes else ()


def _prepare(cls: type, default: tuple[Classification, ...]) -> str | None:
    for declared in vars(cls).values():
        if isinstance(declared, StrawberryField) and not declared.directives:
            declared.directives = list(classified(*default))
    return inspect.getdoc(cls)


def harmonised(*default: Classification) -> Callable[[type[T]], type[T]]:
    """An object type. The docstring is its description; ``default`` classifies the fields that do not say so."""

    def wrap(cls: type[T]) -> type[T]:
        return strawberry.type(cls, description=_prepare(cls, default))

    return wrap


def harmonised_interface(*default: Classification) -> Callable[[type[T]], type[T]]:
    """The same for an interface."""

    def wrap(cls: type[T]) -> type[T]:
        return strawberry.interface(cls, description=_prepare(cls, default))

    return wrap
