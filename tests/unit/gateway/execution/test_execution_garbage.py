"""What a request was made of is gone with its answer: nothing waits for a collection of garbage."""

from __future__ import annotations

import gc

from gateway.execution.table import Table
from tests.kit.memory_world import World, day

CCN = "1234PARS00001"
TXN = "12345678901231"
QUERY = """{ shipments { nodes { ccn containers { number } holds { agency }
  declarations { items { sequence citedPermits { number shipment: permit { type lines { hs } } } } } }
  completeness { complete } } }"""


def tables() -> list[Table]:
    """Those that there are: other tests may keep some."""
    return [one for one in gc.get_objects() if isinstance(one, Table)]


async def test_tables_do_not_keep_each_other() -> None:
    """Rows with lists, joined rows with lists of theirs, and merged ones."""
    here = World(
        {
            "CUSTOMS": {
                "shipment": [{"ccn": CCN, "eta": day(1), "containers": [{"number": "CSQU3054383"}]}],
                "declaration": [{"transactionNumber": TXN, "shipment.ccn": CCN}],
                "goodsitem": [
                    {"transactionNumber": TXN, "sequence": 1, "citedPermits": [{"issuer": "FOOD", "number": "P1"}]}
                ],
                "hold": [{"key": "c", "shipment.ccn": CCN, "placedAt": day(1)}],
            },
            "FOOD": {
                "permit": [{"number": "P1", "type": "food", "lines": [{"hs": "010101"}]}],
                "hold": [{"key": "f", "shipment.ccn": CCN, "placedAt": day(2)}],
            },
        }
    )
    await here.data_of(QUERY)
    gc.collect()
    gc.disable()
    kept = set(map(id, tables()))
    try:
        data = await here.data_of(QUERY)
        assert data["shipments"]["nodes"][0]["declarations"][0]["items"][0]["citedPermits"][0]["shipment"]["lines"]
        assert not set(map(id, tables())) - kept
    finally:
        gc.enable()
