"""The contenders, each a process of its own with one worker, and what the system says of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import peers

ROOT = Path(__file__).parents[1]
LEAN = "floor, no reset"
FLOORS = ("floor", LEAN)
SERVICE = "strawberry"
STOCK = ("stock", SERVICE)
"""Who runs on the stock executor."""
UNGUARDED = (SERVICE, *peers.PEERS)
"""GraphQL without access control."""
CONTENDERS = ("gateway", *FLOORS, *STOCK, *peers.PEERS)
WORKERS_2 = "gateway, 2 workers"
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Of the process and of those that it has started."""
        return sum(map(cpu_seconds, family(self.pid)))

    def peak_megabytes(self) -> float:
        """Peak resident memory since the start."""
        return megabytes(self.pid, "VmHWM")

    def megabytes(self) -> float:
        """Resident memory now."""
        return megabytes(self.pid, "VmRSS")


def megabytes(pid: int, line: str) -> float:
    """A line of a process's status that is in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith(f"{line}:")), 0.0)


def family(pid: int) -> list[int]:
    """A process, its children, and theirs."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process: in nanoseconds where the kernel tells, else in clock ticks."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            spent += int((task / "schedstat").read_text().split()[0])
    if spent:
        return spent / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def contenders(
    names: tuple[str, ...], environment: Mapping[str, str], logs: Path
) -> AsyncIterator[dict[str, Contender]]:
    """All of ``names``, ready, for as long as the context lasts."""
    async with contextlib.AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(_running(name, environment, logs)) for name in names}


@contextlib.asynccontextmanager
async def _running(name: str, environment: Mapping[str, str], logs: Path) -> AsyncIterator[Contender]:
    port = free_port()
    config = str(ROOT / "guichet.toml")
    guichet = str(Path(sys.executable).with_name("guichet"))
    commands = {
        "gateway": [guichet, "serve", "--config", config, "--port", str(port)],
        WORKERS_2: [guichet, "serve", "--config", config, "--port", str(port), "--workers", "2"],
        "stock": [sys.executable, "-m", "bench.stock", config, str(port)],
        "floor": [sys.executable, "-m", "bench.floor", str(port)],
        SERVICE: [sys.executable, "-m", "bench.service", str(port)],
        LEAN: [sys.executable, "-m", "bench.floor", str(port), "--no-reset"],
        **{peer: [peers.node() or "node", str(peers.FOLDER / f"{peer}.mjs"), str(port)] for peer in peers.PEERS},
    }
    if name in peers.PEERS:
        environment = {**environment, **peers.environment()}
    log = logs / f"bench-{name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *commands[name], cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )
    try:
        await _listening(process, port, log)
        yield Contender(name, port, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    ended = asyncio.ensure_future(process.wait())
    heard = asyncio.ensure_future(listened(port))
    await asyncio.wait({ended, heard}, return_when=asyncio.FIRST_COMPLETED)
    if process.returncode is not None:
        heard.cancel()
        raise RuntimeError(f"a contender ended at once; {log} says why")
    ended.cancel()
    await heard


async def listened(port: int) -> None:
    """Returns once somebody listens on a port of this machine."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
