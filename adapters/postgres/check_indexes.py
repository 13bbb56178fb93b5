"""What ``guichet check`` says of large tables: which questions no index serves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set

from adapters.contract import MISSING, CollectionSpec, FieldBinding, Finding
from adapters.harmonised import LINKED
from adapters.mapping import CodeTables, asking, effective_steps
from adapters.postgres.check_lists import children
from adapters.postgres.checked import LARGE
from adapters.postgres.indexes import EXPRESSION, Columns, Indexes
from adapters.postgres.scope import key_paths


def index_findings(spec: CollectionSpec, orders: Set[str], indexes: Indexes) -> Iterator[Finding]:
    """``orders``: the paths that the collection can be ordered by."""
    here = f"collections.{spec.name}"
    for key, table, columns, then, what in _wanted(here, spec):
        if indexes.rows(table) > LARGE and not indexes.serves(table, columns, then):
            yield Finding(key, f"no index of {table} starts with {what}: reads the whole table", note=True)
    if indexes.rows(spec.table) > LARGE:
        yield from _links(here, spec, indexes)
        slow = sorted(path for path in orders if path in spec.fields and not _ordered(spec, path, indexes))
        if slow:
            problem = f"no index of {spec.table} has the order of {', '.join(slow)}: sorts the whole table"
            yield Finding(here, f"{problem}; add one, or leave them out of `orderable`", note=True)


def _links(here: str, spec: CollectionSpec, indexes: Indexes) -> Iterator[Finding]:
    """What links look rows up by: an index that starts with one of several columns serves."""
    for paths in LINKED.get(spec.provides, ()):
        columns = [_compared(spec.fields[path]) for path in paths if path in spec.fields]
        if len(columns) == len(paths) and not any(indexes.serves(spec.table, one[:1]) for one in columns if one):
            problem = f"no index of {spec.table} starts with {' or '.join(paths)}: a link to it reads the whole table"
            yield Finding(f"{here}.fields.{paths[0]}", problem, note=True)


def _wanted(here: str, spec: CollectionSpec) -> Iterator[tuple[str, str, Columns, Columns, str]]:
    """Key path, table, columns an index must start with, columns that must follow, and both in words."""
    keys = [(path, spec.fields[path]) for path in key_paths(spec) if spec.fields[path].columns]
    compared = tuple(column for _, binding in keys for column in _compared(binding))
    if keys:
        path, binding = keys[0]
        what = f"the `read` of {path}" if _compared(binding)[0] is EXPRESSION else binding.columns[0]
        yield f"{here}.fields.{path}", spec.table, _compared(binding)[:1], (), what
    if spec.newest:
        what = f"{', '.join(path for path, _ in keys)}, then {', '.join(spec.newest)}"
        yield f"{here}.newest", spec.table, compared, spec.newest, what
    for part in spec.parts.values():
        what = ", ".join([*part.on, *part.newest])
        yield f"{here}.parts.{part.name}", part.table, tuple(part.on), part.newest, what
    for key, _, child in children(here, spec.table, spec.children):
        yield key, child.table, tuple(child.on), (), ", ".join(child.on)


def _compared(binding: FieldBinding) -> Columns:
    """The columns that a key is compared with; what the steps make of them is an expression."""
    how = asking(binding, zone="UTC", tables=CodeTables())
    stepped = bool(effective_steps(binding)) and how.via_read
    return tuple(EXPRESSION if stepped else column for column in binding.columns)


def _ordered(spec: CollectionSpec, path: str, indexes: Indexes) -> bool:
    """A constant has any order; an index may begin with columns that ``where`` fixes."""
    binding = spec.fields[path]
    if binding.const is not MISSING:
        return True
    return indexes.serves(spec.table, _compared(binding), fixed=frozenset(spec.where))
