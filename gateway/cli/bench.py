"""``guichet bench``: the side-by-side benchmark, where the checkout that has it is installed."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from gateway.cli.mistakes import Mistake

OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""What follows is the benchmark's own to read, ``--help`` too."""


def bench(context: typer.Context) -> int:
    """Measure the gateway beside what could stand in its place, or where a query's CPU goes (`--profile`)."""
    for found in entry_points(group="guichet.bench", name="run"):
        try:
            run = found.load()
        except ImportError as error:
            raise Mistake(f"the benchmark is not installed ({error})", 1) from None
        code: int = run(context.args)
        return code
    raise Mistake("the benchmark is not installed: it is in the checkout alone", 1)
