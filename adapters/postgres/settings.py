"""Options of a ``[sources.x]`` table of kind ``postgres``, checked strictly."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class TlsSettings(BaseModel):
    """Files in PEM. ``verify = false`` still encrypts but takes any certificate: for tests only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    verify: bool = True


class PostgresSettings(BaseModel):
    """``dsn`` holds the password, so it prints redacted.

    ``timeout_ms`` bounds each read, waiting for a connection included; ``statement_timeout_ms`` is the server's own
    limit. ``timezone`` is the zone of every time column that has none. ``transaction_pooling`` turns named prepared
    statements off, for PgBouncer in transaction mode."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["postgres"]
    dsn: SecretStr
    timezone: str = "UTC"
    max_connections: int = Field(default=10, ge=1, le=1000)
    connect_timeout_ms: int = Field(default=5_000, ge=1)
    timeout_ms: int = Field(default=5_000, ge=1)
    statement_timeout_ms: int = Field(default=5_000, ge=1)
    transaction_pooling: bool = False
    tls: TlsSettings | None = None

    @field_validator("dsn")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("not a postgresql:// address")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"unknown time zone {value!r}; use a name such as America/Toronto") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
