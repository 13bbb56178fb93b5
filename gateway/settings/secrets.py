"""Secrets are references in the files, resolved from an injected environment, and never printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator


class SecretUnavailable(Exception):
    """The reference points at nothing. The text names the reference, never a value."""


class SecretRef(BaseModel):
    """``{ env = "NAME" }`` or ``{ file = "/run/secrets/…" }``; exactly one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    env: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> SecretRef:
        if (self.env is None) == (self.file is None):
            raise ValueError('is a reference: { env = "NAME" } or { file = "PATH" }')
        return self

    def resolve(self, environment: Mapping[str, str]) -> Secret:
        """The value, without surrounding white space. Raises :class:`SecretUnavailable`."""
        if self.env is not None:
            value = environment.get(self.env, "").strip()
            if not value:
                raise SecretUnavailable(f"environment variable {self.env} is not set")
            return Secret(value)
        path = Path(str(self.file))
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise SecretUnavailable(f"file {path} cannot be read: {reason}") from None
        if not value:
            raise SecretUnavailable(f"file {path} is empty")
        return Secret(value)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A resolved secret. ``reveal`` is the only way to its value."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"
