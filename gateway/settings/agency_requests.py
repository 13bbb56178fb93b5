"""The HTTP calls of a collection or part: read, and checked against the type, its bindings and each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters.contract import AsOf, Paging, Request
from adapters.mapping import PathError, parse_path
from gateway.settings.agency_catalog import TypeShape
from gateway.settings.agency_keys import AS_OF, CONTROL, MANY, OPERATORS, PAGING, REQUEST
from gateway.settings.agency_reader import Table
from gateway.settings.strict import did_you_mean

_HOLE = re.compile(r"\{([^{}]*)\}")
_STYLES = ("page", "offset", "cursor")
_NAMED_FILTERS: Mapping[str, frozenset[str]] = {"Hold": frozenset({"open"})}
"""Filters of the schema that are not a path: `{open}` is `true` for holds that are not lifted."""


def requests(table: Table, provides: str, shape: TypeShape, bound: Callable[[], Iterable[str]]) -> tuple[Request, ...]:
    """The ``requests`` of ``table``. ``bound`` gives the paths bound in the collection once they are known: the
    answers to several keys are told apart by them."""
    return tuple(_request(inner, provides, shape, frozenset(bound())) for inner in table.array("requests"))


def rows_cross_arrays(table: Table) -> bool:
    """Whether some request's rows cross an array, so that ``^`` reaches the enclosing object."""
    value = table.data.get("requests")
    return isinstance(value, list) and any(
        isinstance(item, dict) and isinstance(item.get("rows"), str) and "*" in item["rows"].split(".")
        for item in value
    )


def _request(table: Table, provides: str, shape: TypeShape, bound: frozenset[str]) -> Request:
    table.only(REQUEST)
    method, path = _target(table)
    query, body = table.text_map("query"), table.data.get("body")
    by = table.texts("by")
    many = table.choice("many", MANY)
    holes = _placeholders(table, method, path, query, body)
    _known(table, holes, provides, shape)
    _keys(table, by, many, holes, shape, bound)
    if body is not None and method == "GET":
        table.fault("body", "a GET has no body")
    if many == "body" and method == "GET":
        table.fault("many", "`body` needs a POST")
    if many in ("comma", "repeat") and not any(_holes(value) & set(by) for value in query.values()):
        table.fault("many", f"`{many}` needs a query parameter with a key of `by`")
    return Request(
        method="GET" if method == "GET" else "POST",
        path=path,
        by=by,
        query=query,
        body=body,
        many=many,  # type: ignore[arg-type]  # one of MANY, checked by `choice`
        max_keys=_max_keys(table, many),
        rows=json_rows(table, "rows"),
        order=_order(table, holes, bound),
        paging=_paging(table, holes),
        cap=table.integer("cap"),
        missing=_missing(table),
    )


def _target(table: Table) -> tuple[str, str]:
    if ("get" in table) == ("post" in table):
        table.fault("", "needs `get` or `post`, one of them")
    name = "post" if "post" in table else "get"
    path = table.text(name)
    if path and (not path.startswith("/") or path.startswith("//")):
        table.fault(name, "must be a path below the source's base_url, such as /permits")
    return name.upper(), path


def _placeholders(table: Table, method: str, path: str, query: Mapping[str, str], body: Any) -> set[str]:
    for name in query:
        if "{" in name:
            table.faults.add(f"{table.key}.query", f"a placeholder cannot be in the name of a parameter: {name}")
    for segment in path.partition("?")[0].split("/"):
        if "{" in segment and not _HOLE.fullmatch(segment):
            table.fault(method.lower(), f"a placeholder is a whole segment of the path: {segment}")
    return _holes(path).union(*map(_holes, query.values()), _body(table, "body", body))


