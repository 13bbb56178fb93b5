"""``guichet policy try``: recorded operations under the policy in force and under a changed one, and what those who
asked are told of their rights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import settings as configuration
from gateway.app import Built, build
from gateway.cli import viewpoints
from gateway.cli.inspection import Unset
from gateway.cli.serving import Config
from gateway.errors import ClientError, RequestErrors
from gateway.limits import DocumentLimits
from gateway.planning.operations import read_document
from gateway.policy import Policy, View, refuse_closed_roots
from gateway.policy.recording import RecordedOperation, read_recording
from gateway.policy.trial import Change, Outcome, changes, selected, told
from gateway.request import Principal

app = typer.Typer()


@app.callback()
def group() -> None:
    """A group even while it has one command, so that its name stays ``policy try``."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What would change for one recorded operation; ``line`` of the recording."""

    line: int
    principal: str
    operation: str
    changes: tuple[Change, ...]
    views: tuple[View, View] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What ``viewer.access`` and introspection would tell a recorded principal otherwise."""

    principal: str
    changes: tuple[Change, ...]


@app.command("try")
def try_(
    against: Annotated[Path, typer.Option("--against", help="The directory of the changed policy.")],
    recording: Annotated[Path, typer.Option("--recording", help="Recorded operations: JSON lines.")],
    config: Config = Path("guichet.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List what a changed policy would change for recorded operations, and in what their callers are told of their
    rights. Exit code 1 when anything would."""
    environment = Unset()
    built = build(configuration.load(config, environment), environment)
    changed = Policy.load(against, built.schema._schema, built.agencies, built.cache)
    recorded = read_recording(recording)
    trials = [_tried(built, changed, line, operation) for line, operation in recorded]
    affected = [each for each in trials if each.changes]
    informed = _informed(trials)
    otherwise = [each for each in informed if each.changes]
    if as_json:
        changed_ = [
            {"line": each.line, "principal": each.principal, "operation": each.operation, "changes": _plain(each)}
            for each in affected
        ]
        told_ = [{"principal": each.principal, "changes": _plain(each)} for each in otherwise]
        said = {"operations": len(trials), "changed": changed_, "principals": len(informed), "told": told_}
        typer.echo(json.dumps(said, indent=1, ensure_ascii=False))
    else:
        for each in affected:
            head = f"{recording}:{each.line}: {each.principal}: {each.operation}"
            typer.echo("\n".join(_lines(head, each.changes)))
        for one in otherwise:
            typer.echo("\n".join(_lines(f"{one.principal}: viewer.access and introspection", one.changes)))
        typer.echo(f"{len(otherwise)} of {len(informed)} principals would be told otherwise what they may see")
        typer.echo(f"{len(affected)} of {len(trials)} operations would change")
    return 1 if affected or otherwise else 0


def _plain(each: Trial | Told) -> list[dict[str, str]]:
    return [asdict(change) for change in each.changes]


def _informed(trials: Sequence[Trial]) -> list[Told]:
    """Once per name and pair of views, however many operations were recorded."""
    found: dict[tuple[str, str, str], Told] = {}
    for trial in trials:
        if trial.views is None:
            continue
        one, other = trial.views
        key = (trial.principal, one.fingerprint, other.fingerprint)
        if key not in found:
            same = one.fingerprint == other.fingerprint
            found[key] = Told(trial.principal, () if same else tuple(told(one, other)))
    return list(found.values())


def _tried(built: Built, changed: Policy, line: int, recorded: RecordedOperation) -> Trial:
    if recorded.persona is not None:
        principal, name = viewpoints.principal(recorded.persona), recorded.persona
    else:
        assert recorded.principal is not None
        principal = recorded.principal.principal()
        name = "+".join(sorted(principal.roles))
    before, after = (_outcome(built, policy, principal, recorded) for policy in (built.policy, changed))
    views = (before.view, after.view) if before.view is not None and after.view is not None else None
    limits = built.settings.limits
    try:
        document = read_document(recorded.document, DocumentLimits(limits.tokens, limits.depth, limits.aliases))
        operation = document.operation(recorded.operation_name)
    except ClientError:  # refused by either policy alike
        return Trial(line, name, recorded.operation_name or "", (), views)
    asked = selected(built.schema._schema, document.node, operation)
    title = operation.name.value if operation.name else " ".join(each for each in asked.coordinates if "Query." in each)
    return Trial(line, name, title, tuple(changes(before, after, asked)), views)


def _outcome(built: Built, policy: Policy, principal: Principal, recorded: RecordedOperation) -> Outcome:
    """As a request would be admitted, validated and compiled; nothing is asked."""
    view = None
    try:
        view = policy.view(principal)
        refuse_closed_roots(view, recorded.document, recorded.operation_name)
        asked: dict[str, Any] = {
            "operation_name": recorded.operation_name,
            "variables": recorded.variables,
            "view": view,
        }
        plan = built.engine.planner.plan(recorded.document, **asked).plan
        by_id = frozenset(name for root in plan.roots for name in root.shapes)
        return Outcome(view, None, by_id, built.engine.explain(query=recorded.document, **asked))
    except ClientError as error:
        errors = error.errors if isinstance(error, RequestErrors) else (error,)
        return Outcome(view, "; ".join(f"{each.code}: {each.message}" for each in errors))


SIGNS = {"gained": "+", "lost": "-"}


def _lines(head: str, found: Sequence[Change]) -> Iterator[str]:
    yield head
    for change in found:
        match change.kind:
            case "refused" | "answered" | "refusal":
                yield f"  {change.before} → {change.after}"
            case "gained" | "lost" | "action":
                yield f"  {SIGNS.get(change.kind, '~')} {change.of}: {change.before} → {change.after}  {change.why}"
            case "plan":
                yield "  asked otherwise:"
                yield from (f"    {line}" for line in _difference(change.before, change.after))
            case kind:
                yield f"  {kind} of {change.of}: {change.before} → {change.after}"


def _difference(before: str, after: str) -> Sequence[str]:
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]
