"""A fetch of the plan as the call shape that one owner is asked in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.contract import FetchSpec, Join, OrderTerm
from gateway.execution.layouts import Joined, Layout, layout
from gateway.planning.catalog import Owner
from gateway.planning.joining import local_paths
from gateway.planning.plan import Fetch
from gateway.planning.rows import settle
from gateway.planning.shapes import LinkField


@dataclass(frozen=True, slots=True)
class OwnerShape:
    """What a page adds to a fetch of one owner: hashable, part of the call shape."""

    filter: Any = None
    order: tuple[tuple[str, bool], ...] = ()
    limit: bool = False
    per_key: bool = False
    after: tuple[bool, ...] | None = None
    count: bool = False


def layout_of(fetch: Fetch, owner: Owner) -> Layout:
    """What the owner is asked for, found out once: with those of the fetch's joins that its source can read."""
    found: Layout | None = fetch.calls.get(owner.id)
    if found is None:
        found = fetch.calls[owner.id] = _laid(fetch, owner)
    return found


def _laid(fetch: Fetch, owner: Owner, without: frozenset[str] = frozenset()) -> Layout:
    found = layout(fetch.needs, owner.spec, without)
    joins = tuple(one for one in (_joined(fetch, item) for item in fetch.joins) if _can(owner, one))
    return replace(found, joins=joins, unruled=_unruled(joins)) if joins else found


def _unruled(joins: tuple[Joined, ...]) -> JoinRules | None:
    if any(one.how.unruled is None or one.fetch.predicates.get(one.owner.id) is not None for one in joins):
        return None
    return tuple((None, one.how.unruled) for one in joins)


def _joined(fetch: Fetch, item: LinkField) -> Joined:
    below = item.fetch
    assert below is not None
    (theirs,) = below.owners
    on = tuple(zip(below.keys, local_paths(fetch, item), strict=True))
    return Joined(item, below, on, theirs, _laid(below, theirs, below.placing))


def _can(owner: Owner, one: Joined) -> bool:
    return owner.source.joins(owner.spec.name, _join(one, (one.fetch.predicates.get(one.owner.id), ())))


JoinRules = tuple[tuple[Any, Any], ...]
"""Of each join the row rule, and those of the joins below; the rules of a call shape."""


def join_rules(how: Layout, shape: OwnerShape | None, params: Mapping[str, Any] | None) -> JoinRules:
    """Of what goes with a fetch: nothing does with pages per key, nor where one of the rules shows no row at all."""
    if shape is not None and shape.per_key:
        return ()
    return how.unruled if how.unruled is not None else _rules(how, params) or ()


def _rules(how: Layout, params: Mapping[str, Any] | None) -> JoinRules | None:
    found = []
    for one in how.joins:
        rule = settle(one.fetch.predicates.get(one.owner.id), one.owner, params)
        below = _rules(one.how, params)
        if rule is False or below is None:
            return None
        found.append((None if rule is True else rule, below))
    return tuple(found)


def unruled(joins: JoinRules) -> bool:
    return all(rule is None and unruled(below) for rule, below in joins)


def _join(one: Joined, rules: tuple[Any, Any]) -> Join:
    rule, below = rules
    return Join(one.on, spec_of(one.fetch, one.owner, one.how, None, rule, below, keyed=False))


def spec_of(
    fetch: Fetch,
    owner: Owner,
    how: Layout,
    shape: OwnerShape | None,
    rule: Any,
    joins: JoinRules = (),
    *,
    keyed: bool = True,
) -> FetchSpec:
    """The call shape for one owner: order terms on paths it lacks are dropped, since they are null in all its rows.
    ``joins``: the rules of what goes with it, if anything does; not ``keyed``: it goes with another itself."""
    order = shape.order if shape is not None else fetch.order
    merged = len(fetch.owners) > 1
    terms = tuple(
        OrderTerm(path, down, codepoint=merged and _is_text(owner, path))
        for path, down in order
        if owner.spec.supplies(path)
    )
    with_ = tuple(map(_join, how.joins, joins)) if joins else ()
    keys = fetch.keys if keyed else ()
    if shape is None:
        return FetchSpec(owner.spec.name, how.columns, how.selects, keys, rule, order=terms, joins=with_)
    return FetchSpec(
        owner.spec.name,
        how.columns,
        how.selects,
        keys,
        rule,
        shape.filter,
        terms,
        shape.limit,
        shape.per_key,
        shape.after,
        shape.count,
        joins=with_,
    )


def _is_text(owner: Owner, path: str) -> bool:
    field_ = owner.spec.fields.get(path)
    return field_ is not None and field_.type not in ("DateTime", "Date", "Int", "Float", "Boolean", "Decimal")
