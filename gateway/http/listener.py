"""A second listener in the same process and event loop: the admin one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import structlog
import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
log = structlog.get_logger("guichet.admin")


class _Quiet(uvicorn.Server):
    """Leaves signals to the main server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def listening(app: ASGIApp, port: int) -> AsyncIterator[None]:
    """Serve ``app`` on this machine only, for as long as the context lasts.

    With several workers the first to come has the port; the others go without.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        log.warning("admin listener not opened", port=port, reason=error.strerror)
        yield
        return
    server = _Quiet(uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
        listener.close()
