"""The composition root: the only place that wires settings, policy, agencies, engine and HTTP together."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette

from adapters.contract import Source
from adapters.errors import AgencyFileError
from adapters.registry import create, state_of
from gateway import http, telemetry
from gateway import settings as configuration
from gateway.cache import WeightedCache
from gateway.errors import ConfigurationError, Fault
from gateway.execution import build_engine
from gateway.http.admin import admin
from gateway.http.exchange import Gatekeeper
from gateway.http.listener import listening
from gateway.http.schema import PlannedSchema, planned_schema
from gateway.identity import Verifier, key_ring
from gateway.identity.key_set import KeySetUnavailable
from gateway.identity.keys import KeyRing
from gateway.policy import Policy, Recorder, quotas
from gateway.policy.reload import Reloader
from gateway.settings import Secret, Settings
from gateway.settings.agencies import AgencyFile, load_agencies, resolve, type_catalog
from gateway.telemetry import Metrics, SourceState

CONFIG_VARIABLE = "GUICHET_CONFIG_FILE"
"""How worker processes learn which file to read."""

HEALTH_SECONDS = 2.0

COLLECTIONS = (50_000, 20, 100)
"""A request makes some 10,000 containers and keeps none: collecting every 700 cost a tenth of its CPU."""

SourceKey = tuple[str, str]
log = structlog.get_logger("guichet.app")


@dataclass(frozen=True, slots=True)
class Built:
    """Everything that the files describe, checked, with nothing connected yet."""

    settings: Settings
    schema: PlannedSchema
    policy: Policy
    agencies: tuple[AgencyFile, ...]
    sources: Mapping[SourceKey, Source]
    engine: Any
    cache: WeightedCache[Any]


def build(settings: Settings, environment: Mapping[str, str] | None = None) -> Built:
    """Raises :class:`ConfigurationError` with the faults of all files together. No I/O beyond reading them."""
    env = os.environ if environment is None else environment
    schema = planned_schema()
    faults: list[Fault] = []
    cache: WeightedCache[Any] = WeightedCache(settings.limits.cache_bytes, settings.limits.cache_bytes // 4)
    policy: Policy | None = None
    agencies: list[AgencyFile] = []
    sources: dict[SourceKey, Source] = {}
    try:
        agencies = load_agencies(settings.agencies, type_catalog(schema._schema))
    except AgencyFileError as error:
        faults += error.faults
    try:
        policy = Policy.load(settings.policy, schema._schema, agencies, cache)
    except ConfigurationError as error:
        faults += error.faults
    for agency in agencies:
        sources |= _sources(agency, env, faults)
    if faults or policy is None:
        raise ConfigurationError(faults)
    try:
        engine = build_engine(
            schema._schema,
            agencies,
            sources,
            settings.limits,
            settings.opaque_key_bytes,
            settings.gateway.request_timeout_ms / 1000,
            cache,
        )
    except ValueError as error:
        raise ConfigurationError([Fault(str(settings.file), "agencies", str(error))]) from None
    schema.engine = engine
    schema.quotas = quotas(settings.state.dsn)
    if settings.telemetry.recording:
        schema.recorder = Recorder(settings.root / settings.telemetry.recording)
    return Built(settings, schema, policy, tuple(agencies), sources, engine, cache)


def _sources(agency: AgencyFile, env: Mapping[str, str], faults: list[Fault]) -> dict[SourceKey, Source]:
    made: dict[SourceKey, Source] = {}
    for name, table in agency.sources.items():
        resolved, missing = resolve(table, env, file=str(agency.file), key=f"sources.{name}")
        faults += missing
        if missing:
            continue
        try:
            made[agency.code, name] = create(name, agency.code, _revealed(resolved), agency.collections, agency.lookups)
        except AgencyFileError as error:
            faults += [Fault(str(agency.file), each.key, each.problem) for each in error.faults]
    return made


def _revealed(value: Any) -> Any:
    """Secrets leave their wrapping here, on their way into the adapters' settings, which redact them again."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: _revealed(inner) for key, inner in value.items()}
    return [_revealed(inner) for inner in value] if isinstance(value, list) else value


