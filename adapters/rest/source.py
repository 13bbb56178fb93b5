"""An agency's HTTP API as a source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from adapters.contract import (
    TYPE_KEYS,
    Capabilities,
    Child,
    ChildSelect,
    CollectionSpec,
    FetchSpec,
    FieldBinding,
    Finding,
    Health,
    Join,
    Lookup,
    PreparedFetch,
)
from adapters.errors import AgencyFileError, Fault, SourceRefused, Unsupported
from adapters.mapping import CodeTables
from adapters.resilience import Load
from adapters.rest.capabilities import capabilities
from adapters.rest.check import check_source
from adapters.rest.client import Client
from adapters.rest.fetch import RestFetch
from adapters.rest.lookups import Lookups
from adapters.rest.parts import part_fetches
from adapters.rest.rows import Decoder, RowsAt
from adapters.rest.settings import RestOptions, parse_options
from adapters.rest.template import Template
from adapters.rest.translate import translate


class RestSource:
    """See ``contract.Source``. ``tables`` may be shared by the sources of one agency: each fills its own lookups."""

    def __init__(
        self,
        name: str,
        agency: str,
        options: RestOptions,
        collections: Sequence[CollectionSpec],
        lookups: Mapping[str, Lookup],
        tables: CodeTables,
    ) -> None:
        self.name = name
        self.agency = agency
        self.options = options
        self.collections: Mapping[str, CollectionSpec] = {
            spec.name: spec for spec in collections if spec.source == name
        }
        self.client = Client(f"{agency}.{name}", options)
        self.tables = tables
        own = [lookup for lookup in lookups.values() if lookup.source == name and lookup.get]
        self.lookups = Lookups(self.client, own, tables)
        self._templates = {
            spec.name: tuple(Template(request) for request in spec.requests) for spec in self.collections.values()
        }
        self.capabilities = Capabilities(
            {name: capabilities(spec, self._templates[name]) for name, spec in self.collections.items()}
        )

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        name = spec.collection.removeprefix(f"{self.agency}.")
        collection = self.collections.get(name)
        if collection is None:
            raise Unsupported(f"source {self.name} has no collection {spec.collection}")
        return self._fetch(collection, self._templates[name], spec)

    def using(self, spec: FetchSpec, request: int) -> RestFetch:
        """As ``prepare``, by that request of the file and no other. Raises ``Unsupported``."""
        template = self._templates[spec.collection][request]
        return self._fetch(self.collections[spec.collection], [template], spec)

    def _fetch(self, collection: CollectionSpec, templates: Sequence[Template], spec: FetchSpec) -> RestFetch:
        zone = self.options.timezone
        plan = translate(spec, collection, templates, zone, self.tables)
        fields, work = plan.collection.fields, plan.work
        parts = part_fetches(collection, work.columns, self._part)
        columns = [path for path in work.columns if not parts or path in fields]
        if parts:
            columns += [path for path in TYPE_KEYS[collection.provides] if path not in columns]
        bound = {path: binding for path, binding in fields.items() if path not in plan.asked}
        decoder = Decoder(
            bound, collection.children, columns, work.children, zone=zone, tables=self.tables, asked=plan.asked
        )
        request = plan.template.request
        order = [term.path for term in spec.order]
        return RestFetch(
            self.client,
            plan,
            decoder,
            RowsAt(request.rows, collection.where, collection.unless),
            placing=Decoder(bound, {}, order, (), zone=zone, tables=self.tables) if plan.resume is not None else None,
            parts=parts,
            ready=self._ready(
                [fields[path] for path in columns if path in bound] + _below(collection.children, work.children)
            ),
            unordered_rows=self.options.unordered_rows,
        )

    def _part(self, collection: CollectionSpec, spec: FetchSpec) -> RestFetch:
        return self._fetch(collection, [Template(request) for request in collection.requests], spec)

    def _ready(self, bindings: Sequence[FieldBinding]) -> Callable[[float | None], Awaitable[None]] | None:
        """What makes the lookups of a fetch current; nothing when it has none."""
        codes = [binding.codes for binding in bindings]
        names = {code.name for code in codes if isinstance(code, Lookup)} & self.lookups.names
        return partial(self.lookups.ready, sorted(names)) if names else None

    def joins(self, collection: str, join: Join) -> bool:  # noqa: ARG002 - the protocol's arguments
        return False

    async def start(self) -> None:
        await self.lookups.start()

    @property
    def load(self) -> Load:
        return self.client.load

    async def health(self) -> Health:
        last = self.client.last
        if last is None:
            return Health.UP
        return Health.DEGRADED if isinstance(last, SourceRefused) else Health.DOWN

    async def check(self) -> Sequence[Finding]:
        return await check_source(self)

    async def close(self) -> None:
        await self.lookups.close()
        await self.client.close()


def _below(children: Mapping[str, Child], selects: Sequence[ChildSelect]) -> list[FieldBinding]:
    """The bindings that the selected lists read."""
    found: list[FieldBinding] = []
    for select in selects:
        child = children[select.name]
        found += [child.fields[path] for path in select.columns if path in child.fields]
        found += [child.value] if child.value is not None else []
        found += _below(child.children, select.children)
    return found


def create(
    name: str,
    agency: str,
    table: Mapping[str, Any],
    collections: Sequence[CollectionSpec],
    lookups: Mapping[str, Lookup] | None = None,
    *,
    tables: CodeTables | None = None,
    file: str = "",
) -> RestSource:
    """The source that ``[sources.<name>]`` declares. ``collections`` may be all of the agency's: it takes its own.

    Raises ``AgencyFileError`` with every fault of the table and of what an HTTP API cannot do for a collection."""
    file = file or f"{agency.lower()}.toml"
    faults: list[Fault] = []
    options = None
    try:
        options = parse_options(table, file=file, key=f"sources.{name}")
    except AgencyFileError as error:
        faults += error.faults
    for spec in collections:
        if spec.source == name:
            faults += [Fault(file, f"collections.{spec.name}{key}", problem) for key, problem in _impossible(spec)]
    if options is None or faults:
        raise AgencyFileError(faults)
    return RestSource(name, agency, options, collections, lookups or {}, tables or CodeTables())


def _impossible(spec: CollectionSpec) -> list[tuple[str, str]]:
    """What the file asks of an endpoint that only a database can do."""
    found: list[tuple[str, str]] = []
    if spec.table:
        found.append((".table", "is for databases; an API has `requests`"))
    if spec.newest:
        found.append((".newest", "is for databases; ask the agency for an endpoint that answers with the newest"))
    if not spec.requests:
        found.append((".requests", "at least one is needed"))
    if spec.as_of is not None and not (spec.as_of.header or spec.as_of.path):
        found.append((".as_of", "is a `header` or a `path` of the answer"))
    for i, request in enumerate(spec.requests):
        template = Template(request)
        if missing := set(request.by) - template.names:
            found.append((f".requests.{i}.by", f"{sorted(missing)[0]!r} is no placeholder of the request"))
        if unbound := [path for path in request.by if request.many and path not in spec.fields]:
            found.append((f".requests.{i}.by", f"{unbound[0]!r} must be bound: where is it in the answer?"))
    found += [(f".children.{name}.table", "is for databases") for name, child in spec.children.items() if child.table]
    found += [(f".parts.{name}.table", "is for databases") for name, part in spec.parts.items() if part.table]
    return found
