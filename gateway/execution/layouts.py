"""What one owner is asked for of the rows that a plan needs, and where its answer goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.contract import Child, ChildSelect, CollectionSpec, FieldBinding
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch
from gateway.planning.shapes import LinkField, Needs
from resolvers.identifiers import Identifier, identifier_of


@dataclass(frozen=True, slots=True)
class Layout:
    """``sources`` are, of each column of the needs, its index in the answer, ``-1`` for what is not asked for;
    ``lists`` are lists of scalars that this owner keeps as a child list. ``unruled``: the rules of
    ``joins``, unless one of them has some."""

    columns: tuple[str, ...]
    selects: tuple[ChildSelect, ...]
    sources: tuple[int, ...]
    lists: tuple[tuple[int, int], ...]
    children: tuple[tuple[str, int | None, Layout], ...]
    identifiers: tuple[tuple[str, int, Identifier], ...]
    shown: frozenset[str]
    bearer: str = ""
    joins: tuple[Joined, ...] = ()
    unruled: tuple[Any, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows that the link ``item`` leads to, asked of their owner together with those that lead there."""

    item: LinkField
    fetch: Fetch
    on: tuple[tuple[str, str], ...]
    owner: Owner
    how: Layout


def layout(needs: Needs, spec: CollectionSpec, without: frozenset[str] = frozenset()) -> Layout:
    """``without``: columns that are not asked for."""
    fields = {
        path
        for path in needs.columns.keys() - without
        if path in spec.fields or any(path in p.fields for p in spec.parts.values())
    }
    kinds = {**spec.fields, **{path: bound for part in spec.parts.values() for path, bound in part.fields.items()}}
    return _layout(needs, fields, spec.children, kinds, spec.provides, spec.agency)


def _layout(
    needs: Needs,
    fields: set[str],
    declared: Mapping[str, Child],
    kinds: Mapping[str, FieldBinding],
    type_name: str,
    agency: str,
) -> Layout:
    columns: list[str] = []
    sources: list[int] = [-1] * len(needs.columns)
    selects: list[ChildSelect] = []
    lists: list[tuple[int, int]] = []
    for path, index in needs.columns.items():
        if agency in needs.spared[path]:
            continue
        if path in fields:
            sources[index] = len(columns)
            columns.append(path)
        elif path in declared and declared[path].value is not None:
            lists.append((index, len(selects)))
            selects.append(ChildSelect(path))
    children: list[tuple[str, int | None, Layout]] = []
    for name, below in needs.children.items():
        child = declared.get(name)
        if child is None or agency in needs.spared[name]:
            children.append((name, None, _layout(below, set(), {}, {}, "", agency)))
            continue
        inner = _layout(below, set(child.fields), child.children, child.fields, child.type, agency)
        children.append((name, len(selects), inner))
        selects.append(ChildSelect(name, inner.columns, inner.selects))
    identifiers = tuple(_identifiers(needs, kinds, type_name))
    shown = frozenset(needs.shown | {f"{name}.{path}" for name, _, inner in children for path in inner.shown})
    return Layout(
        tuple(columns),
        tuple(selects),
        tuple(sources),
        tuple(lists),
        tuple(children),
        identifiers,
        shown,
        type_name if type_name in SHOW_THEIR_FLAGS else "",
    )


SHOW_THEIR_FLAGS = frozenset({"TransportEquipment"})
"""Types of child lists that have ``dataFlags`` of their own."""


def _identifiers(
    needs: Needs, kinds: Mapping[str, FieldBinding], type_name: str
) -> Iterator[tuple[str, int, Identifier]]:
    for path, index in needs.columns.items():
        if path in needs.shown and path in kinds and not kinds[path].list:
            head, _, leaf = path.rpartition(".")
            coordinate = f"{head.split('.')[-1].capitalize()}.{leaf}" if head else f"{type_name}.{leaf}"
            found = identifier_of(kinds[path].type, coordinate)
            if found is not None and found.check is not None:
                yield path, index, found
