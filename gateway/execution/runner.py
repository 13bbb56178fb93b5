"""Runs a plan breadth-first: every root at once, then level by level, one batched call per collection and link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from hashlib import sha256
from typing import Any

from adapters.contract import Health
from gateway.execution import failing, links, nodes, pages, people, permit_shipments, person_reading, shaping
from gateway.execution.candidates import candidates
from gateway.execution.cursors import Cursors
from gateway.execution.granting import follow_apart
from gateway.execution.held_containers import held_containers
from gateway.execution.node_ids import NodeIds
from gateway.execution.nulls import Cause, Null, NullWalk
from gateway.execution.reports import count_shown
from gateway.execution.run import Run, together
from gateway.execution.services import PendingColumn
from gateway.execution.table import Table, concat, from_dicts, take
from gateway.planning.calls import CallReader, PageCall
from gateway.planning.catalog import Catalog
from gateway.planning.plan import Fetch, Page, Plan, RootField
from gateway.planning.shapes import LinkField, Shape
from gateway.policy.view import AgreementInForce
from resolvers.rules.cited_permits import verify_permit


class Runner:
    """One per process. Holds no request: that is the ``Run``."""

    person_tag = sha256(b"Person").digest()[:2]

    def __init__(self, catalog: Catalog, ids: NodeIds, cursors: Cursors, calls: CallReader, list_items: int) -> None:
        self.catalog = catalog
        self.ids = ids
        self.cursors = cursors
        self.calls = calls
        self.list_items = list_items
        self.specials: Mapping[str, Callable[[Run, RootField, Mapping[str, Any]], Awaitable[Any]]] = {
            "viewer": self._viewer,
            "agencies": self._agencies,
            "node": lambda run, root, arguments: nodes.node(self, run, root, arguments),
            "nodes": lambda run, root, arguments: nodes.nodes(self, run, root, arguments),
            "person": self._person,
            "people": lambda run, root, arguments: candidates(self, run, root, arguments),
            "heldContainers": lambda run, root, arguments: held_containers(self, run, root, arguments),
            "verifyPermit": self._verify_permit,
        }

    async def run(self, run: Run, plan: Plan) -> Any:
        """The operation's data, without what introspection adds. Errors are in ``run.errors``."""
        return self.settled(run, plan, await together([self._root(run, root) for root in plan.roots]))

    def settled(self, run: Run, plan: Plan, values: Sequence[Any]) -> Any:
        """The data, of the values of the roots: with every ``Null`` explained."""
        data: dict[str, Any] = dict.fromkeys(plan.keys)
        data |= dict.fromkeys(plan.typenames, "Query")
        for root, value in zip(plan.roots, values, strict=True):
            data[root.key] = value
        if not run.nulls:
            return data
        walk = NullWalk()
        for root, value in zip(plan.roots, values, strict=True):
            if type(value) is Null and not root.nullable:
                walk.settle({root.key: value})
                run.errors[:0] = walk.errors.values()
                return None
        settled = walk.settle(data)
        run.errors[:0] = walk.errors.values()
        return settled

    # ---- what shapes, links and pages call back -------------------------------------------------

    def build(self, run: Run, shape: Shape, table: Table) -> PendingColumn:
        return shaping.build(self, run, shape, table)

    def link(self, run: Run, item: LinkField, table: Table) -> PendingColumn:
        return self._not_withheld(run, item, table) if item.withheld_of else self._led(run, item, table)

    async def _not_withheld(self, run: Run, item: LinkField, table: Table) -> list[Any]:
        owners = table.per_row([origin.agency for origin in table.origins])
        rows = [row for row, agency in enumerate(owners) if agency not in item.withheld_of]
        column: list[Any] = [None] * table.count
        run.reports_of.setdefault(id(item), [])
        if rows:
            for row, value in zip(rows, await self._led(run, item, take(table, rows)), strict=True):
                column[row] = value
        return column

    def _led(self, run: Run, item: LinkField, table: Table) -> PendingColumn:
        if table.grants is None or item.follows is None:
            return self.follow(run, item, table)
        return follow_apart(self, run, item, table)

    def follow(self, run: Run, item: LinkField, table: Table) -> PendingColumn:
        if item.kind == "person":
            assert item.shape is not None
            columns = (table.columns[index] for index in item.local)
            anchors = [
                None if issuer is None or number is None else person_reading.document_anchor((issuer, number))
                for issuer, number in zip(*columns, strict=True)
            ]
            return people.people_objects(self, run, item.shape, item.coordinate, anchors)
        if item.kind == "via":
            return permit_shipments.walk(self, run, item, table)
        if item.page is not None:
            return pages.link_pages(self, run, item, table)
        return links.follow(self, run, item, table)

    def page_call(self, run: Run, page: Page, node_type: str) -> PageCall:
        return self.calls.page(node_type, page.selected.values(run.variables), page.default)

    def partial(self, run: Run, causes: Sequence[Cause], at: Sequence[str]) -> None:
        failing.partial(run, causes, at)

    async def agency_objects(self, run: Run, shape: Shape, codes: Sequence[str]) -> list[Any]:
        distinct = list(dict.fromkeys(codes))
        made = dict(zip(distinct, await self._agency_rows(run, shape, distinct), strict=True))
        return [made[code] for code in codes]

    async def _agency_rows(self, run: Run, shape: Shape, codes: Sequence[str]) -> list[Any]:
        wanted = shape.needs.columns
        health = await self._health(codes) if "health" in wanted else {}
        rows = [
            {
                "code": code,
                "name.en": self.catalog.agencies[code].en,
                "name.fr": self.catalog.agencies[code].fr,
                "supplies": self.supplied(run, code),
                "health": health.get(code),
            }
            for code in codes
        ]
        return await self.build(run, shape, from_dicts(shape.needs, rows, run.now))

    def agencies_seen(self, run: Run) -> list[str]:
        """Agencies that supply something in the view."""
        return [code for code in self.catalog.agencies if self.supplied(run, code)]

    def supplied(self, run: Run, code: str) -> list[str]:
        """Types of the view that this agency supplies."""
        types = run.view.schema.type_map
        return [
            name
            for name, owners in sorted(self.catalog.by_type.items())
            if name in types and any(owner.agency == code for owner in owners)
        ]

    async def _health(self, codes: Sequence[str]) -> dict[str, str]:
        sources = {
            (owner.agency, owner.spec.source): owner.source
            for owners in self.catalog.by_type.values()
            for owner in owners
            if owner.agency in codes
        }
        states = dict(zip(sources, await together([source.health() for source in sources.values()]), strict=True))
        worst = [Health.UP, Health.DEGRADED, Health.DOWN]
        return {
            code: max((state for (agency, _), state in states.items() if agency == code), key=worst.index).value
            for code in codes
        }

    # ---- roots ----------------------------------------------------------------------------------

    def _root(self, run: Run, root: RootField) -> Coroutine[Any, Any, Any]:
        return self._granted(run, root) if run.view.groups else self._rooted(run, root)

    async def _granted(self, run: Run, root: RootField) -> Any:
        bits = run.view.rooted(root.coordinate.partition(".")[2])
        own = run.under(bits, bits)
        value = await self._rooted(own, root)
        run.nulls |= own.nulls
        return value

    async def _rooted(self, run: Run, root: RootField) -> Any:
        assert root.selected is not None
        if root.special:
            return await self.specials[root.special](run, root, root.selected.values(run.variables))
        if root.page is not None:
            return await pages.root_page(self, run, root)
        return await self._lookup(run, root)

    async def _lookup(self, run: Run, root: RootField) -> Any:
        """One object by key. A 19-digit transaction number names a version: another one is not there."""
        fetch, shape = root.fetch, root.shape
        assert fetch is not None
        assert shape is not None
        key, agency = root.record(run.variables)
        version: int | None = None
        if fetch.keys == ("transactionNumber",):
            version = getattr(key[0], "version", None)  # the scalar has split it off already
        return await self._one(run, fetch, shape, key, agency, version)

    async def _one(
        self,
        run: Run,
        fetch: Fetch,
        shape: Shape,
        key: tuple[Any, ...],
        agency: str | None,
        version: int | None = None,
    ) -> Any:
        routed = None if agency is None else {agency: [key]}
        answered = await run.ask(fetch, keys=[key], keys_of=routed, typed=True)
        if answered.failed:
            run.nulls = True
            return Null(fetch.coordinate, answered.causes())
        table = concat(fetch.needs, answered.tables)
        if version is not None and table.count and table.columns[fetch.needs.columns["version"]][0] != version:
            count_shown(answered.reports, {})
            return None
        objects = await self.build(run, shape, table)
        return objects[0] if objects else None

    async def _person(self, run: Run, root: RootField, arguments: Mapping[str, Any]) -> Any:
        assert root.shape is not None
        document = arguments["document"]
        anchor = person_reading.document_anchor((document["issuer"], document["number"].strip().upper()))
        return (await people.people_objects(self, run, root.shape, root.coordinate, [anchor]))[0]

    async def _viewer(self, run: Run, root: RootField, _: Mapping[str, Any]) -> Any:
        assert root.shape is not None
        principal = run.context.principal
        row = {
            "subject": principal.subject,
            "organization": principal.organization,
            "roles": sorted(principal.roles),
            "scopes": sorted(principal.scopes),
            "purpose": principal.purpose,
            "agreement": _agreement(run.view.agreement),
            "access": [
                {"coordinate": one.coordinate, "action": one.action, "rows": one.rows, "rule": one.rule}
                for one in run.view.access
            ],
        }
        return (await self.build(run, root.shape, from_dicts(root.shape.needs, [row], run.now)))[0]

    async def _agencies(self, run: Run, root: RootField, _: Mapping[str, Any]) -> Any:
        assert root.shape is not None
        return await self._agency_rows(run, root.shape, self.agencies_seen(run))

    async def _verify_permit(self, run: Run, root: RootField, arguments: Mapping[str, Any]) -> Any:
        """The permit as its issuer has it, in full; only the verdict leaves."""
        fetch, inner, shape = root.fetch, root.inner, root.shape
        assert fetch is not None
        assert inner is not None
        assert shape is not None
        given = arguments["input"]
        answered = await run.ask(fetch, keys_of={given["issuer"]: [(given["number"],)]}, typed=True)
        rows = await self.build(run, inner, concat(fetch.needs, answered.tables))
        report = next(((one.outcome, one.as_of) for one in answered.reports), None)
        result = verify_permit(rows[0] if rows else None, report, given, run.now)
        return (await self.build(run, shape, from_dicts(shape.needs, [result], run.now)))[0]


def _agreement(told: AgreementInForce | None) -> dict[str, Any] | None:
    if told is None:
        return None
    names = ("id", "title", "caveat", "citation")
    return {
        **{name: getattr(told, name) for name in names},
        "parties": list(told.parties),
        "purposes": list(told.purposes),
        "validFrom": told.valid_from,
        "validTo": told.valid_to,
    }
