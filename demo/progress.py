"""What the person at the terminal sees while the demo starts; all of it on standard error."""

from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Reporter(Protocol):
    """Receives the progress of a start."""

    def step(self, text: str) -> None:
        """Something begins."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """A stage of the generator has come so far; `total` 0 when unknown."""

    def close(self) -> None:
        """Nothing more comes."""


class Quiet:
    """For tests and benchmarks."""

    def step(self, text: str) -> None:
        pass

    def progress(self, stage: str, done: int, total: int) -> None:
        pass

    def close(self) -> None:
        pass


class Terminal:
    """Bars on a terminal; plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def step(self, text: str) -> None:
        self.close()
        self._console.print(f"· {text}", highlight=False)

    def progress(self, stage: str, done: int, total: int) -> None:
        if not self._console.is_terminal:
            if stage not in self._tasks:
                self._tasks[stage] = TaskID(0)
                self._console.print(f"  {stage}", highlight=False)
            return
        if self._bars is None:
            columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bars = Progress(*columns, console=self._console)
            self._bars.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total or None)
        self._bars.update(self._tasks[stage], completed=done, total=total or None)

    def close(self) -> None:
        if self._bars:
            self._bars.stop()
        self._bars = None
        self._tasks = {}
