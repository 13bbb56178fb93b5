"""A person: no agency's row, but a view over the agencies' own records of one. Nothing is stored or merged.

A person is anchored in an exact travel document, or in one agency's record. Reading goes one hop: the record of the
anchor; the documents that it and immigration know; then every other person-holding agency, once, by those documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapters.contract import Predicate
from gateway.execution.answered import Answered, Report
from gateway.execution.nulls import Null
from gateway.execution.reports import count_shown
from gateway.execution.run import Run
from gateway.execution.services import Services
from gateway.execution.table import Children, Origin, Table, concat, take
from gateway.planning.person_rules import UNKNOWN, Elements, Known, granting, holds, records_granted
from gateway.planning.plan import Fetch, Needs, PersonFetches, Shape

Document = tuple[str, str]
BY_DOCUMENT = ("document.issuer", "document.number")


@dataclass(slots=True)
class Person:
    """One person while being read. ``rows`` are positions in the table of all records found. ``record``: collection and
    key of a record that names no document, which is all that is known."""

    anchor: str
    record: tuple[str, str] | None = None
    documents: dict[Document, None] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    grants: int = -1


@dataclass(slots=True)
class Read:
    """Persons with the table of their records; ``reports`` of all fetches that were needed to know them, and of those
    the ones that told of documents: ``telling``, or ``None`` when nobody was asked for them."""

    people: list[Person]
    records: Table
    reports: list[Report]
    telling: Sequence[Report] | None = None

    @property
    def lacking(self) -> list[Report]:
        """Failed ones that would have told of further documents."""
        return [report for report in self.telling or () if report.code is not None]

    def perhaps(self, fetch: Fetch) -> Elements:
        """What the persons may have besides: where not all documents are known, further ones, and with them records of
        everyone; otherwise records of the agencies whose answer is not whole."""
        further = self.telling is None or not all(report.whole for report in self.telling)
        unsure = {report.agency for report in self.reports if not report.whole}
        columns = fetch.needs.columns
        return {
            "documents": [{"issuer": UNKNOWN, "number": UNKNOWN}] if further else [],
            "records": [
                {"agency": owner.agency, **{path: UNKNOWN if owner.spec.supplies(path) else None for path in columns}}
                for owner in fetch.owners
                if further or owner.agency in unsure
            ],
        }


def document_anchor(document: Document) -> str:
    return orjson.dumps(["doc", *document]).decode()


def record_anchor(collection: str, key: str) -> str:
    return orjson.dumps(["rec", collection, key]).decode()


def is_anchor(text: str) -> bool:
    """Whether a key read from an id is an anchor: what decrypts by chance need not be."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and len(found) == 3 and all(isinstance(part, str) for part in found)


async def read_people(run: Run, fetches: PersonFetches, anchors: Sequence[str]) -> Read:
    """Everything known of the persons with these anchors."""
    people = [Person(anchor) for anchor in anchors]
    reports: list[Report] = []
    tables: list[Table] = []
    await _records_of_anchors(run, fetches, people, tables, reports)
    knowing = {owner.agency for owner in fetches.documents.owners}
    asked = list(dict.fromkeys(document for person in people for document in person.documents))
    telling = list(reports)
    if asked:
        first = await _by_documents(run, fetches.records, asked, knowing, True)
        _keep(first, tables, reports)
        await _documents_of(run, fetches, people, concat(fetches.records.needs, first.tables), reports)
        telling = list(reports)
        everything = list(dict.fromkeys(document for person in people for document in person.documents))
        _keep(await _by_documents(run, fetches.records, everything, knowing, False), tables, reports)
    records = concat(fetches.records.needs, tables)
    _match(people, records, fetches.records.needs)
    return Read(people, records, reports, telling)


def _keep(answered: Answered, tables: list[Table], reports: list[Report]) -> None:
    tables += answered.tables
    reports += answered.reports


async def _by_documents(
    run: Run, fetch: Fetch, documents: Sequence[Document], knowing: set[str], these: bool
) -> Answered:
    owners = {owner.agency for owner in fetch.owners if (owner.agency in knowing) == these}
    return await run.ask(fetch, keys_of=dict.fromkeys(owners, documents))


async def _records_of_anchors(
    run: Run, fetches: PersonFetches, people: Sequence[Person], tables: list[Table], reports: list[Report]
) -> None:
    """Anchors that are a document say it; those that are a record are asked for theirs at its agency. A record without
    a document is kept: it cannot be found again by one."""
    by_record: dict[str, dict[tuple[str], list[Person]]] = {}
    for person in people:
        kind, *rest = orjson.loads(person.anchor)
        if kind == "doc":
            person.documents[rest[0], rest[1]] = None
        else:
            by_record.setdefault(rest[0], {}).setdefault((rest[1],), []).append(person)
    for owner in fetches.by_key.owners:
        wanted = by_record.get(owner.id)
        if not wanted:
            continue
        answered = await run.ask_only(fetches.by_key, owner, list(wanted))
        reports += answered.reports
        columns = fetches.by_key.needs.columns
        for table in answered.tables:
            keys, *document = (table.columns[columns[path]] for path in ("key", *BY_DOCUMENT))
            alone = []
            for row, (key, issuer, number) in enumerate(zip(keys, *document, strict=True)):
                if issuer is None or number is None:
                    alone.append(row)
                for person in wanted.get((key,), ()):
                    if issuer is not None and number is not None:
                        person.documents[issuer, number] = None
                    else:
                        person.record = (owner.id, key)
            if alone:
                tables.append(take(table, alone))


