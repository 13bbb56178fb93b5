"""The statement that a fetch of a plan would send: prepared as for a request, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.errors import Unsupported
from gateway.execution.permit_shipments import citing
from gateway.execution.run import OwnerShape, spec_of
from gateway.execution.runner import Runner
from gateway.execution.table import layout
from gateway.planning.catalog import Owner
from gateway.planning.operations import Planned
from gateway.planning.plan import Fetch
from gateway.planning.rows import for_owner


class Explainer:
    """Called by ``render`` for each fetch and owner. Without claims, agency terms of row rules stay open."""

    def __init__(self, runner: Runner, planned: Planned, params: Mapping[str, Any]) -> None:
        self.runner = runner
        self.planned = planned
        self.params = params

    def __call__(self, fetch: Fetch, owner: Owner, paged: bool) -> str:
        rule: Any = fetch.predicates.get(owner.id)
        if rule is not None and self.params:
            rule = for_owner(rule, owner, self.params)
        if rule is False:
            return "not asked: no row of it can be in the view"
        shape = None
        if paged:
            page = self._page(fetch, owner)
            if page is None:
                return "not asked: the filter leaves no row of it"
            shape = page
        elif not fetch.keys and fetch.inner:  # the first step of a walk through other types
            shape = citing(fetch)
        try:
            spec = spec_of(fetch, owner, layout(fetch.needs, owner.spec), shape, None if rule is True else rule)
            return owner.source.prepare(spec).explain()
        except Unsupported as reason:
            return f"refused: {reason}"

    def _page(self, fetch: Fetch, owner: Owner) -> OwnerShape | None:
        page = self.planned.plan.page_of(fetch)
        if page is None:
            return OwnerShape(order=fetch.order)
        call = self.runner.calls.page(fetch.target, page.selected.values(self.planned.variables), page.default)
        condition = True if call.filter is None else for_owner(call.filter, owner, call.params)
        if condition is False:
            return None
        order = call.order if call.forward else tuple((path, not down) for path, down in call.order)
        return OwnerShape(
            None if condition is True else condition, order, True, bool(fetch.keys), None, page.wants_total
        )
