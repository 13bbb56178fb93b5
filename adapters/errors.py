"""What can go wrong at an agency's system.

    SourceError
    ├── SourceUnavailable   no connection, connection lost, 5xx, circuit open
    ├── SourceTimeout       no answer before the deadline
    │   └── SourceBusy      nor a turn: the agency was not asked, which tells nothing of it
    ├── SourceRefused       credentials, rate limit, or a declared refusal
    └── SourceBadData       an answer that cannot be read at all
    Unsupported             raised by ``prepare``: the source cannot serve this call shape
    AgencyFileError         an agency file, or its bindings, at fault

Every exception of a lower library is converted to one of these in the adapter's ``source.py``.
The text of a ``SourceError`` may hold hosts, SQL and the agency's own words: it goes to the log, never to a client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SourceError(Exception):
    """A failed fetch. ``code`` is the stable wire code; ``retryable`` says that the same read may be tried again."""

    code = "SOURCE_UNAVAILABLE"
    retryable = False

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class SourceUnavailable(SourceError):
    code = "SOURCE_UNAVAILABLE"
    retryable = True


class SourceTimeout(SourceError):
    code = "SOURCE_TIMEOUT"


class SourceBusy(SourceTimeout):
    pass


class SourceRefused(SourceError):
    code = "SOURCE_REFUSED"


class SourceBadData(SourceError):
    code = "SOURCE_BAD_DATA"


class Unsupported(Exception):
    """The source cannot serve this call shape; the text names what is missing, in terms of harmonised paths."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file: where (file, dotted key path) and what."""

    file: str
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.problem}" if self.key else f"{self.file}: {self.problem}"


class AgencyFileError(Exception):
    """All faults of the agency files at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
