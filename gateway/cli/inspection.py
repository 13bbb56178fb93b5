"""Commands that look and tell: ``check``, ``schema``, ``plan``, ``explain-access``."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import print_schema

from adapters.errors import AgencyFileError
from gateway import settings as configuration
from gateway.app import build, demo_entry
from gateway.cli.checking import findings, unserved_of
from gateway.cli.mistakes import Mistake
from gateway.cli.serving import Config
from gateway.cli.viewpoints import AgreementId, PersonaName, Roles, chosen, view_of
from gateway.errors import ClientError, ConfigurationError, RequestErrors
from gateway.http.schema import planned_schema
from gateway.policy import Policy
from gateway.policy.matrix import as_csv, as_markdown
from gateway.settings import Settings
from gateway.settings.agencies import load_agencies, type_catalog
from resolvers.french import sdl_in_french
from resolvers.schema import printed


class Form(StrEnum):
    MARKDOWN = "markdown"
    CSV = "csv"


class Lang(StrEnum):
    EN = "en"
    FR = "fr"


class Unset(Mapping[str, str]):
    """An environment where every variable has some value of the right shape, for commands that connect to nothing."""

    def __getitem__(self, name: str) -> str:
        if name in os.environ:
            return os.environ[name]
        if name.startswith("GUICHET_") and name != "GUICHET_KEY":
            raise KeyError(name)  # an override that nobody made
        if "DSN" in name:
            return "postgresql://unset@unset.invalid/unset"
        if "URL" in name:
            return "https://unset.invalid"
        return base64.b64encode(bytes(32)).decode()

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def check(
    config: Config = Path("guichet.toml"),
    offline: Annotated[bool, typer.Option("--offline", help="Only the files; ask no agency.")] = False,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Ask the agencies of the demo that runs there.", show_default=False)
    ] = None,
) -> int:
    """Parse every file, then ask every source whether what it is said to hold is there.

    A finding, on standard output, is where a file and a live system contradict each other. Dirty data, slow
    questions and what an agency cannot be asked are notes, on standard error.
    """
    environment: Mapping[str, str] = Unset() if offline else _environment(directory)
    built = build(configuration.load(config, environment), environment)
    found = unserved_of(built) if offline else asyncio.run(findings(built))
    for file, finding in found:
        note = "note: " if finding.note else ""
        typer.echo(f"{file}: {finding.key}: {note}{finding.problem}", err=finding.note)
    faults = sum(not finding.note for _, finding in found)
    if not faults:
        known = f"{len(built.agencies)} agencies, {len(built.policy.roles)} roles"
        typer.echo(f"{config}: {known}: no fault found", err=True)
    return 1 if faults else 0


def _environment(demo: Path | None) -> Mapping[str, str]:
    """Where the agencies are, and their secrets: as deployed, or as in a running demo."""
    if demo is None:
        return os.environ
    try:
        return {**os.environ, **demo_entry("environment")(demo)}
    except (LookupError, ImportError) as error:
        raise Mistake(str(error), 1) from None


def schema(
    config: Config = Path("guichet.toml"),
    role: Roles = None,
    persona: PersonaName = None,
    agreement: AgreementId = None,
    lang: Annotated[Lang, typer.Option("--lang", help="Of the descriptions.")] = Lang.EN,
) -> None:
    """Print the whole schema, or what some roles see of it."""
    sdl = printed()
    if role or persona is not None:
        sdl = print_schema(view_of(_policy(_settings(config)), role, persona, agreement).schema) + "\n"
    typer.echo(sdl_in_french(sdl) if lang is Lang.FR else sdl, nl=False)


def plan(
    file: Annotated[Path, typer.Argument(help="A GraphQL document with one operation.", show_default=False)],
    config: Config = Path("guichet.toml"),
    role: Roles = None,
    persona: PersonaName = None,
    agreement: AgreementId = None,
    variables: Annotated[str, typer.Option(help="The operation's variables, as a JSON object.")] = "{}",
) -> None:
    """Print how an operation would be answered, with each source's statement; nothing is asked."""
    query = _text(file)
    values = _object(variables)
    environment = Unset()
    built = build(configuration.load(config, environment), environment)
    view = view_of(built.policy, role, persona, agreement)
    try:
        text = built.engine.explain(query=query, operation_name=None, variables=values, view=view)
    except ClientError as error:
        errors = error.errors if isinstance(error, RequestErrors) else (error,)
        raise Mistake(f"{file}: {'; '.join(each.message for each in errors)}", 1) from None
    typer.echo(text)


def explain_access(
    config: Config = Path("guichet.toml"),
    role: Roles = None,
    persona: PersonaName = None,
    agreement: AgreementId = None,
    field: Annotated[str | None, typer.Option("--field", help="One coordinate: Type.field.")] = None,
    matrix: Annotated[bool, typer.Option("--matrix", help="Every role and every field.")] = False,
    form: Annotated[Form, typer.Option("--format", help="Of the matrix.")] = Form.MARKDOWN,
) -> None:
    """Print what some roles may see, the grant that decided it, and where a file says so."""
    policy = _policy(_settings(config))
    if matrix:
        typer.echo(as_csv(policy) if form is Form.CSV else as_markdown(policy), nl=False)
        return
    roles, scopes, agreement = chosen(policy, role, persona, agreement)
    if not roles:
        raise Mistake("say whose access: --role R or --persona P")
    try:
        found = policy.explain_access(roles, field, scopes, agreement)
    except KeyError:
        raise Mistake(f"the schema has no field {field}") from None
    width = max(len(each.coordinate) for each in found)
    for each in found:
        rows = f"  rows: {each.rows}" if each.rows else ""
        place = f"  ({each.place})" if each.place else ""
        typer.echo(f"{each.coordinate:<{width}}  {each.action:<4}  {each.rule}{rows}{place}")


def _settings(config: Path) -> Settings:
    return configuration.load(config, Unset(), secrets=False)


def _policy(settings: Settings) -> Policy:
    master = planned_schema()._schema
    try:
        agencies = load_agencies(settings.agencies, type_catalog(master))
    except AgencyFileError as error:
        raise ConfigurationError(error.faults) from None
    return Policy.load(settings.policy, master, agencies)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Mistake(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Mistake(f"--variables: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Mistake("--variables: not a JSON object")
    return value
