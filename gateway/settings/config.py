"""``guichet.toml``, parsed strictly, with ``GUICHET_<SECTION>_<KEY>`` from the environment on top.

Every key has a default that is safe; unknown keys are refused; all faults come at once. Paths in the file are relative
to the file.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.errors import ConfigurationError, Fault
from gateway.settings.secrets import Secret, SecretRef, SecretUnavailable
from gateway.settings.strict import did_you_mean, faults_of, read_toml

PREFIX = "GUICHET_"
KEY_BYTES = 32
Port = Annotated[int, Field(ge=0, le=65535)]
Positive = Annotated[int, Field(ge=1)]
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Gateway(Section):
    """Where it listens and how long a request may take. ``opaque_keys``: the first encrypts ids, all decrypt."""

    host: str = "127.0.0.1"
    port: Port = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    admin_port: Port | None = None
    request_timeout_ms: Annotated[int, Field(ge=100, le=600_000)] = 10_000
    opaque_keys: list[SecretRef] = Field(default_factory=list)


class ClaimNames(Section):
    """Under which names the issuer puts what the gateway reads. A dot reaches into an object. ``scopes``: all names
    under which they may stand; ``scope_format``: how they are written, ``any`` of the two unless said."""

    organization: str = "org"
    roles: str = "roles"
    scopes: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] = ["scope", "scp"]
    scope_format: Literal["any", "text", "list"] = "any"
    foreign_scopes: list[str] = ["openid", "profile", "email", "offline_access"]
    purpose: str = "purpose"
    agreement: str = "agreement"


class Identity(Section):
    """Whose tokens are believed. Algorithms are asymmetric only: the gateway never holds a signing key."""

    issuer: str = ""
    audience: str = ""
    jwks_url: str = ""
    jwks_file: str = ""
    algorithms: Annotated[list[Algorithm], Field(min_length=1)] = ["ES256", "RS256"]
    leeway_seconds: Annotated[int, Field(ge=0, le=120)] = 10
    refresh_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    grace_seconds: Annotated[int, Field(ge=0, le=86_400)] = 3600
    cached_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = 10_000
    claims: ClaimNames = Field(default_factory=ClaimNames)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.jwks_url) == bool(self.jwks_file):
            raise ValueError("needs exactly one of jwks_url and jwks_file")
        if self.jwks_url and not self.jwks_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("jwks_url must be https (http only on this machine)")
        for name in ("issuer", "audience"):
            if not getattr(self, name):
                raise ValueError(f"needs {name}")
        return self


class Http(Section):
    """``cors_origins``: exact origins; ``http://localhost:*`` stands for any port."""

    cors_origins: list[Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+(:(\d+|\*))?$")]] = Field(
        default_factory=list
    )


class Limits(Section):
    """What one request may ask for. See ``docs/configuration.md``."""

    body_bytes: Positive = 100_000
    tokens: Positive = 2_000
    depth: Positive = 15
    aliases: Annotated[int, Field(ge=0)] = 30
    page_size: Positive = 1_000
    default_page: Positive = 25
    list_items: Positive = 1_000
    unordered_rows: Positive = 10_000
    cache_mb: Positive = 64

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.default_page > self.page_size:
            raise ValueError("default_page is larger than page_size")
        return self

    @property
    def cache_bytes(self) -> int:
        return self.cache_mb * 1_000_000


class Telemetry(Section):
    """``recording``: file to which operations are appended, for ``guichet policy try``; empty: none is recorded."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    recording: str = ""


class State(Section):
    """The gateway's own database. Empty: none, so that counts are those of one process."""

    dsn: str = Field(default="", repr=False)


class _File(Section):
    gateway: Gateway = Field(default_factory=Gateway)
    identity: Identity
    http: Http = Field(default_factory=Http)
    limits: Limits = Field(default_factory=Limits)
    telemetry: Telemetry = Field(default_factory=Telemetry)
    state: State = Field(default_factory=State)
    agencies: list[str] = Field(default_factory=lambda: ["agencies/*.toml"], min_length=1)
    policy: str = "policy/"


