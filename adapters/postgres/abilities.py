"""What each collection can be asked, found by trying to translate it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from functools import partial
from itertools import permutations

from adapters.contract import (
    MISSING,
    TYPE_KEYS,
    Capabilities,
    Child,
    CodeMap,
    CollectionCapabilities,
    CollectionSpec,
    Compare,
    Op,
    OrderTerm,
    Param,
)
from adapters.errors import Unsupported
from adapters.mapping import CodeTables
from adapters.postgres.catalog import Catalog
from adapters.postgres.order import order_term
from adapters.postgres.predicates import condition
from adapters.postgres.scope import Context, Rows

OPS: Mapping[Op, tuple[Op, ...]] = {
    "eq": ("eq", "ne", "in"),
    "lt": ("lt", "lte", "gt", "gte"),
    "startsWith": ("startsWith",),
    "null": ("null",),
}
"""The operator that is tried → those that are possible with it."""


def capabilities(
    collections: Mapping[str, CollectionSpec], catalog: Catalog, tables: CodeTables, zone_name: str, zone: tzinfo
) -> Capabilities:
    """Each collection's are found when they are first asked for: trying all that it might be asked takes a while, and
    a start has none to spare."""

    def of(name: str) -> CollectionCapabilities:
        return _collection(Rows(Context(collections, catalog, tables, zone_name, zone), collections[name]))

    return Capabilities(_OnDemand(collections, of))


class _OnDemand(Mapping[str, CollectionCapabilities]):
    def __init__(self, names: Iterable[str], of: Callable[[str], CollectionCapabilities]) -> None:
        self._names = tuple(names)
        self._of = of
        self._found: dict[str, CollectionCapabilities] = {}

    def __getitem__(self, name: str) -> CollectionCapabilities:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._of(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _collection(rows: Rows) -> CollectionCapabilities:
    spec = rows.spec
    filters: dict[str, frozenset[str]] = {}
    for path in _paths(spec):
        ops = [op for tried, alike in OPS.items() if _possible(partial(_filter, rows, path, tried)) for op in alike]
        if ops:
            filters[path] = frozenset(ops)
    orders = frozenset(
        path
        for path in [*spec.fields, *(path for part in spec.parts.values() for path in part.fields)]
        if _possible(partial(order_term, rows, OrderTerm(path)))
    )
    askable = [path for path, ops in filters.items() if "eq" in ops and not _null_means(spec, path)]
    lookups: set[tuple[str, ...]] = {(path,) for path in askable}
    lookups |= {pair for pair in permutations(askable, 2) if _beside(*pair)}
    key = tuple(path for path in TYPE_KEYS.get(spec.provides, ()) if path in askable)
    if key:
        lookups.add(key)
    if spec.filterable is not None:
        filters = {path: ops for path, ops in filters.items() if path in spec.filterable}
    if spec.orderable is not None:
        orders &= spec.orderable
    return CollectionCapabilities(frozenset(lookups), filters, orders)


def _null_means(spec: CollectionSpec, path: str) -> bool:
    """A null column stands for a value, so that no list of keys finds all of its rows."""
    binding = spec.fields.get(path)
    if binding is None:
        return False
    coded = isinstance(binding.codes, CodeMap) and binding.codes.values.get("") is not None
    return coded or binding.absent is not MISSING


def _beside(left: str, right: str) -> bool:
    """Two fields of one object: ``document.issuer`` and ``document.number``; or two of the row itself."""
    return left.rpartition(".")[0] == right.rpartition(".")[0]


def _paths(spec: CollectionSpec) -> Iterator[str]:
    yield from spec.fields
    for part in spec.parts.values():
        yield from part.fields
    for name, child in spec.children.items():
        yield from _below(name, child)


def _below(name: str, child: Child) -> Iterator[str]:
    if child.value is not None:
        yield name
    for path in child.fields:
        yield f"{name}.{path}"
    for below, nested in child.children.items():
        yield from _below(f"{name}.{below}", nested)


def _filter(rows: Rows, path: str, op: Op) -> None:
    condition(rows, Compare(path, op, Param("value")))


def _possible(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except Unsupported:
        return False
    return True
