"""What agencies answered: a report of each, and the rows of those who did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.contract import Rows
from gateway.execution.nulls import Cause
from gateway.execution.table import Table

OUTCOMES = {"SOURCE_TIMEOUT": "TIMED_OUT", "SOURCE_REFUSED": "REFUSED"}
MESSAGES = {
    "SOURCE_UNAVAILABLE": "cannot be reached",
    "SOURCE_TIMEOUT": "did not answer in time",
    "SOURCE_REFUSED": "refused to answer",
    "SOURCE_BAD_DATA": "gave an answer that cannot be read",
}


@dataclass(slots=True)
class Report:
    """One fetch's answer by one agency. ``code`` is set when there was none. ``inner``: asked for a computed field;
    none of its rows is shown. ``ruled``: a row rule left out whatever it does not show."""

    agency: str
    outcome: str
    as_of: datetime | None = None
    rows: int | None = 0
    truncated: bool = False
    code: str | None = None
    inner: bool = False
    ruled: bool = False

    def of(self, rows: int) -> Report:
        """The same answer, of some of its rows."""
        return Report(self.agency, self.outcome, self.as_of, rows, inner=self.inner, ruled=self.ruled)

    @property
    def whole(self) -> bool:
        """Whether the answer is all that the agency has."""
        return self.code is None and not self.truncated and not self.ruled


@dataclass(slots=True)
class Answered:
    """What a fetch brought: one table per owner that answered, and every owner's report."""

    tables: list[Table]
    reports: list[Report]
    totals: list[Any] = field(default_factory=list)

    @property
    def failed(self) -> list[Report]:
        return [report for report in self.reports if report.code is not None]

    def causes(self) -> tuple[Cause, ...]:
        seen = {}
        for report in self.failed:
            assert report.code is not None
            seen[report.agency, report.code] = cause(report.agency, report.code)
        return tuple(seen.values())


def cause(agency: str, code: str) -> Cause:
    return Cause(f"{agency} {MESSAGES[code]}", code, agency)


def collect(results: Sequence[tuple[Table | None, Report, Rows | None]]) -> Answered:
    answered = Answered([], [])
    for table, report, rows in results:
        answered.reports.append(report)
        if table is not None:
            answered.tables.append(table)
            answered.totals.append(rows.total if rows is not None else 0)
    return answered
