"""A client that goes away: what was being done for it is cancelled, down to the agencies."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive

WATCH_AFTER_SECONDS = 0.05
"""Most answers are there before; listening costs a task, and work that is this short is not worth cancelling."""

STATUS = 499
"""For the log alone: nobody is there to be told (the number is nginx's)."""


class Departure:
    """Cancels the task that it was made in when the client disconnects, from :meth:`watch` until :meth:`end`."""

    def __init__(self, receive: Receive) -> None:
        self.gone = False
        self._receive = receive
        self._task: asyncio.Task[Any] | None = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._listener: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """To be called once the body is read: what the client sends from then on is its end."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_SECONDS, self._listen)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()

    def settle(self) -> bool:
        """Whether a cancellation of the task was this one's, which is over with that."""
        if self.gone and self._task is not None:
            self._task.uncancel()
        return self.gone

    def _listen(self) -> None:
        self._listener = asyncio.ensure_future(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self.gone = True
        if self._task is not None:
            self._task.cancel()
