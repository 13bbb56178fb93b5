"""A changed policy without a restart: on SIGHUP, and when a file of the directory changes.

A policy with faults is not taken: the one in force stays, the log says why, and the admin listener's ``/readyz`` says
that the files and the gateway differ.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog
from watchfiles import awatch

from gateway.errors import ConfigurationError
from gateway.policy.book import Policy

log = structlog.get_logger("guichet.policy")


class Reloader:
    """``load`` reads the files; ``take`` puts a new policy in force."""

    def __init__(self, directory: Path, load: Callable[[], Policy], take: Callable[[Policy], None]) -> None:
        self._directory = directory
        self._load = load
        self._take = take
        self.faults: tuple[str, ...] = ()

    async def reload(self) -> bool:
        """Whether the files are now in force."""
        try:
            policy = await asyncio.to_thread(self._load)
        except ConfigurationError as error:
            self.faults = tuple(map(str, error.faults))
            log.error("policy not taken; the former one stays in force", faults=list(self.faults))
            return False
        self._take(policy)
        self.faults = ()
        log.info("policy taken", roles=len(policy.roles))
        return True

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Reloads while the context lasts."""
        stop = asyncio.Event()
        hup = asyncio.Event()
        tasks = [asyncio.create_task(self._files(stop)), asyncio.create_task(self._signals(hup))]
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread: files alone
            loop.add_signal_handler(signal.SIGHUP, hup.set)
        try:
            yield
        finally:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(signal.SIGHUP)
            stop.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _files(self, stop: asyncio.Event) -> None:
        async for _ in awatch(self._directory, stop_event=stop, recursive=False, debounce=200, step=50):
            await self.reload()

    async def _signals(self, hup: asyncio.Event) -> None:
        while True:
            await hup.wait()
            hup.clear()
            await self.reload()
