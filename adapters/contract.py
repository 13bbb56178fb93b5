"""What the product and an adapter say to each other: plain, frozen data and two protocols. What agency files hold and
what the harmonised types are keyed by have modules of their own, and are had from here.

A harmonised *path* is a dotted name relative to a type (``importer.businessNumber``). Values that cross this seam are
harmonised already and ready for JSON: ``str``, ``int``, ``float``, ``bool``, ``None``, aware UTC ``datetime``,
``date``, lists of those; decimals are ``str`` in plain notation, enum values and codes are ``str``. A ``key`` of
several columns crosses as JSON array text of the columns' texts (``'["2026","15"]'``): injective, still one value.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from adapters.agency_file import (
    MISSING as MISSING,
    AsOf as AsOf,
    Child as Child,
    CodeMap as CodeMap,
    Codes as Codes,
    CollectionSpec as CollectionSpec,
    Decision as Decision,
    FieldBinding as FieldBinding,
    Lookup as Lookup,
    Paging as Paging,
    Part as Part,
    Request as Request,
    Step as Step,
)
from adapters.harmonised import MULTI_OWNER as MULTI_OWNER, PUBLISHED as PUBLISHED, TYPE_KEYS as TYPE_KEYS

# ---- predicates: data, not code ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """A literal of the plan."""

    value: Any


@dataclass(frozen=True, slots=True)
class Param:
    """A value bound per request, by name, from ``FetchCall.params``."""

    name: str


Operand = Value | Param
Op = Literal["eq", "ne", "in", "lt", "lte", "gt", "gte", "startsWith", "null"]


@dataclass(frozen=True, slots=True)
class Compare:
    """``path op operand``. Two-valued: a null value makes every operator false, save ``ne`` (true) and ``null``.

    ``in`` takes a list (empty: nothing matches); ``null`` takes a boolean. A path may reach into a child list
    (``containers.number``, ``lines.hs``): true when some element matches."""

    path: str
    op: Op
    operand: Operand


@dataclass(frozen=True, slots=True)
class AllOf:
    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    terms: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The exact complement of ``term``: rows where it is not true."""

    term: Predicate


@dataclass(frozen=True, slots=True)
class Linked:
    """Some row of ``collection`` (same source) whose ``on`` paths (theirs → ours) equal this row's meets ``term``."""

    collection: str
    on: tuple[tuple[str, str], ...]
    term: Predicate


@dataclass(frozen=True, slots=True)
class Unread:
    """Something at ``path`` (in a list: some element) is not what its type can say: an unmapped code, a bad date, a
    text without its pattern. It is flagged, and nobody knows what it means. A null or blank is none."""

    path: str


Predicate = Compare | AllOf | AnyOf | Negation | Linked | Unread


# ---- one fetch --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """Nulls last in ascending order, first in descending, everywhere. ``codepoint``: text ordered by code point
    (only keys that are merged over owners); otherwise by the source's own collation."""

    path: str
    descending: bool = False
    codepoint: bool = False


