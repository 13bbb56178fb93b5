"""What follows from a collection's requests: by what it is looked up, filtered and ordered. Pure."""

from __future__ import annotations

from itertools import permutations
from typing import get_args

from adapters.contract import TYPE_KEYS, CollectionCapabilities, CollectionSpec, Op
from adapters.rest.template import CONTROL, Template

_OPERATORS = frozenset(get_args(Op))


def placeholder_target(collection: CollectionSpec, name: str) -> tuple[str, str]:
    """Path and operator of a filter placeholder: ``validTo.gte`` → ``("validTo", "gte")``."""
    if name not in collection.fields:
        path, _, op = name.rpartition(".")
        if path and op in _OPERATORS:
            return path, op
    return name, "eq"


def capabilities(collection: CollectionSpec, templates: tuple[Template, ...]) -> CollectionCapabilities:
    lookups: set[tuple[str, ...]] = set()
    filters: dict[str, set[str]] = {}
    orders: set[str] = set()
    key = TYPE_KEYS.get(collection.provides, ())
    lists = batched = False
    for template in templates:
        request = template.request
        for name in template.names - CONTROL - set(request.by):
            path, op = placeholder_target(collection, name)
            filters.setdefault(path, set()).add(op)
        if not request.by:
            lists = True
            orders |= set(request.order)
            continue
        if request.many and not set(request.by) <= set(collection.fields):
            continue
        lookups |= set(permutations(request.by))
        batched = batched or bool(request.many)
        if set(request.by) < set(key) and set(key) <= set(collection.fields):
            lookups.add(key)
    narrowed = collection.filterable
    return CollectionCapabilities(
        lookups=frozenset(lookups),
        filters={p: frozenset(ops) for p, ops in filters.items() if narrowed is None or p in narrowed},
        orders=frozenset(orders if collection.orderable is None else orders & collection.orderable),
        lists=lists,
        counts=lists,
        batched_pages=batched,
    )
