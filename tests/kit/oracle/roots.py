"""Root fields, and objects that the gateway makes itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLResolveInfo

from adapters.contract import TYPE_KEYS, FetchCall
from resolvers.fields import Computed, Listing, Lookup, Special
from resolvers.rules.cited_permits import PERMIT_NEEDS, verify_permit
from tests.kit.oracle import persons
from tests.kit.oracle.asking import Asking, Found
from tests.kit.oracle.computing import compute
from tests.kit.oracle.paging import PageOf, cut_ordered, root_page, settle_page
from tests.kit.oracle.rows import At, Row

UNHEALTHY = ["UP", "DEGRADED", "DOWN"]


def made(parent: Mapping[str, Any], name: str, arguments: Mapping[str, Any]) -> Any:
    """A field of an object that the gateway made."""
    value = parent[f"name.{arguments['language'].lower()}"] if name == "name" else parent.get(name)
    if callable(value):
        return value()
    return objects(value)


def objects(value: Any) -> Any:
    if isinstance(value, Row):
        return At(value)
    return [objects(item) for item in value] if isinstance(value, list) else value


def agency(asking: Asking, code: str) -> dict[str, Any]:
    names = asking.catalog.agencies[code]
    return {
        "code": code,
        "name.en": names.en,
        "name.fr": names.fr,
        "supplies": supplied(asking, code),
        "health": lambda: _health(asking, code),
    }


def supplied(asking: Asking, code: str) -> list[str]:
    return sorted(
        name
        for name, owners in asking.catalog.by_type.items()
        if name in asking.view.schema.type_map and code in {owner.agency for owner in owners}
    )


async def _health(asking: Asking, code: str) -> str:
    sources = [o.source for owners in asking.catalog.by_type.values() for o in owners if o.agency == code]
    states = await asyncio.gather(*(source.health() for source in {id(one): one for one in sources}.values()))
    return max((str(state.value) for state in states), key=UNHEALTHY.index)


async def root(info: GraphQLResolveInfo, name: str, binding: Any, arguments: Mapping[str, Any]) -> Any:
    asking: Asking = info.context
    match binding:
        case Lookup():
            return objects(await _lookup(asking, binding, arguments))
        case Listing(target=target):
            return await root_page(asking, settle_page(asking, target, arguments))
        case Special(name="node"):
            return _raised((await _nodes(asking, [arguments["id"]]))[0])
        case Special(name="nodes"):
            return await _nodes(asking, arguments["ids"])
        case Special(name="person"):
            document = arguments["document"]
            anchor = persons.document_anchor(document["issuer"], document["number"].strip().upper())
            return objects(_raised((await persons.persons(asking, [anchor]))[0]))
        case Special(name="agencies"):
            return [agency(asking, code) for code in asking.catalog.agencies if supplied(asking, code)]
        case Special(name="viewer"):
            return _viewer(asking)
        case Special(name="heldContainers"):
            return await _held_containers(asking, arguments)
        case Special(name="verifyPermit"):
            return await _verify(asking, arguments["input"])
        case _:
            raise NotImplementedError(name)


def _raised(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


async def _lookup(asking: Asking, lookup: Lookup, arguments: Mapping[str, Any]) -> Row | None:
    paths = tuple(path for path, _ in lookup.on)
    key = tuple(arguments[name] for _, name in lookup.on)
    version = getattr(key[0], "version", None)
    if lookup.agency:
        found = await asking.by_keys(lookup.target, (), paths, routed={arguments[lookup.agency]: [key]})
    else:
        found = await asking.by_keys(lookup.target, [tuple(str(part) for part in key)], paths)
    if found.failed:
        raise found.error()
    if not found.rows or (version is not None and found.rows[0].values.get("version") != version):
        return None
    return found.rows[0]


async def _nodes(asking: Asking, ids: Sequence[str]) -> list[Any]:
    wanted: dict[str, dict[str, None]] = {}
    read: list[tuple[str, str] | None] = []
    node_types = {one.name for one in asking.view.schema.get_possible_types(asking.view.schema.type_map["Node"])}
    from tests.kit.oracle.resolving import PERSON_TAG

    for node_id in ids:
        found = asking.node_ids.read(node_id)
        owner = asking.catalog.by_tag.get(found[0]) if found else None
        name = "Person" if found and found[0] == PERSON_TAG else owner.id if owner else ""
        type_name = "Person" if name == "Person" else owner.spec.provides if owner else ""
        if found is None or type_name not in node_types:
            read.append(None)
            continue
        read.append((name, found[1]))
        wanted.setdefault(name, {})[found[1]] = None
    values: dict[tuple[str, str], Any] = {}
    for name, keys in wanted.items():
        for key, value in zip(keys, await _nodes_of(asking, name, list(keys)), strict=True):
            values[name, key] = value
    return [None if one is None else objects(values[one]) for one in read]


async def _nodes_of(asking: Asking, name: str, keys: Sequence[str]) -> list[Any]:
    if name == "Person":
        return await persons.persons(asking, keys)
    owner = next(o for owners in asking.catalog.by_type.values() for o in owners if o.id == name)
    path = TYPE_KEYS[owner.spec.provides]
    found = await asking.by_keys(owner.spec.provides, [(key,) for key in keys], path, owners=[owner])
    if found.failed:
        return [found.error()] * len(keys)
    rows = {str(row.values[path[0]]): row for row in found.rows}
    return [rows.get(key) for key in keys]


def _viewer(asking: Asking) -> dict[str, Any]:
    who = asking.principal
    access = [
        {"coordinate": one.coordinate, "action": one.action, "rows": one.rows, "rule": one.rule}
        for one in asking.view.access
    ]
    return {
        "subject": who.subject,
        "organization": who.organization,
        "roles": sorted(who.roles),
        "scopes": sorted(who.scopes),
        "purpose": who.purpose,
        "agreement": None,
        "access": access,
    }


async def _held_containers(asking: Asking, arguments: Mapping[str, Any]) -> dict[str, Any]:
    page = settle_page(asking, "HeldContainer", arguments)
    found = await asking.listing("Hold")
    if found.all_failed:
        raise found.error()
    groups: dict[str, list[Row]] = {}
    for row in found.rows:
        here = row.values.get("place") == arguments["place"] and row.values.get("liftedAt") is None
        if here and row.values.get("container") is not None:
            groups.setdefault(row.values["container"], []).append(row)
    held: list[Row] = []
    for number in sorted(groups):
        rows = sorted(groups[number], key=lambda row: (row.owner.id if row.owner else "", row.values["key"]))
        agencies = sorted({row.agency for row in rows})
        if len(agencies) >= arguments["agencies"]:
            ccn = next((row.values["shipment.ccn"] for row in rows if row.values.get("shipment.ccn") is not None), None)
            values = {"number": number, "place": arguments["place"], "agencies": agencies, "shipment.ccn": ccn}
            held.append(Row("HeldContainer", values, "", asking.now, False, None, {"holds": rows}))
    places = {id(row): [row.values["number"]] for row in held}
    asked = PageOf(page.target, None, (), page.size, page.forward, page.cursor)
    return cut_ordered(asked, held, places, found, None, missed=bool(found.failed))


async def _verify(asking: Asking, given: Mapping[str, Any]) -> Any:
    found = await asking.by_keys("Permit", (), ("number",), routed={given["issuer"]: [(given["number"],)]}, inner=True)
    rows: list[Any] = []
    if found.rows:
        await compute(
            asking, "Permit", Computed(PERMIT_NEEDS, lambda read, _: rows.extend(read) or []), [At(found.rows[0])]
        )
    report = next(((one.outcome, one.as_of) for one in found.reports), None)
    return verify_permit(rows[0] if rows else None, report, given, asking.now)


__all__ = ["FetchCall", "Found", "agency", "made", "objects", "root", "supplied"]
