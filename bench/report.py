"""What was measured, as a table on the terminal and as `RESULTS.md`."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from bench import peers
from bench.agreement import Asked
from bench.measure import Cell, Sample
from bench.processes import LEAN, SERVICE, STOCK

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
WHO = {
    "gateway": "`guichet serve`, everything on: tokens, policy, completeness, log line.",
    "floor": "an endpoint a query, written by hand (`bench/floor.py`): no GraphQL, no access control. Its pools are "
    "asyncpg's as they come: a connection is reset at its release.",
    LEAN: "the same, but that its pools send no reset statement, as the gateway's send none.",
    "stock": "the gateway with graphql-core's executor and DataLoaders in the place of its own engine "
    "(`bench/stock.py`): the same HTTP, tokens, policy, adapters and fetches.",
    SERVICE: "a service written by hand with Strawberry (`bench/service.py`), its executor and a DataLoader a link: "
    "the floor's statements and calls, no access control; documents parsed and validated once, answers by orjson.",
    "yoga": "GraphQL Yoga with graphql-jit on Node (`bench/node/yoga.mjs`): the floor's statements and calls, no "
    "access control.",
    "mercurius": "Mercurius with its JIT on Fastify (`bench/node/mercurius.mjs`): the same resolvers as Yoga.",
}


@dataclass(slots=True)
class Results:
    """``growth``: the long list at several lengths, by their number of rows."""

    scale: str
    persona: str
    rounds: int
    seconds: float
    sets: Mapping[str, int]
    compared: int
    load: str = ""
    cells: list[Cell] = field(default_factory=list)
    growth: dict[int, Cell] = field(default_factory=dict)
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
        """One line a cell and contender that runs on the stock executor: how many times the gateway's CPU it needs."""
        return [
            f"{cell.query}, {cell.concurrency} in flight: {name} {spread(*cell.ratio(name, 'gateway', cpu))} times"
            for name in STOCK
            for cell in self.cells
            if name in cell.samples
        ]

    def verdicts(self) -> list[str]:
        """In which forms and concurrencies the release queue reaches the goal: a line a contender."""
        queues = [cell for cell in self.cells if cell.query.partition(".")[0] == "q1"]
        lines = []
        for name in STOCK:
            of = {f"{one.query} with {one.concurrency}": one for one in queues if name in one.samples}
            met = [what for what, cell in of.items() if cell.ratio(name, "gateway", cpu)[0] >= GOAL]
            for verdict, which in (("reached", met), ("**not reached**", [what for what in of if what not in met])):
                if which:
                    lines.append(f"- {name}: {verdict} by {', '.join(which)} in flight")
        return lines

    def grown(self) -> list[tuple[str, ...]]:
        """A line a contender: its CPU at every length, and the slope through them."""
        if not self.growth:
            return []
        names = list(next(iter(self.growth.values())).samples)
        slopes = {name: self.slope(name) for name in names}
        return [
            (
                name,
                *(f"{cell.middle(name, cpu):.2f}" for cell in self.growth.values()),
                f"{slopes[name]:.2f}",
                f"{slopes[name] / slopes['floor']:.2f}" if "floor" in slopes else "–",
            )
            for name in names
        ]

    def slope(self, name: str) -> float:
        """Milliseconds of CPU that 1,000 rows more cost, by least squares."""
        points = [(rows, cell.middle(name, cpu)) for rows, cell in self.growth.items()]
        mean_rows = sum(rows for rows, _ in points) / len(points)
        mean_cpu = sum(spent for _, spent in points) / len(points)
        above = sum((rows - mean_rows) * (spent - mean_cpu) for rows, spent in points)
        return 1000 * above / sum((rows - mean_rows) ** 2 for rows, _ in points)

    def growth_head(self) -> tuple[str, ...]:
        return ("contender", *(f"{rows:,} rows" for rows in self.growth), "ms per 1,000 rows", "to the floor's")


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
    if results.growth:
        table = Table(*results.growth_head(), title="CPU ms by rows")
        for row in results.grown():
            table.add_row(*row)
        console.print(table)


def markdown(results: Results, plot: str | None = None) -> str:
    """``plot``: the name of its file."""
    names = list(results.memory)
    used = {name: version(name) for name in PACKAGES}
    if set(names) & set(peers.PEERS):
        used |= {"Node": peers.runtime()} | peers.versions()
    lines = [
        "# Side by side",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}; Python {platform.python_version()}, "
        + ", ".join(f"{name} {one}" for name, one in used.items())
        + f"; {os.cpu_count()} cores, which the contenders share with PostgreSQL, the agencies and the load generator.",
        "",
        f"Data: `{results.scale}`. Caller: `{results.persona}`, a signed token, verified on each request. "
        f"{results.rounds} interleaved rounds of about {results.seconds:g} s a contender, after warming up; one worker "
        f"each; load by {results.load}. Variables rotate over "
        + ", ".join(f"{count} sets ({name})" for name, count in results.sets.items())
        + f". Before measuring, {results.compared} answers of each query were compared, ids by the key they stand for: "
        "all contenders gave the same.",
        "",
        *(f"- **{name}**: {about}" for name, about in WHO.items() if name in names),
        "",
        "CPU is the server process's own, all threads, in milliseconds a request: the median of the rounds. Ratios",
        "compare within a round: median (least–greatest). Statements and calls are what the agencies saw, per request.",
        "Times depend on the machine and on what else it does, ratios much less; on a busy machine their spread says",
        "how much. `.bare` is without `id` and `__typename`.",
        "",
        *([f"![CPU per request, and by rows]({plot})", ""] if plot else []),
        *_rows(HEAD, results.rows()),
        "",
    ]
    if results.growth:
        lines += ["CPU of the long list by its rows, one request in flight; the slope is by least squares:", ""]
        lines += [*_rows(results.growth_head(), results.grown()), ""]
    if results.against_stock():
        lines += [f"CPU of the stock executor, as a multiple of the gateway's (the goal for q1 is {GOAL:g}):", ""]
        lines += [f"- {line}" for line in results.against_stock()]
        lines += ["", *results.verdicts(), ""]
    if not set(names) & set(peers.PEERS):
        lines += ["The Node peers (Yoga with graphql-jit, Mercurius with its JIT) were not measured.", ""]
    return "\n".join(lines)


def _rows(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]
