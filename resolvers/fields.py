"""How a field of the harmonised schema gets its value: a binding in the field's metadata, read by planning.

    Bound      a value of the enclosing row, at a path
    Embedded   an object over the same row (Party, Money, Quantity, Conveyance)
    Children   a list inside the row (containers, lines, citedPermits)
    Link       rows of another type, by key: one, a plain list, or a connection
    Computed   a pure function over an internal selection (jointStatus, verification)
    LinkedValue  a value of another type's row, found by key (reportedLostOrStolen)
    Meta       made by the gateway about the row itself (id, provenance, dataFlags, completeness), or about a page
    Lookup     a root field: one object by key
    Listing    a root field: a connection over every owner of a type
    Special    a field with a runner of its own in ``gateway.execution`` (viewer, node, person, people, …)

A field without a binding is ``Bound`` to its own GraphQL name. Paths are relative to the enclosing *row*; below an
``Embedded`` or ``Children`` field they start anew, and the planner prefixes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import strawberry

from resolvers.classified import classified
from resolvers.enums import Classification

BINDING = "guichet.binding"
Arguments = Callable[..., Any]


@dataclass(frozen=True)
class Bound:
    path: str = ""


@dataclass(frozen=True)
class Embedded:
    path: str = ""


@dataclass(frozen=True)
class Children:
    path: str = ""


@dataclass(frozen=True)
class Link:
    """Rows of ``target`` whose paths equal ours: ``on`` is (their path, our path). Several ``on`` are alternatives when
    ``any_of`` (a person's seizures by document or by record key), else one composite key. ``agency`` is our path to
    the owner that must be asked, when the target has several. A path of ours may be a list (``documents.number``).
    With ``any_of``, pairs whose path of ours begins with the same segment form one alternative; ``agency`` concerns
    the alternative that begins like it. In ``on``, our path ``agency`` is the code of the row's own owner.
    ``via`` are types walked through on the way, nearest to us first, each with its own ``on`` towards the previous
    one; the ``on`` of the link itself is towards the last."""

    target: str
    on: tuple[tuple[str, str], ...]
    kind: Literal["one", "list", "connection"] = "one"
    agency: str = ""
    any_of: bool = False
    via: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


@dataclass(frozen=True)
class LinkedValue:
    """The value at ``path`` of the one row of ``target`` whose paths equal ours (``on`` as in :class:`Link`), when
    it is supplied by another agency than the row's own."""

    target: str
    on: tuple[tuple[str, str], ...]
    path: str


@dataclass(frozen=True)
class Enclosing:
    """The row that holds this child: only in ``needs``, so that a rule can look up from a cited permit to its item."""

    target: str
    kind: Literal["one"] = "one"


@dataclass(frozen=True)
class Computed:
    """``function(rows, answers)`` → one result per row, each a dict of the field's type (or ``None``).

    ``needs`` is a selection in GraphQL syntax over the enclosing type; it may name published attributes (``held``,
    ``transactionNumber``, links' inner names) with dots written as nested selections, and is read in full whatever
    the caller's other grants. ``rows`` are dicts of it. ``answers`` maps a link's path in ``needs`` (``holds``,
    ``declarations.agencyDecisions``) to its agencies' reports: agency → (outcome, as_of); the empty path is the rows'
    own. A link whose owners all failed is ``None`` in its row. ``needs`` may use the names of ``INNER_LINKS``."""

    needs: str
    function: Callable[[Sequence[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]], list[Any]]


@dataclass(frozen=True)
class Meta:
    kind: Literal[
        "id", "provenance", "dataFlags", "completeness", "agency", "issuer", "required", "match", "name", "page"
    ]


@dataclass(frozen=True)
class Lookup:
    """``on``: (key path of the target, argument name). ``agency``: the argument that names the owner."""

    target: str
    on: tuple[tuple[str, str], ...]
    agency: str = ""


@dataclass(frozen=True)
class Listing:
    target: str


@dataclass(frozen=True)
class Special:
    name: str


Binding = Bound | Embedded | Children | Link | LinkedValue | Computed | Meta | Lookup | Listing | Special

INNER_LINKS: Mapping[str, Mapping[str, Link | Enclosing]] = {
    "Declaration": {"required": Link("RequiredDecision", (("transactionNumber", "transactionNumber"),), "list")},
    "GoodsItem": {"declaration": Link("Declaration", (("transactionNumber", "transactionNumber"),))},
    "CitedPermit": {"item": Enclosing("GoodsItem")},
    "AgencyDecision": {
        "requirements": Link("RequiredDecision", (("transactionNumber", "transactionNumber"),), "list"),
    },
}
"""Names that only ``Computed.needs`` may use, beside the schema's."""


@dataclass(frozen=True)
class FilterPath:
    """On a field of a filter input: the path it compares, and how. ``op`` is for inputs that are a bare value
    (``container: ContainerNumber`` → eq; ``open: Boolean`` → ``liftedAt`` null). ``agency`` filters choose owners."""

    path: str
    op: str = ""
    agency: bool = False


FILTER = "guichet.filter"


@dataclass(frozen=True)
class OrderPaths:
    """For a connection's type: order enum value → path, and the default order as (path, descending)."""

    fields: Mapping[str, str]
    default: tuple[tuple[str, bool], ...] = field(default=())


def unresolved(**_: Any) -> Any:
    """Resolver of every field with arguments: the plan answers instead."""
    raise AssertionError("a planned field was resolved by the stock executor")


def metadata(binding: Binding) -> dict[str, Binding]:
    """For ``strawberry.field(metadata=…)``."""
    return {BINDING: binding}


def binding_of(graphql_field: Any, name: str) -> Binding:
    """The binding of a graphql-core field (its strawberry definition travels in ``extensions``)."""
    definition = graphql_field.extensions.get("strawberry-definition")
    found = definition.metadata.get(BINDING) if definition is not None else None
    if found is None:
        return Bound(name)
    if isinstance(found, (Bound, Embedded, Children)) and not found.path:
        return replace(found, path=name)
    return cast(Binding, found)


# ---- declaring fields -------------------------------------------------------------------------


def planned(
    binding: Binding, description: str, *classes: Classification, arguments: Arguments | None = None, name: str = ""
) -> Any:
    """A field with ``binding``. ``arguments`` is a function whose signature lists the field's arguments."""
    resolver: Any = arguments
    return strawberry.field(
        resolver=resolver,
        name=name or None,
        description=description,
        metadata=metadata(binding),
        directives=classified(*classes),
    )


def bound(description: str, *classes: Classification, path: str = "", name: str = "") -> Any:
    return strawberry.field(
        name=name or None,
        description=description,
        metadata=metadata(Bound(path)) if path else {},
        directives=classified(*classes),
    )


def embedded(description: str, *classes: Classification) -> Any:
    return planned(Embedded(), description, *classes)


def children(description: str, *classes: Classification) -> Any:
    return planned(Children(), description, *classes)


def link(
    target: str, description: str, *classes: Classification, on: Sequence[tuple[str, str]], agency: str = ""
) -> Any:
    """To one row of ``target``."""
    return planned(Link(target, tuple(on), "one", agency), description, *classes)


def links(
    target: str,
    description: str,
    *classes: Classification,
    on: Sequence[tuple[str, str]],
    agency: str = "",
    any_of: bool = False,
) -> Any:
    """To a plain list of rows of ``target``."""
    return planned(Link(target, tuple(on), "list", agency, any_of), description, *classes)


def computed(
    description: str,
    *classes: Classification,
    needs: str,
    function: Callable[[Sequence[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]], list[Any]],
) -> Any:
    return planned(Computed(needs, function), description, *classes)


def meta(kind: Any, description: str, *classes: Classification, arguments: Arguments | None = None) -> Any:
    return planned(Meta(kind), description, *classes, arguments=arguments)


def made(description: str) -> Any:
    """A value of an object that the gateway makes."""
    return bound(description)
