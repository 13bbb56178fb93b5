"""The whole application in this process, with agencies out of reach."""

from __future__ import annotations

from pathlib import Path

import httpx

from gateway import settings as configuration
from gateway.app import create_app
from gateway.cli.inspection import Unset
from tests.kit.issuer import Issuer, identity
from tests.kit.patience import until
from tests.kit.places import ROOT

ASKED = {"query": "{ __typename }"}


async def test_a_withdrawn_key_ends_tokens_while_it_serves(tmp_path: Path) -> None:
    issuer, file, environment = Issuer(), tmp_path / "keys.json", Unset()
    file.write_bytes(await issuer.read())
    settings = configuration.load(ROOT / "guichet.toml", environment).model_copy(
        update={"identity": identity(jwks_file=str(file), refresh_seconds=1)}
    )
    app = create_app(settings, environment)
    headers = {"Authorization": issuer.bearer()}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway", headers=headers) as client,
    ):

        async def refused() -> bool:
            return (await client.post("/graphql", json=ASKED)).status_code == 401

        assert not await refused()
        issuer.rotate("two")
        issuer.withdraw("one")
        file.write_bytes(await issuer.read())
        await until(refused)
