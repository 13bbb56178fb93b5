"""`guichet demo`: the simulated agencies and the gateway, started in order, ended without a trace.

As a library: `async with agencies(directory, only=["customs"]) as demo: demo.info["agencies"]["customs"]["dsn"]`.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import uvloop

from demo import databases, fronts, ports, seeding
from demo.installation import PostgresError
from demo.keys import PERSONAS, Keys
from demo.postgres import STATE
from demo.progress import Quiet, Reporter, Terminal
from demo.running import AGENCIES, HTTP_AGENCIES, POSTGRES_AGENCIES, Demo
from demo.supervisor import Command, Supervisor, SupervisorError, last_line

CONFIG = "guichet.toml"


class DemoError(Exception):
    """The demo cannot start or has broken down; one line for the person at the terminal."""


@contextlib.asynccontextmanager
async def agencies(
    directory: Path,
    scale: str = "small",
    seed: int = 1,
    *,
    statement_log: bool = True,
    only: Collection[str] | None = None,
    reset: bool = False,
    report: Reporter | None = None,
    today: date | None = None,
) -> AsyncIterator[Demo]:
    """Runs the agencies, and the gateway's state database, for as long as the context lasts.

    The world is generated, around `today`, when the directory holds another or none; that of an earlier day is kept.
    `only` names the agencies to start (codes in lower case). Raises DemoError. Whatever happens, no process stays and
    the data does.
    """
    report = report or Quiet()
    directory = _absolute(directory)
    wanted = AGENCIES if only is None else tuple(name for name in AGENCIES if name in only)
    if unknown := sorted(set(only or ()) - set(AGENCIES)):
        raise DemoError(f"{', '.join(unknown)}: no such agency; one of {', '.join(AGENCIES)}")
    supervisor = Supervisor(directory / "run")
    async with contextlib.AsyncExitStack() as stack:
        try:
            supervisor.acquire()
            stack.callback(supervisor.release)
            (directory / "demo.json").unlink(missing_ok=True)
            stack.push_async_callback(supervisor.stop_all)
            await supervisor.sweep()
            demo = Demo(directory, Keys.open(directory), supervisor, _choose_ports(directory))
            servers = await databases.start(
                demo, scale, seed, wanted, reset=reset, statement_log=statement_log, report=report, today=today
            )
            demo.info = {"state": {"dsn": servers.pop("state").dsn(STATE)}, "personas": list(PERSONAS), "agencies": {}}
            report.step("agencies")
            await fronts.open_proxies(demo, servers, stack, statement_log=statement_log)
            await fronts.start_http_agencies(demo, wanted)
        except (SupervisorError, PostgresError, OSError) as failure:
            raise DemoError(str(failure)) from failure
        demo.publish()
        stack.callback((directory / "demo.json").unlink, missing_ok=True)
        yield demo


def _absolute(directory: Path) -> Path:
    # As root the servers' place in /var/tmp is named after it, so one directory must have one name.
    return directory.resolve()


def _choose_ports(directory: Path) -> dict[str, int]:
    proxies = [f"{name}-proxy" for name in POSTGRES_AGENCIES]
    names = [*POSTGRES_AGENCIES, "state", *proxies, *HTTP_AGENCIES, "control", "gateway", "admin"]
    return ports.choose(names, directory / "ports.json")


@contextlib.asynccontextmanager
async def gateway(demo: Demo, port: int, report: Reporter) -> AsyncIterator[None]:
    """Runs the gateway on `port` (0: one of the directory's own) beside the agencies. Raises DemoError."""
    port = port or demo.ports["gateway"]
    base = f"http://{ports.HOST}:{port}"
    report.step("gateway")
    output = demo.logs / "gateway.log"
    argv = [_guichet(), "serve", "--config", str(_config()), "--port", str(port)]
    command = Command("gateway", argv, output, {**os.environ, **demo.environment()}, grace=15.0)
    try:
        pid = demo.supervisor.start(command)
        await demo.answers("gateway", f"{base}/readyz")
    except SupervisorError as failure:
        raise DemoError(str(failure)) from failure
    admin = f"http://{ports.HOST}:{demo.ports['admin']}"
    demo.info = {"gateway": {"url": f"{base}/graphql", "admin": admin, "pid": pid}, **demo.info}
    demo.publish()
    try:
        yield
    finally:
        # Before its agencies: what it still answers must not fail for want of them.
        await demo.supervisor.stop("gateway")


def _guichet() -> str:
    beside = Path(sys.executable).with_name("guichet")
    found = str(beside) if beside.exists() else shutil.which("guichet")
    if found is None:
        raise DemoError("guichet: the command is not installed beside this Python")
    return found


def _config() -> Path:
    here = Path(CONFIG)
    found = here if here.exists() else seeding.source_root() / CONFIG
    if not found.exists():
        raise DemoError(f"{CONFIG}: not in this directory")
    return found.resolve()


@dataclass(frozen=True, slots=True)
class Options:
    """What `guichet demo` was asked for. Without `gateway` the agencies alone run; `only` as for `agencies`."""

    port: int
    directory: Path
    scale: str
    seed: int
    reset: bool
    gateway: bool
    only: Collection[str] | None


async def _demo(options: Options) -> None:
    """Runs everything until it is cancelled or the gateway ends."""
    if options.gateway and options.port and not ports.free(options.port):
        raise DemoError(f"port {options.port}: in use; choose another with --port")
    report = Terminal()
    try:
        async with contextlib.AsyncExitStack() as stack:
            demo = await stack.enter_async_context(
                agencies(
                    options.directory,
                    options.scale,
                    options.seed,
                    only=options.only,
                    reset=options.reset,
                    report=report,
                )
            )
            if not options.gateway:
                report.close()
                print(f"Agencies are ready: {demo.directory / 'demo.json'}", flush=True)
                await asyncio.Event().wait()
            await stack.enter_async_context(gateway(demo, options.port, report))
            report.close()
            print(f"Guichet is ready: {demo.info['gateway']['url']}", flush=True)
            code = await demo.supervisor.ended("gateway", poll=0.2)
            output = demo.logs / "gateway.log"
            raise DemoError(f"gateway: ended with {code}: {last_line(output)} (see {output})")
    finally:
        report.close()


async def _until_signal(options: Options) -> int:
    task = asyncio.ensure_future(_demo(options))
    asked = asyncio.Event()

    def stop() -> None:
        # Once: a second Ctrl-C must not interrupt the clean-up.
        if not asked.is_set():
            asked.set()
            task.cancel()

    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(sign, stop)
    try:
        await task
    except asyncio.CancelledError:
        return 0 if asked.is_set() else 1
    except DemoError as failure:
        print(f"guichet demo: {failure}", file=sys.stderr)
        return 1
    return 0


def run(
    port: int = 8000,
    dir: Path | str = ".guichet/demo",
    scale: str = "small",
    seed: int = 1,
    reset: bool = False,
    *,
    gateway: bool = True,
    only: Collection[str] | None = None,
) -> int:
    """`guichet demo`; its exit code. Blocks until SIGINT or SIGTERM (0) or until something breaks (1)."""
    return uvloop.run(_until_signal(Options(port, Path(dir), scale, seed, reset, gateway, only)))
