"""The inverse of a binding: which natives read as a harmonised value, for filters, keys and cursors.

Natives come as texts or as harmonised values; the adapter binds them with its column's own type. In a native tuple
``None`` means null or blank at the source, :data:`ANY` that the column does not matter, :data:`PRESENT` that it is
neither null nor blank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Literal

import orjson

from adapters.contract import MISSING, CodeMap, Decision, FieldBinding, Lookup, Step
from adapters.mapping.codes import CodeTables, codes_for, reverse
from adapters.mapping.columns import TEXT
from adapters.mapping.formats import Format, parse_format
from adapters.mapping.reading import Reading, reading
from adapters.mapping.stages import looked_up
from adapters.mapping.steps import apply_steps, effective_steps
from adapters.mapping.zones import earliest_local, latest_local

Natives = tuple[tuple[Any, ...], ...]
Bound = Literal["lt", "lte", "gt", "gte"]


class _Mark(Enum):
    ANY = "any"
    PRESENT = "present"


ANY = _Mark.ANY
PRESENT = _Mark.PRESENT


class Asking:
    """What can be asked of the source about one binding.

    ``exact``: False when ``ask`` gives a superset, so that the caller checks again. ``invertible``: False when ``ask``
    raises. ``keeps_order``: native order (that of the ``steps`` over the column, when ``via_read``) is harmonised
    order, so ``bound`` and ordering may be pushed.
    ``keeps_prefix``: a harmonised prefix is a native prefix. ``via_read``: what is asked must be compared with the
    ``steps`` applied to the column at the source, not with the column. ``every``: ``ask(value)`` is the same for each
    row (a constant), as ``((),)`` for yes and ``()`` for no. ``absent``: the value shown for null and blank.
    ``nulls_exact``: null here is exactly null or blank at the source (not so where a code may be unmapped, a text no
    date, or one of several columns null), so that ``ask(None)`` is exact too.

    The order of a tuple key is not that of its columns: order by the columns, and ask for cursors with ``ask``.
    """

    __slots__ = (
        "_ask",
        "_form",
        "_reading",
        "_zone",
        "absent",
        "binding",
        "columns",
        "every",
        "exact",
        "invertible",
        "keeps_order",
        "keeps_prefix",
        "nulls_exact",
        "steps",
        "via_read",
    )

    def __init__(self, binding: FieldBinding, zone: str | None, tables: CodeTables) -> None:
        self.binding = binding
        self.columns = binding.columns
        self.every = binding.const is not MISSING
        self.absent = None if binding.absent is MISSING else binding.absent
        self.steps: tuple[Step, ...] = effective_steps(binding)
        self.via_read = bool(self.steps) and binding.ask is None and not self.every
        self._zone = zone
        self._form: Format | None = None
        self._reading: Reading | None = None
        if binding.format:
            self._form = parse_format(binding.format, binding.type, len(binding.columns))
            self._reading = reading(binding, zone=zone, tables=CodeTables())
        several = len(binding.columns) > 1 and not binding.tuple_key and not isinstance(binding.codes, Decision)
        joined = several and (self._form is None or self._form.cuts is None)
        self.invertible = not joined and not binding.split and not (binding.list and len(binding.columns) > 1)
        self.exact = self.invertible and not isinstance(binding.codes, Decision) and not self._textual()
        plain = binding.codes is None and not binding.list and not binding.tuple_key and not self.every
        straight = not binding.ask and self.absent is None
        self.keeps_order = plain and straight and self.invertible and (self._form is None or self._form.keeps_order)
        self.keeps_prefix = plain and straight and self.invertible and self._form is None
        self.nulls_exact = plain and self.absent is None and len(binding.columns) == 1 and not self._textual()
        self._ask = self._compile(tables)

    def _textual(self) -> bool:
        """A date kept as text may be one that cannot be read, which is null here and text there."""
        return self.binding.format not in ("", "cents", "epoch", "epoch-ms")

    def ask(self, value: Any) -> Natives:
        """Every native tuple (one value per column) that reads as the harmonised ``value``; ``()`` when none can.
        ``None`` asks for null. Raises ``ValueError`` when the binding cannot be inverted."""
        if not self.invertible:
            raise ValueError(f"{self.binding.path} cannot be asked for: its binding has no inverse")
        if value is None:
            return () if self.absent is not None or self.every else ((None,) * len(self.columns),)
        found = self._ask(value)
        if self.absent is not None and type(value) is type(self.absent) and value == self.absent:
            return (*found, (None,) * len(self.columns))
        return found

    def ask_all(self, values: Sequence[Any]) -> list[Natives]:
        """``ask`` of every value, in their order. A column of texts goes through the steps as a whole."""
        if self._ask != self._plain or self.absent is not None or set(map(type, values)) != TEXT or not self.invertible:
            return [self.ask(value) for value in values]
        if not self.steps:
            return [((value,),) for value in values]
        stored = apply_steps(self.binding.ask or (), list(values))
        read = apply_steps(self.steps, stored)
        return [((native,),) if back == value else () for native, back, value in zip(stored, read, values, strict=True)]

    def bound(self, op: Bound, value: Any, *, naive: bool = False) -> tuple[Bound, tuple[Any, ...]]:
        """``op value`` as a comparison of the native tuple, exact for every native that can be read: coarser natives
        and local times are rounded so that the comparison stays true. ``naive``: the column holds local times without
        a zone (only known to the adapter). Raises ``ValueError`` unless ``keeps_order``."""
        if not self.keeps_order:
            raise ValueError(f"{self.binding.path} does not keep its order at the source")
        if naive and self._form is None and isinstance(value, datetime) and self._zone:
            return self._local_bound(op, value, self._zone)
        if self._form is None:
            return op, (self._stored(value),)
        native = self._form.ask(value, self._zone)
        if native is None:
            raise ValueError(f"{self.binding.path} cannot be compared with this value at the source")
        natives = self._cut(native)
        read = self._read_back(natives)
        return op if self._same(read, value) else _beside(op), natives

    def _local_bound(self, op: Bound, value: datetime, zone: str) -> tuple[Bound, tuple[Any, ...]]:
        first = earliest_local(value, zone)
        if first is None:
            return _beside(op), (latest_local(value, zone),)
        return op, (first if op in ("gte", "lt") else latest_local(value, zone),)

    def _compile(self, tables: CodeTables) -> Callable[[Any], Natives]:
        binding = self.binding
        if self.every:
            constant = reading(binding, zone=self._zone, tables=tables).read([], 1)[0][0]
            return lambda value: ((),) if self._same(constant, value) or (binding.list and value in constant) else ()
        codes = binding.codes
        if isinstance(codes, Decision):
            return lambda value: _decided(codes, value)
        if isinstance(codes, Lookup):
            return self._lookup(codes.name, tables)
        if isinstance(codes, CodeMap):
            backward = reverse(codes.values)
            return lambda value: self._coded(backward, value)
        if binding.tuple_key:
            return self._key
        if self._form is not None:
            return self._formatted
        return self._plain

    def _lookup(self, name: str, tables: CodeTables) -> Callable[[Any], Natives]:
        seen: Mapping[str, Any] | None = None
        backward: Mapping[Any, tuple[str, ...]] = {}

        def ask(value: Any) -> Natives:
            nonlocal seen, backward
            forward = tables.forward(name)
            if forward is not seen:
                backward, seen = reverse(looked_up(self.binding, self._zone, forward)), forward
            return self._coded(backward, value)

        return ask

    def _coded(self, backward: Mapping[Any, tuple[str, ...]], value: Any) -> Natives:
        return tuple((self._stored(code) if code else None,) for code in codes_for(backward, value))

    def _plain(self, value: Any) -> Natives:
        """The stored spelling, provided that it reads back: a value that the steps would have changed is not there."""
        if not isinstance(value, str) or not self.steps:
            return ((value,),)
        stored = self._stored(value)
        if apply_steps(self.steps, [stored]) != [value]:
            return ()
        return ((stored,),)

    def _stored(self, value: Any) -> Any:
        if not self.binding.ask or not isinstance(value, str):
            return value
        return apply_steps(self.binding.ask, [value])[0]

    def _key(self, value: Any) -> Natives:
        try:
            parts = orjson.loads(value)
        except (orjson.JSONDecodeError, TypeError):
            return ()
        if not isinstance(parts, list) or len(parts) != len(self.columns):
            return ()
        if not all(isinstance(part, str) for part in parts):
            return ()
        if orjson.dumps(parts).decode() != value:
            return ()
        return (tuple(map(self._stored, parts)),)

    def _formatted(self, value: Any) -> Natives:
        assert self._form is not None
        try:
            native = self._form.ask(value, self._zone)
        except (ArithmeticError, ValueError):
            return ()
        if native is None:
            return ()
        natives = self._cut(native)
        read = self._read_back(natives)
        return (natives,) if self._same(read, value) else ()

    def _read_back(self, natives: tuple[Any, ...]) -> Any:
        """What these natives are read as: the value asked for, or a neighbour that the format cannot tell from it."""
        assert self._reading is not None
        return self._reading.read([[part] for part in natives], 1)[0][0]

    def _same(self, left: Any, right: Any) -> bool:
        if self.binding.type == "Decimal" and left is not None:
            return bool(_numeric(str(left)) == _numeric(str(right)))
        return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)

    def _cut(self, native: Any) -> tuple[Any, ...]:
        assert self._form is not None
        if self._form.cuts is None or len(self.columns) == 1:
            return (native,)
        return tuple(native.split(" "))


def asking(binding: FieldBinding, *, zone: str | None, tables: CodeTables) -> Asking:
    """Compile the inverse of ``binding``; ``tables`` are the lookups as they are when asked."""
    return Asking(binding, zone, tables)


def _beside(op: Bound) -> Bound:
    """``op`` for the nearest native below a value that no native reads as."""
    return "gt" if op in ("gt", "gte") else "lte"


def _numeric(value: str) -> str | None:
    """A decimal without the zeros that do not count, ``None`` for other texts."""
    body = value.removeprefix("-")
    whole, dot, fraction = body.partition(".")
    if not whole.isdigit() or (dot and not fraction.isdigit()):
        return None
    return value[: len(value) - len(body)] + (whole.lstrip("0") or "0") + "." + fraction.rstrip("0")


def _decided(decision: Decision, value: Any) -> Natives:
    """One tuple per row that gives ``value``; a superset, since earlier rows win."""
    marks: dict[str, Any] = {"*": ANY, "+": PRESENT, "": None}
    return tuple(
        tuple(marks.get(pattern, pattern) for pattern in patterns)
        for patterns, given in decision.rows
        if type(given) is type(value) and given == value
    )
