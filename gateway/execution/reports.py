"""Who answered, as clients see it: completeness of a list, of an object, of a response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.execution.answered import Report
from gateway.planning.selection import TYPENAME, Selected


def pick(selection: Sequence[Selected], values: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    """The selected keys of a small object that the gateway made."""
    return {item.key: type_name if item.name == TYPENAME else values[item.name] for item in selection}


def pick_completeness(selection: Sequence[Selected], reports: Sequence[Report]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for item in selection:
        if item.name == "sources":
            made[item.key] = [
                pick(
                    item.only(),
                    {
                        "agency": report.agency,
                        "outcome": report.outcome,
                        "asOf": report.as_of,
                        "rows": report.rows,
                        "truncated": report.truncated,
                    },
                    "SourceReport",
                )
                for report in merged(reports)
            ]
        elif item.name == "complete":
            made[item.key] = all(report.outcome in ("ANSWERED", "STALE") for report in reports)
        else:
            made[item.key] = "Completeness"
    return made


def count_shown(reports: Sequence[Report], shown: Mapping[str, int]) -> None:
    """``rows`` of reports are those shown, never those that were fetched beside them: ``shown`` says how many of each
    agency's."""
    left = dict(shown)
    for report in reports:
        if report.rows is not None:
            report.rows = min(report.rows, left.get(report.agency, 0))
            left[report.agency] = left.get(report.agency, 0) - report.rows


RANK = {name: rank for rank, name in enumerate(("UNAVAILABLE", "TIMED_OUT", "REFUSED", "STALE", "ANSWERED"))}
"""The worst outcome first."""


def merged(reports: Sequence[Report]) -> list[Report]:
    """One report per agency: the worst outcome, the oldest as-of, all rows."""
    found: dict[str, Report] = {}
    for report in reports:
        old = found.get(report.agency)
        found[report.agency] = report if old is None else _both(old, report)
    return [found[agency] for agency in sorted(found)]


def _both(old: Report, report: Report) -> Report:
    worst = report if RANK[report.outcome] < RANK[old.outcome] else old
    oldest: datetime | None = None
    if worst.code is None:
        oldest = report.as_of if old.as_of is None or (report.as_of and report.as_of < old.as_of) else old.as_of
    rows = None if old.rows is None or report.rows is None else old.rows + report.rows
    return Report(report.agency, worst.outcome, oldest, rows, old.truncated or report.truncated, worst.code)
