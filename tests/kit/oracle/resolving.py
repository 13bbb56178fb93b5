"""A resolver per binding: what each kind of field does for one object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from graphql import GraphQLResolveInfo

from adapters.contract import TYPE_KEYS
from gateway.planning.compile import PRESENCE
from resolvers.fields import Bound, Children, Computed, Embedded, Link, LinkedValue, Listing, Lookup, Meta, Special
from resolvers.rules.required import REQUIRED
from tests.kit.oracle import persons, roots
from tests.kit.oracle.asking import Asking
from tests.kit.oracle.citing import shipments_citing
from tests.kit.oracle.computing import compute
from tests.kit.oracle.linking import follow, held, held_row, keys_of, linked_value
from tests.kit.oracle.paging import pages_by_key, settle_page
from tests.kit.oracle.rows import At, Row

Resolve = Callable[..., Any]
PERSON_TAG = sha256(b"Person").digest()[:2]


def at(value: Any) -> Any:
    """Objects of the response travel as ``At``."""
    if isinstance(value, Row):
        return At(value)
    if isinstance(value, list):
        return [at(item) for item in value]
    return value


def resolver(type_name: str, name: str, target: str, binding: Any, nullable: bool, lists: bool) -> Resolve:
    """For ``type_name.name``, whose named type is ``target``."""

    def resolve(parent: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if isinstance(parent, Mapping):
            return roots.made(parent, name, arguments)
        return of(parent, info, arguments)

    of = _field(type_name, name, target, binding, nullable, lists)
    return resolve


def _field(type_name: str, name: str, target: str, binding: Any, nullable: bool, lists: bool) -> Resolve:
    match binding:
        case Bound(path=path) if lists:
            return lambda parent, info, _: _items(parent.read(path), nullable)
        case Bound(path=path):
            return lambda parent, info, _: parent.read(path)
        case Embedded(path=path):
            return lambda parent, info, _: _embedded(parent, path, PRESENCE.get(target, ()))
        case Children(path=path):
            return lambda parent, info, _: [At(row) for row in parent.row.children.get(path, [])]
        case Link() if (type_name, name) == ("Person", "records"):
            return lambda parent, info, _: [At(row) for row in parent.row.children["records"]]
        case Link(kind="connection"):
            return lambda parent, info, arguments: _connection(parent, info, arguments, binding, type_name)
        case Link():
            return lambda parent, info, _: _link(parent, info, binding, type_name)
        case LinkedValue():
            return lambda parent, info, _: info.context.load(
                info, parent, lambda ats: linked_value(info.context, binding, ats)
            )
        case Computed():
            return lambda parent, info, _: info.context.load(
                info, parent, lambda ats: compute(info.context, type_name, binding, ats)
            )
        case Meta(kind=kind):
            return lambda parent, info, arguments: _meta(parent, info, arguments, kind, type_name)
        case Special(name="crossing_person"):
            return _person_of_crossing
        case Lookup() | Listing() | Special():
            return lambda parent, info, arguments: roots.root(info, name, binding, arguments)
        case other:
            raise TypeError(f"{type_name}.{name}: {other!r}")


def _items(value: Any, nullable: bool) -> Any:
    if value is None:
        return None if nullable else []
    return [item for item in value if item is not None]


def _embedded(parent: At, path: str, presence: Sequence[str]) -> At | None:
    inner = At(parent.row, f"{parent.prefix}{path}.")
    return None if presence and all(inner.read(one) is None for one in presence) else inner


def _link(parent: At, info: GraphQLResolveInfo, link: Link, type_name: str) -> Any:
    asking: Asking = info.context
    many = type_name == "Person"
    if held(asking, info, link):
        return at(held_row(asking, link, parent, many))

    async def run(ats: list[At]) -> Sequence[Any]:
        values, _ = await follow(asking, link, ats, many=many)
        return [at(value) for value in values]

    return asking.load(info, parent, run)


def _connection(
    parent: At, info: GraphQLResolveInfo, arguments: Mapping[str, Any], link: Link, type_name: str
) -> Awaitable[Any]:
    asking: Asking = info.context
    page = settle_page(asking, link.target, arguments)

    async def run(ats: list[At]) -> Sequence[Any]:
        if link.via:
            return await shipments_citing(asking, link, page, ats)
        paths = tuple(theirs for theirs, _ in link.on)
        many = type_name == "Person"
        wanted = [keys_of(asking, link.target, link.on, "", one, many) for one in ats]
        lacking = list({id(report): report for one in ats for report in one.row.lacking}.values())
        return await pages_by_key(asking, page, paths, wanted, lacking)

    return asking.load(info, parent, run)


async def _person_of_crossing(parent: At, info: GraphQLResolveInfo, _: Any) -> Any:
    issuer, number = parent.read("document.issuer"), parent.read("document.number")
    anchor = None if issuer is None or number is None else persons.document_anchor(issuer, number)

    async def run(anchors: list[Any]) -> Sequence[Any]:
        return [at(value) for value in await persons.persons(info.context, anchors)]

    return await info.context.load(info, anchor, run)


def _meta(parent: At, info: GraphQLResolveInfo, arguments: Mapping[str, Any], kind: str, type_name: str) -> Any:
    asking: Asking = info.context
    row = parent.row
    match kind:
        case "id":
            tag = row.owner.tag if row.owner is not None else PERSON_TAG
            path = "@anchor" if type_name == "Person" else TYPE_KEYS[type_name][0]
            return asking.node_ids.column([tag], [parent.read(path)])[0]
        case "agency":
            return row.agency
        case "provenance":
            return {"agency": row.agency, "asOf": row.as_of, "stale": row.stale}
        case "dataFlags":
            return []
        case "completeness":
            asking.loosen(info)
            return {"complete": True, "sources": []}
        case "issuer":
            return roots.agency(asking, row.agency)
        case "name":
            return parent.read(f"name.{arguments['language'].lower()}")
        case "match":
            return {"kind": "EXACT_DOCUMENT", "score": None}
        case "required":
            return asking.load(info, parent, lambda ats: compute(asking, type_name, REQUIRED, ats))
        case other:
            raise TypeError(f"{type_name}: {other}")
