"""Predicates over columns: compiled once per call shape into a function from a table to a row mask. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

from adapters.contract import (
    READ,
    AllOf,
    AnyOf,
    ChildRows,
    ChildSelect,
    CollectionSpec,
    Compare,
    FetchSpec,
    Linked,
    Negation,
    Param,
    Predicate,
    RowFlag,
    Rows,
    Unread,
    Value,
    coordinate_path,
)
from adapters.errors import Unsupported


class Place(NamedTuple):
    """Where a path leads: the child lists crossed (none for a column), the leaf below them, its scalar type."""

    chain: tuple[str, ...]
    leaf: str
    type: str


def locate(collection: CollectionSpec, path: str) -> Place:
    """Raises ``Unsupported`` when the collection does not supply ``path``."""
    binding = collection.fields.get(path)
    if binding is not None:
        return Place((), path, binding.type)
    for part in collection.parts.values():
        if path in part.fields:
            return Place((), path, part.fields[path].type)
    children, rest, chain = collection.children, path, []
    while True:
        name = next((n for n in sorted(children, key=len, reverse=True) if rest == n or rest.startswith(n + ".")), "")
        if not name:
            raise Unsupported(f"{collection.id} does not supply {path}")
        child = children[name]
        chain.append(name)
        rest = rest[len(name) + 1 :]
        if not rest:
            return Place(tuple(chain), "", child.value.type if child.value else "")
        if rest in child.fields:
            return Place(tuple(chain), rest, child.fields[rest].type)
        children = child.children


def element_paths(selects: Sequence[ChildSelect], prefix: str = "") -> Iterator[str]:
    """The paths that flags of the selected child columns have, without element numbers."""
    for select in selects:
        yield prefix + select.name
        yield from (f"{prefix}{select.name}.{column}" for column in select.columns)
        yield from element_paths(select.children, f"{prefix}{select.name}.")


@dataclass(slots=True)
class Table:
    """Columns by path and child lists by name: rows as predicates see them. A list of scalars has the column ``""``.
    ``flags``: what was noticed in these rows."""

    count: int
    columns: Mapping[str, list[Any]]
    children: Mapping[str, tuple[list[int], Table]]
    flags: Sequence[RowFlag] = ()

    @classmethod
    def of(cls, rows: Rows, columns: Sequence[str], children: Sequence[ChildSelect]) -> Table:
        table = cls._build(rows.count, rows.columns, rows.children, columns, children)
        table.flags = rows.flags
        return table

    @classmethod
    def _build(
        cls,
        count: int,
        data: Sequence[list[Any]],
        below: Sequence[ChildRows],
        names: Sequence[str],
        selects: Sequence[ChildSelect],
    ) -> Table:
        return cls(
            count,
            dict(zip(names, data, strict=True)),
            {
                select.name: (
                    child.offsets,
                    cls._build(
                        child.offsets[-1],
                        child.columns,
                        child.children,
                        select.columns or (("",) if child.columns else ()),
                        select.children,
                    ),
                )
                for select, child in zip(selects, below, strict=True)
            },
        )

    def elements(self, collection: CollectionSpec, path: str) -> list[Sequence[Any]] | None:
        """Per row the values below ``path`` when it is inside a child list or a list column, else ``None``."""
        chain, leaf, _ = locate(collection, path)
        if not chain:
            column = self.columns[path]
            return [v or () for v in column] if _is_lists(column) else None
        table, levels = self, []
        for name in chain:
            offsets, table = table.children[name]
            levels.append(offsets)
        bounds = levels[-1]
        for offsets in reversed(levels[:-1]):
            bounds = [bounds[i] for i in offsets]
        column = table.columns[leaf]
        return [column[a:b] for a, b in pairwise(bounds)]


Mask = Callable[[Table, Mapping[str, Any]], list[bool]]


def paths_of(predicate: Predicate) -> tuple[str, ...]:
    """The paths of this collection that ``predicate`` reads."""
    match predicate:
        case Compare(path=path) | Unread(path=path):
            return (path,)
        case AllOf(terms=terms) | AnyOf(terms=terms):
            return tuple(dict.fromkeys(path for term in terms for path in paths_of(term)))
        case Negation(term=term):
            return paths_of(term)
        case Linked(on=on):
            return tuple(ours for _, ours in on)


def params_of(spec: FetchSpec) -> list[str]:
    """The names of the values that a call shape leaves open, in order; those of what is joined among them."""
    own = {name for term in (spec.predicate, spec.filter, *spec.marks) for name in _params(term)}
    return sorted(own.union(*(params_of(join.spec) for join in spec.joins)))


def _params(term: Predicate | None) -> Iterator[str]:
    match term:
        case Compare(operand=Param(name=name)):
            yield name
        case AllOf(terms=terms) | AnyOf(terms=terms):
            for one in terms:
                yield from _params(one)
        case Negation(term=one) | Linked(term=one):
            yield from _params(one)


def numbers(type_name: str, column: list[Any]) -> list[Any]:
    """``column`` with values that Python orders as the type does."""
    if type_name != "Decimal":
        return column
    return [v if v is None or isinstance(v, list) else Decimal(str(v)) for v in column]


def compile_predicate(
    predicate: Predicate, collection: CollectionSpec, linked: Callable[[Linked], Mask] | None = None
) -> Mask:
    """A function from a table with the predicate's paths, and the call's parameters, to one boolean per row.

    ``linked`` compiles ``Linked`` terms (it knows the other collections). Raises ``Unsupported``."""

    def build(term: Predicate) -> Mask:
        match term:
            case Compare():
                return _compare(term, collection)
            case AllOf(terms=terms):
                parts = [build(t) for t in terms]
                return lambda table, params: _fold(all, True, [m(table, params) for m in parts], table.count)
            case AnyOf(terms=terms):
                parts = [build(t) for t in terms]
                return lambda table, params: _fold(any, False, [m(table, params) for m in parts], table.count)
            case Negation(term=inner):
                mask = build(inner)
                return lambda table, params: [not v for v in mask(table, params)]
            case Unread():
                return _unread(term, collection)
            case Linked():
                if linked is None:
                    raise Unsupported(f"{collection.id}: no join to {term.collection}")
                return linked(term)

    return build(predicate)


def _fold(how: Callable[[tuple[bool, ...]], bool], empty: bool, masks: list[list[bool]], count: int) -> list[bool]:
    if not masks:
        return [empty] * count
    if len(masks) == 1:
        return masks[0]
    return [how(row) for row in zip(*masks, strict=True)]


_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {"lt": lt, "lte": le, "gt": gt, "gte": ge}


def _test(op: str, column: list[Any], bound: Any) -> list[bool]:
    """One operator over one flat column, two-valued: see ``contract.Compare``."""
    if op == "null":
        return [(v is None) is bool(bound) for v in column]
    if op == "in":
        wanted = {v for v in bound or () if v is not None}
        return [v in wanted for v in column]
    if op == "ne":
        return [v is None or v != bound for v in column]
    if bound is None:
        return [False] * len(column)
    if op == "eq":
        return [v == bound for v in column]
    if op == "startsWith":
        return [v is not None and v.startswith(bound) for v in column]
    compare = _ORDERINGS[op]
    return [v is not None and compare(v, bound) for v in column]


def _compare(term: Compare, collection: CollectionSpec) -> Mask:
    chain, leaf, type_name = locate(collection, term.path)
    op = term.op

    def bound_value(params: Mapping[str, Any]) -> Any:
        value = term.operand.value if isinstance(term.operand, Value) else params[term.operand.name]
        if op == "null" or value is None:
            return value
        return numbers(type_name, list(value)) if op == "in" else numbers(type_name, [value])[0]

    def mask(table: Table, params: Mapping[str, Any]) -> list[bool]:
        bound = bound_value(params)
        levels: list[list[int]] = []
        for name in chain:
            offsets, table = table.children[name]
            levels.append(offsets)
        column = table.columns[leaf]
        if _is_lists(column):
            result = [any(_test(op, numbers(type_name, v), bound)) if v else False for v in column]
        else:
            result = _test(op, numbers(type_name, column), bound)
        for offsets in reversed(levels):
            result = [any(result[a:b]) for a, b in pairwise(offsets)]
        return result

    return mask


def _unread(term: Unread, collection: CollectionSpec) -> Mask:
    locate(collection, term.path)

    def mask(table: Table, _: Mapping[str, Any]) -> list[bool]:
        odd = {flag.row for flag in table.flags if flag.problem not in READ and coordinate_path(flag.path) == term.path}
        return [row in odd for row in range(table.count)]

    return mask


def _is_lists(column: list[Any]) -> bool:
    return isinstance(next((v for v in column if v is not None), None), list)
