"""Links: the keys of a whole level in one call per owner, the rows handed back by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLResolveInfo, get_named_type, is_object_type
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields

from gateway.planning.rows import NO_RULE
from resolvers.fields import Bound, Link, LinkedValue, Meta, binding_of
from resolvers.identifiers import identifier_of
from tests.kit.oracle.asking import Asking, Found, Report, list_order
from tests.kit.oracle.rows import At, Row, elements, in_order

Key = tuple[Any, ...]
Pairs = Sequence[tuple[str, str]]


async def follow(
    asking: Asking, link: Link, ats: Sequence[At], *, many: bool, inner: bool = False
) -> tuple[list[Any], list[Report]]:
    """Per object: rows (``list``), a row or ``None`` (``one``), or the exception that stands for them."""
    alternatives = _alternatives(link)
    columns: list[list[Any]] = []
    asked: list[list[bool]] = []
    reports: list[Report] = []
    for pairs, agency in alternatives:
        values, wanted, answered = await _follow_by(asking, link, pairs, agency, ats, many, inner)
        columns.append(values)
        asked.append([bool(keys) for keys in wanted])
        reports += answered
    if len(columns) == 1:
        return columns[0], reports
    made = zip(zip(*columns, strict=True), zip(*asked, strict=True), strict=True)
    return [_joined(link.target, values, by) for values, by in made], reports


def _alternatives(link: Link) -> list[tuple[Pairs, str]]:
    if not link.any_of:
        return [(link.on, link.agency)]
    groups: dict[str, list[tuple[str, str]]] = {}
    for pair in link.on:
        groups.setdefault(pair[1].split(".")[0], []).append(pair)
    return [(on, link.agency if link.agency.startswith(head) else "") for head, on in groups.items()]


def _joined(target: str, values: Sequence[Any], asked: Sequence[bool]) -> Any:
    """One list of what the alternatives that were asked brought, each row once."""
    answers = [value for value, by in zip(values, asked, strict=True) if by]
    lists = [value for value in answers if isinstance(value, list)]
    if answers and not lists:
        return answers[0]
    seen: dict[tuple[Any, ...], Row] = {}
    for row in (row for rows in lists for row in rows):
        seen.setdefault((row.owner.id if row.owner else "", row.values.get("key")), row)
    return in_order(list(seen.values()), list_order(target))


async def _follow_by(
    asking: Asking, link: Link, pairs: Pairs, agency: str, ats: Sequence[At], many: bool, inner: bool
) -> tuple[list[Any], list[list[Key]], list[Report]]:
    paths = tuple(theirs for theirs, _ in pairs)
    wanted = [keys_of(asking, link.target, pairs, agency, at, many) for at in ats]
    keys = list(dict.fromkeys(key for row in wanted for key in row))
    if not keys:
        return [_unknown(asking, link, paths, at, many) if link.kind == "list" else None for at in ats], wanted, []
    routed: dict[str, list[Key]] | None = {} if agency else None
    if routed is not None:
        for code, *key in keys:
            routed.setdefault(code, []).append(tuple(key))
    found = await asking.followed(id(link), link.target, keys, paths, routed=routed, inner=inner)
    groups: dict[Key, list[Row]] = {}
    for row in found.rows:
        key = tuple(row.values.get(path) for path in paths)
        groups.setdefault((row.agency, *key) if agency else key, []).append(row)
    values = [_value(link.kind, row, groups, found, bool(agency)) for row in wanted]
    if many and agency and link.kind == "list":
        values = [
            _unknown(asking, link, paths, at, many) if value == [] else value
            for value, at in zip(values, ats, strict=True)
        ]
    return values, wanted, found.reports


def _unknown(asking: Asking, link: Link, paths: tuple[str, ...], at: At, many: bool) -> Any:
    """An empty list, or the failure of all who might have rows: they did not say which records to ask for."""
    lost = [report for report in at.row.reports if report.failed]
    owners = {owner.agency for owner in asking.catalog.lookup_owners(link.target, paths)}
    return Found([], lost).error() if many and lost and owners <= {report.agency for report in lost} else []


def _value(kind: str, wanted: Sequence[Key], groups: dict[Key, list[Row]], found: Found, routed: bool) -> Any:
    failed = {report.agency for report in found.failed}
    answered = {report.agency for report in found.reports if not report.failed}
    if wanted and failed:
        asked = {key[0] for key in wanted} & (failed | answered) if routed else failed | answered
        if asked and asked <= failed and not asked & answered:
            return found.error()
    rows = [row for key in dict.fromkeys(wanted) for row in groups.get(key, ())]
    if kind == "list":
        place = {id(row): index for index, row in enumerate(found.rows)}
        return sorted(rows, key=lambda row: place[id(row)])
    return rows[0] if rows else None


def keys_of(asking: Asking, target: str, pairs: Pairs, agency: str, at: At, many: bool) -> list[Key]:
    """The keys of one object: without nulls, and of the pattern of what they identify."""
    columns = [at.read(agency)] if agency else []
    columns += [at.row.agency if ours == "agency" else at.read(ours) for _, ours in pairs]
    if many:
        return [key for key in elements(columns) if None not in key]
    if None in columns:
        return []
    if len(pairs) == 1:
        owners = asking.catalog.lookup_owners(target, (pairs[0][0],))
        field = owners[0].spec.fields.get(pairs[0][0]) if owners else None
        known = identifier_of(field.type) if field is not None else None
        if known is not None and not known.matches(str(columns[-1])):
            return []
    return [tuple(columns)]


async def linked_value(asking: Asking, value: LinkedValue, ats: Sequence[At]) -> list[Any]:
    paths = tuple(theirs for theirs, _ in value.on)
    owners = [one for one in asking.catalog.lookup_owners(value.target, paths) if one.spec.supplies(value.path)]
    wanted = [keys_of(asking, value.target, value.on, "", at, False) for at in ats]
    keys = list(dict.fromkeys(key for row in wanted for key in row))
    found = await asking.by_keys(value.target, keys, paths, owners=owners) if keys else Found()
    known: dict[Key, Any] = {}
    for row in found.rows:
        known.setdefault(tuple(row.values.get(path) for path in paths), row.values.get(value.path))
    return [found.error() if row and found.all_failed else known.get(row[0]) if row else None for row in wanted]


def held(asking: Asking, info: GraphQLResolveInfo, link: Link) -> bool:
    """Whether the linking row's own key is all that is selected, so that the target is not asked."""
    owners = asking.catalog.owners(link.target)
    if link.kind != "one" or len(owners) != 1 or asking.rules.rule(owners[0]) != NO_RULE:
        return False
    keys = {theirs for theirs, _ in link.on}
    named = get_named_type(info.return_type)
    assert is_object_type(named)
    fragments = {name: FragmentDetails(definition) for name, definition in info.fragments.items()}
    details = [FieldDetails(node, None) for node in info.field_nodes]
    below = collect_subfields(info.schema, fragments, info.variable_values, info.operation, named, details)
    for fields in below.grouped_field_set.values():
        name = fields[0].node.name.value
        if name == "__typename":
            continue
        # Links are fields of object types.
        binding = binding_of(asking.schema.type_map[named.name].fields[name], name)  # type: ignore[attr-defined]
        key_itself = isinstance(binding, Bound) and binding.path in keys and not fields[0].node.selection_set
        if not key_itself and not (isinstance(binding, Meta) and binding.kind == "id"):
            return False
    return True


def held_row(asking: Asking, link: Link, at: At, many: bool) -> Row | None:
    keys = keys_of(asking, link.target, link.on, link.agency, at, many)
    if not keys:
        return None
    owner = asking.catalog.owners(link.target)[0]
    values = dict(zip((theirs for theirs, _ in link.on), keys[0], strict=True))
    return Row(link.target, values, owner.agency, asking.now, False, owner)
