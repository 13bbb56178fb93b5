"""What a link shows where agencies failed: nulls with their cause, or a list that lacks some owners and says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.execution.answered import Answered
from gateway.execution.nulls import Cause, Null
from gateway.execution.run import Run
from gateway.planning.shapes import LinkField


class Failing:
    """Puts a ``Null`` where a failed owner might have had the answer, and reports a list that lacks some owners."""

    def __init__(self, run: Run, item: LinkField, answered: Answered) -> None:
        self.run = run
        self.item = item
        self.failed = answered.failed
        self.causes = answered.causes() if self.failed else ()
        self.all_failed = bool(self.failed) and len(self.failed) == len(answered.reports)

    def mark(self, column: list[Any], wanted: Sequence[Any]) -> list[Any]:
        if not self.failed:
            return column
        if self.item.routed and not self.item.many:
            return self._by_agency(column, wanted)
        if self.all_failed:
            self.run.nulls = True
            null = Null(self.item.coordinate, self.causes)
            return [null if row else value for row, value in zip(wanted, column, strict=True)]
        fetch = self.item.fetch
        if fetch is not None and not self.item.inner:  # what a computed field lacks, its result says
            partial(self.run, self.causes, fetch.at)
        return column

    def _by_agency(self, column: list[Any], wanted: Sequence[Any]) -> list[Any]:
        self.run.nulls = True
        nulls = {cause.agency: Null(self.item.coordinate, (cause,)) for cause in self.causes}
        return [
            nulls[row[0]] if row is not None and row[0] in nulls else value
            for row, value in zip(wanted, column, strict=True)
        ]


def partial(run: Run, causes: Sequence[Cause], at: Sequence[str]) -> None:
    """A merged list that lacks an owner: an error without ``path``, since its rows are nowhere."""
    for cause in causes:
        run.errors.append(
            {
                "message": cause.message,
                "extensions": {"code": cause.code, "agency": cause.agency, "at": [".".join(at)]},
            }
        )
