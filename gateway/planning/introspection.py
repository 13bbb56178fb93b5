"""The part of an operation that graphql-core answers itself: ``__schema`` and ``__type`` at the root."""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

ROOTS = frozenset({"__schema", "__type"})


def only_introspection(document: DocumentNode, operation: OperationDefinitionNode) -> DocumentNode:
    """The document with this one operation, its root cut down to the introspection fields.

    Root fragments are dissolved into inline ones; the fragments that stay are those of the types below."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    reduced = _copy(operation, selection_set=_roots(operation.selection_set, fragments))
    return DocumentNode(definitions=(reduced, *fragments.values()))


def _roots(selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> SelectionSetNode:
    kept: list[SelectionNode] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            if node.name.value in ROOTS:
                kept.append(node)
            continue
        source: Any = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        below = _roots(source.selection_set, fragments)
        if not node.directives:
            kept += below.selections
        else:  # a condition on the fragment holds for each of its fields
            kept += [
                _copy(field, directives=(*(field.directives or ()), *node.directives)) for field in below.selections
            ]
    return SelectionSetNode(selections=tuple(kept))


def _copy(node: Any, **changes: Any) -> Any:
    values = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return type(node)(**{**values, **changes})
