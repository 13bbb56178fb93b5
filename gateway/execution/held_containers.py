"""``heldContainers``: open holds at one place, of every agency in the view, by container: open it once, together.

A container is no agency's row. Where grants see different rows, each speaks of it by the holds that it shows: a field
tells of those holds alone that some grant shows which shows the field too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import Any

from adapters.contract import AllOf, Compare, FetchCall, Param, Rows, Value
from gateway.execution.answered import Report, collect
from gateway.execution.call_shapes import OwnerShape
from gateway.execution.local_pages import Made, OneList, local_pages
from gateway.execution.nulls import Null
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import Children, Origin, Table, concat, take
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch, RootField
from gateway.planning.rights import SHOW
from gateway.planning.rows import for_owner

ORDER = (("container", False), ("key", False))
OPEN_AT_PLACE = AllOf((Compare("place", "eq", Param("place")), Compare("liftedAt", "null", Value(True))))


async def held_containers(runner: Services, run: Run, root: RootField, arguments: Mapping[str, Any]) -> Any:
    fetch, page = root.fetch, root.page
    assert fetch is not None
    assert page is not None
    call = runner.page_call(run, page, "HeldContainer")
    place, least = arguments["place"], arguments["agencies"]
    answered = collect(await together([_ask(run, fetch, owner, place) for owner in fetch.owners]))
    if answered.failed and len(answered.failed) == len(answered.reports):
        run.nulls = True
        return Null(fetch.coordinate, answered.causes())
    runner.partial(run, answered.causes(), (root.key,))
    holds = concat(fetch.needs, answered.tables)
    agencies = holds.per_row([origin.agency for origin in holds.origins])
    groups: dict[str, list[int]] = {}
    for row, container in enumerate(holds.columns[fetch.needs.columns["container"]]):
        if container is not None:
            groups.setdefault(container, []).append(row)
    found = sorted(name for name, rows in groups.items() if len({agencies[row] for row in rows}) >= least)
    ccns = holds.columns[fetch.needs.columns["shipment.ccn"]]

    grants = holds.grants if holds.grants is not None else [-1] * holds.count
    of_all = {name: reduce(or_, (grants[row] for row in groups[name])) for name in found}

    def telling(name: str, field: str) -> list[int]:
        shown = shows(run, field)
        return [row for row in groups[name] if grants[row] & shown]

    def shipment(name: str) -> Any:
        """Of a hold that all those grants show which lead on to it: none leads to a shipment by another's hold."""
        lead = shows(run, "shipment") & of_all[name]
        named = [ccns[row] for row in groups[name] if grants[row] & lead == lead]
        return next((ccn for ccn in named if ccn is not None), None)

    values: dict[str, list[Any]] = {
        "number": list(found),
        "place": [place] * len(found),
        "agencies": [sorted({agencies[row] for row in telling(name, "agencies")}) for name in found],
        "shipment.ccn": [shipment(name) for name in found],
    }
    table = Table(len(found), [values[path] for path in page.needs.columns])
    table.origins = (Origin("", run.now, False),)
    shown = [telling(name, "holds") for name in found]
    offsets = list(accumulate(map(len, shown), initial=0))
    table.children["holds"] = Children(offsets, take(holds, [row for rows in shown for row in rows]))
    if holds.grants is not None:
        table.grants = list(of_all.values())
    showing = [[agencies[row] for row in rows] for rows in shown]
    made = Made(table, found, [(name,) for name in found], showing=showing)
    whole = OneList(range(table.count), (place, least), bool(answered.failed))
    return (await local_pages(runner, run, page, call, made, answered.reports, [whole]))[0]


def shows(run: Run, field: str) -> int:
    """The groups, as bits, that show a field of containers."""
    cells = run.view.cells.get(f"HeldContainer.{field}")
    return -1 if cells is None else sum(1 << index for index, action in enumerate(cells) if action == SHOW)


async def _ask(run: Run, fetch: Fetch, owner: Owner, place: str) -> tuple[Table | None, Report, Rows | None]:
    """An agency that does not say where its holds are has none here."""
    params = {"place": place}
    condition = for_owner(OPEN_AT_PLACE, owner, params)
    if condition is False:
        report = Report(owner.agency, "ANSWERED", run.now)
        run.reports.append(report)
        return None, report, None
    shape = OwnerShape(filter=None if condition is True else condition, order=ORDER)
    return await run.ask_owner(fetch, owner, FetchCall(params=params), shape)