def create_app(settings: Settings, environment: Mapping[str, str] | None = None) -> Starlette:
    """The public application. Its lifespan connects to the agencies and opens the admin listener."""
    built = build(settings, environment)
    keys = key_ring(settings.identity)
    gatekeeper = Gatekeeper(Verifier(settings.identity, keys), built.policy)
    metrics = Metrics()
    metrics.watch(lambda: _states(built.sources))
    ready = _readiness(keys)
    reloader = _reloader(built, gatekeeper)
    view = http.GraphQLView(built.schema, gatekeeper, settings, metrics)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _start(built.sources)
            stack.push_async_callback(_close, built.sources)
            if built.schema.quotas is not None:
                stack.push_async_callback(built.schema.quotas.counter.close)
            await stack.enter_async_context(reloader.watching())
            await ready()
            await stack.enter_async_context(keys.watching())
            gc.collect()
            gc.freeze()  # what was built to serve is never garbage: no full collection need walk it
            gc.set_threshold(*COLLECTIONS)
            if settings.gateway.admin_port is not None:
                operators = admin(ready, lambda: _health(built.sources), metrics, lambda: reloader.faults)
                await stack.enter_async_context(listening(operators, settings.gateway.admin_port))
            yield

    parts = http.Parts(view, gatekeeper, ready, demo_of(settings))
    return http.public(parts, settings.http.cors_origins, lifespan)


def from_environment() -> Starlette:
    """For worker processes: the file that ``GUICHET_CONFIG_FILE`` names."""
    settings = configuration.load(Path(os.environ[CONFIG_VARIABLE]))
    telemetry.configure(settings.telemetry.log_level)
    return create_app(settings)


def _reloader(built: Built, gatekeeper: Gatekeeper) -> Reloader:
    """What was made under the former policy is forgotten; requests under way keep what they have."""

    def load() -> Policy:
        return Policy.load(built.settings.policy, built.schema._schema, built.agencies, built.cache)

    def take(policy: Policy) -> None:
        gatekeeper.policy = policy
        built.cache.clear()

    return Reloader(built.settings.policy, load, take)


def _readiness(keys: KeyRing) -> Any:
    async def ready() -> bool:
        try:
            return await keys.loaded()
        except KeySetUnavailable as error:
            log.warning("not ready", reason=str(error))
            return False

    return ready


async def _start(sources: Mapping[SourceKey, Source]) -> None:
    """All at once. A dead agency is found out again on use; it must not keep the others from being served."""
    outcomes = await asyncio.gather(*(source.start() for source in sources.values()), return_exceptions=True)
    for (agency, name), outcome in zip(sources, outcomes, strict=True):
        if isinstance(outcome, Exception):
            log.warning("source did not start", agency=agency, source=name, exc_info=outcome)


async def _close(sources: Mapping[SourceKey, Source]) -> None:
    await asyncio.gather(*(source.close() for source in sources.values()), return_exceptions=True)


async def _health(sources: Mapping[SourceKey, Source]) -> dict[str, dict[str, str]]:
    """Each source's health as it says, and its breaker."""

    async def one(source: Source) -> dict[str, str]:
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                health = str((await source.health()).value)
        except Exception:  # whatever a source does, its health is a word
            health = "DOWN"
        return {"health": health, "breaker": state_of(source).breaker}

    found = await asyncio.gather(*(one(source) for source in sources.values()))
    return {f"{agency}.{name}": health for (agency, name), health in zip(sources, found, strict=True)}


def _states(sources: Mapping[SourceKey, Source]) -> list[SourceState]:
    found = []
    for (agency, name), source in sources.items():
        state = state_of(source)
        load = state.load
        found.append(
            SourceState(agency, name, state.breaker, load.open, load.busy, load.waiting, state.hits, state.misses)
        )
    return found


# ---- the demo, when it is there ---------------------------------------------------------------


class Demo:
    """The demo package behind its entry points; the product never imports it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._personas: Mapping[str, Any] = demo_entry("personas")
        self._token = demo_entry("token")

    def personas(self) -> Sequence[dict[str, Any]]:
        return [{"name": name, "role": who.role, "purpose": who.purpose} for name, who in self._personas.items()]

    def token(self, persona: str) -> str:
        if persona not in self._personas:
            raise LookupError(persona)
        token: str = self._token(self._directory, persona)
        return token


def demo_of(settings: Settings) -> Demo | None:
    """Only under ``guichet demo``, which sets the directory, and only where no other machine can ask."""
    local = settings.gateway.host in http.LOCAL
    return Demo(settings.demo_dir) if settings.demo_dir is not None and local else None


def demo_entry(name: str) -> Any:
    """``run``, ``personas`` (name → record), ``token`` or ``environment`` of the demo. Raises :class:`LookupError`
    without one."""
    for found in entry_points(group="guichet.demo", name=name):
        return found.load()
    raise LookupError(f"the demo is not installed: no entry point guichet.demo {name}")