def _body(table: Table, key: str, value: Any) -> set[str]:
    if isinstance(value, str):
        if _HOLE.search(value) and not _HOLE.fullmatch(value):
            table.faults.add(f"{table.key}.{key}", f"a placeholder is a whole JSON value: {value}")
        return _holes(value)
    found: set[str] = set()
    if isinstance(value, dict):
        for name, inner in value.items():
            if _HOLE.search(name):
                table.faults.add(f"{table.key}.{key}", f"a placeholder cannot be a key: {name}")
            found |= _body(table, f"{key}.{name}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found |= _body(table, f"{key}[{index}]", inner)
    return found


def _holes(text: str) -> set[str]:
    return set(_HOLE.findall(text))


def _known(table: Table, holes: set[str], provides: str, shape: TypeShape) -> None:
    """A placeholder is a path, a path with an operator, one of paging's and ordering's, or a named filter."""
    paths = [*shape.fields, *shape.children, *_NAMED_FILTERS.get(provides, ())]
    for hole in sorted(holes):
        path, _, operator = hole.rpartition(".")
        if hole in CONTROL or hole in paths or (path in paths and operator in OPERATORS):
            continue
        if hole.partition(".")[0] in shape.children:
            continue  # a filter that reaches into a child list: {lines.hs}
        table.fault("", f"unknown placeholder {{{hole}}}{did_you_mean(hole, [*paths, *CONTROL])}")


def _keys(
    table: Table, by: tuple[str, ...], many: str, holes: set[str], shape: TypeShape, bound: frozenset[str]
) -> None:
    for path in by:
        if path not in shape.fields:
            table.fault("by", f"unknown path {path}{did_you_mean(path, shape.fields)}")
        elif path not in bound and "cap" not in table:
            table.fault("by", f"{path} is not bound: answers are matched to keys by it (a search has `cap`)")
        if path not in holes:
            table.fault("by", f"no placeholder {{{path}}} in the request")
    if many and not by:
        table.fault("many", "needs `by`")


def _max_keys(table: Table, many: str) -> int:
    most = table.integer("max_keys")
    if most and most > 1 and not many:
        table.fault("max_keys", "needs `many`: how are several keys given?")
    return most or (50 if many else 1)


def _order(table: Table, holes: set[str], bound: frozenset[str]) -> dict[str, tuple[str, str]]:
    order: dict[str, tuple[str, str]] = {}
    inner = table.table("order")
    for path, value in _flat(inner.data):
        if path not in bound:
            inner.faults.add(f"{inner.key}.{path}", f"is not bound{did_you_mean(path, bound)}")
        if isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value):
            order[path] = (value[0], value[1])
        else:
            inner.faults.add(f"{inner.key}.{path}", "must be [ascending, descending]")
    if order and "order" not in holes:
        table.fault("order", "no placeholder {order} in the request")
    if "order" in holes and not order:
        table.fault("order", "missing: what does {order} become?")
    return order


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Dotted keys arrive as nested tables."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _paging(table: Table, holes: set[str]) -> Paging | None:
    used = sorted(holes.intersection(_STYLES))
    if "paging" not in table:
        if used:
            table.fault("paging", f"missing: {{{used[0]}}} needs a page size")
        return None
    inner = table.table("paging")
    inner.only(PAGING)
    size = inner.integer("size")
    following, total = inner.text("next"), inner.text("total")
    link = following.startswith("header:")
    if size is None and "size" not in inner:
        inner.fault("size", "missing: a whole number is needed here")
    if len(used) > 1:
        inner.fault("", f"one style of paging: {{{used[0]}}} or {{{used[1]}}}")
    if used == ["cursor"] and (not following or link):
        inner.fault("next", "missing: where is the next cursor in the answer?")
    if not used and not following and "cap" not in table:
        inner.fault("", "needs {page}, {offset} or {cursor} in the request, `next`, or `cap`")
    if link and following != "header:Link":
        inner.fault("next", "must be a path or header:Link")
    for name, path in (("next", "" if link else following), ("total", total)):
        _path(inner, name, path)
    return Paging(size or 100, following, total)


def _missing(table: Table) -> tuple[int, ...]:
    value = table.data.get("missing", [])
    if isinstance(value, list) and all(type(code) is int and 400 <= code <= 499 for code in value):
        return tuple(value)
    table.fault("missing", "must be a list of 4xx status codes: [404]")
    return ()


def _path(table: Table, name: str, path: str, *, star: bool = False) -> None:
    try:
        parse_path(path, star=star)
    except PathError as error:
        table.fault(name, str(error))


def json_rows(table: Table, name: str) -> str:
    """A path to rows, which may cross arrays with ``*``; empty when the answer is the array."""
    path = table.text(name, empty=True)
    _path(table, name, path, star=True)
    return path


def as_of(table: Table) -> AsOf | None:
    """``{ table, column }``, ``{ header }`` or ``{ path }``."""
    if "as_of" not in table:
        return None
    inner = table.table("as_of")
    inner.only(AS_OF)
    if sorted(set(inner.data) & set(AS_OF)) not in (["column", "table"], ["header"], ["path"]):
        inner.fault("", "must be { table, column }, { header } or { path }")
    path = inner.text("path")
    _path(inner, "path", path)
    return AsOf(inner.text("table"), inner.text("column"), inner.text("header"), path)
