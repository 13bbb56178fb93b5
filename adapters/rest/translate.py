"""A fetch → the request that serves it best, what is pushed into it, and what the gateway does itself. Pure.

A lookup takes a request whose ``by`` are the keys (or some of them; the rest is checked on the rows), one that takes
many before one that takes one. A list takes the request that leaves the fewest filters over. Whatever is pushed is
checked again on the rows wherever a field binds it: an API that ignores a parameter must not widen what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.contract import (
    MISSING,
    PUBLISHED,
    AllOf,
    CollectionSpec,
    Compare,
    FetchSpec,
    FieldBinding,
    Param,
    Predicate,
    Request,
    Value,
)
from adapters.errors import Unsupported
from adapters.evaluate import Evaluation, evaluation
from adapters.mapping import Asking, CodeTables, asking, effective_steps
from adapters.rest.pushes import WIDER, KeyPart, Push
from adapters.rest.template import CONTROL, Template

CURSOR = " cursor"
"""Not a name that a planner gives."""

NEVER_NULL = frozenset({"eq", "in", "lt", "lte", "gt", "gte", "startsWith"})
"""Operators that no null meets."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one call shape is asked. ``ordered``: the rows arrive in the order of the first order term (``{order}`` is
    ``order_value``), or no order is asked; ``whole``: that one term is all of the order. ``asked``: key paths that
    come from the question because no field binds them. ``pushed_all``: no condition is left to the gateway.
    ``resume``: lets the API start near the cursor; its operand is the parameter ``CURSOR``. ``nulls_follow``: after the
    rows that it lets through come those without a value, which it does not."""

    spec: FetchSpec
    collection: CollectionSpec
    template: Template
    by: tuple[KeyPart, ...]
    pushes: tuple[Push, ...]
    order_value: str | None
    ordered: bool
    whole: bool
    asked: tuple[str, ...]
    pushed_all: bool
    work: Evaluation
    residual: tuple[str, ...]
    resume: Push | None = None
    nulls_follow: bool = False

    @property
    def keyed(self) -> bool:
        return bool(self.by)


def conjuncts(*predicates: Predicate | None) -> list[Predicate]:
    """The conditions that must all hold."""
    found: list[Predicate] = []
    for predicate in predicates:
        if isinstance(predicate, AllOf):
            found += conjuncts(*predicate.terms)
        elif predicate is not None:
            found.append(predicate)
    return found


def unbound_field(collection: CollectionSpec, path: str) -> FieldBinding:
    """A stand-in for a key that the API is asked by but does not give back."""
    return FieldBinding(path, PUBLISHED.get(collection.provides, {}).get(path, "String"))


def translate(
    spec: FetchSpec, collection: CollectionSpec, templates: Sequence[Template], zone: str | None, tables: CodeTables
) -> Plan:
    """The best plan. Raises ``Unsupported`` naming the paths that no request can be asked by."""
    candidates: list[tuple[tuple[int, ...], Plan]] = []
    fault: Unsupported | None = None
    for template in templates:
        try:
            found = _candidate(spec, collection, template, zone, tables)
        except Unsupported as error:
            fault = error
            continue
        if found is not None:
            candidates.append(found)
    if not candidates:
        if fault is not None:
            raise fault
        if spec.keys:
            raise Unsupported(f"{collection.id} cannot be looked up by {', '.join(spec.keys)}")
        raise Unsupported(f"{collection.id} cannot be listed with these filters")
    return max(candidates, key=lambda candidate: candidate[0])[1]


def _candidate(
    spec: FetchSpec, collection: CollectionSpec, template: Template, zone: str | None, tables: CodeTables
) -> tuple[tuple[int, ...], Plan] | None:
    request = template.request
    terms = conjuncts(spec.predicate, spec.filter)
    by = _keys(spec, collection, request, terms, zone, tables)
    if by is None:
        return None
    unbound = tuple(part.path for part in by if part.asking is None)
    if unbound and request.many:
        return None
    taken = {id(part.compare) for part in by if part.compare is not None}
    pushes = _pushes(collection, template, [t for t in terms if id(t) not in taken], zone, tables)
    filled = {part.path for part in by} | {push.placeholder for push in pushes} | CONTROL
    if not template.path_names <= filled:
        return None
    invisible = {id(push.compare) for push in pushes if push.asking is None}
    invisible |= {id(part.compare) for part in by if part.asking is None and part.compare is not None}
    invisible -= {id(term) for term in conjuncts(spec.predicate)}  # policy is checked on the rows, or not served
    rest = [term for term in terms if id(term) not in invisible]
    exact = {id(push.compare) for push in pushes if push.exact} | taken
    left = [term for term in rest if id(term) not in exact]
    extended = collection
    if unbound:
        extended = replace(
            collection, fields={**collection.fields, **{path: unbound_field(collection, path) for path in unbound}}
        )
    order_value, ordered = _order(spec, request)
    work = evaluation(spec, extended, predicate=AllOf(tuple(rest)) if rest else None)
    plan = Plan(
        spec=spec,
        collection=extended,
        template=template,
        by=by,
        pushes=pushes,
        order_value=order_value,
        ordered=ordered,
        whole=len(spec.order) <= 1,
        asked=unbound,
        pushed_all=not left,
        work=work,
        residual=tuple(_render(term) for term in left),
        resume=_resume(spec, extended, template, pushes, zone, tables),
        nulls_follow=_nulls_follow(spec, terms),
    )
    by_keys = sum(part.position >= 0 for part in by)
    score = (by_keys, -len(left), request.cap is None, bool(request.many), ordered, len(pushes), -len(by))
    return tuple(map(int, score)), plan


def _keys(
    spec: FetchSpec,
    collection: CollectionSpec,
    request: Request,
    terms: Sequence[Predicate],
    zone: str | None,
    tables: CodeTables,
) -> tuple[KeyPart, ...] | None:
    """The request's keys, out of the call's or of the filter's equalities; ``None`` when one is not given."""
    if spec.keys and not any(path in spec.keys for path in request.by):
        return None
    parts: list[KeyPart] = []
    for path in request.by:
        binding = collection.fields.get(path)
        ask = None if binding is None else asking(binding, zone=zone, tables=tables)
        if ask is not None and not ask.invertible:
            return None
        if path in spec.keys:
            parts.append(
                KeyPart(path, ask, spec.keys.index(path), plain=binding is not None and _stored_as_is(binding))
            )
            continue
        operators = ("eq", "startsWith") if ask is None else ("eq", "in")
        compare = next((t for t in terms if isinstance(t, Compare) and t.path == path and t.op in operators), None)
        if compare is None or (spec.keys and compare.op == "in"):
            return None
        parts.append(KeyPart(path, ask, compare=compare))
    return tuple(parts)


