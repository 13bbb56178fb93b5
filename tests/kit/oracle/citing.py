"""``Permit.shipments``: items that cite the permit, their declarations, the shipments of those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resolvers.fields import Link
from tests.kit.oracle.asking import Asking, Found
from tests.kit.oracle.paging import PageOf, cut
from tests.kit.oracle.rows import At, Row


async def shipments_citing(asking: Asking, link: Link, page: PageOf, ats: Sequence[At]) -> list[Any]:
    """One connection per permit. Every item is read: this is the reference, not the way to do it."""
    permits = [(at.row.agency, at.read("number")) for at in ats]
    known = [permit for permit in permits if permit[1] is not None]
    items = await asking.listing("GoodsItem", inner=True) if known else Found()
    transactions: dict[Any, dict[Any, None]] = {}
    for item in items.rows:
        for cited in item.children.get("citedPermits", ()):
            permit = (cited.values.get("issuer"), cited.values.get("number"))
            transaction = item.values.get("transactionNumber")
            if permit in known and transaction is not None:
                transactions.setdefault(permit, {})[transaction] = None
    every = list(dict.fromkeys((one,) for ones in transactions.values() for one in ones))
    declarations = await _by(asking, "Declaration", every, "transactionNumber", inner=True)
    ccns: dict[Any, Any] = {
        row.values["transactionNumber"]: row.values.get("shipment.ccn") for row in declarations.rows
    }
    keys = list(dict.fromkeys((ccn,) for ccn in ccns.values() if ccn is not None))
    shipments = await _by(asking, "Shipment", keys, "ccn", inner=False)
    found = Found(shipments.rows, [*items.reports, *declarations.reports, *shipments.reports])
    if found.failed and (shipments.all_failed or not shipments.reports):
        return [None if permit[1] is None else found.error() for permit in permits]
    return [
        cut(
            asking,
            page,
            _mine(permit, transactions, ccns, shipments.rows),
            found,
            None,
            nested=True,
            missed=permit[1] is not None and bool(found.failed),
        )
        for permit in permits
    ]


async def _by(asking: Asking, target: str, keys: Sequence[tuple[Any, ...]], path: str, *, inner: bool) -> Found:
    return await asking.by_keys(target, keys, (path,), inner=inner) if keys else Found()


def _mine(permit: Any, transactions: Any, ccns: Any, rows: Sequence[Row]) -> list[Row]:
    mine = {ccns.get(transaction) for transaction in transactions.get(permit, ())}
    return [row for row in rows if row.values.get("ccn") in mine]
