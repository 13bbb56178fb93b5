"""A person: no agency's row, but a view over the agencies' own records of one. Nothing is stored or merged.

Here is whom of those read a view shows, and how a person becomes a row with records below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from adapters.contract import Predicate
from gateway.execution.answered import Answered
from gateway.execution.nulls import Null
from gateway.execution.person_reading import Person, Read, read_people
from gateway.execution.reports import count_shown
from gateway.execution.run import Run
from gateway.execution.services import Services
from gateway.execution.table import Children, Origin, Table, take
from gateway.planning.person_rules import UNKNOWN, Elements, Known, Partly, granting, holds, records_granted
from gateway.planning.plan import Fetch, PersonFetches
from gateway.planning.shapes import Needs, Shape


def visible(read: Read, rule: Predicate | None, fetch: Fetch, run: Run) -> list[Person]:
    """The persons that the view's rule surely admits. ``fetch``: of their records. The reports count their records
    alone: what was read of others, and of documents on the way, is not told."""
    if rule is None and not run.view.groups:
        count_shown(read.reports, _agencies_of(read.people, read.records))
        return read.people
    records, columns = read.records, fetch.needs.columns
    agencies = records.per_row([origin.agency for origin in records.origins])

    def admitted(person: Person) -> bool:
        known = Known(elements_of(person), _perhaps(person, fetch))
        if rule is not None and not run.view.groups:
            return holds(rule, known, run.params)
        person.grants = granting(run, known)
        return bool(person.grants & run.allowed)

    def elements_of(person: Person) -> Elements:
        return {
            "documents": [{"issuer": issuer, "number": number} for issuer, number in person.documents],
            "records": [
                {"agency": agencies[row], **{path: value_of(path, index, row) for path, index in columns.items()}}
                for row in person.rows
            ],
        }

    def value_of(path: str, index: int, row: int) -> Any:
        value = records.columns[index][row]
        return Partly(value) if path in records.unread.get(row, ()) else value

    people = [person for person in read.people if admitted(person)]
    count_shown(read.reports, _agencies_of(people, records))
    return people


def _perhaps(person: Person, fetch: Fetch) -> Elements:
    """What a person may have besides: where not all documents are known, further ones, and with them records of
    everyone; otherwise records of the agencies whose answer is not whole."""
    further = person.telling is None or person.unread or not all(report.whole for report in person.telling)
    unsure = {report.agency for report in person.reports if not report.whole}
    columns = fetch.needs.columns
    return {
        "documents": [{"issuer": UNKNOWN, "number": UNKNOWN}] if further else [],
        "records": [
            {"agency": owner.agency, **{path: UNKNOWN if owner.spec.supplies(path) else None for path in columns}}
            for owner in fetch.owners
            if further or owner.agency in unsure
        ],
    }


def _agencies_of(people: Sequence[Person], records: Table) -> Counter[str]:
    """How many records of these persons each agency has."""
    agencies = records.per_row([origin.agency for origin in records.origins])
    return Counter(agencies[row] for person in people for row in person.rows)


def person_table(read: Read, needs: Needs, record_needs: Needs, run: Run, scores: Sequence[float] = ()) -> Table:
    """Persons as rows: their anchors, their documents and record keys as lists, their records as children."""
    people, records = read.people, read.records
    agencies = records.per_row([origin.agency for origin in records.origins])
    keys = records.columns[record_needs.columns["key"]]
    values: dict[str, list[Any]] = {
        "@anchor": [person.anchor for person in people],
        "documents.issuer": [[issuer for issuer, _ in person.documents] for person in people],
        "documents.number": [[number for _, number in person.documents] for person in people],
        "records.agency": [[agencies[row] for row in person.rows] for person in people],
        "records.key": [[keys[row] for row in person.rows] for person in people],
        "@score": list(scores) or [None] * len(people),
    }
    table = Table(len(people), [values[path] for path in needs.columns])
    table.origins = (Origin("", run.now, False),)
    table.reports = read.reports
    table.lacking = [report for report in (people[0].telling if people else None) or () if report.code is not None]
    if run.view.groups:
        table.grants = [person.grants for person in people]
    if "records" in needs.children:
        offsets, rows = [0], []
        grants: list[int] = []
        for person in people:
            seen = [(row, -1) for row in person.rows]
            if records.grants is not None:
                seen = records_granted(run, person.grants, person.rows, records.grants)
            rows += [row for row, _ in seen]
            grants += [bits for _, bits in seen]
            offsets.append(len(rows))
        below = take(records, rows)
        below.grants = grants if records.grants is not None else None
        table.children["records"] = Children(offsets, below)
    return table


async def people_objects(
    runner: Services, run: Run, shape: Shape, coordinate: str, anchors: Sequence[str | None]
) -> list[Any]:
    """One person (or null) per anchor. Null: every agency answered and none knows such a person."""
    fetches = shape.person
    assert fetches is not None
    wanted = list(dict.fromkeys(anchor for anchor in anchors if anchor is not None))
    read = await read_people(run, fetches, wanted)
    made: dict[str, Any] = {
        person.anchor: Null(coordinate, Answered([], person.reports).causes())
        for person in read.people
        if person.failed and all(report.code is not None for report in person.reports)
    }
    run.nulls |= bool(made)
    left = [person for person in read.people if person.anchor not in made]
    if left or not made:
        await _build(runner, run, shape, fetches, Read(left, read.records, read.reports), made)
    return [None if anchor is None else made.get(anchor) for anchor in anchors]


async def _build(
    runner: Services, run: Run, shape: Shape, fetches: PersonFetches, read: Read, made: dict[str, Any]
) -> None:
    """Adds those who are shown to ``made``."""
    failed = {id(report): report for person in read.people for report in person.reports if report.code is not None}
    runner.partial(run, Answered([], list(failed.values())).causes(), shape.at)
    read.people = [person for person in read.people if person.rows or person.failed]
    read.people = visible(read, fetches.rule, fetches.records, run)
    for alike in _by_failures(read):
        table = person_table(alike, shape.needs, fetches.records.needs, run)
        objects = await runner.build(run, shape, table)
        made.update(zip((person.anchor for person in alike.people), objects, strict=True))


def _by_failures(read: Read) -> Iterator[Read]:
    """Persons of whom the same could not be learnt, with the reports of that: one lot, unless something failed. Those
    of whom all was learnt come first, so that no report of the others' failures is there yet."""
    lots: dict[frozenset[int], list[Person]] = {}
    for person in read.people:
        lots.setdefault(person.failed, []).append(person)
    for failed in sorted(lots or {frozenset(): []}, key=len):
        reports = [report for report in read.reports if report.code is None or id(report) in failed]
        yield Read(lots.get(failed, []), read.records, reports)
