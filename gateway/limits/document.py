"""How deep a document may nest and how many aliases it may use, before anything else looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.errors import ClientError, ErrorCode

_INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """``tokens`` is for the parser; ``depth`` counts nested fields, the leaf included; ``aliases`` those written."""

    tokens: int = 2_000
    depth: int = 15
    aliases: int = 30


def check_document(document: DocumentNode, limits: DocumentLimits) -> None:
    """Raises :class:`ClientError` with ``limit`` and ``measured``. The document need not be valid.

    Introspection is left out of the depth: the standard query is deep, and validation bounds its recursion.
    """
    measure = _Measure(document)
    depth = max((measure.depth(operation.selection_set) for operation in measure.operations), default=0)
    if depth > limits.depth:
        raise ClientError(
            ErrorCode.DEPTH_LIMIT,
            f"an operation nests at most {limits.depth} fields",
            {"limit": limits.depth, "measured": depth},
        )
    if measure.aliases > limits.aliases:
        raise ClientError(
            ErrorCode.ALIAS_LIMIT,
            f"a document uses at most {limits.aliases} aliases",
            {"limit": limits.aliases, "measured": measure.aliases},
        )


class _Measure:
    def __init__(self, document: DocumentNode) -> None:
        definitions = document.definitions
        self.operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self.fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        self.aliases = sum(
            self._aliases(each.selection_set)
            for each in definitions
            if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
        )
        self._depths: dict[str, int] = {}

    def depth(self, selections: SelectionSetNode) -> int:
        deepest = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                hidden = selection.selection_set is None or selection.name.value in _INTROSPECTION
                below = 0 if hidden or selection.selection_set is None else self.depth(selection.selection_set)
                deepest = max(deepest, 1 + below)
            elif isinstance(selection, InlineFragmentNode):
                deepest = max(deepest, self.depth(selection.selection_set))
            elif isinstance(selection, FragmentSpreadNode):
                deepest = max(deepest, self._of_fragment(selection.name.value))
        return deepest

    def _of_fragment(self, name: str) -> int:
        """Each fragment is measured once. One that contains itself counts as empty there: validation refuses it."""
        if name not in self._depths:
            self._depths[name] = 0
            if name in self.fragments:
                self._depths[name] = self.depth(self.fragments[name].selection_set)
        return self._depths[name]

    def _aliases(self, selections: SelectionSetNode) -> int:
        count = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                count += selection.alias is not None
                count += self._aliases(selection.selection_set) if selection.selection_set is not None else 0
            elif isinstance(selection, InlineFragmentNode):
                count += self._aliases(selection.selection_set)
        return count
