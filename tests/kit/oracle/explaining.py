"""Memory sources that say all they were asked: what a golden plan is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.contract import (
    AllOf,
    AnyOf,
    ChildSelect,
    Compare,
    FetchCall,
    FetchSpec,
    Linked,
    Negation,
    Param,
    Predicate,
    PreparedFetch,
    Rows,
    Unread,
)
from adapters.memory import MemorySource


class ExplainingSource(MemorySource):
    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        return _Explained(super().prepare(spec), spec, self.agency)


@dataclass(frozen=True, slots=True)
class _Explained:
    prepared: PreparedFetch
    spec: FetchSpec
    agency: str

    async def run(self, call: FetchCall) -> Rows:
        return await self.prepared.run(call)

    def explain(self) -> str:
        return "\n".join(_lines(self.spec, self.agency))


def _lines(spec: FetchSpec, agency: str) -> Iterable[str]:
    yield f"read {', '.join([*spec.columns, *map(_child, spec.children)])}"
    if spec.keys:
        yield f"by {', '.join(spec.keys)}"
    if spec.predicate is not None:
        yield f"rule {_text(spec.predicate)}"
    for mark in spec.marks:
        yield f"mark {_text(mark)}"
    if spec.filter is not None:
        yield f"filter {_text(spec.filter)}"
    if spec.order:
        yield f"order {', '.join(term.path + (' desc' if term.descending else '') for term in spec.order)}"
    parts = ["limit"] if spec.limit else []
    parts += ["per key"] if spec.per_key else []
    parts += ["after a cursor"] if spec.after is not None else []
    parts += ["count"] if spec.count else []
    if parts:
        yield ", ".join(parts)
    for join in spec.joins:
        on = ", ".join(f"its {theirs} is our {ours}" for theirs, ours in join.on)
        yield f"with {join.spec.collection} where {on}"
        yield from (f"  {line}" for line in _lines(join.spec, agency))


def _child(select: ChildSelect) -> str:
    inside = [*select.columns, *map(_child, select.children)]
    return f"{select.name} [{', '.join(inside)}]" if inside else f"{select.name} []"


def _text(predicate: Predicate) -> str:
    match predicate:
        case Compare(path=path, op=op, operand=operand):
            return f"{path} {op} {'$' + operand.name if isinstance(operand, Param) else repr(operand.value)}"
        case AllOf(terms=terms):
            return f"({' and '.join(map(_text, terms))})"
        case AnyOf(terms=terms):
            return f"({' or '.join(map(_text, terms))})"
        case Negation(term=term):
            return f"not {_text(term)}"
        case Unread(path=path):
            return f"{path} unread"
        case Linked(collection=collection, on=on, term=term):
            pairs = ", ".join(f"{theirs} = our {ours}" for theirs, ours in on)
            return f"some {collection} ({pairs}) has {_text(term)}"
