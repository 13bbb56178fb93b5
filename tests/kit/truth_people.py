"""One human in the agencies' stores: the records that share a travel document, one hop through immigration."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

from tests.kit.truth import Row, Truth, alpha2, instant
from tests.kit.truth_codes import ENTRIES

Document = tuple[str, str]


class Known(NamedTuple):
    """What the agencies know: rows of immigration's clients, the police's persons and the traveller's last names."""

    documents: set[Document]
    clients: list[Row]
    suspects: list[Row]
    seen: list[Row]


class PeopleTruth:
    """Documents are (ISO alpha-2, number); each agency keeps its own form."""

    def __init__(self, truth: Truth) -> None:
        self._rows = truth.stores.rows

    def expected(self, place: str, since: datetime, until: datetime) -> list[Row]:
        """Passengers whose newest message says this place and this time."""
        sql = """SELECT * FROM (
                SELECT DISTINCT ON (flt, flt_dt, pax_seq) * FROM ee.api_pnr ORDER BY flt, flt_dt, pax_seq, msg_seq DESC
            ) newest WHERE sta_ts >= $1 AND sta_ts < $2 AND poe_nbr = ANY($3) ORDER BY sta_ts"""
        entries = [entry for entry, locode in ENTRIES.items() if locode == place]
        return [
            {
                "expectedAt": instant(row["sta_ts"], UTC),
                "place": place,
                "flight": row["flt"],
                "document": _document(row["doc_iss"], row["doc_nbr"]),
            }
            for row in self._rows("traveller", sql, since.replace(tzinfo=None), until.replace(tzinfo=None), entries)
        ]

    def known(self, document: Document) -> Known:
        documents = {document}
        for row in self._immigration_documents:
            if _document(row["country"], row["no"]) == document:
                documents |= {_document(one["country"], one["no"]) for one in self._papers_of[row["uci_key"]]}
        clients = {
            row["uci_key"] for row in self._immigration_documents if _document(row["country"], row["no"]) in documents
        }
        suspects = {row["person_id"] for row in self._police_documents if (row["country"], row["number"]) in documents}
        seen = [row for row in self._seen if _document(row["doc_iss"], row["doc_nbr"]) in documents]
        return Known(
            documents,
            [self._clients[key] for key in sorted(clients)],
            [self._persons[key] for key in sorted(suspects)],
            seen,
        )

    def applications(self, known: Known) -> list[Row]:
        keys = {client["uci_key"] for client in known.clients}
        return [row for row in self._applications if row["uci_key"] in keys]

    def lookouts(self, known: Known) -> list[Row]:
        keys = {one["id"] for one in known.suspects}
        return [row for row in self._lookouts if row["person_id"] in keys]

    def files(self, known: Known) -> list[Row]:
        keys = {one["id"] for one in known.suspects}
        return [row for row in self._files if row["person_id"] in keys]

    def papers(self, known: Known) -> list[Row]:
        """Immigration's documents of the clients."""
        return [paper for client in known.clients for paper in self._papers_of[client["uci_key"]]]

    def crossings(self, known: Known) -> tuple[list[Row], list[Row]]:
        """Completed ones that were not voided, and expected ones."""
        done = self._rows("traveller", "SELECT * FROM ee.xing WHERE void_ind IS DISTINCT FROM '1'")
        due = self._rows(
            "traveller",
            "SELECT DISTINCT ON (flt, flt_dt, pax_seq) * FROM ee.api_pnr ORDER BY flt, flt_dt, pax_seq, msg_seq DESC",
        )

        def own(row: Row) -> bool:
            return _document(row["doc_iss"], row["doc_nbr"]) in known.documents

        return [row for row in done if own(row)], [row for row in due if own(row)]

    def seizures(self, known: Known) -> list[Row]:
        """Customs' own, on whom the documents name."""
        rows = self._rows("customs", "SELECT * FROM cargo.seiz WHERE sts_cd NOT IN ('CANC', 'VOID')")
        return [row for row in rows if row["doc_nbr"] and _document(row["doc_ctry"], row["doc_nbr"]) in known.documents]

    def some_suspect(self) -> Document:
        """Who is in a police file and under a lookout, and has been granted something."""
        filed = {row["person_id"] for row in self._files} & {row["person_id"] for row in self._lookouts}
        clients = {_document(row["country"], row["no"]) for row in self._immigration_documents}
        return min(
            one
            for row in self._police_documents
            if row["person_id"] in filed and (one := (row["country"], row["number"])) in clients
        )

    def some_renewed(self) -> Document:
        """The older of two passports, under which the border still saw the client."""
        seen = {_document(row["doc_iss"], row["doc_nbr"]) for row in self._seen}
        for papers in self._papers_of.values():
            documents = [_document(row["country"], row["no"]) for row in papers]
            unseen = [one for one in documents if one not in seen]
            if unseen and len(unseen) < len(documents):
                return unseen[0]
        raise AssertionError("nobody has two passports")

    def named(self, family: str, year: str) -> list[tuple[str, str]]:
        """Records of exactly this family name and year of birth."""
        return [
            *(
                ("IMMIGRATION", row["surname"])
                for row in self._clients.values()
                if (row["surname"], row["dob"][:4]) == (family, year)
            ),
            *(
                ("POLICE", row["family"])
                for row in self._persons.values()
                if (row["family"], row["born"][:4]) == (family, year)
            ),
            *(("TRAVELLER", row["surnm"]) for row in self._seen if (row["surnm"], row["dob"][:4]) == (family, year)),
        ]

    @cached_property
    def lost(self) -> set[Document]:
        return {
            (row["country"], row["number"])
            for row in self._rows("police", "SELECT * FROM sltd WHERE status <> 'CLEAR'")
        }

    @cached_property
    def _immigration_documents(self) -> list[Row]:
        return self._rows("immigration", "SELECT * FROM document ORDER BY uci_key, no")

    @cached_property
    def _papers_of(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self._immigration_documents:
            found.setdefault(row["uci_key"], []).append(row)
        return found

    @cached_property
    def _clients(self) -> dict[str, Row]:
        return {row["uci_key"]: row for row in self._rows("immigration", "SELECT * FROM client")}

    @cached_property
    def _applications(self) -> list[Row]:
        return self._rows("immigration", "SELECT * FROM application ORDER BY uci_key, no")

    @cached_property
    def _police_documents(self) -> list[Row]:
        return self._rows("police", "SELECT * FROM person_document")

    @cached_property
    def _persons(self) -> dict[str, Row]:
        return {row["id"]: row for row in self._rows("police", "SELECT * FROM person")}

    @cached_property
    def _lookouts(self) -> list[Row]:
        return self._rows("police", "SELECT * FROM lookout ORDER BY id")

    @cached_property
    def _files(self) -> list[Row]:
        return self._rows("police", "SELECT * FROM file ORDER BY file_no")

    @cached_property
    def _seen(self) -> list[Row]:
        return self._rows("traveller", "SELECT * FROM ee.pax_last")


def _document(country: str, number: str) -> Document:
    return icao(country), number.strip()


def icao(code: str) -> str:
    """A country as a passport names it."""
    return {"D": "DE", "UTO": "UTO"}.get(code.strip()) or alpha2(code) or code
