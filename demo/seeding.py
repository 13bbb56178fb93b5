"""Fills the agencies' stores with the generated world, in a process of its own so that Ctrl-C ends it at once.

The child (`python -m demo.seeding`) gets its job as JSON in the environment, for it holds passwords, and prints its
progress as JSON lines; the launcher shows them.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

import demo
from demo.progress import Reporter
from demo.supervisor import Command, Supervisor
from demo.world import GENERATOR_VERSION, Targets
from demo.world import seed as generate

_JOB = "GUICHET_DEMO_SEEDING"


@dataclass(frozen=True, slots=True)
class Job:
    """What to generate, around which day, and where to: owner's DSNs, SQLite files, the file of facts that personas
    need."""

    scale: str
    seed: int
    today: str
    customs: str
    traveller: str
    trade_controls: str
    revenue: str
    immigration: str
    food: str
    police: str
    world_json: str

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))


async def seed(job: Job, supervisor: Supervisor, logs: Path, report: Reporter) -> None:
    """Runs the generator to its end. Raises SupervisorError when it fails; cancelling ends it."""
    output = logs / "seeding.log"
    output.unlink(missing_ok=True)
    environment = {**python_environment(), _JOB: json.dumps(asdict(job))}
    command = Command("seeding", [sys.executable, "-m", "demo.seeding"], output, environment)
    report.step(f"world: {job.scale}, seed {job.seed}, {job.today}")
    watcher = asyncio.create_task(_watch(output, report))
    try:
        await supervisor.finish(command)
    finally:
        watcher.cancel()


def source_root() -> Path:
    """The directory that holds this package: the checkout, or site-packages."""
    return Path(demo.__path__[0]).parent


def python_environment() -> dict[str, str]:
    """For a child that runs a module of `demo`, from whatever directory."""
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(source_root()), *([inherited] if inherited else [])])
    return {**os.environ, "PYTHONPATH": path}


async def _watch(output: Path, report: Reporter) -> None:
    shown = 0
    while True:
        lines = _whole_lines(output)
        for line in lines[shown:]:
            if line.startswith('{"stage"'):
                entry = json.loads(line)
                report.progress(entry["stage"], entry["done"], entry["total"])
        shown = len(lines)
        await asyncio.sleep(0.1)


def _whole_lines(output: Path) -> list[str]:
    return output.read_text(errors="replace").split("\n")[:-1] if output.exists() else []


def generator_version() -> int | str:
    """Worlds of another version are generated anew."""
    return GENERATOR_VERSION


def main() -> None:
    """The child: one job, then the end."""
    # The generator has worker processes, which would outlive this one; it leads their group.
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(os.getpid(), signal.SIGKILL))
    job = Job.from_json(os.environ[_JOB])
    targets = Targets(
        customs=job.customs,
        traveller=job.traveller,
        trade_controls=job.trade_controls,
        revenue=Path(job.revenue),
        immigration=Path(job.immigration),
        food=Path(job.food),
        police=Path(job.police),
        world_json=Path(job.world_json),
    )

    def progress(stage: str, done: int, total: int) -> None:
        print(json.dumps({"stage": stage, "done": done, "total": total}), flush=True)

    asyncio.run(generate(job.scale, job.seed, targets, progress, today=date.fromisoformat(job.today)))


if __name__ == "__main__":
    main()
