"""Lookups by key, pages per key, and the listed condition that an ordered page is split by. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sqlalchemy as sa

from adapters.contract import MISSING, AllOf, Compare, Decision, FetchCall, FetchSpec, FieldBinding, Predicate
from adapters.errors import Unsupported
from adapters.postgres.comparisons import KeyList, equality_natives, label_of, value_of
from adapters.postgres.operands import Operand, operand
from adapters.postgres.predicates import condition, within
from adapters.postgres.scope import Column, Rows
from adapters.postgres.statement import Element, outer


@dataclass(frozen=True, slots=True)
class Keys:
    """``from_``: the unnested values; ``owner``: the index in ``FetchCall.keys`` of each, ``spelling``: its own
    number. ``equal``: the rows' own
    side meets them; ``again`` gives the same for another alias."""

    from_: Any
    owner: Element
    spelling: Element
    equal: list[Element]
    again: Callable[[Rows], list[Element]]


def key_join(rows: Rows, spec: FetchSpec) -> tuple[Any, list[Element]]:
    """FROM clause and conditions of a lookup: ``= ANY($1)`` for one path, a join with the unnested tuples for more."""
    if not spec.keys:
        return rows.from_, []
    if len(spec.keys) == 1:
        return rows.from_, [condition(rows, Compare(spec.keys[0], "in", KeyList("keys")))]
    operands = [_row_operand(rows, path) for path in spec.keys]
    if any(it.may_blank for it in operands):
        raise Unsupported(f"{spec.collection}: looked up by a path whose null means something")
    types = [name for it in operands for name in it.binds]
    arrays = rows.context.parameters.many(
        f":keys ({', '.join(spec.keys)})", [f"{name}[]" for name in types], lambda call: _tuples(operands, call)[1]
    )
    keys = _unnest(rows, arrays)
    elements = [element for it in operands for element in it.elements]
    equal = [element == outer(keys.name, f"k{i}") for i, element in enumerate(elements)]
    return keys.join(rows.from_, sa.true()), equal


def key_rows(rows: Rows, spec: FetchSpec) -> Keys:
    """The keys as a table, for one page each. A key with several native spellings has a row for each."""
    operands: list[Operand] = []

    def collect(other: Rows, found: list[Operand]) -> list[Callable[[Sequence[Element]], Element]]:
        builders = []
        for path in spec.keys:
            builders.append(_collector(other, path, found))
        return builders

    builders = collect(rows, operands)
    if any(it.may_blank for it in operands):
        raise Unsupported(f"{spec.collection}: looked up by a path whose null means something")
    types = [name for it in operands for name in it.binds]

    def bound(call: FetchCall) -> tuple[list[Any], ...]:
        owners, columns = _tuples(operands, call)
        return owners, list(range(len(owners))), *columns

    arrays = rows.context.parameters.many(
        f":keys ({', '.join(spec.keys)})",
        ["integer[]", "integer[]", *(f"{name}[]" for name in types)],
        bound,
    )
    keys = _unnest(rows, arrays, ("owner", "spelling"))

    def bind(made: list[Callable[[Sequence[Element]], Element]]) -> list[Element]:
        conditions, start = [], 0
        for build, it in zip(made, operands, strict=True):
            width = len(it.elements)
            conditions.append(build([outer(keys.name, f"k{start + i}") for i in range(width)]))
            start += width
        return conditions

    return Keys(keys, keys.c.owner, keys.c.spelling, bind(builders), lambda other: bind(collect(other, [])))


def _collector(rows: Rows, path: str, found: list[Operand]) -> Callable[[Sequence[Element]], Element]:
    """Notes the operand of ``path``; the result makes the condition once the key's columns are known."""
    position = len(found)

    def note(binding: FieldBinding, columns: tuple[Column, ...]) -> Operand:
        if binding.list:
            raise Unsupported(f"{path}: pages per element of a list column")
        return operand(rows.context, path, binding, columns)

    def probe(binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
        found.append(note(binding, columns))
        return sa.true()

    within(rows, path, probe)
    assert len(found) == position + 1

    def build(values: Sequence[Element]) -> Element:
        def leaf(binding: FieldBinding, columns: tuple[Column, ...]) -> Element:
            it = note(binding, columns)
            return sa.and_(sa.true(), *(element == value for element, value in zip(it.elements, values, strict=True)))

        return within(rows, path, leaf)

    return build


def _row_operand(rows: Rows, path: str) -> Operand:
    binding, columns = rows.field(path)
    if binding.list:
        raise Unsupported(f"{path}: a list beside other keys")
    return operand(rows.context, path, binding, columns)


def _tuples(operands: Sequence[Operand], call: FetchCall) -> tuple[list[int], list[list[Any]]]:
    """Native tuples of all keys, each once, and the index of the key that each belongs to."""
    seen: dict[tuple[Any, ...], int] = {}
    for index, key in enumerate(call.keys):
        asked = [it.ask(value)[0] for it, value in zip(operands, key, strict=True)]
        for natives in product(*asked):
            seen.setdefault(tuple(value for part in natives for value in part), index)
    width = sum(len(it.elements) for it in operands)
    columns = [list(column) for column in zip(*seen, strict=True)] if seen else [[] for _ in range(width)]
    return list(seen.values()), columns


def _unnest(rows: Rows, arrays: Sequence[Element], before: tuple[str, ...] = ()) -> Any:
    names = [*before, *(f"k{i}" for i in range(len(arrays) - len(before)))]
    return sa.func.unnest(*arrays).table_valued(*names).render_derived(name=rows.context.alias("k"))


def listed(rows: Rows, predicates: Sequence[Predicate | None]) -> tuple[Compare, Keys] | None:
    """The first condition that lists values of one own column, policy's before the caller's."""
    for predicate in predicates:
        for term in _top(predicate):
            if term.op not in ("in", "eq") or term.path not in rows.spec.fields:
                continue
            binding, columns = rows.field(term.path)
            if binding.const is not MISSING or binding.list or isinstance(binding.codes, Decision) or binding.json_path:
                continue
            it = operand(rows.context, term.path, binding, columns)
            if it.may_blank or len(it.elements) != 1 or (term.op == "eq" and it.single):
                continue
            return term, _listed_keys(rows, term, it)
    return None


def _listed_keys(rows: Rows, term: Compare, it: Operand) -> Keys:
    given, many = value_of(term), term.op == "in"
    array = rows.context.parameters.one(
        label_of(term),
        f"{it.binds[0]}[]",
        lambda call: [natives[0] for natives in equality_natives(it, given(call), many)[0]],
    )
    keys = _unnest(rows, (array,))
    element, value = it.elements[0], outer(keys.name, "k0")
    return Keys(keys, value, value, [element == value], lambda _: [])


def _top(predicate: Predicate | None) -> Iterator[Compare]:
    if isinstance(predicate, Compare):
        yield predicate
    elif isinstance(predicate, AllOf):
        for term in predicate.terms:
            yield from _top(term)
