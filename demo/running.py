"""The running demo as its parts see it: where it is, what runs, and what `demo.json` says."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from demo.keys import Keys
from demo.supervisor import Supervisor, SupervisorError, last_line, write_atomically

POSTGRES_AGENCIES = ("customs", "traveller", "trade_controls")
HTTP_AGENCIES = ("revenue", "immigration", "food", "police")
AGENCIES = (*POSTGRES_AGENCIES, *HTTP_AGENCIES)
READY_PATIENCE = 60.0
_T = TypeVar("_T")


@dataclass
class Demo:
    """The running agencies. `info` is the content of `demo.json`; `keys` signs personas' tokens."""

    directory: Path
    keys: Keys
    supervisor: Supervisor
    ports: dict[str, int]
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    def store(self, name: str) -> Path:
        """The SQLite file of an HTTP agency."""
        return self.directory / "stores" / f"{name}.sqlite"

    def publish(self) -> None:
        """Writes `demo.json`; readable by its user only, for it holds passwords."""
        write_atomically(self.directory / "demo.json", json.dumps(self.info, indent=1) + "\n")

    def environment(self) -> dict[str, str]:
        """The variables that the demo's gateway needs."""
        return {
            **_environment(self.info, self.keys),
            "GUICHET_STATE_DSN": self.info["state"]["dsn"],
            "GUICHET_GATEWAY_ADMIN_PORT": str(self.ports["admin"]),
            "GUICHET_DEMO_DIR": str(self.directory),
        }

    async def answers(self, name: str, url: str) -> None:
        """Waits until a child's URL answers 200. Raises SupervisorError when it ends instead or takes too long."""
        output = self.logs / f"{name}.log"
        deadline = asyncio.get_running_loop().time() + READY_PATIENCE
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while asyncio.get_running_loop().time() < deadline:
                if not self.supervisor.running(name):
                    raise SupervisorError(f"{name}: ended at once: {last_line(output)} (see {output})")
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.05)
        raise SupervisorError(f"{name}: no answer from {url}: {last_line(output)} (see {output})")


def environment_of(directory: Path) -> dict[str, str]:
    """What a deployment's environment says of the agencies of the demo that runs in `directory`. Raises LookupError
    when none does."""
    try:
        info = json.loads((directory / "demo.json").read_text())
    except FileNotFoundError:
        raise LookupError(f"{directory}: no demo runs there") from None
    return _environment(info, Keys.open(directory))


def _environment(info: Mapping[str, Any], keys: Keys) -> dict[str, str]:
    """Addresses of agencies that do not run are left out."""
    entries, secrets = info["agencies"], keys.secrets
    addresses = {
        "CUSTOMS_DSN": entries.get("customs", {}).get("dsn"),
        "TRAVELLER_DSN": entries.get("traveller", {}).get("dsn"),
        "TRADE_DSN": entries.get("trade_controls", {}).get("dsn"),
        "REVENUE_URL": entries.get("revenue", {}).get("url"),
        "REVENUE_TOKEN_URL": entries.get("revenue", {}).get("token_url"),
        "IMMIGRATION_URL": entries.get("immigration", {}).get("url"),
        "FOOD_URL": entries.get("food", {}).get("url"),
        "POLICE_URL": entries.get("police", {}).get("url"),
    }
    return {
        **{name: value for name, value in addresses.items() if value is not None},
        "REVENUE_SECRET": secrets.revenue,
        "IMMIGRATION_KEY": secrets.immigration,
        "FOOD_TOKEN": secrets.food,
        "POLICE_PASSWORD": secrets.police,
        "GUICHET_KEY": secrets.opaque,
        "GUICHET_IDENTITY_JWKS_FILE": str(keys.jwks),
    }


async def together(*work: Coroutine[Any, Any, _T]) -> list[_T]:
    """Runs all at once. The first failure cancels and awaits the rest, so that nothing starts behind a clean-up."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except* Exception as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
