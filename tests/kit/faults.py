"""Agencies that break on order, and gateways in front of them: real processes, real databases, real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx

from demo import fronts
from demo.installation import discard
from demo.launcher import agencies
from demo.running import HTTP_AGENCIES, Demo
from demo.supervisor import Command, until
from tests.kit.places import ROOT

HOST = "127.0.0.1"
NEVER = "resilience = { attempts = 2, wait_s = 0.02, failures = 100000, recover_s = 0.1 }"
"""Breakers stay closed: what one test broke tells nothing to the next."""
READY_SECONDS = 60.0


@dataclass
class Answered:
    """One operation's response, and how long it took."""

    status: int
    body: dict[str, Any]
    seconds: float

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def errors(self) -> list[dict[str, Any]]:
        return cast(list[dict[str, Any]], self.body.get("errors", []))

    @property
    def outcomes(self) -> dict[str, str]:
        """Agency → outcome, of the whole response."""
        return {one["agency"]: one["outcome"] for one in self.body["extensions"]["completeness"]["sources"]}

    @property
    def complete(self) -> bool:
        return cast(bool, self.body["extensions"]["completeness"]["complete"])


@dataclass
class Gateway:
    """One gateway process. ``deadline``: seconds that it gives a request."""

    url: str
    admin: str
    pid: int
    log: Path
    deadline: float
    demo: Demo
    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, persona: str) -> dict[str, str]:
        if persona not in self.tokens:
            self.tokens[persona] = self.demo.keys.token(persona)
        return {"Authorization": f"Bearer {self.tokens[persona]}"}

    async def ask(self, persona: str, query: str, variables: Mapping[str, Any] | None = None) -> Answered:
        started = time.perf_counter()
        answer = await self.client.post(
            self.url, json={"query": query, "variables": variables or {}}, headers=self.headers(persona)
        )
        return Answered(answer.status_code, answer.json(), time.perf_counter() - started)

    async def sources(self) -> dict[str, dict[str, str]]:
        """``/readyz`` of the admin listener: source → health and breaker."""
        return cast(dict[str, dict[str, str]], (await self.client.get(f"{self.admin}/readyz")).json()["sources"])

    async def metrics(self) -> dict[str, float]:
        """``/metrics``: name with labels → value."""
        lines = (await self.client.get(f"{self.admin}/metrics")).text.splitlines()
        pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}


class Border:
    """The seven agencies, for tests that break them. Nothing else uses them."""

    def __init__(self, demo: Demo, client: httpx.AsyncClient) -> None:
        self.demo = demo
        self.client = client

    def agency(self, name: str) -> dict[str, Any]:
        return cast(dict[str, Any], self.demo.info["agencies"][name])

    async def order(self, name: str, **faults: Any) -> None:
        """Replaces all faults of an agency; none heals it."""
        answer = await self.client.post(self.agency(name)["control"], json=faults)
        assert answer.status_code == 200, answer.text

    async def heal(self) -> None:
        for name, agency in self.demo.info["agencies"].items():
            if self.demo.supervisor.running(process_of(name, agency)):
                await self.order(name)

    async def kill(self, name: str) -> None:
        """``kill -9``, as the kernel would when memory runs out."""
        agency = self.agency(name)
        process = process_of(name, agency)
        pid = self.demo.supervisor.pid(process)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not self.demo.supervisor.running(process), 10.0)

    async def revive(self, name: str) -> None:
        if name in HTTP_AGENCIES:
            await self.demo.supervisor.stop(name)
            await fronts.start_http_agencies(self.demo, [name])
        else:
            await self.order(name, restart=True)

    @contextlib.asynccontextmanager
    async def gateway(
        self,
        name: str,
        deadline_ms: int,
        *,
        resilience: str = NEVER,
        collections: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        **edits: str,
    ) -> AsyncIterator[Gateway]:
        """A gateway of its own. ``resilience`` goes into every source; ``edits`` add lines to an agency's source
        (``customs="coalesce_ms = 0"``), ``collections`` to a collection (``{"food.permit": "…"}``);
        ``environment`` says where agencies are otherwise than where they are."""
        config = configuration(self.demo.directory / f"config-{name}", resilience, edits, collections or {})
        port, admin = _free(), _free()
        log = self.demo.logs / f"{name}.log"
        log.unlink(missing_ok=True)
        variables = {
            **os.environ,
            **self.demo.environment(),
            **(environment or {}),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "GUICHET_GATEWAY_REQUEST_TIMEOUT_MS": str(deadline_ms),
            "GUICHET_GATEWAY_ADMIN_PORT": str(admin),
        }
        guichet = str(Path(sys.executable).with_name("guichet"))
        argv = [guichet, "serve", "--config", str(config), "--port", str(port)]
        pid = self.demo.supervisor.start(Command(name, argv, log, variables, ROOT, grace=15.0))
        base = f"http://{HOST}:{port}"
        try:
            await self.demo.answers(name, f"{base}/readyz")
            yield Gateway(
                f"{base}/graphql", f"http://{HOST}:{admin}", pid, log, deadline_ms / 1000, self.demo, self.client
            )
        finally:
            await self.demo.supervisor.stop(name)


def process_of(name: str, agency: Mapping[str, Any]) -> str:
    """What the supervisor calls an agency's process."""
    return name if agency["kind"] == "rest" else f"postgres-{name}"


def _free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return cast(int, probe.getsockname()[1])


def configuration(directory: Path, resilience: str, edits: Mapping[str, str], collections: Mapping[str, str]) -> Path:
    """The demo's own files, with lines added to their ``[sources.*]`` tables, and to those of some collections."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(ROOT / "agencies", directory / "agencies")
    shutil.copytree(ROOT / "policy", directory / "policy")
    shutil.copy(ROOT / "guichet.toml", directory)
    for file in (directory / "agencies").glob("*.toml"):
        text = file.read_text()
        for line in filter(None, (resilience, edits.get(file.stem, ""))):
            text = re.sub(rf"(?m)^{line.split()[0]} = .*\n", "", text)
            text = re.sub(r"(?m)^(\[sources\.\w+\])$", rf"\1\n{line}", text)
        file.write_text(text)
    for name, lines in collections.items():
        agency, _, collection = name.partition(".")
        file = directory / "agencies" / f"{agency}.toml"
        header = f"[collections.{collection}]\n"
        text = file.read_text()
        assert header in text, name
        file.write_text(text.replace(header, f"{header}{lines}\n"))
    return directory / "guichet.toml"


@contextlib.asynccontextmanager
async def border(directory: Path) -> AsyncIterator[Border]:
    try:
        async with agencies(directory) as demo, httpx.AsyncClient(timeout=60) as client:
            yield Border(demo, client)
    finally:
        discard(directory)


async def settled(gateway: Gateway, persona: str, query: str, variables: Mapping[str, Any]) -> Answered:
    """The healthy answer, once there is one. For after an outage has ended."""
    end = time.monotonic() + READY_SECONDS
    while True:
        answer = await gateway.ask(persona, query, variables)
        if answer.status == 200 and not answer.errors:
            return answer
        ours = [one for one in answer.errors if "agency" not in one["extensions"]]
        assert not ours, ours
        assert time.monotonic() < end, answer.errors
        await asyncio.sleep(0.1)
