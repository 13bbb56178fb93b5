"""Root fields and shapes whose rows the gateway puts together itself: what they must be given to do so."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.contract import TYPE_KEYS
from gateway.planning.fetches import FetchBuilder
from gateway.planning.person_rules import paths_of
from gateway.planning.plan import Fetch, Page, PersonFetches
from gateway.planning.shapes import Needs
from gateway.planning.sites import Site

BY_DOCUMENT = ("document.issuer", "document.number")
RECORD = ("key", *BY_DOCUMENT)


def person_fetches(fetches: FetchBuilder, site: Site) -> PersonFetches:
    """The fetches that make a person. The records' own selection rides on the first."""
    rule = fetches.rules.rows.get("Person")
    records = site.needs.children.get("records") or Needs()
    _columns(records, (*RECORD, *_record_paths(fetches)))
    documents = Needs()
    _columns(documents, ("personKey", "issuer", "number"))
    where = "Person.records"
    return PersonFetches(
        fetches.keyed(where, "PersonRecord", records, site.at, keys=BY_DOCUMENT, leading=True),
        fetches.keyed(where, "PersonRecord", records, site.at, keys=("key",), leading=True),
        fetches.keyed("Person.documents", "TravelDocument", documents, site.at, keys=("personKey",), leading=True),
        rule,
    )


def candidates(fetches: FetchBuilder, page: Page, coordinate: str, at: tuple[str, ...]) -> Fetch:
    """Records by name and year of birth: with what the persons' shapes show of them, and what is scored."""
    needs = page.needs.child("records")
    scored = ("familyName", "givenNames", "birthDate", "@match.kind", "@match.score")
    _columns(needs, (*RECORD, *scored, *_record_paths(fetches)))
    return fetches.listing(coordinate, "PersonRecord", needs, at, search=("searchName", "birthYear"))


def held_containers(fetches: FetchBuilder, page: Page, coordinate: str, at: tuple[str, ...]) -> Fetch:
    """Open holds at a place; their own selection is that of ``holds`` below the containers."""
    needs = page.needs.child("holds")
    _columns(needs, ("container", "place", "shipment.ccn", *TYPE_KEYS["Hold"]))
    _columns(page.needs, ("number", "place", "agencies", "shipment.ccn"))
    return fetches.listing(coordinate, "Hold", needs, at)


def _record_paths(fetches: FetchBuilder) -> Iterable[str]:
    """What the rules of Person read of the records."""
    rules = [fetches.rules.rows.get("Person"), *(group.rows.get("Person") for group in fetches.rights.view.groups)]
    paths = sorted({path for rule in rules for path in paths_of(rule)})
    records = [path.removeprefix("records.") for path in paths if path.startswith("records.")]
    return [path for path in records if path != "agency"]


def _columns(needs: Needs, paths: Iterable[str]) -> None:
    for path in paths:
        needs.column(path)
