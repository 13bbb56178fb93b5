"""A fetch of the plan as the call shape that one owner is asked in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.contract import FetchSpec, OrderTerm
from gateway.execution.table import Layout
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch


@dataclass(frozen=True, slots=True)
class OwnerShape:
    """What a page adds to a fetch of one owner: hashable, part of the call shape."""

    filter: Any = None
    order: tuple[tuple[str, bool], ...] = ()
    limit: bool = False
    per_key: bool = False
    after: tuple[bool, ...] | None = None
    count: bool = False


def spec_of(fetch: Fetch, owner: Owner, how: Layout, shape: OwnerShape | None, rule: Any) -> FetchSpec:
    """The call shape for one owner: order terms on paths it lacks are dropped, since they are null in all its rows."""
    order = shape.order if shape is not None else fetch.order
    merged = len(fetch.owners) > 1
    terms = tuple(
        OrderTerm(path, down, codepoint=merged and _is_text(owner, path))
        for path, down in order
        if owner.spec.supplies(path)
    )
    if shape is None:
        return FetchSpec(owner.spec.name, how.columns, how.selects, fetch.keys, rule, order=terms)
    return FetchSpec(
        owner.spec.name,
        how.columns,
        how.selects,
        fetch.keys,
        rule,
        shape.filter,
        terms,
        shape.limit,
        shape.per_key,
        shape.after,
        shape.count,
    )


def _is_text(owner: Owner, path: str) -> bool:
    field_ = owner.spec.fields.get(path)
    return field_ is not None and field_.type not in ("DateTime", "Date", "Int", "Float", "Boolean", "Decimal")