@dataclass(frozen=True, slots=True)
class ChildSelect:
    """A child list to read with each row: ``columns`` relative to the child (empty for a list of scalars)."""

    name: str
    columns: tuple[str, ...] = ()
    children: tuple[ChildSelect, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of another collection of the same source, read with each row like a list: those whose ``on`` paths (theirs →
    ours) equal this row's. Of ``spec``, columns, children, order, predicate and joins are kept."""

    on: tuple[tuple[str, str], ...]
    spec: FetchSpec


@dataclass(frozen=True, slots=True)
class FetchSpec:
    """What one fetch of a call shape asks of one collection. Hashable: it is the key of the prepared statement.

    With ``keys``, a batched lookup: rows whose key paths equal one of ``FetchCall.keys``. ``order`` ends in the type's
    key, so that it is total; ``limit`` says that ``FetchCall.limit`` bounds the rows (per key when ``per_key``).
    ``after`` is ``None`` without a cursor, else for each order term whether the cursor's value is null.
    ``count`` asks for the number of rows without cursor and limit, in ``Rows.total`` (``Rows.totals`` when per key).
    ``predicate`` comes from policy and is never dropped; ``filter`` comes from the caller. Both are exact.
    ``marks``, too, come from policy: for each of them ``Rows.marks`` tells which rows it holds of.
    ``joins`` go with a source that says that it can, and with no ``per_key``; they come after ``children`` in
    ``Rows.children``, and flags of theirs name the list by its place among them: ``@0``, ``@1``, ….
    """

    collection: str
    columns: tuple[str, ...]
    children: tuple[ChildSelect, ...] = ()
    keys: tuple[str, ...] = ()
    predicate: Predicate | None = None
    filter: Predicate | None = None
    order: tuple[OrderTerm, ...] = ()
    limit: bool = False
    per_key: bool = False
    after: tuple[bool, ...] | None = None
    count: bool = False
    marks: tuple[Predicate, ...] = ()
    joins: tuple[Join, ...] = ()


@dataclass(slots=True)
class FetchCall:
    """One request's values. ``keys``: distinct, non-null, harmonised tuples in the order of ``FetchSpec.keys``;
    ``cursor``: harmonised order values, same length as ``order``; ``deadline``: seconds, event loop clock.
    ``scope``: calls of equal scope have equal rights and may be answered together; ``None``: with nobody."""

    keys: Sequence[tuple[Any, ...]] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    cursor: tuple[Any, ...] | None = None
    deadline: float | None = None
    scope: Hashable | None = None


_PLACE = re.compile(r"\[\d+\]")


def coordinate_path(path: str) -> str:
    """The path of a flag without the places of elements: ``lines[2].hs`` → ``lines.hs``."""
    return _PLACE.sub("", path)


@dataclass(frozen=True, slots=True)
class RowFlag:
    """Something noticed in agency data. ``row``: index in ``Rows``; ``path``: ``risk.band``, ``lines[2].hs``."""

    row: int
    path: str
    problem: str


ROUNDED, AMBIGUOUS, GAP = "more than six decimals", "ambiguous local time", "nonexistent local time"
READ = frozenset({ROUNDED, AMBIGUOUS, GAP})
"""Problems of values that were read all the same: they are not ``Unread``."""


@dataclass(slots=True)
class ChildRows:
    """Child lists of all rows, flat: row ``i`` owns elements ``offsets[i]`` to ``offsets[i + 1]`` of every column.
    A list of scalars has one column."""

    offsets: list[int]
    columns: tuple[list[Any], ...]
    children: tuple[ChildRows, ...] = ()


@dataclass(slots=True)
class Rows:
    """Positional columns, in the order of ``FetchSpec.columns``; ``children`` in that of ``FetchSpec.children``, then
    of ``FetchSpec.joins``.

    ``as_of``: the moment for which the agency vouches. ``truncated``: a capped search came back full.
    Rows of a keyed fetch come in any order over keys, in ``order`` within a key; they carry their key columns only
    when selected, so a planner selects them."""

    count: int
    columns: tuple[list[Any], ...]
    as_of: datetime
    children: tuple[ChildRows, ...] = ()
    flags: list[RowFlag] = field(default_factory=list)
    total: int | None = None
    totals: Mapping[tuple[Any, ...], int] | None = None
    truncated: bool = False
    marks: tuple[list[bool], ...] = ()


# ---- the two protocols ------------------------------------------------------------------------


class Health(StrEnum):
    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``guichet check``: the key path in the agency file, and what the live system says.

    A fault of the file: it and the system contradict each other, so that answers would be wrong or absent. A ``note``:
    answers are right, but some values in them are dirty and flagged (unmapped codes, say), or they come slowly, or
    the agency cannot be asked for something."""

    key: str
    problem: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class CollectionCapabilities:
    """What one collection can be asked. ``lookups``: sets of key paths it can be looked up by (SQL: any bound path);
    ``filters``: path → operators pushed to the source; ``orders``: paths it can order by. ``lists``: it can be
    listed without keys. ``batched_pages``: ``per_key`` limits in one call. The rest is done on fetched rows."""

    lookups: frozenset[tuple[str, ...]]
    filters: Mapping[str, frozenset[str]]
    orders: frozenset[str]
    lists: bool = True
    counts: bool = True
    batched_pages: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``wait_s``: seconds that a lookup may wait for others to go with; ``None`` where each goes by itself."""

    collections: Mapping[str, CollectionCapabilities]
    wait_s: float | None = None


class PreparedFetch(Protocol):
    async def run(self, call: FetchCall) -> Rows:
        """Ask the agency. Raises a :class:`~adapters.errors.SourceError` only."""
        ...

    def explain(self) -> str:
        """The SQL text, or the HTTP request line; and what the gateway itself applies to the rows."""
        ...


class Source(Protocol):
    """A live connection to one agency system."""

    name: str
    agency: str

    @property
    def capabilities(self) -> Capabilities: ...

    def prepare(self, spec: FetchSpec) -> PreparedFetch:
        """Pure, once per call shape; the result may be used by many requests at once. Raises ``Unsupported``."""
        ...

    def joins(self, collection: str, join: Join) -> bool:
        """Whether ``join`` can be read with rows of a collection, as it would be apart, and costs no more. Pure."""
        ...

    async def start(self) -> None:
        """Open pools and read lookups. A dead agency is no error here: it is found out again on use."""
        ...

    async def health(self) -> Health: ...

    async def check(self) -> Sequence[Finding]:
        """Compare the agency file with the live system, as ``guichet check`` lists."""
        ...

    async def close(self) -> None: ...
