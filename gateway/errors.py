"""What may be told to a client, and what may not.

    ClientError               safe to show: a stable code, fixed text, no value of an agency
      RequestRefused          the whole request is refused; carries the HTTP status
        Unauthenticated       401, with ``WWW-Authenticate: Bearer``
        Forbidden             the token as a whole, or a root field's scope
      RequestErrors           several at once: parse and validation errors of one document
    ConfigurationError        faults in files of the operator, each with file and key path; never leaves the process
    InternalError             everything else of our own making: logged in full, ``INTERNAL`` outside

Foreign exceptions are treated as internal ones. They become wire errors in one place, ``gateway.http.wire``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from adapters.errors import Fault as Fault


class ErrorCode(StrEnum):
    """``errors[].extensions.code``. Stable: clients branch on them, ``docs/errors.md`` explains each."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_TOO_LARGE = "OPERATION_TOO_LARGE"
    DEPTH_LIMIT = "DEPTH_LIMIT"
    ALIAS_LIMIT = "ALIAS_LIMIT"
    PAGE_SIZE_LIMIT = "PAGE_SIZE_LIMIT"
    COST_LIMIT = "COST_LIMIT"
    RATE_LIMITED = "RATE_LIMITED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    AGREEMENT_EXPIRED = "AGREEMENT_EXPIRED"
    PURPOSE_NOT_PERMITTED = "PURPOSE_NOT_PERMITTED"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    SOURCE_TIMEOUT = "SOURCE_TIMEOUT"
    SOURCE_REFUSED = "SOURCE_REFUSED"
    SOURCE_BAD_DATA = "SOURCE_BAD_DATA"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    LEDGER_UNAVAILABLE = "LEDGER_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class ClientError(Exception):
    """An error whose text and extensions may be sent to the client as they are.

    ``status`` is the HTTP status under ``application/graphql-response+json``; under ``application/json`` a
    well-formed request is answered 200 (GraphQL over HTTP), except by a :class:`RequestRefused`.
    ``locations`` are (line, column) pairs; ``path`` is a response path.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        extensions: Mapping[str, Any] | None = None,
        *,
        status: int = 400,
        locations: Sequence[tuple[int, int]] = (),
        path: Sequence[str | int] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extensions = dict(extensions or {})
        self.status = status
        self.locations = tuple(locations)
        self.path = path

    def formatted(self) -> dict[str, Any]:
        """The error as GraphQL prints it."""
        wire: dict[str, Any] = {"message": self.message}
        if self.locations:
            wire["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        if self.path is not None:
            wire["path"] = list(self.path)
        wire["extensions"] = {"code": str(self.code), **self.extensions}
        return wire


class RequestRefused(ClientError):
    """The request is refused before any data is asked for. ``headers`` go with the response."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        extensions: Mapping[str, Any] | None = None,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, extensions, status=status)
        self.headers = dict(headers or {})


class Unauthenticated(RequestRefused):
    """No token, or one that does not hold. The text never says which check failed: that is in the log (``reason``)."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            ErrorCode.UNAUTHENTICATED,
            "a valid bearer token is needed",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
        self.reason = reason


class Forbidden(RequestRefused):
    """The token holds but gives no right to this request."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.FORBIDDEN, message, status=403)


class RequestErrors(ClientError):
    """Several client errors of one request; never empty. Code and status are the first one's."""

    def __init__(self, errors: Sequence[ClientError]) -> None:
        first = errors[0]
        super().__init__(first.code, first.message, first.extensions, status=first.status)
        self.errors = tuple(errors)


class InternalError(Exception):
    """Our own fault. Logged in full under the request id; outside it is ``INTERNAL`` and nothing more."""


class ConfigurationError(Exception):
    """All faults found in the operator's files, at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
