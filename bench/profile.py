"""`guichet bench --profile QUERY`: what of a request's CPU goes where, and how long its sources take.

The gateway runs in this process behind a real socket, everything on; requests come from another thread, one at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.load import Own, Request
from bench.outside import outside
from bench.processes import listened
from bench.stages import STAGES, profiling
from gateway import settings as configuration
from gateway import telemetry
from gateway.app import create_app
from gateway.http.listener import listening

REST = "event loop and drivers"
WARM = 100


@dataclass(slots=True)
class Profile:
    """Per request, one value a round. ``stages`` and ``total``: milliseconds of CPU. ``waits``: by source, how often
    it is asked and for how many milliseconds on the wall, together."""

    requests: int
    stages: dict[str, list[float]] = field(default_factory=dict)
    total: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    waits: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(
        self, spent: Counter[str], waits: Mapping[str, tuple[int, float]], cpu: float, latencies: Sequence[float]
    ) -> None:
        count = len(latencies)
        known = {stage: spent[stage] / 1e6 / count for stage in STAGES}
        for stage, milliseconds in known.items():
            self.stages.setdefault(stage, []).append(milliseconds)
        self.stages.setdefault(REST, []).append(cpu * 1000 / count - sum(known.values()))
        self.total.append(cpu * 1000 / count)
        self.wall.append(median(latencies) * 1000)
        for source, (asked, seconds) in waits.items():
            self.waits.setdefault(source, []).append((asked / count, seconds * 1000 / count))


async def profile(
    config: Path, environment: Mapping[str, str], port: int, requests: Sequence[Request], rounds: int, amount: int
) -> Profile:
    """``config``: the deployment's file. ``amount``: requests of a round. Raises ``Refused``."""
    made = Profile(amount)
    telemetry.configure("info")
    with profiling() as clock:  # before the application is built: it keeps what it finds
        app = create_app(configuration.load(config, environment), environment)
        async with app.router.lifespan_context(app), listening(app, port), outside() as client:
            await client.call(lambda: listened(port))
            await client.call(lambda: Own().load(port, requests, 1, WARM))
            for _ in range(rounds):
                clock.clear()
                asked, cpu = await client.call(lambda: Own().load(port, requests, 1, amount))
                made.add(clock.spent.copy(), clock.waits.copy(), cpu, asked.latencies)
    return made


def show_profile(made: Profile, query: str, console: Console) -> None:
    total = median(made.total)
    table = Table("stage", "CPU ms", "share", title=f"{query}, one in flight, per request")
    for stage, spent in made.stages.items():
        table.add_row(stage, f"{median(spent):.3f}", f"{median(spent) / total:.0%}")
    table.add_row("all", f"{total:.3f}", "100%")
    console.print(table)
    table = Table("source", "asked", "wait ms", title="Sources, on the wall")
    for source, found in made.waits.items():
        table.add_row(source, f"{median(count for count, _ in found):.2f}", f"{median(ms for _, ms in found):.2f}")
    console.print(table)
    console.print(f"An answer takes {median(made.wall):.1f} ms (median), with the clock running.", highlight=False)
