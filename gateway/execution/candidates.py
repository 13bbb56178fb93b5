"""``people``: candidates by name and date of birth, scored by the gateway, best first, never merged by likeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.contract import AllOf, Compare, FetchCall, Param, Predicate
from gateway.execution.answered import collect
from gateway.execution.call_shapes import OwnerShape
from gateway.execution.local_pages import Made, OneList, Place, local_pages
from gateway.execution.nulls import Null
from gateway.execution.people import person_table, visible
from gateway.execution.person_reading import Person, Read, document_anchor, record_anchor
from gateway.execution.run import Run, together
from gateway.execution.services import Services
from gateway.execution.table import concat
from gateway.planning.calls import bad_input
from gateway.planning.catalog import Owner
from gateway.planning.plan import Fetch, RootField
from resolvers.rules.person_match import fold, score

CAP = 200
"""Candidates each agency may return; a full answer is reported as truncated."""
PREFIX = 4
"""Letters of the folded family name that are searched for: a candidate may be spelt differently further on."""


async def candidates(runner: Services, run: Run, root: RootField, arguments: Mapping[str, Any]) -> Any:
    fetch, page = root.fetch, root.page
    assert fetch is not None
    assert page is not None
    search = dict(arguments["search"])
    call = runner.page_call(run, page, "Person")
    name, born = fold(search["familyName"]), search.get("birthDate")
    if not name:  # it would be the beginning of every name
        raise bad_input("`familyName` has no letter to search by")
    params = {"name": name[:PREFIX], "year": int(born[:4]) if born else None}
    params |= {"from": f"{born[:4]}-01-01", "to": f"{born[:4]}-12-31"} if born else {}
    results = await together([_ask(run, fetch, owner, params) for owner in fetch.owners])
    answered = collect(results)
    if answered.failed and len(answered.failed) == len(answered.reports):
        run.nulls = True
        return Null(fetch.coordinate, answered.causes())
    runner.partial(run, answered.causes(), (root.key,))
    for report, (_, _, rows) in zip(answered.reports, results, strict=True):
        report.truncated |= rows is not None and rows.count >= CAP
    records = concat(fetch.needs, answered.tables)
    columns = {path: records.columns[index] for path, index in fetch.needs.columns.items()}
    scores = [
        score(search, dict(zip(SCORED, row, strict=True)))
        for row in zip(*(columns[path] for path in SCORED), strict=True)
    ]
    records.columns[fetch.needs.columns["@match.kind"]] = ["CANDIDATE"] * records.count
    records.columns[fetch.needs.columns["@match.score"]] = scores
    people, found_at = _grouped(records, columns, scores)
    read = Read(people, records, answered.reports)
    read.people = visible(read, root.rule, fetch, run)
    anchors = [person.anchor for person in read.people]
    places = [min(found_at[anchor]) for anchor in anchors]
    table = person_table(read, page.needs, fetch.needs, run, [-place[0] for place in places])
    reach = {row: max(found_at[anchor]) for row, anchor in enumerate(anchors) if len(found_at[anchor]) > 1}
    made = Made(table, anchors, places, reach=reach)
    whole = OneList(range(table.count), sorted(search.items()), bool(answered.failed))
    return (await local_pages(runner, run, page, call, made, answered.reports, [whole]))[0]


SCORED = ("familyName", "givenNames", "birthDate")


async def _ask(run: Run, fetch: Fetch, owner: Owner, params: Mapping[str, Any]) -> Any:
    """By prefix of the folded name and year of birth: as a lookup where the agency has a search, else as a filter."""
    if owner.spec.requests:
        keyed = fetch.keyed(("searchName", "birthYear"))
        return await run.ask_owner(keyed, owner, FetchCall(keys=[(params["name"], params["year"])]))
    terms: list[Predicate] = [Compare("searchName", "startsWith", Param("name"))]
    if params["year"] is not None:
        if owner.spec.supplies("birthYear"):
            terms.append(Compare("birthYear", "eq", Param("year")))
        else:
            terms += [Compare("birthDate", "gte", Param("from")), Compare("birthDate", "lte", Param("to"))]
    shape = OwnerShape(filter=AllOf(tuple(terms)), order=(("key", False),), limit=True)
    return await run.ask_owner(fetch, owner, FetchCall(params=params, limit=CAP), shape)


def _grouped(
    records: Any, columns: Mapping[str, Sequence[Any]], scores: Sequence[float]
) -> tuple[list[Person], dict[str, list[Place]]]:
    """Records that share an exact document are one node; order by best score, then agency, then key. With the place of
    each of a person's records, by anchor."""
    owners = [origin.owner for origin in records.origins]
    people: dict[str, Person] = {}
    places: dict[str, list[Place]] = {}
    for row in range(records.count):
        owner = owners[records.origin[row] if records.origin is not None else 0]
        issuer, number, key = (columns[path][row] for path in ("document.issuer", "document.number", "key"))
        document = (issuer, number) if issuer is not None and number is not None else None
        anchor = document_anchor(document) if document else record_anchor(owner.id, key)
        person = people.setdefault(anchor, Person(anchor))
        if document:
            person.documents[document] = None
        person.rows.append(row)
        places.setdefault(anchor, []).append((-scores[row], owner.agency, key or "", owner.id))
    ordered = sorted(people, key=lambda anchor: min(places[anchor]))
    return [people[anchor] for anchor in ordered], places
