"""A compiled statement: SQL text with ``$n``, what binds each of them, and the parameter list while it is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import NullType, UserDefinedType

from adapters.contract import FetchCall

Bind = Callable[[FetchCall], Any]
Element = ColumnElement[Any]

DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types no dialect


class SqlType(UserDefinedType[Any]):
    """A type by its SQL name; values pass through to asyncpg."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Slot:
    """One or more parameters bound together: ``bind`` returns one value, or a sequence of them when ``many``."""

    places: tuple[int, ...]
    bind: Bind
    many: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """``labels[i]`` says in words what ``$i+1`` is."""

    text: str
    slots: tuple[Slot, ...]
    labels: tuple[str, ...]

    def arguments(self, call: FetchCall) -> list[Any]:
        values: list[Any] = [None] * len(self.labels)
        for slot in self.slots:
            if slot.many:
                for place, value in zip(slot.places, slot.bind(call), strict=True):
                    if place >= 0:
                        values[place] = value
            else:
                values[slot.places[0]] = slot.bind(call)
        return values

    def explain(self) -> str:
        lines = [self.text]
        lines += [f"  ${i} = {label}" for i, label in enumerate(self.labels, 1)]
        return "\n".join(lines)


class Parameters:
    """Collects what a statement under construction binds. The same ``key`` gives the same parameters."""

    def __init__(self) -> None:
        self._groups: list[tuple[tuple[str, ...], Bind, bool]] = []
        self._labels: dict[str, str] = {}
        self._known: dict[Hashable, tuple[Element, ...]] = {}

    def one(self, label: str, sql_type: str, bind: Bind, key: Hashable = None) -> Element:
        return self._add((label,), (sql_type,), bind, False, key)[0]

    def many(self, label: str, sql_types: Sequence[str], bind: Bind, key: Hashable = None) -> tuple[Element, ...]:
        """Parameters whose values come from one call of ``bind``."""
        labels = (label,) if len(sql_types) == 1 else tuple(f"{label}[{i}]" for i in range(len(sql_types)))
        return self._add(labels, tuple(sql_types), bind, True, key)

    def _add(
        self, labels: tuple[str, ...], types: tuple[str, ...], bind: Bind, many: bool, key: Hashable
    ) -> tuple[Element, ...]:
        if key is not None and (key, types) in self._known:
            return self._known[key, types]
        names = tuple(f"p{len(self._labels) + i}" for i in range(len(types)))
        for name, label in zip(names, labels, strict=True):
            self._labels[name] = label
        self._groups.append((names, bind, many))
        elements = tuple(
            sa.cast(sa.bindparam(name, type_=NullType()), SqlType(sql_type))
            for name, sql_type in zip(names, types, strict=True)
        )
        if key is not None:
            self._known[key, types] = elements
        return elements

    def statement(self, query: sa.sql.expression.ClauseElement) -> Statement:
        compiled = query.compile(dialect=DIALECT)
        order = list(getattr(compiled, "positiontup", None) or ())
        place = {name: i for i, name in enumerate(order)}
        slots = []
        for names, bind, many in self._groups:
            places = tuple(place.get(name, -1) for name in names)
            if any(p >= 0 for p in places):
                slots.append(Slot(places, bind, many))
        text = re.sub(r"[ \t]+\n", "\n", str(compiled))
        return Statement(text, tuple(slots), tuple(self._labels[name] for name in order))


def outer(alias: str, column: str) -> Element:
    """A column of a row outside of a lateral subquery, at whatever depth: by name, so that it joins nothing."""
    quote = DIALECT.identifier_preparer.quote
    return sa.literal_column(f"{quote(alias)}.{quote(column)}", SqlType("unknown"))


def inline(text: str) -> Element:
    """A literal of the agency file, as an SQL string of no type yet: it takes that of what it is compared with."""
    return sa.literal_column("'" + text.replace("'", "''") + "'", SqlType("unknown"))
