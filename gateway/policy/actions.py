"""What is done with one field: shown, masked, withheld or hidden; and which masks a field can bear."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type, is_list_type, is_non_null_type

from gateway.policy.coordinates import COMES_WITH_THE_TYPE
from resolvers.fields import Bound, binding_of


class Action(StrEnum):
    """From the most to the least that is shown."""

    SHOW = "SHOW"
    PARTIAL = "PARTIAL"
    PRESENCE = "PRESENCE"
    WITHHOLD = "WITHHOLD"
    HIDE = "HIDE"


_ORDER = {action: index for index, action in enumerate(Action)}
MASKS = frozenset({Action.PARTIAL, Action.PRESENCE})
TOLD = {Action.PARTIAL: "MASK_PARTIAL", Action.PRESENCE: "MASK_PRESENCE"}
"""How ``viewer.access`` names them, where it differs."""

TEXTS = frozenset(
    {
        "String",
        "AgencyCode",
        "BusinessNumber",
        "CargoControlNumber",
        "ContainerNumber",
        "CountryCode",
        "CurrencyCode",
        "HsCode",
        "Locode",
        "TransactionNumber",
    }
)
"""Scalars whose values are text without further shape: a masked value is one too."""

MADE = frozenset(
    {
        "Agency",
        "Agreement",
        "Completeness",
        "DataFlag",
        "FieldAccess",
        "JointStatus",
        "Match",
        "PageInfo",
        "PermitCheck",
        "PermitVerification",
        "Provenance",
        "SourceReport",
        "Viewer",
    }
)
"""Types that the gateway makes: what they say is the same for everyone who may see the row."""


def best(actions: Iterable[Action]) -> Action:
    """The one that shows most; ``HIDE`` of none."""
    return min(actions, key=_ORDER.__getitem__, default=Action.HIDE)


def worst(*actions: Action) -> Action:
    """The one that shows least."""
    return max(actions, key=_ORDER.__getitem__)


def problem_of(schema: GraphQLSchema, owner: str, name: str, action: Action) -> str | None:
    """Why ``owner.name`` cannot be masked or withheld, or ``None``."""
    named = schema.type_map[owner]
    assert isinstance(named, GraphQLObjectType)
    if owner in MADE or owner.endswith(("Connection", "Edge")) or name in COMES_WITH_THE_TYPE:
        return f"{owner}.{name} is made by the gateway: it is shown or hidden"
    if action is Action.WITHHOLD:
        return None
    type_ = named.fields[name].type
    inner = type_.of_type if is_non_null_type(type_) else type_
    scalar = get_named_type(inner).name
    plain = is_leaf_type(inner) and not is_list_type(inner) and isinstance(binding_of(named.fields[name], name), Bound)
    if plain and (scalar in TEXTS or (scalar == "PartialDate" and action is Action.PARTIAL)):
        return None
    return f"{owner}.{name} is {type_}, which cannot be masked {action}: show, withhold or hide it"
