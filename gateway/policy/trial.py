"""Two policies on one operation: what the caller would be refused, gain or lose; and what either tells him of his
rights. Pure; whoever compiles says the rest.

The comparison is by grants, not by rows: it needs no agency, and shows no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

from gateway.policy.predicates import text_of
from gateway.policy.view import AgreementInForce, View

HIDDEN = "HIDE"
ALL_ROWS = "all rows"
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One policy's answer to an operation. ``refusal``: code and text, when it is refused. ``by_id``: types that its
    ``node`` may return; ``statements``: the plan as text."""

    view: View | None
    refusal: str | None = None
    by_id: frozenset[str] = frozenset()
    statements: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """``kind``: ``refused``, ``answered``, ``refusal`` (another one), ``gained``, ``lost``, ``action`` (shown, masked
    or withheld otherwise), ``rows``, ``node``, ``agreement``, or ``plan`` (asked otherwise, and none of these says
    why); of what a caller is told, also ``rule`` (by another grant) and ``schema`` (in introspection). ``of``: a
    coordinate, a type, or what changed of the agreement; ``why``: the grant, with its place."""

    kind: str
    of: str
    before: str
    after: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Verdict:
    action: str
    why: str = ""


@dataclass(slots=True)
class Selected:
    """Coordinates that an operation selects, and the types whose rows it reads."""

    coordinates: dict[str, None] = field(default_factory=dict)
    types: dict[str, None] = field(default_factory=dict)


def selected(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Selected:
    """Of one operation with the fragments of its document, by the whole ``schema``: so for either policy alike."""
    found = Selected()
    info = TypeInfo(schema)

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent, definition = info.get_parent_type(), info.get_field_def()
            if parent is not None and definition is not None:
                found.coordinates[f"{parent.name}.{node.name.value}"] = None
                found.types[parent.name] = None
                found.types[get_named_type(definition.type).name.removesuffix("Connection")] = None

    fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    visit(DocumentNode(definitions=(operation, *fragments)), TypeInfoVisitor(info, Collect()))
    return found


def changes(before: Outcome, after: Outcome, asked: Selected) -> list[Change]:
    """What would be different for the caller of one operation."""
    found = list(_refusals(before, after))
    one, other = before.view, after.view
    if one is None or other is None or one.fingerprint == other.fingerprint:
        return found
    found += _fields(one, other, asked.coordinates)
    found += _row_rules(one, other, asked.types)
    if before.refusal is None and after.refusal is None:
        for name in sorted(before.by_id ^ after.by_id):
            said = ("by id", "not by id") if name in before.by_id else ("not by id", "by id")
            found.append(Change("node", name, *said))
    found += _agreements(one, other)
    if not found and before.statements != after.statements:
        found.append(Change("plan", "statements", before.statements, after.statements))
    return found


def told(one: View, other: View) -> list[Change]:
    """What ``viewer.access`` and introspection would tell otherwise, whatever is asked."""
    before, after = ({each.coordinate: each for each in view.access} for view in (one, other))
    both = [name for name in before if name in after]
    found = [*_fields(one, other, {**before, **after}), *_row_rules(one, other, one.schema.type_map)]
    found += [
        Change("rule", name, before[name].rule, after[name].rule)
        for name in both
        if before[name].rule != after[name].rule and before[name].action == after[name].action
    ]
    shown = set(before) ^ set(after)
    was, would = introspected(one.schema), introspected(other.schema)
    for name in sorted(was.keys() | would.keys()):
        owner = name.rpartition(".")[0]
        if was.get(name) != would.get(name) and name not in shown and (not owner or owner in was.keys() & would.keys()):
            found.append(Change("schema", name, was.get(name, ABSENT), would.get(name, ABSENT)))
    return found


def introspected(schema: GraphQLSchema) -> dict[str, str]:
    """Type, ``Type.field``, ``Type.field.argument`` or ``Enum.VALUE`` → its type, as introspection shows it."""
    found: dict[str, str] = {}
    for name, named in schema.type_map.items():
        if name.startswith("__"):
            continue
        found[name] = type(named).__name__.removeprefix("GraphQL")
        for member, one in {**getattr(named, "fields", {}), **getattr(named, "values", {})}.items():
            found[f"{name}.{member}"] = str(getattr(one, "type", "value"))
            found |= {f"{name}.{member}.{arg}": str(each.type) for arg, each in getattr(one, "args", {}).items()}
    return found


def _refusals(before: Outcome, after: Outcome) -> Iterator[Change]:
    if before.refusal == after.refusal:
        return
    kind = "refused" if before.refusal is None else "answered" if after.refusal is None else "refusal"
    yield Change(kind, "operation", before.refusal or "answered", after.refusal or "answered")


def _fields(one: View, other: View, asked: Iterable[str]) -> Iterator[Change]:
    before, after = _verdicts(one), _verdicts(other)
    for name in asked:
        was, would = before.get(name, _Verdict(HIDDEN)), after.get(name, _Verdict(HIDDEN))
        if was.action != would.action:
            kind = "gained" if was.action == HIDDEN else "lost" if would.action == HIDDEN else "action"
            yield Change(kind, name, was.action, would.action, would.why or was.why)


def _verdicts(view: View) -> Mapping[str, _Verdict]:
    return {
        each.coordinate: _Verdict(
            _per_group(view, each.coordinate) if each.coordinate in view.cells else each.action,
            f"{each.rule} ({each.place})" if each.place else each.rule,
        )
        for each in view.access
    }


def _per_group(view: View, coordinate: str) -> str:
    """What the grants that see different rows do with a field, each with its rows."""
    owner = coordinate.partition(".")[0]
    said = []
    for action, group in zip(view.cells[coordinate], view.groups, strict=True):
        rule = group.rows.get(owner)
        where = text_of(rule) if rule is not None else ALL_ROWS if group.whole else "rows that its parents lead to"
        said.append(f"{action} where {where}" if owner in group.rows else "")
    return "; ".join(sorted(filter(None, said)))


def _row_rules(one: View, other: View, asked: Iterable[str]) -> Iterator[Change]:
    for name in asked:
        rules = _rows(one, name), _rows(other, name)
        if rules[0] != rules[1] and name in one.schema.type_map and name in other.schema.type_map:
            yield Change("rows", name, *rules)


def _rows(view: View, name: str) -> str:
    return text_of(view.rows[name]) if name in view.rows else ALL_ROWS


def _agreements(one: View, other: View) -> Iterator[Change]:
    for name in (each.name for each in fields(AgreementInForce)):
        was, would = (str(getattr(view.agreement, name, None)) for view in (one, other))
        if was != would:
            yield Change("agreement", name, was, would)
