"""Who answered, as clients see it: completeness of a list, of an object, of a response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


WORST = ("UNAVAILABLE", "TIMED_OUT", "REFUSED", "STALE", "ANSWERED")


def merged(reports: Sequence[Report]) -> list[Report]:
    """One report per agency: the worst outcome, the oldest as-of, all rows."""
    found: dict[str, Report] = {}
    for report in reports:
        old = found.get(report.agency)
        if old is None:
            found[report.agency] = report
            continue
        worst = min(old, report, key=lambda one: WORST.index(one.outcome))
        dates = [one.as_of for one in (old, report) if one.as_of is not None]
        rows = None if old.rows is None or report.rows is None else old.rows + report.rows
        found[report.agency] = Report(
            report.agency,
            worst.outcome,
            min(dates, default=None) if worst.code is None else None,
            rows,
            old.truncated or report.truncated,
            worst.code,
        )
    return [found[agency] for agency in sorted(found)]
