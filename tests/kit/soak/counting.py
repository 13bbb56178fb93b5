"""What a gateway process holds: from its metrics, from the kernel, and from the databases that it is connected to."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.kit.faults import Border, Gateway

SETTLE_SECONDS = 30.0
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Counts:
    """``sockets``: to each agency's address; ``backends``: sessions that each database knows of; ``opened``:
    connections that the gateway counts, by agency; ``others``: descriptors that are no connection to an agency."""

    tasks: int
    memory: int
    busy: int
    waiting: int
    opened: dict[str, int]
    sockets: dict[str, int]
    backends: dict[str, int]
    others: int

    def text(self) -> str:
        def told(counts: dict[str, int]) -> str:
            return " ".join(f"{name} {count}" for name, count in sorted(counts.items()))

        return (
            f"{self.tasks} tasks, {self.memory / MEGABYTE:.1f} MiB, {self.busy} busy, {self.waiting} waiting; "
            f"sockets: {told(self.sockets)}; backends: {told(self.backends)}; other descriptors: {self.others}"
        )


async def counts(border: Border, gateway: Gateway) -> Counts:
    metrics = await gateway.metrics()

    def total(name: str, state: str = "") -> int:
        return round(sum(value for key, value in metrics.items() if key.startswith(name) and state in key))

    connections = "guichet_source_connections"
    opened = {
        name: total(f'{connections}{{agency="{name.upper()}"', 'state="open"') for name in border.demo.info["agencies"]
    }
    sockets, others = _descriptors(gateway.pid, _ports(border))
    return Counts(
        total("guichet_tasks"),
        total("guichet_memory_bytes"),
        total(connections, 'state="busy"'),
        total("guichet_source_waiting"),
        opened,
        sockets,
        await _backends(border),
        others,
    )


async def settled(border: Border, gateway: Gateway, right: Callable[[Counts], bool]) -> Counts:
    """The counts as soon as they are ``right``, or as they are after a while."""
    end = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while True:
        found = await counts(border, gateway)
        if right(found) or asyncio.get_running_loop().time() > end:
            return found
        await asyncio.sleep(0.25)


def leaks(before: Counts, after: Counts, growth: int) -> list[str]:
    """What is held afterwards that was not before. ``growth``: bytes by which memory may have grown.

    Pools may hold more than before, but no more than they count; an API's are counted as they are used."""
    found = []
    if after.tasks > before.tasks:
        found.append(f"tasks: {before.tasks} before, {after.tasks} after")
    if after.busy or after.waiting:
        found.append(f"{after.busy} connections busy and {after.waiting} fetches waiting, though nobody asks")
    for name, known in after.backends.items():
        if not known == after.opened[name] == after.sockets[name]:
            found.append(f"{name}: {known} sessions, {after.sockets[name]} sockets, {after.opened[name]} counted")
    if after.others > before.others:
        found.append(f"other descriptors: {before.others} before, {after.others} after")
    if after.memory - before.memory > growth:
        found.append(f"memory: {(after.memory - before.memory) / MEGABYTE:.1f} MiB more")
    return found


def _ports(border: Border) -> dict[int, str]:
    """Where the gateway finds each agency."""
    agencies = border.demo.info["agencies"]
    return {urlsplit(entry.get("dsn") or entry["url"]).port or 0: name for name, entry in agencies.items()}


def _descriptors(pid: int, ports: dict[int, str]) -> tuple[dict[str, int], int]:
    """Sockets by the agency at their other end, in whatever state, and all other descriptors."""
    remote = {}
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        remote[f"socket:[{fields[9]}]"] = int(fields[2].partition(":")[2], 16)
    found = Counter(dict.fromkeys(ports.values(), 0))
    others = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            agency = ports.get(remote.get(os.readlink(descriptor), 0))
        except OSError:  # closed meanwhile
            continue
        if agency is None:
            others += 1
        else:
            found[agency] += 1
    return dict(found), others


async def _backends(border: Border) -> dict[str, int]:
    found = {}
    for name, agency in border.demo.info["agencies"].items():
        if agency["kind"] == "postgres":
            connection = await asyncpg.connect(agency["store"])
            try:
                sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'guichet %'"
                found[name] = await connection.fetchval(sql)
            finally:
                await connection.close()
    return found
