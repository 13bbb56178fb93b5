"""``node`` and ``nodes``: ids read back, and one lookup for each collection that they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.execution import people, person_reading
from gateway.execution.nulls import Null
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import concat
from gateway.planning.catalog import Owner
from gateway.planning.plan import RootField


async def node(runner: Services, run: Run, root: RootField, arguments: Mapping[str, Any]) -> Any:
    return (await _by_ids(runner, run, root, [arguments["id"]]))[0]


async def nodes(runner: Services, run: Run, root: RootField, arguments: Mapping[str, Any]) -> list[Any]:
    return await _by_ids(runner, run, root, arguments["ids"])


async def _by_ids(runner: Services, run: Run, root: RootField, ids: Sequence[str]) -> list[Any]:
    """An id that is none, or of a type outside the view, is an absent node."""
    wanted: dict[Owner | None, dict[str, list[int]]] = {}
    for index, node_id in enumerate(ids):
        read = runner.ids.read(node_id)
        if read is None:
            continue
        tag, key = read
        owner = runner.catalog.by_tag.get(tag)
        if owner is not None or tag == runner.person_tag:
            wanted.setdefault(owner, {}).setdefault(key, []).append(index)
    results: list[Any] = [None] * len(ids)

    async def fill(owner: Owner | None, keys: Mapping[str, list[int]]) -> None:
        for value, places in zip(await _granted(runner, run, root, owner, list(keys)), keys.values(), strict=True):
            for place in places:
                results[place] = value

    if wanted:
        await together([fill(owner, keys) for owner, keys in wanted.items()])
    return results


async def _granted(runner: Services, run: Run, root: RootField, owner: Owner | None, keys: Sequence[str]) -> list[Any]:
    """One object a key, of a collection or (``None``) of persons, by what the caller's groups may read by id."""
    own = run
    if run.view.groups:
        bits = run.view.identified("Person" if owner is None else owner.spec.provides)
        own = run.under(bits, bits)
    found = await (_persons(runner, own, root, keys) if owner is None else _rows(runner, own, root, owner, keys))
    run.nulls |= own.nulls
    return found


async def _persons(runner: Services, run: Run, root: RootField, keys: Sequence[str]) -> list[Any]:
    shape = root.shapes.get("Person")
    if shape is None:
        return [None] * len(keys)
    anchors = [key if person_reading.is_anchor(key) else None for key in keys]
    return await people.people_objects(runner, run, shape, root.coordinate, anchors)


async def _rows(runner: Services, run: Run, root: RootField, owner: Owner, keys: Sequence[str]) -> list[Any]:
    shape, fetch = root.shapes.get(owner.spec.provides), root.fetches.get(owner.spec.provides)
    if shape is None or fetch is None:
        return [None] * len(keys)
    answered = await run.ask_only(fetch, owner, [(key,) for key in keys])
    if answered.failed:
        run.nulls = True
        return [Null(root.coordinate, answered.causes())] * len(keys)
    table = concat(fetch.needs, answered.tables)
    objects = await runner.build(run, shape, table)
    found = dict(zip(map(str, table.columns[fetch.needs.columns[fetch.keys[0]]]), objects, strict=True))
    return [found.get(key) for key in keys]
