"""A bound path as SQL compares it: native columns when a value can be turned into what is stored, else an expression.

Pure. What a caller's value becomes is decided per request (code tables are refreshed); what is compared, per shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import lru_cache
from itertools import chain
from typing import Any

import sqlalchemy as sa

from adapters.contract import MISSING, CodeMap, Decision, FieldBinding, Lookup
from adapters.errors import Unsupported
from adapters.mapping import Asking, CodeTables, asking, effective_steps
from adapters.mapping.memo import Memo
from adapters.postgres.catalog import ColumnType, Unbindable, converter
from adapters.postgres.expressions import TEXT_TYPE, as_text, blank, decided, inside_json, plain, stepped
from adapters.postgres.scope import Column, Context, Rows, key_paths
from adapters.postgres.statement import Element, inline

TEXT = ColumnType("text")
NAIVE = "timestamp without time zone"
Natives = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Operand:
    """``ask``: harmonised value → native tuples as wide as ``elements``, ready to bind, and whether a null column has
    that value too; no tuple and no blank: nothing matches.

    ``ask_all``: the same for many values together, each tuple once. ``single``: never more than one tuple.
    ``may_blank``: null may stand for a value. ``blank``: a condition that the columns are null or blank (``None``: they
    never are). ``bound``: for ``lt`` … ``gt``, the tuple to compare with and whether equality counts; ``None`` where
    order is not kept. ``prefix``: ``startsWith`` may use the column."""

    elements: tuple[Element, ...]
    types: tuple[ColumnType, ...]
    ask: Callable[[Any], tuple[Natives, bool]]
    ask_all: Callable[[Sequence[Any]], tuple[Natives, bool]]
    single: bool = True
    may_blank: bool = False
    blank: Element | None = None
    bound: Callable[[str, Any], tuple[tuple[Any, ...] | None, bool]] | None = None
    prefix: Callable[[str], str | None] | None = None

    @property
    def binds(self) -> tuple[str, ...]:
        return tuple(column.bind for column in self.types)


def operand(context: Context, path: str, binding: FieldBinding, columns: Sequence[Column]) -> Operand:
    """Raises ``Unsupported`` when ``path`` can be compared neither natively nor by an expression."""
    if isinstance(binding.codes, Decision):
        return _expression(_instead(binding, decided(binding.codes, columns), columns))
    steps = effective_steps(binding)
    if binding.json_path:
        element, column = columns[0]
        if len(columns) > 1 or binding.codes is not None or binding.format or binding.list:
            raise Unsupported(f"{path}: a value inside JSON with codes or a format cannot be compared")
        if column.array:
            raise Unsupported(f"{path}: JSON in an array cannot be compared")
        if binding.absent is not MISSING:
            raise Unsupported(f"{path}: a value inside JSON with a default cannot be compared")
        return _expression(stepped(inside_json(element, binding.json_path), TEXT, steps))
    how = asking(binding, zone=context.zone_name, tables=context.tables)
    if not how.invertible and not binding.list:
        raise Unsupported(f"{path}: its binding cannot be turned around")
    if how.via_read:
        columns = [(stepped(element, column, steps), TEXT) for element, column in columns]
    elements = tuple(element for element, _ in columns)
    types = tuple(column for _, column in columns)
    tests = [test for test in (blank(element, column) for element, column in columns) if test is not None]
    return Operand(
        elements,
        types,
        *_askers(context, how, types),
        single=_is_single(binding),
        may_blank=binding.absent is not MISSING
        or (isinstance(binding.codes, CodeMap) and binding.codes.values.get("") is not None),
        blank=sa.or_(*tests) if len(tests) > 1 else (tests[0] if tests else None),
        bound=_bounder(context, how, types) if how.keeps_order and binding.type != "Boolean" else None,
        prefix=_prefixer(how) if len(types) == 1 and types[0].textual else None,
    )


Ask = Callable[[Any], tuple[Natives, bool]]
AskAll = Callable[[Sequence[Any]], tuple[Natives, bool]]
Each = Callable[[Sequence[Any]], list[tuple[tuple[Any, ...] | None, ...]]]
"""Values → for each the native tuples that mean it, ``None`` among them when null does too."""


def _askers(context: Context, how: Asking, types: tuple[ColumnType, ...]) -> tuple[Ask, AskAll]:
    """``Operand.ask`` and ``Operand.ask_all``."""
    each = _fitted(how, types, context.zone)
    known = _remembering(how.binding, context.zone_name, types, context.zone) if how.binding.codes is None else each

    def merged(found: Iterable[tuple[tuple[Any, ...] | None, ...]]) -> tuple[Natives, bool]:
        natives = dict.fromkeys(chain.from_iterable(found))
        empty = None in natives
        # Without the None that `empty` tells of, natives alone are left.
        return tuple([one for one in natives if one is not None]) if empty else tuple(natives), empty  # type: ignore[arg-type]

    def ask(value: Any) -> tuple[Natives, bool]:
        return merged(each((value,))) if value is not None else ((), False)

    def ask_all(values: Sequence[Any]) -> tuple[Natives, bool]:
        kinds = set(map(type, values))
        if kinds == {str}:
            return merged(known(values))
        return merged(each([value for value in values if value is not None]))

    return ask, ask_all


def _fitted(how: Asking, types: tuple[ColumnType, ...], zone: tzinfo) -> Each:
    """Natives as the columns hold them; those that they cannot hold are left out."""
    convert = [converter(column, zone) for column in types]

    def fit(found: Natives) -> tuple[tuple[Any, ...] | None, ...]:
        out: list[tuple[Any, ...] | None] = []
        for natives in found:
            if None in natives:
                out.append(None)
                continue
            try:
                out.append(tuple([to(native) for to, native in zip(convert, natives, strict=True)]))
            except Unbindable:
                continue
        return tuple(out)

    return lambda values: [fit(found) for found in how.ask_all(values)]


@lru_cache(1024)
def _remembering(binding: FieldBinding, zone_name: str, types: tuple[ColumnType, ...], zone: tzinfo) -> Each:
    """Behind a memo that every call shape shares: keys of lookups come again."""
    return Memo(_fitted(asking(binding, zone=zone_name, tables=CodeTables()), types, zone))


def _bounder(
    context: Context, how: Asking, types: Sequence[ColumnType]
) -> Callable[[str, Any], tuple[tuple[Any, ...] | None, bool]]:
    convert = [converter(column, context.zone) for column in types]
    naive = types[0].name == NAIVE

    def bound(op: str, value: Any) -> tuple[tuple[Any, ...] | None, bool]:
        if value is None:
            return None, False
        try:
            rounded, natives = how.bound(op, value, naive=naive)  # type: ignore[arg-type]  # an operator of order
            return tuple(fit(native) for fit, native in zip(convert, natives, strict=True)), rounded in ("lte", "gte")
        except (ValueError, ArithmeticError):
            return None, False

    return bound


def _prefixer(how: Asking) -> Callable[[str], str | None] | None:
    if how.via_read or (how.keeps_prefix and not how.binding.ask):
        return lambda value: value
    return None


def _is_single(binding: FieldBinding) -> bool:
    if isinstance(binding.codes, Lookup):
        return False
    if isinstance(binding.codes, CodeMap):
        values = [repr(value) for value in binding.codes.values.values()]
        return len(values) == len(set(values))
    return True


def _expression(element: Element) -> Operand:
    """A text expression of the harmonised value."""

    def ask_all(values: Sequence[Any]) -> tuple[Natives, bool]:
        return tuple(dict.fromkeys((plain(value),) for value in values if value is not None)), False

    return Operand(
        (element,),
        (TEXT,),
        lambda value: ask_all((value,)),
        ask_all,
        blank=blank(element, TEXT),
        prefix=lambda value: value,
    )


def text_element(path: str, binding: FieldBinding, columns: Sequence[Column]) -> Element:
    """The harmonised value of a text-like path as an SQL expression. Raises ``Unsupported``."""
    element, column = value_column(path, binding, columns)
    return as_text(element, column)


def value_column(path: str, binding: FieldBinding, columns: Sequence[Column]) -> Column:
    """The harmonised value as one expression, or as the column that holds it. Raises ``Unsupported``."""
    if isinstance(binding.codes, Decision):
        return _instead(binding, decided(binding.codes, columns), columns), TEXT
    if len(columns) != 1 or binding.format or binding.list or isinstance(binding.codes, Lookup):
        raise Unsupported(f"{path}: not one column that SQL can read as the gateway does")
    element, column = columns[0]
    if binding.json_path:
        element, column = inside_json(element, binding.json_path), TEXT
    steps = effective_steps(binding)
    if steps and (binding.ask is None or binding.ask):
        element, column = stepped(element, column, steps), TEXT
    if isinstance(binding.codes, CodeMap):
        text = as_text(element, column)
        whens = [(text == inline(code), inline(plain(v))) for code, v in binding.codes.values.items() if code]
        if not whens:
            raise Unsupported(f"{path}: an empty code list")
        element, column = sa.cast(sa.case(*whens), TEXT_TYPE), TEXT
        if binding.codes.values.get("") is not None:
            binding = replace(binding, absent=binding.codes.values[""])
    if binding.absent is not MISSING:
        return _instead(binding, as_text(element, column), columns), TEXT
    return element, column


def _instead(binding: FieldBinding, element: Element, columns: Sequence[Column]) -> Element:
    """``absent`` where every column is null or blank."""
    tests = [blank(*column) for column in columns]
    live = [test for test in tests if test is not None]
    if binding.absent is MISSING or len(live) < len(tests):
        return element
    return sa.cast(sa.case((sa.and_(*live), inline(plain(binding.absent))), else_=element), TEXT_TYPE)


def key_elements(rows: Rows) -> list[Element]:
    """What makes two rows of a collection the same object: its key, as it is compared."""
    elements: list[Element] = []
    for path in key_paths(rows.spec):
        binding, columns = rows.field(path)
        if binding.const is not MISSING:
            continue
        steps = effective_steps(binding)
        if steps and binding.ask is None:
            elements.extend(stepped(element, column, steps) for element, column in columns)
        else:
            elements.extend(element for element, _ in columns)
    if not elements:
        raise Unsupported(f"{rows.spec.id} binds no key, so it has no newest row")
    return elements
