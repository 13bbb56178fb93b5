"""``guichet token``: so far, tokens of the demo's personas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.app import demo_entry
from gateway.cli import viewpoints
from gateway.cli.mistakes import Mistake

app = typer.Typer()


@app.callback()
def group() -> None:
    """A group even while it has one command, so that its name stays ``token demo``."""


@app.command("demo")
def demo(
    persona: Annotated[str, typer.Argument(help="Name of the persona.", show_default=False)],
    directory: Annotated[Path, typer.Option("--dir", help="The demo's directory.")] = Path(".guichet/demo"),
) -> None:
    """Print a demo persona's token, and nothing else."""
    viewpoints.persona(persona)
    if not (directory / "keys").is_dir():
        raise Mistake(f"{directory}: no demo has run there; start one with guichet demo --dir {directory}", 1)
    try:
        token = demo_entry("token")(directory, persona)
    except Exception as error:  # the demo's own one-line errors; its types are not ours to import
        raise Mistake(str(error), 1) from None
    typer.echo(token)
