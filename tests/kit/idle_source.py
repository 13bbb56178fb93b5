"""A source that does nothing but what a test gives it to do."""

from __future__ import annotations

from typing import Any

from adapters.contract import Capabilities, Health, Join


class IdleSource:
    """Up, without a fault, and with nothing to start or to close. Whoever is one says how a fetch is prepared."""

    name, agency = "cargo", "CUSTOMS"
    capabilities = Capabilities({})

    def joins(self, collection: str, join: Join) -> bool:
        return False

    async def start(self) -> None: ...

    async def health(self) -> Health:
        return Health.UP

    async def check(self) -> list[Any]:
        return []

    async def close(self) -> None: ...
