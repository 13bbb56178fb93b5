"""No exception of a lower library leaves the adapter."""

from __future__ import annotations

import inspect
import ssl

import asyncpg
import pytest
from asyncpg import exceptions

from adapters.errors import SourceBadData, SourceError, SourceRefused, SourceTimeout, SourceUnavailable
from adapters.postgres.failures import KNOWN, converted, lost

EVERY = sorted(
    {
        error
        for module in (asyncpg, exceptions)
        for _, error in inspect.getmembers(module, inspect.isclass)
        if issubclass(error, Exception) and not issubclass(error, Warning)
    },
    key=lambda error: error.__name__,
)


@pytest.mark.parametrize("error", EVERY, ids=lambda error: error.__name__)
def test_every_exception_of_asyncpg_is_mapped(error: type[Exception]) -> None:
    assert issubclass(error, KNOWN)
    assert isinstance(converted(error("text")), SourceError)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError("no"), SourceUnavailable),
        (ssl.SSLError("handshake"), SourceUnavailable),
        (OSError("no route"), SourceUnavailable),
        (TimeoutError(), SourceTimeout),
        (asyncpg.QueryCanceledError("canceling"), SourceTimeout),
        (asyncpg.InvalidPasswordError("no"), SourceRefused),
        (asyncpg.InsufficientPrivilegeError("no"), SourceRefused),
        (asyncpg.TooManyConnectionsError("53300"), SourceUnavailable),
        (asyncpg.AdminShutdownError("57P01"), SourceUnavailable),
        (asyncpg.CannotConnectNowError("57P03"), SourceUnavailable),
        (asyncpg.ConnectionDoesNotExistError("closed"), SourceUnavailable),
        (asyncpg.InterfaceError("connection is closed"), SourceUnavailable),
        (asyncpg.UndefinedColumnError("no column"), SourceBadData),
        (asyncpg.InvalidTextRepresentationError("bad"), SourceBadData),
        (asyncpg.exceptions._base.DataError("unbindable"), SourceBadData),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_what_an_exception_means(error: Exception, kind: type[SourceError]) -> None:
    assert type(converted(error)) is kind


def test_only_a_lost_connection_is_tried_again() -> None:
    assert lost(ConnectionResetError("reset"))
    assert lost(asyncpg.AdminShutdownError("57P01"))
    assert not lost(TimeoutError())
    assert not lost(ssl.SSLCertVerificationError("self-signed"))


def test_a_certificate_that_is_refused_is_not_asked_for_again() -> None:
    for error, again in ((ssl.SSLCertVerificationError("self-signed"), False), (ConnectionResetError("reset"), True)):
        found = converted(error)
        assert isinstance(found, SourceUnavailable)
        assert found.retryable is again
    assert not lost(asyncpg.UndefinedTableError("no table"))
    assert not lost(asyncpg.exceptions._base.DataError("unbindable"))


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InvalidTextRepresentationError('invalid input syntax for type integer: "T-00012345"'),
        asyncpg.exceptions._base.DataError("invalid input for query argument $1: 'T-00012345'"),
        asyncpg.PostgresError.new({"M": "permission denied", "C": "42501", "D": "Key (uci)=(T-00012345)"}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_value_is_told(error: Exception) -> None:
    assert "T-00012345" not in str(converted(error))
