"""A changed policy is taken, one with faults is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from graphql import GraphQLSchema

from gateway.policy import Policy
from gateway.policy.reload import Reloader

GOOD = '[roles.r]\nquery = ["shipment"]\n[roles.r.types.Shipment]\nfields = ["ccn"]\n'


async def test_a_bad_file_keeps_the_former_policy_and_a_good_one_replaces_it(
    master: GraphQLSchema, tmp_path: Path
) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(GOOD)
    taken: list[Policy] = []
    reloader = Reloader(tmp_path, lambda: Policy.load(tmp_path, master), taken.append)
    assert await reloader.reload()
    file.write_text(GOOD.replace('"ccn"', '"cnn"'))
    assert not await reloader.reload()
    assert len(taken) == 1
    assert "Shipment has no field cnn" in reloader.faults[0]
    async with reloader.watching():
        await asyncio.sleep(0.3)
        file.write_text(GOOD.replace("roles.r", "roles.s"))
        async with asyncio.timeout(20):
            while len(taken) < 2:  # noqa: ASYNC110 - nothing signals it
                await asyncio.sleep(0.05)
    assert set(taken[-1].roles) == {"s"}
    assert reloader.faults == ()