class Settings(BaseModel):
    """The whole configuration, resolved: paths absolute, secrets fetched. Its ``repr`` shows no secret."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    file: Path
    gateway: Gateway
    identity: Identity
    http: Http
    limits: Limits
    telemetry: Telemetry
    state: State = Field(default_factory=State)
    agencies: tuple[Path, ...]
    policy: Path
    opaque_keys: tuple[Secret, ...]
    demo_dir: Path | None = None

    @property
    def root(self) -> Path:
        return self.file.parent

    @property
    def opaque_key_bytes(self) -> list[bytes]:
        return [decoded for key in self.opaque_keys if (decoded := _key_bytes(key)) is not None]


def load(path: Path, environment: Mapping[str, str] | None = None, *, secrets: bool = True) -> Settings:
    """Read, override from ``environment`` (the process's by default), check, resolve. Raises ConfigurationError.

    ``secrets=False`` leaves secrets unresolved, for commands that only look at schema and policy.
    """
    env = os.environ if environment is None else environment
    path = path.absolute()
    table = read_toml(path)
    faults = _override(table, env)
    try:
        parsed = _File.model_validate(table)
    except ValidationError as error:
        raise ConfigurationError([*faults, *faults_of(error, str(path), _File)]) from None
    root = path.parent
    agencies, missing = _globs(parsed.agencies, root, str(path))
    faults += missing
    keys: list[Secret] = []
    if secrets:
        keys, unresolved = _opaque_keys(parsed.gateway, env, str(path))
        faults += unresolved
    if faults:
        raise ConfigurationError(faults)
    identity = parsed.identity
    if identity.jwks_file:
        identity = identity.model_copy(update={"jwks_file": str(root / identity.jwks_file)})
    return Settings(
        file=path,
        gateway=parsed.gateway,
        identity=identity,
        http=parsed.http,
        limits=parsed.limits,
        telemetry=parsed.telemetry,
        state=parsed.state,
        agencies=tuple(agencies),
        policy=root / parsed.policy,
        opaque_keys=tuple(keys),
        demo_dir=Path(env["GUICHET_DEMO_DIR"]).absolute() if env.get("GUICHET_DEMO_DIR") else None,
    )


def _opaque_keys(gateway: Gateway, env: Mapping[str, str], file: str) -> tuple[list[Secret], list[Fault]]:
    keys, faults = [], []
    if not gateway.opaque_keys:
        faults.append(Fault(file, "gateway.opaque_keys", 'is required: [{ env = "GUICHET_KEY" }]'))
    for index, reference in enumerate(gateway.opaque_keys):
        key = f"gateway.opaque_keys.{index}"
        try:
            secret = reference.resolve(env)
        except SecretUnavailable as error:
            faults.append(Fault(file, key, str(error)))
            continue
        if _key_bytes(secret) is None:
            faults.append(Fault(file, key, f"is not {KEY_BYTES} bytes in base64"))
        keys.append(secret)
    return keys, faults


def _key_bytes(secret: Secret) -> bytes | None:
    try:
        decoded = base64.b64decode(secret.reveal(), validate=True)
    except ValueError:
        return None
    return decoded if len(decoded) == KEY_BYTES else None


def _globs(patterns: list[str], root: Path, file: str) -> tuple[list[Path], list[Fault]]:
    found: list[Path] = []
    faults = []
    for index, pattern in enumerate(patterns):
        try:
            base, rest = (Path("/"), pattern.lstrip("/")) if pattern.startswith("/") else (root, pattern)
            matches = sorted(base.glob(rest))
        except ValueError:
            matches = []
        if not matches:
            faults.append(Fault(file, f"agencies.{index}", f"no file matches {pattern}"))
        found += [match for match in matches if match not in found]
    return found, faults


def _override(table: dict[str, Any], env: Mapping[str, str]) -> list[Fault]:
    """Put every ``GUICHET_<SECTION>_<KEY>`` into ``table``. The value is JSON where the setting is not text.

    ``GUICHET_AGENCIES`` (a JSON list) and ``GUICHET_POLICY`` stand for the two settings outside any section.
    """
    faults = []
    targets = _targets()
    sections = tuple({f"{PREFIX}{place[0].upper()}_" for place, _ in targets.values() if len(place) > 1})
    for name in sorted(env):
        if name not in targets:
            if not name.startswith(sections):
                continue  # GUICHET_KEY, GUICHET_DEMO_DIR and the like are no overrides
            faults.append(Fault("environment", name, f"is no setting{did_you_mean(name, targets)}"))
            continue
        place, text = targets[name]
        value: Any = env[name]
        if not text:
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                faults.append(Fault("environment", name, "is not a JSON value, as this setting needs"))
                continue
        inner = table
        for step in place[:-1]:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                break  # the file has something else there, which validation will say
        else:
            inner[place[-1]] = value
    # The demo writes one key set file; it replaces a URL in the file rather than standing beside it.
    for mine, other in (("JWKS_FILE", "jwks_url"), ("JWKS_URL", "jwks_file")):
        if env.get(f"{PREFIX}IDENTITY_{mine}") and isinstance(table.get("identity"), dict):
            table["identity"].pop(other, None)
    return faults


def _targets() -> dict[str, tuple[tuple[str, ...], bool]]:
    """Variable name → (key path, whether its value is plain text)."""
    targets: dict[str, tuple[tuple[str, ...], bool]] = {}

    def walk(model: type[BaseModel], place: tuple[str, ...]) -> None:
        for name, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                walk(kind, (*place, name))
                continue
            plain = kind is str or ("Literal" in str(kind) and not str(kind).startswith("list"))
            targets[PREFIX + "_".join((*place, name)).upper()] = ((*place, name), plain)

    walk(_File, ())
    return targets
