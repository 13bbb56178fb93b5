"""Pages of lists that the gateway itself makes (candidates, held containers, a permit's shipments): cut here.

Which rows such a list has, and where, depends on who answered: a candidate moves when a better record of his arrives,
a container is in the list once two agencies hold it. A reader therefore stands at a place only after pages that nobody
missed. What he was shown while an agency was missing, his cursor names row by row; so he is shown nothing twice, and
what the agency adds when it is back is still due, wherever it belongs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.execution.answered import Report
from gateway.execution.connections import Paged, Slice, connections
from gateway.execution.cursors import Cursors, Stand, binding, mark
from gateway.execution.order import compare
from gateway.execution.reports import count_shown
from gateway.execution.run import Run
from gateway.execution.services import Services
from gateway.execution.table import Table
from gateway.planning.calls import PageCall
from gateway.planning.plan import Page

Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """Rows that the gateway made, in order: their ``names``, and the ``places`` that order them, where ``descending``
    says for which values down is forward. ``reach``: the last place of rows that have several, by row; lacking some
    agency they are found there. ``showing``: of each row, the agency of every row of theirs that it shows, where those
    were not counted before."""

    table: Table
    names: Sequence[str]
    places: Sequence[Place]
    descending: Sequence[bool] = ()
    reach: Mapping[int, Place] = field(default_factory=dict)
    showing: Sequence[Sequence[str]] | None = None

    def after(self, place: Place, other: Place) -> bool:
        return compare(place, other, self.descending or (False,) * len(place)) > 0

    def marked(self, row: int, marks: frozenset[str]) -> bool:
        return bool(marks) and mark(self.names[row]) in marks


@dataclass(frozen=True, slots=True)
class OneList:
    """``rows`` of the table, in order; what its cursors are bound to; whether an agency that did not answer may have
    more of it."""

    rows: Sequence[int]
    bound_to: Any
    missed: bool


async def local_pages(
    runner: Services,
    run: Run,
    page: Page,
    call: PageCall,
    made: Made,
    reports: Sequence[Report],
    lists: Sequence[OneList],
) -> list[Any]:
    """One connection per list. These lists are read forward only."""
    claims = run.claims()
    slices = []
    for one in lists:
        bound = binding(page.selected.coordinate, "made", one.bound_to, run.view.fingerprint, claims)
        start = runner.cursors.decode_stand(bound, call.cursor) if call.cursor is not None else Stand()
        cut = _cut(made, one, start, call.size, runner.cursors, bound)
        cut.total = len(one.rows) if page.wants_total and not one.missed else None
        slices.append(cut)
    if made.showing is not None:
        count_shown(reports, Counter(agency for cut in slices for row in cut.rows for agency in made.showing[row]))
    return await connections(runner, run, Paged(page, call, made.table, list(reports), slices, made=True))


def _cut(made: Made, one: OneList, start: Stand, size: int, cursors: Cursors, bound: bytes) -> Slice:
    due = [
        row
        for row in one.rows
        if (start.place is None or made.after(made.places[row], start.place)) and not made.marked(row, start.marks)
    ]
    shown = due[:size]
    turn = {row: index for index, row in enumerate(shown)}

    def cursor(row: int | None) -> str:
        told = [] if row is None else shown[: turn[row] + 1]
        return cursors.encode_stand(bound, _stand(made, one, start, told) if told else start)

    return Slice(shown, shown, len(due) > size, None, one.missed, cursor)


def _stand(made: Made, one: OneList, start: Stand, told: Sequence[int]) -> Stand:
    """Where a reader stands who was told these rows too."""
    if one.missed:
        return Stand(start.place, start.marks | {mark(made.names[row]) for row in told})
    place = made.places[told[-1]]
    before = [row for row in one.rows if made.marked(row, start.marks)]
    beyond = [row for row in (*before, *told) if made.after(made.reach.get(row, made.places[row]), place)]
    return Stand(place, frozenset(mark(made.names[row]) for row in beyond))
