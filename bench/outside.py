"""A client on a thread of its own: what the gateway's thread spends is then the gateway's alone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Outside:
    """``loop`` runs on the client's thread."""

    loop: asyncio.AbstractEventLoop

    async def call(self, asked: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T, float]:
        """What ``asked`` comes to there, and the seconds of CPU that this thread spent meanwhile."""
        before = time.thread_time()
        found = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked(), self.loop))
        return found, time.thread_time() - before


@contextlib.asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="client")
    thread.start()
    try:
        yield Outside(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
