"""Recorded operations, one JSON object a line: what a changed policy is tried on.

{"persona": "officer-vancouver", "document": "{ shipments { nodes { ccn } } }"}
{"principal": {"organization": "CUSTOMS", "roles": ["border-officer"], "scopes": ["shipments:read"],
               "purpose": "border-clearance", "claims": {"ports": ["CAVAN"]}},
 "document": "query Q($n: Int) { … }", "operationName": "Q", "variables": {"n": 10}}
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.errors import ConfigurationError, Fault
from gateway.request import Principal
from gateway.settings.strict import faults_of

MOST_KINDS = 10_000
"""Operations of different kinds that one process records; then no more, so that the file has an end."""

log = structlog.get_logger("guichet.recording")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class RecordedPrincipal(_Strict):
    """Who asked, by grants: no subject and no token, for a trial compares what grants allow."""

    organization: str
    roles: list[str]
    scopes: list[str] = Field(default_factory=list)
    purpose: str | None = None
    agreement: str | None = None
    claims: dict[str, Any] = Field(default_factory=dict)

    def principal(self) -> Principal:
        return Principal(
            "recorded",
            self.organization,
            frozenset(self.roles),
            frozenset(self.scopes),
            self.purpose,
            self.agreement,
            claims=self.claims,
        )


class RecordedOperation(_Strict):
    """One line. ``persona``: of the demo."""

    document: str
    persona: str | None = None
    principal: RecordedPrincipal | None = None
    operation_name: str | None = Field(default=None, alias="operationName")
    variables: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_asks(self) -> Self:
        if (self.persona is None) == (self.principal is None):
            raise ValueError("needs exactly one of persona and principal")
        return self


def read_recording(file: Path) -> list[tuple[int, RecordedOperation]]:
    """Operations with their line numbers; empty lines are passed over. Raises :class:`ConfigurationError` with the
    faults of all lines."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise ConfigurationError([Fault(str(file), "", f"cannot be read: {error.strerror}")]) from None
    found, faults = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append((number, RecordedOperation.model_validate(orjson.loads(line))))
        except orjson.JSONDecodeError as error:
            faults.append(Fault(f"{file}:{number}", "", f"is not JSON: {error}"))
        except ValidationError as error:
            faults += faults_of(error, f"{file}:{number}", RecordedOperation)
    if faults:
        raise ConfigurationError(faults)
    return found


class Recorder:
    """Appends each kind of operation once: who by grants, which document, which variables are given. The file holds
    values (variables, claims), so nobody but its owner may read it. A file that fails ends the recording, never a
    request."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._seen: set[bytes] = set()
        self._left = MOST_KINDS

    def note(
        self, principal: Principal, document: str, operation_name: str | None, variables: Mapping[str, Any] | None
    ) -> None:
        if not self._left:
            return
        who = {
            "organization": principal.organization,
            "roles": sorted(principal.roles),
            "scopes": sorted(principal.scopes),
            "purpose": principal.purpose,
            "agreement": principal.agreement,
        }
        values = variables or {}
        try:
            kind = orjson.dumps([who, sorted(principal.claims), document, operation_name, _outline(values)])
            asked = {"document": document, "operationName": operation_name, "variables": values}
            line = orjson.dumps({"principal": {**who, "claims": principal.claims}, **asked})
        except (TypeError, RecursionError):  # text that is not Unicode, numbers and nesting without end
            return
        digest = sha256(kind).digest()
        if digest not in self._seen:
            self._seen.add(digest)
            self._left -= 1
            self._append(line)

    def _append(self, line: bytes) -> None:
        try:
            with open(self.file, "ab", opener=_private) as out:
                out.write(line + b"\n")
        except OSError as error:
            self._left = 0
            log.error("operations are no longer recorded", file=str(self.file), reason=str(error))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _outline(value: Any) -> Any:
    """The shape of a variable without its values: objects by their keys, lists by what they hold, once each."""
    if isinstance(value, Mapping):
        return {key: _outline(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [orjson.loads(one) for one in sorted({orjson.dumps(_outline(inner)) for inner in value})]
    return value if isinstance(value, bool) or value is None else ""
