"""The one place where an answer becomes bytes, and where a disclosure is made durable before they leave."""

from __future__ import annotations

from typing import Any, Protocol

from msgspec.json import Encoder

from gateway.errors import ClientError, ErrorCode, RequestErrors
from gateway.request import Answer


def _spelled(value: Any) -> str:
    """A key that a caller gave: a text that knows more of itself. Raises ``TypeError`` for anything else."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written")


ENCODER = Encoder(enc_hook=_spelled)


class Disclosures(Protocol):
    """The ledger, as seen from here."""

    async def append(self, record: Any) -> None:
        """Returns once the record is durable; raises when it cannot be."""
        ...


class Finisher:
    """``disclosures`` is ``None`` in a deployment without a ledger."""

    def __init__(self, disclosures: Disclosures | None = None) -> None:
        self._disclosures = disclosures

    async def finish(self, answer: Answer) -> bytes:
        """The response body. The record of ``answer`` is durable when this returns."""
        body = encode(answer)
        if self._disclosures is not None and answer.record is not None:
            await self._disclosures.append(answer.record)
        return body


def encode(answer: Answer) -> bytes:
    """``data`` is there when the operation was executed, even if it came to nothing (GraphQL, section 7.1)."""
    payload: dict[str, Any] = {}
    if answer.errors:
        payload["errors"] = answer.errors
    if answer.executed:
        payload["data"] = answer.data
    if answer.extensions:
        payload["extensions"] = answer.extensions
    return ENCODER.encode(payload)


def refusal(error: ClientError) -> Answer:
    """The answer that a client error comes to."""
    errors = error.errors if isinstance(error, RequestErrors) else (error,)
    return Answer(
        data=None,
        errors=[each.formatted() for each in errors],
        log={"outcome": str(error.code)},
        executed=False,
        status=error.status,
    )


def outcome_of(answer: Answer) -> str:
    """``OK``, ``PARTIAL`` (data and errors), or the code of the first error: what logs and metrics count."""
    if answer.executed and answer.data is not None:
        return "PARTIAL" if answer.errors else "OK"
    codes = (str(error.get("extensions", {}).get("code", ErrorCode.INTERNAL)) for error in answer.errors)
    return next(codes, "OK")


def internal_error(request_id: str) -> Answer:
    """What a client learns of a fault of ours: that there was one, and under which id it is in the log."""
    return refusal(ClientError(ErrorCode.INTERNAL, "internal error", {"requestId": request_id}, status=500))
