"""What was measured, as a table on the terminal and as `RESULTS.md`."""

from __future__ import annotations

import importlib.util
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.agreement import Asked
from bench.measure import Cell, Sample

PACKAGES = ("graphql-core", "strawberry-graphql", "starlette", "uvicorn", "uvloop", "asyncpg", "aiohttp", "orjson")
HEAD = (
    "query",
    "in flight",
    "contender",
    "CPU ms",
    "CPU / floor",
    "req/s",
    "p50 ms",
    "p99 ms",
    "statements",
    "calls",
    "peak MB",
)
GOAL = 8.0


@dataclass(slots=True)
class Results:
    scale: str
    persona: str
    rounds: int
    seconds: float
    sets: Mapping[str, int]
    compared: int
    cells: list[Cell] = field(default_factory=list)
    asked: dict[tuple[str, str], Asked] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, ...]]:
        return [self._row(cell, name) for cell in self.cells for name in cell.samples]

    def _row(self, cell: Cell, name: str) -> tuple[str, ...]:
        asked = self.asked[cell.query, name]
        return (
            cell.query,
            str(cell.concurrency),
            name,
            f"{cell.middle(name, cpu):.2f}",
            spread(*cell.ratio(name, "floor", cpu)) if "floor" in cell.samples else "–",
            f"{cell.middle(name, lambda one: one.rate):.0f}",
            f"{cell.middle(name, lambda one: one.p50):.1f}",
            f"{cell.middle(name, lambda one: one.p99):.1f}",
            f"{asked.statements:.2f}",
            f"{asked.calls:.2f}",
            f"{self.memory[name]:.0f}",
        )

    def against_stock(self) -> list[str]:
        """One line a cell: how many times the stock executor's CPU is the gateway's."""
        return [
            f"{cell.query}, {cell.concurrency} in flight: {spread(*cell.ratio('stock', 'gateway', cpu))} times"
            for cell in self.cells
            if "stock" in cell.samples
        ]


def cpu(sample: Sample) -> float:
    return sample.cpu


def spread(middle: float, least: float, greatest: float) -> str:
    return f"{middle:.2f} ({least:.2f}–{greatest:.2f})"


def show(results: Results, console: Console) -> None:
    table = Table(*HEAD, title="Side by side")
    for row in results.rows():
        table.add_row(*row)
    console.print(table)
    for line in results.against_stock():
        console.print(f"CPU of the stock executor / gateway: {line}", highlight=False)


def markdown(results: Results) -> str:
    lines = [
        "# Side by side",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        + f"; {os.cpu_count()} cores, which the contenders share with PostgreSQL, the agencies and the load generator.",
        "",
        f"Data: `{results.scale}`. Caller: `{results.persona}`, a signed token, verified on each request. "
        f"{results.rounds} interleaved rounds of {results.seconds:g} s a contender, after one that warms up; one "
        "worker each. Variables rotate over "
        + ", ".join(f"{count} sets ({name})" for name, count in results.sets.items())
        + f". Before measuring, {results.compared} answers of each query were compared, ids by the key they stand for: "
        "all contenders gave the same.",
        "",
        "- **gateway**: `guichet serve`, everything on: tokens, policy, completeness, log line.",
        "- **floor**: an endpoint a query, written by hand (`bench/floor.py`): no GraphQL, no access control. Its pool",
        "  sends no reset statement at release; the gateway's does not either.",
        "- **stock**: the gateway with graphql-core's executor and DataLoaders in the place of its own engine",
        "  (`bench/stock.py`): the same HTTP, tokens, policy, adapters and fetches.",
        "",
        "CPU is the server process's own, in milliseconds a request: the median of the rounds. Ratios compare within a",
        "round: median (least–greatest). Statements and calls are what the agencies saw, per request. Times depend on",
        "the machine and on what else it does, ratios much less; on a busy machine their spread says how much.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|" + "---|" * len(HEAD),
        *("| " + " | ".join(row) + " |" for row in results.rows()),
        "",
    ]
    if results.against_stock():
        lines += [f"CPU of the stock executor, as a multiple of the gateway's (the goal for q1 is {GOAL:g}):", ""]
        lines += [f"- {line}" for line in results.against_stock()]
        queues = [cell for cell in results.cells if cell.query.partition(".")[0] == "q1"]
        if queues:
            reached = min(cell.ratio("stock", "gateway", cpu)[0] for cell in queues) >= GOAL
            lines += ["", f"The goal is {'reached' if reached else '**not reached**'}."]
        lines += [""]
    lines += ["The Node peers (Yoga with graphql-jit, Mercurius with its JIT) were not measured.", ""]
    return "\n".join(lines)


def plot(results: Results, file: Path) -> bool:
    """CPU per request as bars. ``False``, and nothing written, without matplotlib, which is no dependency."""
    if importlib.util.find_spec("matplotlib") is None:
        return False
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    cells = [cell for cell in results.cells if cell.concurrency == 1] or results.cells
    names: Sequence[str] = list(cells[0].samples)
    figure, axes = pyplot.subplots(figsize=(9, 4))
    for index, name in enumerate(names):
        heights = [cell.middle(name, cpu) for cell in cells]
        axes.bar([at + index / (len(names) + 1) for at in range(len(cells))], heights, 1 / (len(names) + 1), label=name)
    axes.set_xticks(range(len(cells)), [cell.query for cell in cells])
    axes.set_ylabel("CPU ms a request")
    axes.legend()
    figure.savefig(file, dpi=120)
    return True
