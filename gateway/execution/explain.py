"""The statement that a fetch of a plan would send: prepared as for a request, never run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from adapters.contract import Predicate
from adapters.errors import Unsupported
from gateway.execution.call_shapes import JoinRules, OwnerShape, join_rules, layout_of, spec_of
from gateway.execution.layouts import Layout
from gateway.execution.permit_shipments import citing
from gateway.execution.runner import Runner
from gateway.planning.catalog import Owner
from gateway.planning.granted import granted
from gateway.planning.operations import Planned
from gateway.planning.plan import Fetch
from gateway.planning.rows import for_owner, settle
from gateway.planning.shapes import Shape
from gateway.policy.view import View


class Explainer:
    """Called by ``render`` for each fetch and owner. Without ``params``, agency terms of row rules stay open."""

    def __init__(self, runner: Runner, planned: Planned, view: View, params: Mapping[str, Any] | None) -> None:
        self.runner = runner
        self.planned = planned
        self.view = view
        self.params = params
        self.joined: set[int] = set()

    def __call__(self, fetch: Fetch, owner: Owner, paged: bool) -> str:
        if id(fetch) in self.joined:
            return "read with the rows that lead to it"
        marks: tuple[Predicate, ...] = ()
        if fetch.groups:
            led, bounded = self._led(fetch), bool(fetch.keys) and not paged
            granting = granted(fetch.groups[owner.id], owner, self.params, led, led, bounded=bounded)
            rule, marks = granting.rule, granting.marks
        else:
            rule = settle(fetch.predicates.get(owner.id), owner, self.params)
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
            how = layout_of(fetch, owner)
            joins = join_rules(how, shape, self.params)
            self._note(how, joins)
            spec = spec_of(fetch, owner, how, shape, None if rule is True else rule, joins)
            return owner.source.prepare(replace(spec, marks=marks)).explain()
        except Unsupported as reason:
            return f"refused: {reason}"

    def _note(self, how: Layout, joins: JoinRules) -> None:
        """The fetches that go with one: ``render`` tells of those above first."""
        for one, (_, below) in zip(how.joins, joins, strict=False):
            self.joined.add(id(one.fetch))
            self._note(one.how, below)

    def _led(self, fetch: Fetch) -> int:
        """The groups whose rows may be asked for: at the root those that grant it, below any."""
        for root in self.planned.plan.roots:
            if any(fetch is one for one in [root.fetch, *_of_persons([root.shape])]):
                return self.view.rooted(root.coordinate.partition(".")[2])
            if any(fetch is one for one in root.fetches.values()):
                return self.view.identified(fetch.target)
            if any(fetch is one for one in _of_persons(root.shapes.values())):
                return self.view.identified("Person")
        return -1

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


def _of_persons(shapes: Iterable[Shape | None]) -> list[Fetch]:
    of = [shape.person for shape in shapes if shape is not None and shape.person is not None]
    return [fetch for one in of for fetch in (one.by_key, one.records, one.documents)]
