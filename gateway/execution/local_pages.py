"""Pages of lists that the gateway itself makes (candidates, held containers, a permit's shipments): cut here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.execution.connections import GATEWAY, Paged, Slice, connections
from gateway.execution.cursors import Position, binding
from gateway.execution.order import compare
from gateway.execution.run import Report, Run
from gateway.execution.services import Services
from gateway.execution.table import Table
from gateway.planning.calls import PageCall
from gateway.planning.plan import Page

Place = tuple[Any, ...]


async def local_pages(
    runner: Services,
    run: Run,
    page: Page,
    call: PageCall,
    table: Table,
    places: Sequence[Place],
    reports: Sequence[Report],
    lists: Sequence[tuple[Sequence[int], Any]],
    descending: Sequence[bool] = (),
) -> list[Any]:
    """One connection per list. A list is its rows of ``table``, in order, and what its cursors are bound to.

    ``places`` are the order values of each row; ``descending`` says for which of them down is forward (default: none).
    """
    claims = run.claims()
    failed = any(report.code is not None for report in reports)
    ways = tuple(descending) or (False,) * (len(places[0]) if places else 0)
    slices = []
    for rows, bound_to in lists:
        bound = binding(page.selected.coordinate, bound_to, run.view.fingerprint, claims)
        at = runner.cursors.decode(bound, call.cursor).get(GATEWAY) if call.cursor is not None else None
        slices.append(_cut(rows, places, ways, call, at or Position(), bound, page.wants_total and not failed))
    paged = Paged(page, call, table, list(reports), slices, places=places)
    return await connections(runner, run, paged)


def _cut(
    rows: Sequence[int],
    places: Sequence[Place],
    ways: Sequence[bool],
    call: PageCall,
    given: Position,
    bound: bytes,
    wants_total: bool,
) -> Slice:
    last, following = given.last, given.next
    known = list(rows)
    if call.forward and last is not None:
        known = [row for row in known if compare(places[row], last, ways) > 0]
    elif not call.forward and following is not None:
        known = [row for row in known if compare(places[row], following, ways) < 0]
    more = len(known) > call.size
    shown = known[: call.size] if call.forward else known[max(len(known) - call.size, 0) :]
    return Slice(shown, shown, more, len(rows) if wants_total else None, binding=bound)
