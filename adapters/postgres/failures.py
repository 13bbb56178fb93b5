"""Every exception of asyncpg, the socket and the event loop, as one of ours."""

from __future__ import annotations

import asyncpg

from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable

_REFUSED = ("28", "42501")  # authorization, privileges
_UNAVAILABLE = ("08", "53", "57P", "58", "XX")  # connection, resources, shutdown, system
_CANCELLED = "57014"


def converted(error: BaseException) -> SourceError:
    """The error to raise ``from`` this one. ``error`` is an ``asyncpg`` error, an ``OSError`` or a ``TimeoutError``."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SourceError):
        return error
    if isinstance(error, TimeoutError):
        return SourceTimeout(text)
    state = getattr(error, "sqlstate", None) or ""
    if state == _CANCELLED:
        return SourceTimeout(text)
    if state.startswith(_REFUSED):
        return SourceRefused(text)
    if isinstance(error, OSError) or lost(error) or state.startswith(_UNAVAILABLE):
        return SourceUnavailable(text)
    return SourceBadData(text)


def lost(error: BaseException) -> bool:
    """The connection is gone, so that the same read may be tried on a fresh one."""
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # those are values that cannot be bound
    if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.AdminShutdownError | asyncpg.CrashShutdownError):
        return True
    if isinstance(error, asyncpg.InternalClientError):
        return True
    return isinstance(error, OSError) and not isinstance(error, TimeoutError)


KNOWN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What a call to asyncpg can raise, besides cancellation."""