def _stored_as_is(binding: FieldBinding) -> bool:
    """Natives are the harmonised texts: nothing to convert key by key."""
    return (
        len(binding.columns) == 1
        and not (binding.codes or binding.format or binding.split or binding.list or binding.tuple_key)
        and not effective_steps(binding)
        and binding.const is MISSING
        and binding.absent is MISSING
    )


def _pushes(
    collection: CollectionSpec,
    template: Template,
    terms: Sequence[Predicate],
    zone: str | None,
    tables: CodeTables,
) -> tuple[Push, ...]:
    free = set(template.names) - CONTROL - set(template.request.by)
    found: list[Push] = []
    for term in terms:
        if not isinstance(term, Compare):
            continue
        binding = collection.fields.get(term.path)
        ask = None if binding is None else asking(binding, zone=zone, tables=tables)
        push = _push(term, ask, free)
        if push is not None:
            free.discard(push.placeholder)
            found.append(push)
    return tuple(found)


def _push(term: Compare, ask: Asking | None, free: set[str]) -> Push | None:
    path, op = term.path, term.op
    if op == "eq" and path in free:
        return Push(path, term, ask) if ask is None or ask.invertible or len(ask.columns) > 1 else None
    if op == "startsWith" and ask is None and path in free:
        return Push(path, term, None)
    for bound in WIDER.get(op, ()):
        if f"{path}.{bound}" in free and (ask is None or ask.keeps_order):
            return Push(f"{path}.{bound}", term, ask, bound) if ask is not None or bound == op else None
    return None


def _resume(
    spec: FetchSpec,
    collection: CollectionSpec,
    template: Template,
    pushes: Sequence[Push],
    zone: str | None,
    tables: CodeTables,
) -> Push | None:
    """Among the rows that have a value, whatever follows the cursor is at its first value or beyond. A condition on the
    same path gives way: the cursor's row meets it, so that what lies beyond is within it too."""
    if not spec.after or spec.after[0] or spec.count or spec.keys or not spec.limit:
        return None
    first = spec.order[0]
    if not all(term.path in collection.fields for term in spec.order):
        return None
    binding = collection.fields[first.path]
    free = set(template.names) - {push.placeholder for push in pushes if push.compare.path != first.path}
    beyond = Compare(first.path, "lte" if first.descending else "gte", Param(CURSOR))
    return _push(beyond, asking(binding, zone=zone, tables=tables), free)


def _nulls_follow(spec: FetchSpec, terms: Sequence[Predicate]) -> bool:
    """Rows without a value are last in ascending order, unless a condition leaves them out."""
    if not spec.order or spec.order[0].descending:
        return False
    path = spec.order[0].path
    return not any(isinstance(term, Compare) and term.path == path and term.op in NEVER_NULL for term in terms)


def _order(spec: FetchSpec, request: Request) -> tuple[str | None, bool]:
    """The value of ``{order}``, and whether rows then arrive ordered by the first term."""
    if not spec.order:
        return None, True
    first = spec.order[0]
    values = request.order.get(first.path)
    if values is None or first.codepoint:
        return None, False
    return values[1 if first.descending else 0], True


def _render(term: Predicate) -> str:
    if isinstance(term, Compare):
        operand = repr(term.operand.value) if isinstance(term.operand, Value) else f"${term.operand.name}"
        return f"{term.path} {term.op} {operand}"
    return type(term).__name__
