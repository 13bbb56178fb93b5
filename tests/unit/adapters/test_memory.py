"""The reference source: what it records, and how it fails on demand."""

from __future__ import annotations

import asyncio

import pytest

from adapters.contract import CollectionSpec as Spec
from adapters.contract import Compare, FetchCall, FetchSpec, FieldBinding, Health, Linked, Param, Value
from adapters.errors import SourceRefused, SourceTimeout, SourceUnavailable, Unsupported
from adapters.memory import MemorySource

SHIPMENT = Spec("CUSTOMS", "m", "shipment", "Shipment", {p: FieldBinding(p, "String", (p,)) for p in ("ccn", "port")})
HOLD = Spec(
    "CUSTOMS", "m", "hold", "Hold", {p: FieldBinding(p, "String", (p,)) for p in ("key", "shipment.ccn", "place")}
)


def source() -> MemorySource:
    return MemorySource(
        "m",
        "CUSTOMS",
        {"shipment": SHIPMENT, "hold": HOLD},
        {
            "shipment": [{"ccn": "A", "port": "CAVAN"}, {"ccn": "B", "port": "CAMTR"}],
            "hold": [{"key": "1", "shipment.ccn": "B", "place": "CAMTR"}, {"key": "2", "place": "CAVAN"}],
        },
    )


async def test_lookup_is_recorded() -> None:
    memory = source()
    spec = FetchSpec("CUSTOMS.shipment", ("ccn", "port"), keys=("ccn",))
    answer = await memory.prepare(spec).run(FetchCall(keys=[("B",), ("C",)]))
    assert answer.columns == (["B"], ["CAMTR"])
    (asked,) = memory.asked("shipment")
    assert asked.spec is spec
    assert asked.call.keys == [("B",), ("C",)]
    assert memory.asked("hold") == []


async def test_linked_rows_of_the_same_source() -> None:
    memory = source()
    held = Linked("hold", (("shipment.ccn", "ccn"),), Compare("place", "eq", Param("place")))
    fetch = memory.prepare(FetchSpec("shipment", ("ccn",), predicate=held))
    assert (await fetch.run(FetchCall(params={"place": "CAMTR"}))).columns == (["B"],)
    assert (await fetch.run(FetchCall(params={"place": "CAVAN"}))).columns == ([],)


async def test_failures_and_delays_on_demand() -> None:
    memory = source()
    fetch = memory.prepare(FetchSpec("shipment", ("ccn",), filter=Compare("port", "ne", Value(None))))
    memory.fail("shipment", SourceRefused("no"))
    with pytest.raises(SourceRefused):
        await fetch.run(FetchCall())
    assert await memory.health() is Health.DEGRADED
    memory.fail("shipment")
    memory.fail(error=SourceUnavailable("down"))
    with pytest.raises(SourceUnavailable):
        await fetch.run(FetchCall())
    assert await memory.health() is Health.DOWN
    memory.fail()
    memory.delay(30)
    with pytest.raises(SourceTimeout):
        await fetch.run(FetchCall(deadline=asyncio.get_running_loop().time() + 0.01))
    memory.delay(0)
    assert (await fetch.run(FetchCall())).count == 2
    assert len(memory.calls) == 4


def test_unknown_collections_are_unsupported() -> None:
    with pytest.raises(Unsupported):
        source().prepare(FetchSpec("permit", ("number",)))
