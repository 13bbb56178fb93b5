"""Scopes of a token narrow what its roles grant: a root field without its scope is refused, a type is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from gateway.errors import Forbidden
from gateway.policy.view import View

CLOSED_ROOTS = "guichet.closed_roots"
"""Key in a view schema's extensions: root field → the scope that the token lacks."""

SHIPMENTS, PEOPLE, PERMITS = "shipments:read", "people:read", "permits:read"
VERIFY, OVERSIGHT = "permits:verify", "oversight:read"
SCOPES = (SHIPMENTS, PEOPLE, PERMITS, VERIFY, OVERSIGHT)

ROOT_SCOPES: Mapping[str, str] = {
    "shipment": SHIPMENTS,
    "shipments": SHIPMENTS,
    "declaration": SHIPMENTS,
    "holds": SHIPMENTS,
    "heldContainers": SHIPMENTS,
    "crossings": PEOPLE,
    "person": PEOPLE,
    "people": PEOPLE,
    "permit": PERMITS,
    "permits": PERMITS,
    "verifyPermit": VERIFY,
    "organization": SHIPMENTS,
}

TYPE_SCOPES: Mapping[str, str] = {
    "Shipment": SHIPMENTS,
    "Declaration": SHIPMENTS,
    "GoodsItem": SHIPMENTS,
    "TransportEquipment": SHIPMENTS,
    "Hold": SHIPMENTS,
    "HeldContainer": SHIPMENTS,
    "Inspection": SHIPMENTS,
    "AgencyDecision": SHIPMENTS,
    "RiskAssessment": SHIPMENTS,
    "DutyAssessment": SHIPMENTS,
    "Person": PEOPLE,
    "PersonRecord": PEOPLE,
    "TravelDocument": PEOPLE,
    "Crossing": PEOPLE,
    "Authorization": PEOPLE,
    "Lookout": PEOPLE,
    "EnforcementAction": PEOPLE,
    "Permit": PERMITS,
}


def refuse_closed_roots(view: View, query: str, operation_name: str | None) -> None:
    """Raises :class:`Forbidden` when the operation selects a root field whose scope the token lacks.

    Costs nothing for a token with all the scopes of its role. A document that does not parse, or has no such
    operation, passes: the engine says what is wrong with it.
    """
    closed: Mapping[str, str] = view.schema.extensions.get(CLOSED_ROOTS, {})
    if not closed:
        return
    try:
        document = parse(query, no_location=True)
    except (GraphQLSyntaxError, RecursionError):
        return
    for root in _roots(document, operation_name):
        if root in closed:
            raise Forbidden(f"{root} needs the scope {closed[root]}")


def _roots(document: DocumentNode, operation_name: str | None) -> Iterable[str]:
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    seen: set[str] = set()

    def walk(selections: SelectionSetNode) -> Iterable[str]:
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            elif isinstance(selection, InlineFragmentNode):
                yield from walk(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in fragments and name not in seen:
                    seen.add(name)
                    yield from walk(fragments[name].selection_set)

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name else None
            if operation_name is None or name == operation_name:
                yield from walk(definition.selection_set)
