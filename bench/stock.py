"""The stock contender: the same gateway, in which graphql-core's own executor runs the operations.

Only the executor differs. HTTP, tokens, policy, encoding, adapters and the fetches themselves (their columns, keys and
SQL) are the gateway's: a resolver per field, a Strawberry ``DataLoader`` per link that makes one batched call a level.
What a production service on Strawberry would do, and less: resolvers are bare functions of graphql-core rather than
Strawberry's wrapped ones, and the parsed and validated document is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    is_list_type,
    is_non_null_type,
    print_schema,
)
from strawberry.dataloader import DataLoader

from adapters.contract import TYPE_KEYS, FetchCall
from bench.records import Record, records
from bench.serving import serve
from gateway import app, telemetry
from gateway import settings as configuration
from gateway.execution import Engine, build_engine, links
from gateway.execution.answered import collect
from gateway.execution.call_shapes import OwnerShape
from gateway.execution.order import sorted_rows
from gateway.execution.run import Run, together
from gateway.execution.table import concat, take
from gateway.planning.compile import PRESENCE
from gateway.planning.operations import Planned
from gateway.planning.plan import RootField
from gateway.planning.rows import for_owner
from gateway.planning.shapes import LinkField
from gateway.policy.view import View
from gateway.request import Answer, RequestContext
from resolvers.fields import Bound, Children, Embedded, Link, Listing, Lookup, Meta, binding_of

BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})
Resolver = Callable[..., Any]


class Failed(Exception):
    """A source did not answer. The benchmark has no outages."""


@dataclass(slots=True)
class Operation:
    """What is kept of an operation: its document, and the fetches of its plan by the fields that need them."""

    planned: Planned
    document: DocumentNode
    roots: Mapping[str, RootField]
    links: Mapping[str, LinkField]


@dataclass(slots=True, eq=False)
class Asked:
    """One request: the context value of every resolver."""

    engine: Engine
    run: Run
    operation: Operation
    loaders: dict[str, DataLoader[Any, Any]] = field(default_factory=dict)

    def loader(self, coordinate: str) -> DataLoader[Any, Any]:
        found = self.loaders.get(coordinate)
        if found is None:
            found = self.loaders[coordinate] = DataLoader(self._batch(self.operation.links[coordinate]))
        return found

    def _batch(self, item: LinkField) -> Callable[[list[Any]], Any]:
        """Rows for distinct keys, in one call per owner. A key of a routed link begins with the owner's agency."""
        fetch = item.fetch
        assert fetch is not None
        unfit = item.unfit

        async def load(keys: list[Any]) -> Sequence[Any]:
            lost = set(unfit([key[-1] for key in keys])) if unfit is not None else ()
            wanted = [None if place in lost else key for place, key in enumerate(keys)]
            answered = await links.ask(self.run, item, fetch, wanted)
            if answered.failed:
                raise Failed(item.coordinate)
            table = links.gathered(fetch, answered)
            rows = records(table, fetch.needs)
            if item.kind == "list":
                groups: dict[Any, list[Record]] = {}
                for key, row in zip(links.answer_keys(item, fetch, table), rows, strict=True):
                    groups.setdefault(key, []).append(row)
                return [groups.get(key, []) for key in keys]
            one = dict(zip(links.answer_keys(item, fetch, table)[::-1], rows[::-1], strict=True))
            return [one.get(key) for key in keys]

        return load

    async def lookup(self, root: RootField, arguments: Mapping[str, Any]) -> Record | None:
        fetch = root.fetch
        assert fetch is not None
        answered = await self.run.ask(fetch, keys=[tuple(arguments[name] for _, name in root.arguments)])
        if answered.failed:
            raise Failed(root.coordinate)
        found = records(concat(fetch.needs, answered.tables), fetch.needs)
        return found[0] if found else None

    async def page(self, root: RootField, arguments: Mapping[str, Any]) -> dict[str, list[Record]]:
        """The first page of a listing, of all owners."""
        fetch = root.fetch
        assert fetch is not None
        call = self.engine.runner.calls.page(fetch.target, arguments)
        condition = call.filter
        waiting = []
        for owner in fetch.owners:
            narrowed: Any = None if condition is None else for_owner(condition, owner, call.params)
            shape = OwnerShape(narrowed, call.order, limit=True)
            waiting.append(self.run.ask_owner(fetch, owner, FetchCall((), dict(call.params), call.size + 1), shape))
        answered = collect(await together(waiting))
        if answered.failed:
            raise Failed(root.coordinate)
        table = concat(fetch.needs, answered.tables)
        order: Sequence[int] = range(table.count)
        if len(answered.tables) > 1:
            terms = [term for term in call.order[: call.terms] if term[0] in fetch.needs.columns]
            order = sorted_rows(table, fetch.needs, terms)
        return {"nodes": records(take(table, order[: call.size]), fetch.needs)}


