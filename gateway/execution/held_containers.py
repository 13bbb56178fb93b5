"""``heldContainers``: open holds at one place, of every agency in the view, by container: open it once, together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

from adapters.contract import AllOf, Compare, FetchCall, Param, Rows, Value
from gateway.execution.local_pages import Made, OneList, local_pages
from gateway.execution.nulls import Null
from gateway.execution.run import OwnerShape, Report, Run, collect, together
from gateway.execution.services import Services
from gateway.execution.table import Children, Origin, Table, concat, take
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch, RootField
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
    values: dict[str, list[Any]] = {
        "number": list(found),
        "place": [place] * len(found),
        "agencies": [sorted({agencies[row] for row in groups[name]}) for name in found],
        "shipment.ccn": [next((ccns[row] for row in groups[name] if ccns[row] is not None), None) for name in found],
    }
    table = Table(len(found), [values[path] for path in page.needs.columns])
    table.origins = (Origin("", run.now, False),)
    offsets, rows = [0], []
    for name in found:
        rows += groups[name]
        offsets.append(len(rows))
    table.children["holds"] = Children(offsets, take(holds, rows))
    if holds.grants is not None:  # a group speaks of a container when it grants every hold that is told of it
        grants = holds.grants
        table.grants = [reduce(and_, (grants[row] for row in groups[name])) for name in found]
    made = Made(table, found, [(name,) for name in found])
    whole = OneList(range(table.count), (place, least), bool(answered.failed))
    return (await local_pages(runner, run, page, call, made, answered.reports, [whole]))[0]


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
