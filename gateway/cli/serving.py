"""``guichet serve`` and ``guichet demo``: the commands that stay."""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from gateway import settings as configuration
from gateway import telemetry
from gateway.app import CONFIG_VARIABLE, create_app, demo_entry
from gateway.cli.mistakes import Mistake

Config = Annotated[Path, typer.Option("--config", help="The deployment's file.")]

GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 30
PING_SECONDS = 20
SERVER: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "websockets-sansio",
    "ws_ping_interval": PING_SECONDS,
    "ws_ping_timeout": PING_SECONDS,
    "ws_per_message_deflate": False,  # as elsewhere: what is secret is not compressed beside what others chose
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    "timeout_graceful_shutdown": GRACE_SECONDS,
}
"""How the public listener serves, whatever the deployment."""


def listener(settings: configuration.Settings, port: int | None = None) -> dict[str, Any]:
    """The server's options for a deployment; ``port`` is instead of the file's."""
    return {
        **SERVER,
        "host": settings.gateway.host,
        "port": settings.gateway.port if port is None else port,
        "ws_max_size": settings.limits.body_bytes,
    }


class Scale(StrEnum):
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


def serve(
    config: Config = Path("guichet.toml"),
    port: Annotated[int | None, typer.Option(help="Instead of the file's port.", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer requests.", min=1, max=64)] = None,
) -> None:
    """Run the gateway, for agencies that are there."""
    settings = configuration.load(config)
    telemetry.configure(settings.telemetry.log_level)
    count = workers or settings.gateway.workers
    options = listener(settings, port)
    application = create_app(settings)  # with several workers too: faults of the files show here, once
    if count > 1:
        os.environ[CONFIG_VARIABLE] = str(settings.file)
        uvicorn.run("gateway.app:from_environment", factory=True, workers=count, **options)
        return
    server = uvicorn.Server(uvicorn.Config(application, **options))
    # Having shut down, uvicorn raises the signal again for whoever handled it before: being asked to end is no fault.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit as stopped:
        if stopped.code:
            raise Mistake(f"port {options['port']} of {options['host']} cannot be had", 1) from None
    if not server.started:
        raise Mistake("the gateway did not start; the log says why", 1)


def demo(
    port: Annotated[int, typer.Option(help="Where the gateway listens; 0 takes a free port.", min=0, max=65535)] = 8000,
    directory: Annotated[Path, typer.Option("--dir", help="Where data, keys and logs are kept.")] = Path(
        ".guichet/demo"
    ),
    scale: Annotated[Scale, typer.Option(help="How much data.")] = Scale.SMALL,
    seed: Annotated[int, typer.Option(help="The same seed makes the same data.")] = 1,
    reset: Annotated[bool, typer.Option("--reset", help="Make the data anew.")] = False,
) -> int:
    """Run everything on this machine: seven simulated agencies, and the gateway before them."""
    try:
        run = demo_entry("run")
    except (LookupError, ImportError) as error:
        raise Mistake(f"the demo is not installed ({error}): pip install 'guichet[demo]'", 1) from None
    code: int = run(port=port, dir=directory, scale=str(scale), seed=seed, reset=reset)
    return code
