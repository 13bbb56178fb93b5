"""What the agencies have of persons: read together, a batch per agency and step, and told of each apart.

A person is anchored in an exact travel document, or in one agency's record. Reading goes one hop: the record of the
anchor; the documents that it and immigration know; then every other person-holding agency, once, by those documents.
What is found on the way to one person is nobody else's: whoever is read beside him changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from gateway.execution.answered import Answered, Report
from gateway.execution.run import Run
from gateway.execution.table import Table, concat, take
from gateway.planning.plan import Fetch, PersonFetches
from gateway.planning.shapes import Needs

Document = tuple[str, str]
BY_DOCUMENT = ("document.issuer", "document.number")


@dataclass(slots=True)
class Person:
    """One person while being read. ``rows`` are positions in the table of all records found. ``record``: collection and
    key of a record that names no document, which is all that is known. ``named``: the documents that the anchor names,
    by which alone the agencies are asked that keep documents. ``unread``: a document of his could not be read.

    ``telling``: reports of the fetches that might tell of documents of his, or ``None`` when nobody was asked for them;
    ``found``: of those that might find further records."""

    anchor: str
    record: tuple[str, str] | None = None
    documents: dict[Document, None] = field(default_factory=dict)
    named: frozenset[Document] = frozenset()
    unread: bool = False
    rows: list[int] = field(default_factory=list)
    grants: int = -1
    telling: list[Report] | None = None
    found: list[Report] = field(default_factory=list)

    @property
    def reports(self) -> list[Report]:
        return [*(self.telling or ()), *self.found]

    @property
    def failed(self) -> frozenset[int]:
        """The failed reports, by identity."""
        return frozenset(id(report) for report in self.reports if report.code is not None)

    def told(self, reports: Sequence[Report]) -> None:
        assert self.telling is not None
        self.telling += reports


@dataclass(slots=True)
class Read:
    """Persons with the table of their records; ``reports`` of all fetches that were needed to know them."""

    people: list[Person]
    records: Table
    reports: list[Report]


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
    people = [Person(anchor, telling=[]) for anchor in anchors]
    reports: list[Report] = []
    tables: list[Table] = []
    await _records_of_anchors(run, fetches, people, tables, reports)
    knowing = frozenset(owner.agency for owner in fetches.documents.owners)
    having = [person for person in people if person.documents]
    for person in having:
        person.named = frozenset(person.documents)
    if having:
        first = await _by_documents(run, fetches.records, _asked(having), knowing, True)
        await _documents_of(run, fetches, having, first, reports)
        rest = await _by_documents(run, fetches.records, _asked(having), knowing, False)
        tables += [*first.tables, *rest.tables]
        reports += rest.reports
        for person in having:
            person.found += rest.reports
    records = concat(fetches.records.needs, tables)
    _match(people, records, fetches.records.needs, knowing)
    return Read(people, records, reports)


def _asked(people: Sequence[Person]) -> list[Document]:
    return list(dict.fromkeys(document for person in people for document in person.documents))


async def _by_documents(
    run: Run, fetch: Fetch, documents: Sequence[Document], knowing: frozenset[str], these: bool
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
        for person in (one for same in wanted.values() for one in same):
            person.told(answered.reports)
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
                        person.unread |= not table.unread.get(row, frozenset()).isdisjoint(BY_DOCUMENT)
            if alone:
                tables.append(take(table, alone))


async def _documents_of(
    run: Run, fetches: PersonFetches, people: Sequence[Person], first: Answered, reports: list[Report]
) -> None:
    """The other documents that the agencies which keep documents know for the records that they found."""
    reports += first.reports
    for person in people:
        person.told(first.reports)
    persons = _holders(people, concat(fetches.records.needs, first.tables), fetches.records.needs)
    if not persons:
        return
    keys_of: dict[str, list[tuple[str]]] = {}
    holding: dict[str, dict[str, Person]] = {}
    for (agency, key), holders in persons.items():
        keys_of.setdefault(agency, []).append((key,))
        holding.setdefault(agency, {}).update((person.anchor, person) for person in holders)
    answered = await run.ask(fetches.documents, keys_of=keys_of)
    reports += answered.reports
    for report in answered.reports:
        for person in holding.get(report.agency, {}).values():
            person.told([report])
    columns = fetches.documents.needs.columns
    for table in answered.tables:
        owners = table.per_row([origin.agency for origin in table.origins])
        rows = (table.columns[columns[path]] for path in ("personKey", "issuer", "number"))
        for agency, key, issuer, number in zip(owners, *rows, strict=True):
            for person in persons.get((agency, key), ()):
                if issuer is not None and number is not None:
                    person.documents[issuer, number] = None
                else:
                    person.unread = True


def _holders(people: Sequence[Person], found: Table, needs: Needs) -> Mapping[tuple[str, str], list[Person]]:
    """Agency and key of each record → the persons whose document it names."""
    holders: dict[Document, list[Person]] = {}
    for person in people:
        for document in person.documents:
            holders.setdefault(document, []).append(person)
    agencies = found.per_row([origin.agency for origin in found.origins])
    issuers, numbers, keys = (found.columns[needs.columns[path]] for path in (*BY_DOCUMENT, "key"))
    persons: dict[tuple[str, str], list[Person]] = {}
    for agency, issuer, number, key in zip(agencies, issuers, numbers, keys, strict=True):
        same = holders.get((issuer, number), ())
        if key is not None and same:
            persons.setdefault((agency, key), []).extend(same)
    return persons


def _match(people: Sequence[Person], records: Table, needs: Needs, knowing: frozenset[str]) -> None:
    by_document: dict[Document, list[int]] = {}
    issuers, numbers = (records.columns[needs.columns[path]] for path in BY_DOCUMENT)
    for row, document in enumerate(zip(issuers, numbers, strict=True)):
        by_document.setdefault(document, []).append(row)
    agencies = records.per_row([origin.agency for origin in records.origins])
    owners = records.per_row([origin.owner.id if origin.owner is not None else "" for origin in records.origins])
    named = zip(owners, records.columns[needs.columns["key"]], strict=True)
    by_record = {name: row for row, name in enumerate(named)}
    for person in people:
        seen = dict.fromkeys(
            row
            for document in person.documents
            for row in by_document.get(document, ())
            if document in person.named or agencies[row] not in knowing
        )
        if person.record in by_record and not person.documents:
            seen[by_record[person.record]] = None
        person.rows = list(seen)
    if "@match.kind" in needs.columns:
        records.columns[needs.columns["@match.kind"]] = ["EXACT_DOCUMENT"] * records.count
