"""Computed fields: their inner selection by walking it, then the same pure function as the product's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLObjectType, OperationDefinitionNode, SelectionNode, parse

from gateway.planning.compile import PRESENCE
from resolvers.fields import INNER_LINKS, Bound, Children, Computed, Embedded, Enclosing, Link, Meta, binding_of
from tests.kit.oracle.asking import Asking
from tests.kit.oracle.linking import follow
from tests.kit.oracle.rows import At, Row

Answers = dict[str, dict[str, tuple[str, Any]]]


async def compute(asking: Asking, type_name: str, computed: Computed, ats: Sequence[At]) -> list[Any]:
    operation = parse(computed.needs).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    answers: Answers = {"": {at.row.agency: ("STALE" if at.row.stale else "ANSWERED", at.row.as_of) for at in ats}}
    rows = await _read(asking, type_name, ats, operation.selection_set.selections, "", answers)
    return computed.function(rows, answers)


async def _read(
    asking: Asking, type_name: str, ats: Sequence[At], nodes: Sequence[SelectionNode], prefix: str, answers: Answers
) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{} for _ in ats]
    for node in nodes:
        name = node.name.value  # type: ignore[attr-defined]  # fields alone
        # Fields alone are selected here.
        below = node.selection_set.selections if node.selection_set else ()  # type: ignore[attr-defined]
        values = await _values(asking, type_name, name, ats, below, prefix, answers)
        for row, value in zip(made, values, strict=True):
            row[name] = value
    return made


async def _values(
    asking: Asking, type_name: str, name: str, ats: Sequence[At], below: Any, prefix: str, answers: Answers
) -> list[Any]:
    graphql_type = asking.schema.type_map.get(type_name)
    fields = graphql_type.fields if isinstance(graphql_type, GraphQLObjectType) else {}
    binding: Any = INNER_LINKS.get(type_name, {}).get(name)
    if binding is None:
        binding = binding_of(fields[name], name) if name in fields else Bound(name)
    path = prefix + name
    match binding:
        case Enclosing(target=target):
            parents = [At(at.row.parent) for at in ats if at.row.parent is not None]
            return list(await _read(asking, target, parents, below, path + ".", answers))
        case Link(target=target, kind=kind):
            values, reports = await follow(asking, binding, ats, many=False, inner=True)
            answers[path] = {report.agency: (report.outcome, report.as_of) for report in reports}
            values = [None if isinstance(value, Exception) else value for value in values]
            return await _below(asking, target, values, kind == "list", below, path, answers)
        case Embedded(path=where):
            named = _named(fields[name].type)
            columns = PRESENCE.get(named, ())
            inner = [At(at.row, f"{at.prefix}{where}.") for at in ats]
            read = await _read(asking, named, inner, below, path + ".", answers)
            return [
                None if columns and all(at.read(column) is None for column in columns) else value
                for at, value in zip(inner, read, strict=True)
            ]
        case Children(path=where):
            lists = [at.row.children.get(where, []) for at in ats]
            return await _below(asking, _named(fields[name].type), lists, True, below, path, answers)
        case Meta(kind="agency"):
            return [at.row.agency for at in ats]
        case Bound(path=where):
            return [_items(at.read(where)) for at in ats]
        case other:
            raise TypeError(f"{type_name}.{name} in a computed field: {other!r}")


async def _below(
    asking: Asking, target: str, values: Sequence[Any], many: bool, below: Any, path: str, answers: Answers
) -> list[Any]:
    flat: list[Row] = []
    for value in values:
        flat += value if isinstance(value, list) else [] if value is None else [value]
    unique = list({id(row): row for row in flat}.values())
    read = await _read(asking, target, [At(row) for row in unique], below, path + ".", answers)
    made = {id(row): one for row, one in zip(unique, read, strict=True)}
    if many:
        return [None if value is None else [made[id(row)] for row in value] for value in values]
    return [None if value is None else made[id(value)] for value in values]


def _named(type_: Any) -> str:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return str(type_.name)


def _items(value: Any) -> Any:
    return [item for item in value if item is not None] if isinstance(value, list) else value
