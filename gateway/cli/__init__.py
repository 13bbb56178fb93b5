"""The ``guichet`` command."""

import gc

gc.set_threshold(50_000)  # what a start makes stays: looking for garbage in it every 700 objects takes a fifth of it

from gateway.cli.main import main  # noqa: E402 - the line above is for this import

__all__ = ["main"]
