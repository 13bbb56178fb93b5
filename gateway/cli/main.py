"""The commands assembled, and their one error boundary: a user's mistake is a line, never a traceback."""

from __future__ import annotations

import sys
from typing import Any

import typer

from gateway import telemetry
from gateway.cli import bench, inspection, policy, serving, tokens
from gateway.cli.mistakes import Mistake
from gateway.errors import ConfigurationError

_UsageError: Any = typer.BadParameter.__mro__[1]
"""Typer brings its own click, whose classes have no public names."""

app = typer.Typer(
    name="guichet",
    help="One GraphQL window onto the systems of every agency at a border.",
    context_settings={"max_content_width": 120},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(serving.demo)
app.command("serve")(serving.serve)
app.command("check")(inspection.check)
app.command("schema")(inspection.schema)
app.command("plan")(inspection.plan)
app.command("explain-access")(inspection.explain_access)
app.add_typer(policy.app, name="policy", help="The policy before it is in force.")
app.command("bench", context_settings=bench.OPTIONS)(bench.bench)
app.add_typer(tokens.app, name="token", help="Tokens of the demo's personas.")


def main() -> None:
    """Exit code 0: done; 1: the command found something wrong, or failed; 2: it was asked wrongly."""
    telemetry.configure("error")  # log lines go to standard error: what a command prints is for programs to read
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of ``guichet`` with these arguments."""
    try:
        outcome = app(arguments, prog_name="guichet", standalone_mode=False)
    except ConfigurationError as error:
        for fault in error.faults:
            _say(str(fault))
        return 2
    except Mistake as mistake:
        _say(str(mistake))
        return mistake.exit_code
    except typer.Abort:
        return 130
    except _UsageError as error:
        _say(error.format_message())
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return outcome if isinstance(outcome, int) else 0


def _say(line: str) -> None:
    typer.echo(f"guichet: {' '.join(line.split())}", err=True)
