"""Every exception of asyncpg, the socket and the event loop, as one of ours."""

from __future__ import annotations

import ssl

import asyncpg

from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable

_REFUSED = ("28", "42501")  # authorization, privileges
_UNAVAILABLE = ("08", "53", "57P", "58", "XX")  # connection, resources, shutdown, system
_CANCELLED = "57014"
_DATA = ("22", "23")  # data exceptions, constraints


def converted(error: BaseException) -> SourceError:
    """The error to raise ``from`` this one. ``error`` is an ``asyncpg`` error, an ``OSError`` or a ``TimeoutError``."""
    if isinstance(error, SourceError):
        return error
    text = _text(error)
    if isinstance(error, TimeoutError):
        return SourceTimeout(text)
    state = getattr(error, "sqlstate", None) or ""
    if state == _CANCELLED:
        return SourceTimeout(text)
    if state.startswith(_REFUSED):
        return SourceRefused(text)
    if isinstance(error, OSError) or lost(error) or state.startswith(_UNAVAILABLE):
        result = SourceUnavailable(text)
        result.retryable = not isinstance(error, ssl.SSLCertVerificationError)  # asking again makes it no better
        return result
    return SourceBadData(text)


def _text(error: BaseException) -> str:
    """For the log: what went wrong, without a value of the agency's or of the question."""
    name = type(error).__name__
    if isinstance(error, asyncpg.PostgresError):  # its detail, and messages about data, quote values
        message = "" if (error.sqlstate or "").startswith(_DATA) else f": {error.args[0] if error.args else ''}"
        return f"{name} {error.sqlstate}{message}"
    if isinstance(error, ValueError) and not isinstance(error, OSError):  # an argument that cannot be bound, quoted
        return name
    return f"{name}: {error}"


def lost(error: BaseException) -> bool:
    """The connection is gone, so that the same read may be tried on a fresh one."""
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # those are values that cannot be bound
    if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.AdminShutdownError | asyncpg.CrashShutdownError):
        return True
    if isinstance(error, asyncpg.InternalClientError):
        return True
    return isinstance(error, OSError) and not isinstance(error, TimeoutError | ssl.SSLCertVerificationError)


KNOWN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What a call to asyncpg can raise, besides cancellation."""