@dataclass(slots=True)
class StockEngine:
    """Stands where the gateway's engine stands."""

    engine: Engine
    schemas: dict[str, GraphQLSchema] = field(default_factory=dict)
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)

    async def execute(
        self,
        *,
        query: str,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        view: View,
        context: RequestContext,
    ) -> Answer:
        operation = self.operations.get((query, view.fingerprint))
        if operation is None:
            operation = self._read(query, operation_name, variables, view)
            self.operations[query, view.fingerprint] = operation
        run = self.engine._run(operation.planned, view, context)
        result = execute(
            self.schemas[view.fingerprint],
            operation.document,
            variable_values=variables or {},
            context_value=Asked(self.engine, run, operation),
        )
        if isawaitable(result):
            result = await result
        for error in result.errors or ():
            raise error
        return self.engine._answer(operation.planned, run, result.data, context)

    def _read(self, query: str, name: str | None, variables: dict[str, Any] | None, view: View) -> Operation:
        planned = self.engine.planner.plan(query, name, variables, view)
        if view.fingerprint not in self.schemas:
            self.schemas[view.fingerprint] = resolving_schema(view.schema)
        roots = planned.plan.roots
        for fetch in planned.plan.fetches:
            fetch.joins.clear()  # a resolver per field asks for each level itself
        found = {link.coordinate: link for root in roots for shape in root.fetched() for link in shape.links()}
        return Operation(planned, planned.document.node, {root.coordinate: root for root in roots}, found)


# ---- a resolver per field ---------------------------------------------------------------------


def resolving_schema(view: GraphQLSchema) -> GraphQLSchema:
    """The view's schema with nothing of Strawberry in it, and a resolver per field."""
    schema = build_schema(print_schema(view))
    for name, built in schema.type_map.items():
        known = view.type_map.get(name)
        if isinstance(built, GraphQLScalarType) and name not in BUILT_IN and isinstance(known, GraphQLScalarType):
            # Of these instances alone, as the library takes them.
            built.parse_value, built.parse_literal = known.parse_value, known.parse_literal  # type: ignore[method-assign]
            built.coerce_input_value = known.coerce_input_value
            built.coerce_input_literal = known.coerce_input_literal
        elif isinstance(built, GraphQLObjectType) and isinstance(known, GraphQLObjectType) and name[:2] != "__":
            if name.endswith("Connection"):
                continue  # a plain dict, which graphql-core reads by itself
            for field_name, definition in built.fields.items():
                binding = binding_of(known.fields[field_name], field_name)
                definition.resolve = resolver(f"{name}.{field_name}", definition.type, binding)
    return schema


def resolver(coordinate: str, type_: Any, binding: Any) -> Resolver | None:
    """``None`` for what the benchmark's operations do not select."""
    lists = is_list_type(type_.of_type if is_non_null_type(type_) else type_)
    match binding:
        case Bound(path=path) if not lists:
            return lambda parent, _info: parent.values[parent.prefix + path]
        case Embedded(path=path):
            return _embedded(path, PRESENCE.get(get_named_type(type_).name, ()))
        case Children(path=path):
            return lambda parent, _info: parent.lists[path]
        case Link(kind="one" | "list"):
            return _link(coordinate, binding)
        case Meta(kind="id"):
            path = TYPE_KEYS.get(coordinate.partition(".")[0], ("",))[0]
            return lambda parent, info: info.context.engine.runner.ids.column(parent.owner.tag, [parent.values[path]])[
                0
            ]
        case Meta(kind="issuer"):
            return lambda parent, _info: Record({"code": parent.owner.agency}, {}, None)
        case Lookup():
            return lambda _parent, info, **given: info.context.lookup(info.context.operation.roots[coordinate], given)
        case Listing():
            return lambda _parent, info, **given: info.context.page(info.context.operation.roots[coordinate], given)
        case _:
            return None


def _embedded(path: str, presence: Sequence[str]) -> Resolver:
    def resolve(parent: Record, _info: Any) -> Record | None:
        inner = parent.below(path)
        if presence and all(inner.values[inner.prefix + name] is None for name in presence):
            return None
        return inner

    return resolve


def _link(coordinate: str, link: Link) -> Resolver:
    ours = [path for _, path in link.on]
    if link.agency:
        ours.insert(0, link.agency)
    many = link.kind == "list"

    def resolve(parent: Record, info: Any) -> Any:
        key = tuple([parent.values[parent.prefix + path] for path in ours])
        if None in key:
            return [] if many else None
        return info.context.loader(coordinate).load(key)

    return resolve


# ---- the process ------------------------------------------------------------------------------


def main(config: str, port: str) -> None:
    """As ``guichet serve --config … --port …``, with one worker."""
    settings = configuration.load(Path(config))
    telemetry.configure(settings.telemetry.log_level)
    wiring: Any = app
    wiring.build_engine = lambda *parts: StockEngine(build_engine(*parts))
    serve(app.create_app(settings), int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
