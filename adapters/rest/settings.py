"""Options of ``[sources.x]`` with ``kind = "rest"``: parsed strictly, secrets redacted when printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from yarl import URL

from adapters.errors import AgencyFileError, Fault


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HeaderAuth(_Strict):
    """A fixed header: ``{ kind = "header", name = "X-Api-Key", value = { env = … } }``."""

    kind: Literal["header"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
    value: SecretStr


class BearerAuth(_Strict):
    """``Authorization: Bearer …`` with a fixed token."""

    kind: Literal["bearer"]
    token: SecretStr


class BasicAuth(_Strict):
    """HTTP basic authentication."""

    kind: Literal["basic"]
    user: str
    password: SecretStr


class OAuth2Auth(_Strict):
    """OAuth 2.0 client credentials. ``client_auth``: the secret goes in a basic header (default) or in the form."""

    kind: Literal["oauth2"]
    token_url: str
    client_id: str
    client_secret: SecretStr
    scope: str = ""
    audience: str = ""
    client_auth: Literal["basic", "body"] = "basic"

    @field_validator("token_url")
    @classmethod
    def _http(cls, value: str) -> str:
        return http_url(value)


Auth = Annotated[HeaderAuth | BearerAuth | BasicAuth | OAuth2Auth, Field(discriminator="kind")]


class Tls(_Strict):
    """Files: the authority that signed the server's certificate; the gateway's own certificate and its key."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @model_validator(mode="after")
    def _pair(self) -> Tls:
        if self.key and not self.cert:
            raise ValueError("`key` needs `cert`")
        return self


class Verdict(_Strict):
    """Errors inside a 200 body: the JSON path of a code, and what its values mean. Undeclared: an outage."""

    path: str
    ok: tuple[str, ...]
    missing: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @field_validator("ok", "missing", "refused", mode="before")
    @classmethod
    def _tuple(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


class RestOptions(_Strict):
    """One HTTP API of an agency. ``timeout_ms`` bounds each call; ``unordered_rows`` how much of a list is read whole
    when the API cannot filter or order it as asked."""

    kind: Literal["rest"] = "rest"
    base_url: str
    auth: Auth | None = None
    tls: Tls | None = None
    timeout_ms: Annotated[int, Field(gt=0)] = 5000
    max_concurrency: Annotated[int, Field(gt=0)] = 8
    timezone: str | None = None
    verdict: Verdict | None = None
    max_body_bytes: Annotated[int, Field(gt=0)] = 32 * 1024 * 1024
    unordered_rows: Annotated[int, Field(gt=0)] = 10_000

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        return http_url(value).rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"no time zone {value!r}") from None
        return value


def http_url(value: str) -> str:
    """``value``, when it is an absolute http(s) URL without user, query or fragment. Raises ``ValueError``."""
    url = URL(value)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("is an absolute http or https URL")
    if url.user or url.password or url.query_string or url.fragment:
        raise ValueError("has no user, query or fragment; credentials go in `auth`")
    return value


def revealed(value: Any) -> Any:
    """A table with every resolved secret as plain text, for validation."""
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    reveal = getattr(value, "reveal", None)
    return reveal() if callable(reveal) else value


def parse_options(table: Mapping[str, Any], *, file: str, key: str) -> RestOptions:
    """The options in ``table``. Raises ``AgencyFileError`` with every fault, each under ``key``."""
    try:
        return RestOptions.model_validate(revealed(table))
    except ValidationError as error:
        raise AgencyFileError(
            [
                Fault(file, ".".join((key, *(str(part) for part in item["loc"]))), _problem(item["type"], item["msg"]))
                for item in error.errors(include_input=False, include_url=False)
            ]
        ) from None


def _problem(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "is required"
    return message.removeprefix("Value error, ")
