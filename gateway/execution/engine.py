"""An operation's text and its caller's view → its answer. What ``gateway.http`` calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphql import ExecutionResult, Undefined, execute_sync

from gateway.errors import ClientError, ErrorCode, RequestErrors
from gateway.execution.answered import Report
from gateway.execution.coalescing import Coalescer
from gateway.execution.explain import Explainer
from gateway.execution.reports import merged
from gateway.execution.run import Run
from gateway.execution.runner import Runner
from gateway.planning.introspection import only_introspection
from gateway.planning.operations import Planned, Planner
from gateway.planning.render import render
from gateway.policy import bind_params
from gateway.policy.view import View
from gateway.request import Answer, RequestContext
from resolvers.enums import Language
from resolvers.french import described_in_french


@dataclass(slots=True)
class Engine:
    """``source_timeout``: seconds a source has, always less than what is left of the request."""

    planner: Planner
    runner: Runner
    coalescer: Coalescer
    source_timeout: float

    async def execute(
        self,
        *,
        query: str,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        view: View,
        context: RequestContext,
    ) -> Answer:
        try:
            planned = self.planner.plan(query, operation_name, variables, view)
        except RequestErrors as errors:
            return refused([error.formatted() for error in errors.errors], errors.status)
        except ClientError as error:
            return refused([error.formatted()], error.status)
        run = self._run(planned, view, context)
        try:
            async with asyncio.timeout_at(context.deadline):
                data = await self.coalescer.run(run, planned.plan)
        except ClientError as error:
            return refused([error.formatted()], error.status)
        except TimeoutError:
            late = ClientError(ErrorCode.REQUEST_TIMEOUT, "the request took too long", status=504)
            return refused([late.formatted()], late.status)
        if planned.plan.introspection and data is not None:
            self._introspect(planned, view, data, run)
        return self._answer(planned, run, data, context)

    def explain(
        self, *, query: str, operation_name: str | None, variables: Mapping[str, Any] | None, view: View
    ) -> str:
        """The plan as text. Raises ``ClientError``."""
        planned = self.planner.plan(query, operation_name, variables, view)
        return self._render(planned, view, None)

    def _render(self, planned: Planned, view: View, params: Mapping[str, Any] | None) -> str:
        return render(planned.plan, view.groups, Explainer(self.runner, planned, view, params))

    def _run(self, planned: Planned, view: View, context: RequestContext) -> Run:
        now = datetime.now(UTC)
        params = bind_params(view, context.principal, now) if view.params else {}
        return Run(context, view, params, planned.variables, self.source_timeout, now)

    def _introspect(self, planned: Planned, view: View, data: dict[str, Any], run: Run) -> None:
        """``__schema`` and ``__type`` beside data: graphql-core answers them from the view's schema."""
        result = introspect(planned, view, run.context.language)
        for item in planned.plan.introspection:
            data[item.key] = (result.data or {}).get(item.key)
        run.errors += [
            {"message": error.message, "path": error.path, "extensions": {"code": str(ErrorCode.BAD_USER_INPUT)}}
            for error in result.errors or ()
        ]

    def _answer(self, planned: Planned, run: Run, data: dict[str, Any] | None, context: RequestContext) -> Answer:
        reports = merged(run.reports)
        extensions: dict[str, Any] = {}
        if run.reports:
            extensions["completeness"] = {
                "complete": all(report.code is None for report in run.reports),
                "sources": [
                    {"agency": one.agency, "outcome": one.outcome, "asOf": one.as_of, "rows": one.rows}
                    for one in (merged(self._shown(run)) if any(one.inner for one in run.reports) else reports)
                ],
            }
        if run.view.caveats and run.reports:
            extensions["caveats"] = list(run.view.caveats)
        if run.view.agreement is not None and run.reports:
            told = run.view.agreement
            extensions["agreement"] = {"id": told.id, "onward": told.onward, "retentionDays": told.retention_days}
        if planned.plan.masked:
            extensions["masked"] = planned.plan.masked
        if planned.plan.withheld:
            extensions["withheld"] = planned.plan.withheld
        if run.flags:
            extensions["dataFlags"] = run.flags
        if context.explain and run.view.explain:
            extensions["plan"] = self._render(planned, run.view, run.params)
        log = {
            "operation": planned.plan.operation_name,
            "operation_hash": planned.document.hash,
            "sources": [one.agency for one in reports],
            "rows": sum(one.rows or 0 for one in reports),
            "outcome": "errors" if run.errors else "ok",
        }
        return Answer(data, run.errors, extensions, log)

    def _shown(self, run: Run) -> list[Report]:
        """The reports a client may see: a computed field may have asked agencies that are not in the view."""
        inner = {report.agency for report in run.reports if report.inner}
        hidden = {agency for agency in inner if not self.runner.supplied(run, agency)}
        return [report for report in run.reports if not (report.inner and report.agency in hidden)]


def introspect(planned: Planned, view: View, language: Language) -> ExecutionResult:
    """The introspection fields of the root alone, by graphql-core."""
    document = only_introspection(planned.document.node, planned.operation)
    result = execute_sync(
        view.schema,
        document,
        operation_name=planned.plan.operation_name,
        variable_values={
            name: source.value for name, source in planned.variables.sources.items() if source.value is not Undefined
        },
        middleware=[described_in_french] if language is Language.FR else None,
    )
    assert isinstance(result, ExecutionResult)
    return result


def refused(errors: list[dict[str, Any]], status: int) -> Answer:
    code = errors[0]["extensions"]["code"]
    return Answer(None, errors, log={"outcome": code}, executed=False, status=status)
