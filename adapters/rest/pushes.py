"""What a request is filled with: conjuncts pushed into placeholders, and keys. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from adapters.contract import Compare, FetchCall, Operand, Value
from adapters.mapping import ANY, PRESENT, Asking

Key = tuple[Any, ...]
Natives = dict[str, Any]
"""What is sent, by placeholder."""

Bound = Literal["lt", "lte", "gt", "gte"]
WIDER: Mapping[str, tuple[Bound, ...]] = {
    "gt": ("gt", "gte"),
    "gte": ("gte",),
    "lt": ("lt", "lte"),
    "lte": ("lte",),
}
"""Placeholders that a comparison may be pushed into: its own, or one that lets more through."""


@dataclass(frozen=True, slots=True)
class Push:
    """A conjunct that fills ``placeholder``; ``asking`` is ``None`` when no field binds its path."""

    placeholder: str
    compare: Compare
    asking: Asking | None
    bound: Bound | None = None

    def native(self, params: Mapping[str, Any]) -> tuple[()] | tuple[Any, bool] | None:
        """What to send and whether it is exact; ``()`` when it cannot be sent, ``None`` when no row can match."""
        value = operand_value(self.compare.operand, params)
        if value is None:
            return None
        if self.asking is None:
            return value, True
        if self.bound is not None:
            op, natives = self.asking.bound(self.compare.op, value)  # type: ignore[arg-type]  # an operator of order
            sent = _sendable(natives) if self.bound in WIDER[op] else ()
            return (sent[0], self.exact and self.bound == op) if sent else ()
        if len(self.asking.columns) > 1:  # no single native: the API speaks of it in harmonised terms, or not at all
            return value, False
        found = self.asking.ask(value)
        if not found:
            return None
        sent = _sendable(found[0]) if len(found) == 1 else ()
        return (sent[0], self.exact) if sent else ()

    @property
    def exact(self) -> bool:
        """The API's own filter leaves nothing to check."""
        return self.asking is None or (
            self.asking.exact and len(self.asking.columns) == 1 and self.bound in (None, self.compare.op)
        )


UNSAID = (None, ANY, PRESENT)
"""Natives for which a request has no word."""


def _sendable(natives: Sequence[Any]) -> tuple[Any, ...]:
    return (natives[0],) if len(natives) == 1 and natives[0] not in UNSAID else ()


def operand_value(operand: Operand, params: Mapping[str, Any]) -> Any:
    return operand.value if isinstance(operand, Value) else params[operand.name]


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One key of a request: its path, how it is asked (``None``: as it is), and where its value comes from: a
    position in the keys of the call, or a conjunct of the filter."""

    path: str
    asking: Asking | None
    position: int = -1
    compare: Compare | None = None
    plain: bool = False

    def natives(self, value: Any) -> list[Any]:
        """Every native that reads as ``value`` and can be sent."""
        if self.asking is None:
            return [] if value is None else [value]
        if self.plain:
            return [value]
        return self.natives_of([value])[0]

    def natives_of(self, values: Sequence[Any]) -> list[list[Any]]:
        """``natives`` of each, in their order."""
        if self.asking is None or self.plain:
            return [self.natives(value) for value in values]
        every = self.asking.ask_all(values)
        return [[natives[0] for natives in found if len(natives) == 1 and natives[0] not in UNSAID] for found in every]


def asked_keys(parts: Sequence[KeyPart], width: int, call: FetchCall) -> list[tuple[Key, list[Natives]]]:
    """Each distinct key of the request, with the natives that ask for it. ``width``: of the keys of the call."""
    if len(parts) == 1 and parts[0].position >= 0:
        part = parts[0]
        position, name = part.position, part.path
        values = [key[position] for key in call.keys]
        if width > 1:
            values = list(dict.fromkeys(values))
        if part.plain:
            return [((value,), [{name: value}]) for value in values]
        every = zip(values, part.natives_of(values), strict=True)
        return [((value,), [{name: native} for native in natives]) for value, natives in every if natives]
    if any(part.position >= 0 for part in parts):
        fixed = {p.path: operand_value(p.compare.operand, call.params) for p in parts if p.compare is not None}
        keys = dict.fromkeys(
            tuple(key[p.position] if p.position >= 0 else fixed[p.path] for p in parts) for key in call.keys
        )
    else:
        options = [
            value if part.compare.op == "in" else [value]
            for part in parts
            if part.compare is not None
            for value in (operand_value(part.compare.operand, call.params),)
        ]
        keys = dict.fromkeys(product(*(option or () for option in options)))
    names = [part.path for part in parts]
    asked: list[tuple[Key, list[Natives]]] = []
    for key in keys:
        choices = [part.natives(value) for part, value in zip(parts, key, strict=True)]
        natives = [dict(zip(names, combination, strict=True)) for combination in product(*choices)]
        if natives:
            asked.append((key, natives))
    return asked