async def _documents_of(
    run: Run, fetches: PersonFetches, people: Sequence[Person], found: Table, reports: list[Report]
) -> None:
    """The other documents that the agencies which keep documents know for these records."""
    needs = fetches.records.needs
    agencies = found.per_row([origin.agency for origin in found.origins])
    issuers, numbers, keys = (found.columns[needs.columns[path]] for path in (*BY_DOCUMENT, "key"))
    holders: dict[Document, list[Person]] = {}
    for person in people:
        for document in person.documents:
            holders.setdefault(document, []).append(person)
    persons: dict[tuple[str, str], list[Person]] = {}
    for agency, issuer, number, key in zip(agencies, issuers, numbers, keys, strict=True):
        if key is not None:
            persons.setdefault((agency, key), []).extend(holders.get((issuer, number), ()))
    if not persons:
        return
    keys_of: dict[str, list[tuple[str]]] = {}
    for agency, key in persons:
        keys_of.setdefault(agency, []).append((key,))
    answered = await run.ask(fetches.documents, keys_of=keys_of)
    reports += answered.reports
    columns = fetches.documents.needs.columns
    for table in answered.tables:
        owners = table.per_row([origin.agency for origin in table.origins])
        rows = (table.columns[columns[path]] for path in ("personKey", "issuer", "number"))
        for agency, key, issuer, number in zip(owners, *rows, strict=True):
            for person in persons.get((agency, key), ()):
                if issuer is not None and number is not None:
                    person.documents[issuer, number] = None


def _match(people: Sequence[Person], records: Table, needs: Needs) -> None:
    by_document: dict[Document, list[int]] = {}
    issuers, numbers = (records.columns[needs.columns[path]] for path in BY_DOCUMENT)
    for row, document in enumerate(zip(issuers, numbers, strict=True)):
        by_document.setdefault(document, []).append(row)
    owners = [origin.owner.id if origin.owner is not None else "" for origin in records.origins]
    named = zip(records.per_row(owners), records.columns[needs.columns["key"]], strict=True)
    by_record = {name: row for row, name in enumerate(named)}
    for person in people:
        seen = dict.fromkeys(row for document in person.documents for row in by_document.get(document, ()))
        if person.record in by_record and not person.documents:
            seen[by_record[person.record]] = None
        person.rows = list(seen)
    if "@match.kind" in needs.columns:
        records.columns[needs.columns["@match.kind"]] = ["EXACT_DOCUMENT"] * records.count


def visible(read: Read, rule: Predicate | None, fetch: Fetch, run: Run) -> list[Person]:
    """The persons that the view's rule surely admits. ``fetch``: of their records. The reports count their records
    alone: what was read of others, and of documents on the way, is not told."""
    if rule is None and not run.view.groups:
        count_shown(read.reports, _agencies_of(read.people, read.records))
        return read.people
    records, columns = read.records, fetch.needs.columns
    agencies = records.per_row([origin.agency for origin in records.origins])
    perhaps = read.perhaps(fetch)

    def admitted(person: Person) -> bool:
        known = Known(elements_of(person), perhaps)
        if rule is not None and not run.view.groups:
            return holds(rule, known, run.params)
        person.grants = granting(run, known)
        return bool(person.grants & run.allowed)

    def elements_of(person: Person) -> Elements:
        return {
            "documents": [{"issuer": issuer, "number": number} for issuer, number in person.documents],
            "records": [
                {"agency": agencies[row], **{path: records.columns[index][row] for path, index in columns.items()}}
                for row in person.rows
            ],
        }

    people = [person for person in read.people if admitted(person)]
    count_shown(read.reports, _agencies_of(people, records))
    return people


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
    table.reports, table.lacking = read.reports, read.lacking
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
    failed = Answered([], read.reports).failed
    answered = [report for report in read.reports if report.code is None]
    if failed and not answered:
        run.nulls = True
        null = Null(coordinate, Answered([], read.reports).causes())
        return [None if anchor is None else null for anchor in anchors]
    runner.partial(run, Answered([], read.reports).causes(), shape.at)
    read.people = [person for person in read.people if person.rows or failed]
    read.people = visible(read, fetches.rule, fetches.records, run)
    table = person_table(read, shape.needs, fetches.records.needs, run)
    objects = await runner.build(run, shape, table)
    made = {person.anchor: value for person, value in zip(read.people, objects, strict=True)}
    return [None if anchor is None else made.get(anchor) for anchor in anchors]
