"""The Strawberry schema whose queries the engine runs, against the caller's view, in place of the stock executor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError, OperationDefinitionNode, OperationType, parse
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as AllowedType

from gateway.errors import ClientError, ErrorCode, InternalError, RequestRefused
from gateway.http.engine import Engine
from gateway.http.exchange import Exchange
from gateway.http.finish import Finisher, encode, internal_error, outcome_of, refusal
from gateway.policy import Quotas, Recorder, refuse_closed_roots
from gateway.request import Answer
from resolvers.query import Query
from resolvers.schema import TYPES, config

GRACE_SECONDS = 1.0
"""The engine answers with what it has at the deadline; only if it does not is the request given up."""

log = structlog.get_logger("guichet.request")


class WireError(GraphQLError):
    """An error that is in its wire form already."""

    def __init__(self, wire: dict[str, Any]) -> None:
        super().__init__(wire["message"])
        self.wire = wire

    @property
    def formatted(self) -> Any:
        return self.wire


class Finished(ExecutionResult):
    """An execution result with its body. Strawberry reads its parts, clients get its bytes."""

    def __init__(self, answer: Answer, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        errors: list[GraphQLError] | None = [WireError(wire) for wire in answer.errors] or None
        super().__init__(answer.data, errors, answer.extensions or None)
        self.answer = answer
        self.body = body
        self.headers = headers


class PlannedSchema(strawberry.Schema):
    """``engine`` is set by ``app``. Without an :class:`Exchange` in context nothing is executed: the master schema,
    which holds every field, has no caller of its own."""

    engine: Engine | None = None
    finisher: Finisher = Finisher()
    quotas: Quotas | None = None
    recorder: Recorder | None = None

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[AllowedType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> Finished:
        """Run one operation for the exchange in ``context_value``. Raises nothing: errors are in the result."""
        if not isinstance(context_value, Exchange):
            raise InternalError("the master schema executes nothing without an exchange")
        return await self._finished(context_value, query, operation_name, variable_values)

    async def stream(  # type: ignore[override]  # what it yields is finished
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[AllowedType] | None = None,
    ) -> AsyncIterator[Finished]:
        """The same for SSE: one result, then the end."""
        if not isinstance(context_value, Exchange):
            raise InternalError("the master schema executes nothing without an exchange")
        exchange = context_value

        async def results() -> AsyncIterator[Finished]:
            try:
                finished = await self._finished(exchange, query, operation_name, variable_values, anew=True)
            except asyncio.CancelledError:
                exchange.left()
                raise
            exchange.record(exchange, 200)
            yield finished

        return results()

    async def _finished(
        self,
        exchange: Exchange,
        query: str | None,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        *,
        anew: bool = False,
    ) -> Finished:
        headers: Mapping[str, str] | None = None
        try:
            if anew:
                await exchange.admit()
            answer = await self._answer(exchange, query, operation_name, variables)
            body = await self.finisher.finish(answer)
        except ClientError as refused:
            answer = refusal(refused)
            body = encode(answer)
            headers = refused.headers if isinstance(refused, RequestRefused) else None
        except Exception:  # the boundary: whatever it is, a client learns only that it happened
            log.exception("internal error", request_id=exchange.id)
            answer = internal_error(exchange.id)
            body = encode(answer)
        exchange.log = {**exchange.log, **answer.log, "outcome": outcome_of(answer)}
        exchange.reports = answer.extensions.get("completeness", {}).get("sources", ())
        return Finished(answer, body, headers)

    async def _answer(
        self, exchange: Exchange, query: str | None, operation_name: str | None, variables: dict[str, Any] | None
    ) -> Answer:
        if not query:
            raise RequestRefused(ErrorCode.BAD_USER_INPUT, "the request has no `query`")
        if self.engine is None:
            raise InternalError("no engine")
        context, view = exchange.context()
        if self.recorder is not None:
            self.recorder.note(context.principal, query, operation_name, variables)
        refuse_closed_roots(view, query, operation_name)
        if exchange.method == "GET":
            _refuse_unsafe(query, operation_name)
        if view.agreement is not None and view.agreement.quota is not None:
            if self.quotas is None:
                raise InternalError("no counter for the quota of an agreement")
            await self.quotas.take(view.agreement)
        try:
            async with asyncio.timeout_at(context.deadline + GRACE_SECONDS):
                return await self.engine.execute(
                    query=query, operation_name=operation_name, variables=variables, view=view, context=context
                )
        except TimeoutError:
            raise ClientError(ErrorCode.REQUEST_TIMEOUT, "the request took too long", status=504) from None


def planned_schema() -> PlannedSchema:
    """A new master schema over the harmonised types."""
    return PlannedSchema(query=Query, types=TYPES, config=config())


def _refuse_unsafe(query: str, operation_name: str | None) -> None:
    """GET is for queries alone: a link must not change anything (GraphQL over HTTP, 6.2)."""
    if "mutation" not in query and "subscription" not in query:
        return
    try:
        document = parse(query, no_location=True)
    except (GraphQLSyntaxError, RecursionError):
        return
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and definition.operation is not OperationType.QUERY:
            name = definition.name.value if definition.name else None
            if operation_name is None or name == operation_name:
                raise RequestRefused(
                    ErrorCode.BAD_USER_INPUT, "GET is for queries", status=405, headers={"Allow": "POST"}
                )
