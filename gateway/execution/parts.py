"""Whose rows are whose, where one run answers several requests: rows lead from record to record, so that of each table
every request has its part.

What a run notes of rows is noted in each request's own run, of its own part: it comes to what it would have come to by
itself. Whose an agency's failure is cannot be told: one key may be all that it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from adapters.rows import places_of
from gateway.execution.answered import Report
from gateway.execution.table import Children, Part, Table
from gateway.planning.shapes import LinkField, Shape

if TYPE_CHECKING:
    from gateway.execution.run import Run


class Apart(Exception):
    """Requests are to be run one by one."""


class Parts:
    """``members``: the runs of the requests."""

    def __init__(self, members: Sequence[Run]) -> None:
        self.members = members
        self._known: dict[int, tuple[Table, Sequence[Part]]] = {}

    def of(self, table: Table) -> Sequence[Part]:
        """Of each member his part. Raises ``LookupError`` for rows that nobody has led to."""
        known = self._known.get(id(table))
        if known is not None:
            return known[1]
        above = table.parent
        if above is None:
            raise LookupError("rows that are nobody's")
        (children,) = [one for one in above.children.values() if one.table is table]
        return self.place(table, [children.below(part) for part in self.of(above)])

    def place(self, table: Table, parts: Sequence[Part]) -> Sequence[Part]:
        self._known[id(table)] = table, parts  # with the table: its identity is taken for as long as this is known
        return parts

    def followed(
        self,
        table: Table,
        wanted: Sequence[Any],
        found: Table,
        keys: Sequence[Any],
        reports: Sequence[Report],
        *,
        routed: bool,
    ) -> None:
        """A link led from the rows of ``table``, each with its ``wanted`` key, to ``found``, each with its own of
        ``keys``. ``routed``: keys begin with the agency that is asked. Raises ``Apart``."""
        places = places_of(keys)
        parts: list[Part] = []
        for member, rows in zip(self.members, self.of(table), strict=True):
            mine = {wanted[row]: None for row in rows if wanted[row] is not None}
            part = sorted([place for key in mine for place in places.get(key, ())])
            parts.append(part)
            if mine:
                note_reports(member, reports, found, part, {key[0] for key in mine} if routed else None)
        self.place(found, parts)

    def beside(self, table: Table, wanted: Sequence[Any], joined: Children, report: Report) -> None:
        """Rows that a link leads to came with those of ``table``."""
        above = self.of(table)
        parts = self.place(joined.table, [joined.below(part) for part in above])
        for member, rows, part in zip(self.members, above, parts, strict=True):
            if any(wanted[row] is not None for row in rows):
                member.reports.append(report.of(len(part)))

    def note_cut(self, item: LinkField, table: Table, row: int) -> None:
        for member, part in zip(self.members, self.of(table), strict=True):
            if row in part:
                member.note_cut(item, table, row)

    def count_flags(self, shape: Shape, table: Table) -> None:
        if shape.flagged or table.flagged:
            for member, part in zip(self.members, self.of(table), strict=True):
                member.count_flags(shape, table, part)


def note_reports(
    member: Run, reports: Sequence[Report], found: Table, part: Part, agencies: Collection[str] | None
) -> None:
    """A request's own reports of a fetch, of those ``agencies`` (``None``: of all), with the rows that are its part.
    Raises ``Apart`` for a failure, and for an answer that may be whole for fewer keys."""
    if any(report.code is not None or report.truncated for report in reports):
        raise Apart
    if found.origin is None:
        shown = {origin.agency: len(part) for origin in found.origins}
    else:
        shown = Counter([found.origins[found.origin[row]].agency for row in part])
    member.reports += [
        report.of(shown.pop(report.agency, 0)) for report in reports if agencies is None or report.agency in agencies
    ]
