"""The engine from its parts: called once, by the composition root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from graphql import GraphQLSchema

from adapters.contract import CollectionSpec, Source
from gateway.cache import WeightedCache
from gateway.execution.coalescing import Coalescer
from gateway.execution.cursors import Cursors
from gateway.execution.engine import Engine
from gateway.execution.node_ids import NodeIds
from gateway.execution.run import SHARE_OF_REQUEST
from gateway.execution.runner import Runner
from gateway.limits import DocumentLimits
from gateway.planning.calls import CallReader
from gateway.planning.catalog import AgencyName, Owner, catalog
from gateway.planning.operations import Planner
from gateway.settings.config import Limits


class Agency(Protocol):
    """What the engine reads of an agency file."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> Mapping[str, str]: ...
    @property
    def collections(self) -> Sequence[CollectionSpec]: ...


def build_engine(
    schema: GraphQLSchema,
    agencies: Sequence[Agency],
    sources: Mapping[tuple[str, str], Source],
    limits: Limits,
    opaque_keys: Sequence[bytes],
    request_timeout: float,
    cache: WeightedCache[Any] | None = None,
) -> Engine:
    """``sources``: by agency code and name; ``request_timeout``: seconds; ``cache``: the policy's, so that views and
    plans share one bound. Raises ``ValueError`` as ``catalog`` does."""
    owners = [
        Owner(agency.code, spec, sources[agency.code, spec.source])
        for agency in agencies
        for spec in agency.collections
    ]
    names = [AgencyName(agency.code, agency.name["en"], agency.name["fr"]) for agency in agencies]
    known = catalog(names, owners)
    calls = CallReader(schema, limits.default_page, limits.page_size)
    runner = Runner(known, NodeIds(opaque_keys), Cursors(opaque_keys), calls, limits.list_items)
    documents = DocumentLimits(limits.tokens, limits.depth, limits.aliases)
    planner = Planner(schema, known, documents, WeightedCache(limits.cache_bytes) if cache is None else cache)
    return Engine(planner, runner, Coalescer(runner), request_timeout * SHARE_OF_REQUEST)
