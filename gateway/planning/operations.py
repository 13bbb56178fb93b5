"""From the text of a request to its plan: parse, limits, validation against the view, compilation; each done once.

A parsed document is shared by all views. Per view there is the verdict of validation and, per operation and values of
the variables that ``@skip`` and ``@include`` use, the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.execution.values import VariableValues

from adapters.errors import Unsupported
from gateway.cache import WeightedCache
from gateway.errors import ClientError, ErrorCode, RequestErrors
from gateway.limits import DocumentLimits, check_document
from gateway.planning.catalog import Catalog
from gateway.planning.compile import Compiler
from gateway.planning.plan import Plan
from gateway.planning.rights import Rights
from gateway.planning.rows import RowRules
from gateway.planning.selection import OperationReader
from gateway.planning.variables import Variables
from gateway.policy.view import View

log = structlog.get_logger("guichet.planning")

DOCUMENT_BYTES, DOCUMENT_CHARACTER = 12_000, 45
PLAN_BYTES, PLAN_FETCH, PLAN_CHARACTER = 3_000, 10_000, 30
"""What documents and plans were measured to weigh: each, and per character of the text; a fetch with its statements."""

TOO_MANY_TOKENS = "Syntax Error: Document contains more than "
"""How graphql-core begins to say that the parser met its limit of tokens; it has no type of its own for it."""


@dataclass(frozen=True, slots=True)
class Document:
    text: str
    node: DocumentNode
    hash: str
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: frozenset[str]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The one to run. Raises ``ClientError`` as GraphQL-over-HTTP asks."""
        if not name:
            if len(self.operations) == 1:
                return next(iter(self.operations.values()))
            raise ClientError(ErrorCode.BAD_USER_INPUT, "several operations: say which with `operationName`")
        found = self.operations.get(name)
        if found is None:
            raise ClientError(ErrorCode.BAD_USER_INPUT, f"there is no operation named {name!r}")
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """What validation says of a document under a view, and the variables of its operations."""

    errors: list[ClientError]
    known: dict[str | None, Variables] = field(default_factory=dict)

    def variables(self, operation: OperationDefinitionNode, view: View) -> Variables:
        name = operation.name.value if operation.name else None
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = Variables(view.schema, operation.variable_definitions or ())
        return found


@dataclass(slots=True)
class Planned:
    """A plan with one request's variables."""

    plan: Plan
    document: Document
    operation: OperationDefinitionNode
    variables: VariableValues


