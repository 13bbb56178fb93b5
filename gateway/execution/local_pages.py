"""Pages of lists that the gateway itself makes (candidates, held containers): sorted here, cut here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gateway.execution.connections import GATEWAY, Paged, Slice, connections
from gateway.execution.cursors import Position, binding
from gateway.execution.run import Report, Run
from gateway.execution.table import Table
from gateway.planning.calls import PageCall
from gateway.planning.plan import Page

if TYPE_CHECKING:
    from gateway.execution.runner import Runner


async def local_page(
    runner: Runner,
    run: Run,
    page: Page,
    call: PageCall,
    table: Table,
    places: Sequence[tuple[Any, ...]],
    reports: Sequence[Report],
    *bound_to: Any,
) -> Any:
    """The connection over the rows of ``table``, which are in order; ``places`` are their order values, ascending."""
    claims = sorted((name, str(value)) for name, value in run.params.items())
    bound = binding(page.selected.coordinate, bound_to, run.view.fingerprint, claims)
    start = runner.cursors.decode(bound, call.cursor) if call.cursor is not None else {}
    known = list(range(table.count))
    given = start.get(GATEWAY, Position())
    if call.forward and given.last is not None:
        known = [row for row in known if places[row] > given.last]
    elif not call.forward and given.next is not None:
        known = [row for row in known if places[row] < given.next]
    more = len(known) > call.size
    rows = known[: call.size] if call.forward else known[max(len(known) - call.size, 0) :]
    failed = any(report.code is not None for report in reports)
    total = table.count if page.wants_total and not failed else None
    cut = Slice(rows, rows, more, total)
    paged = Paged(page, call, table, list(reports), [cut], bound, start, places=places)
    return (await connections(runner, run, paged))[0]
