"""Which coordinates of the schema a set of grants comes to, once everything that leads nowhere is pruned.

*Entities* are granted by name. *Followers* (Money, Party, PageInfo, …) come with the field that shows them, whole,
unless a role names them to narrow them. A type in neither table is an entity: new types are hidden until granted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

Coordinates = Mapping[str, frozenset[str]]
"""Object type → its visible fields."""

EVERYONE = frozenset({"node", "nodes", "viewer", "agencies"})
"""Root fields of every role."""

FOLLOWERS = frozenset(
    {
        "Agency",
        "Agreement",
        "CitedPermit",
        "Completeness",
        "Conveyance",
        "CustomsOffice",
        "DataFlag",
        "FieldAccess",
        "JointStatus",
        "Match",
        "Money",
        "PageInfo",
        "Party",
        "PermitCheck",
        "PermitLine",
        "PermitVerification",
        "Provenance",
        "Quantity",
        "SourceReport",
        "Viewer",
    }
)

COMES_WITH_THE_TYPE = frozenset({"id", "provenance", "dataFlags", "completeness"})
"""Made by the gateway about a row: there whenever the row's type is, and never alone."""


def is_follower(name: str) -> bool:
    return name in FOLLOWERS or name.endswith(("Connection", "Edge"))


def object_types(schema: GraphQLSchema) -> dict[str, GraphQLObjectType]:
    """Every object type of the product, the root excepted."""
    return {
        name: named
        for name, named in schema.type_map.items()
        if isinstance(named, GraphQLObjectType) and not name.startswith("__") and named is not schema.query_type
    }


def close(schema: GraphQLSchema, granted: Coordinates, roots: Iterable[str]) -> dict[str, frozenset[str]]:
    """``granted`` plus followers and what comes with a type, less whatever points at something hidden or is never
    reached. ``roots`` are the granted fields of ``Query``, whose visible part is in the result too."""
    query = schema.query_type
    assert query is not None
    visible = {name: _start(name, named, granted) for name, named in object_types(schema).items()}
    visible[query.name] = {name for name in query.fields if name in EVERYONE or name in set(roots)}
    types = object_types(schema) | {query.name: query}
    changed = True
    while changed:
        changed = False
        for name, fields in visible.items():
            kept = {field for field in fields if _shown(schema, types[name].fields[field], visible)}
            if _is_hollow(name, kept):
                kept = set()
            if kept != fields:
                visible[name] = kept
                changed = True
    reached = _reached(schema, query.name, visible)
    return {name: frozenset(fields) for name, fields in visible.items() if fields and name in reached}


def _start(name: str, named: GraphQLObjectType, granted: Coordinates) -> set[str]:
    if name in granted:
        return set(granted[name]) | {each for each in COMES_WITH_THE_TYPE if each in named.fields}
    return {str(each) for each in named.fields} if is_follower(name) else set()


def _shown(schema: GraphQLSchema, field: GraphQLField, visible: Mapping[str, set[str]]) -> bool:
    return any(visible.get(each.name) for each in concrete(schema, field)) if is_composite(field) else True


def is_composite(field: GraphQLField) -> bool:
    return isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)


def concrete(schema: GraphQLSchema, field: GraphQLField) -> list[GraphQLObjectType]:
    """The object types that a composite field may yield."""
    named: GraphQLNamedType = get_named_type(field.type)
    if isinstance(named, GraphQLObjectType):
        return [named]
    assert isinstance(named, GraphQLInterfaceType | GraphQLUnionType)
    return list(schema.get_possible_types(named))


def _is_hollow(name: str, fields: set[str]) -> bool:
    if name.endswith("Connection"):
        return "nodes" not in fields
    if name.endswith("Edge"):
        return "node" not in fields
    return not is_follower(name) and fields <= COMES_WITH_THE_TYPE


def _reached(schema: GraphQLSchema, root: str, visible: Mapping[str, set[str]]) -> set[str]:
    """Types reached from the root. ``node`` reaches every type that implements its interface."""
    reached: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name in reached or not visible.get(name):
            continue
        reached.add(name)
        named = schema.type_map[name]
        assert isinstance(named, GraphQLObjectType)
        for field in visible[name]:
            if is_composite(named.fields[field]):
                waiting += [each.name for each in concrete(schema, named.fields[field])]
    return reached


def leads_to(schema: GraphQLSchema, type_name: str, path: str, may: Callable[[str, str], bool]) -> bool:
    """Whether every step of a dotted path from ``type_name`` is a field for which ``may(type, field)`` holds."""
    current: GraphQLNamedType | None = schema.type_map.get(type_name)
    for step in path.split("."):
        if isinstance(current, GraphQLObjectType) and current.name.endswith("Connection"):
            current = get_named_type(current.fields["nodes"].type)
        if not isinstance(current, GraphQLObjectType) or step not in current.fields or not may(current.name, step):
            return False
        current = get_named_type(current.fields[step].type)
    return True