@dataclass(slots=True)
class Planner:
    """Not thread-safe: one per event loop."""

    schema: GraphQLSchema
    catalog: Catalog
    limits: DocumentLimits
    cache: WeightedCache[Any]

    def plan(self, text: str, operation_name: str | None, variables: Mapping[str, Any] | None, view: View) -> Planned:
        """Raises ``ClientError``: parse, limits, validation, variables."""
        document = self._document(text)
        view = self._kept(view)
        verdict = self._verdict(document, view)
        operation = document.operation(operation_name)
        values = verdict.variables(operation, view).values(variables or {})
        if isinstance(values, list):
            raise RequestErrors([_client_error(error, ErrorCode.BAD_USER_INPUT) for error in values])
        conditions = tuple((name, values.coerced.get(name)) for name in sorted(document.conditions))
        name = operation.name.value if operation.name else None
        key = (text, name, view.fingerprint, conditions)
        plan = self.cache.get(key)
        if plan is None:
            plan = self._compile(document, operation, values, view)
            weight = PLAN_BYTES + PLAN_FETCH * len(plan.fetches) + PLAN_CHARACTER * len(text)
            self.cache.put(key, plan, weight, under=view.fingerprint)
        return Planned(plan, document, operation, values)

    def _document(self, text: str) -> Document:
        found = self.cache.get((text,))
        if found is None:
            found = read_document(text, self.limits)
            self.cache.put((text,), found, DOCUMENT_BYTES + DOCUMENT_CHARACTER * len(text))
        return found

    def _kept(self, view: View) -> View:
        """The view that stands for its fingerprint: plans refer to its schema, so they are kept under it."""
        found: View | None = self.cache.get(view.fingerprint)
        if found is None:
            found = view
            self.cache.put(view.fingerprint, view, view.weight)
        return found

    def _verdict(self, document: Document, view: View) -> Verdict:
        """Raises ``RequestErrors`` unless it is valid."""
        key = (document.text, view.fingerprint)
        found: Verdict | None = self.cache.get(key)
        if found is None:
            found = Verdict(
                [
                    _client_error(error, ErrorCode.GRAPHQL_VALIDATION_FAILED)
                    for error in validate(view.schema, document.node)
                ]
            )
            self.cache.put(key, found, 500 + len(document.text), under=view.fingerprint)
        if found.errors:
            raise RequestErrors(found.errors)
        return found

    def _compile(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, view: View
    ) -> Plan:
        reader = OperationReader(view.schema, operation, document.fragments, values)
        rules = RowRules(self.schema, self.catalog, view.rows)
        name = operation.name.value if operation.name else None
        compiler = Compiler(self.schema, self.catalog, rules, readable_by_id(view), Rights(view))
        try:
            return compiler.plan(operation.operation.value, name, reader.root())
        except Unsupported as reason:  # the field stands in the view, but its row rule cannot be kept: nothing is shown
            log.error("view cannot be served", operation=document.hash, reason=str(reason))
            raise ClientError(
                ErrorCode.FORBIDDEN, "a field of this operation cannot be served under your role"
            ) from None


def readable_by_id(view: View) -> frozenset[str]:
    """Types that ``node`` may return. Where a view limits rows, a type without a rule of its own is reached through a
    visible parent, or by a root field of its own; an id is neither."""
    query = view.schema.query_type
    assert query is not None
    names = {name for name, kind in view.schema.type_map.items() if isinstance(kind, GraphQLObjectType)}
    if view.groups:
        return frozenset(names & {name for group in view.groups for name in group.nodes})
    if not view.rows:
        return frozenset(names)
    named = {get_named_type(found.type).name.removesuffix("Connection") for found in query.fields.values()}
    return frozenset(names & (set(view.rows) | named))


def read_document(text: str, limits: DocumentLimits) -> Document:
    """Parse within the limits. Raises ``ClientError``."""
    try:
        node = parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        if error.message.startswith(TOO_MANY_TOKENS):
            raise ClientError(
                ErrorCode.OPERATION_TOO_LARGE,
                f"a document has at most {limits.tokens} tokens",
                {"limit": limits.tokens, "measured": f"more than {limits.tokens}"},
                status=413,
            ) from None
        raise _client_error(error, ErrorCode.GRAPHQL_PARSE_FAILED) from None
    except RecursionError:
        raise ClientError(ErrorCode.DEPTH_LIMIT, "the document is nested too deeply") from None
    operations: dict[str | None, OperationDefinitionNode] = {}
    fragments = {}
    for definition in node.definitions:
        if isinstance(definition, OperationDefinitionNode):
            operations[definition.name.value if definition.name else None] = definition
        elif isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = definition
    if not operations:
        raise ClientError(ErrorCode.BAD_USER_INPUT, "the document has no operation")
    check_document(node, limits)
    conditions = _Conditions()
    visit(node, conditions)
    return Document(text, node, sha256(text.encode()).hexdigest(), operations, fragments, frozenset(conditions.names))


class _Conditions(Visitor):
    """The variables that decide ``@skip`` and ``@include``."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in ("skip", "include"):
            self.names |= {arg.value.name.value for arg in node.arguments if isinstance(arg.value, VariableNode)}


def _client_error(error: GraphQLError, code: ErrorCode) -> ClientError:
    locations = [(place.line, place.column) for place in error.locations or ()]
    return ClientError(code, error.message, locations=locations)
