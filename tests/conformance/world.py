"""The rows of the conformance suite: harmonised, and as an agency keeps them; the reference source over them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from adapters.contract import Child, CodeMap, CollectionSpec, FieldBinding, Paging, Request, RowFlag
from adapters.memory import MemorySource

CODES = CodeMap({"A": "ISSUED", "R": "REVOKED", "X": "EXPIRED"})
COUNTRIES = CodeMap({"FRA": "FR", "DEU": "DE", "D": "DE"})
ORIGINS = {None: [], "": [], "FRA": ["FR"], "D / FRA": ["DE", "FR"], "XXX": [], "FRA/XXX": ["FR"], "/DEU/": ["DE"]}
HS = ("0401", "0402", "07", None)
ENUM = frozenset(CODES.values.values())


def bound(path: str, column: str, type_name: str = "String", **rest_of_it: Any) -> FieldBinding:
    return FieldBinding(path, type_name, (column,), **rest_of_it)


LINES = Child(
    "lines",
    "PermitLine",
    table="w.line",
    on={"no": "no"},
    order=("n",),
    fields={
        "line": bound("line", "n", "Int"),
        "hs": bound("hs", "hs"),
        "used.value": bound("used.value", "qty", "Decimal"),
    },
)

PERMIT = CollectionSpec(
    "FOOD",
    "s",
    "permit",
    "Permit",
    {
        "number": bound("number", "no"),
        "type": bound("type", "kind"),
        "status": bound("status", "st", "PermitStatus", codes=CODES, enum=ENUM),
        "holder.name": bound("holder.name", "holder"),
        "validTo": bound("validTo", "until", "Date", format="yyyyMMdd"),
        "fee.amount": bound("fee.amount", "fee", "Decimal", format="cents"),
        "updatedAt": bound("updatedAt", "upd", "DateTime"),
        "held": bound("held", "held", "Boolean"),
        "originCountries": bound("originCountries", "orig", "CountryCode", codes=COUNTRIES, split="/", list=True),
        "holder.country": bound("holder.country", "ctry", "CountryCode"),
    },
    table="w.permit",
    children={"lines": LINES},
)

DECISION = CollectionSpec(
    "FOOD",
    "s",
    "decision",
    "AgencyDecision",
    {
        "transactionNumber": bound("transactionNumber", "txn"),
        "sequence": bound("sequence", "seq", "Int"),
        "reasonCode": bound("reasonCode", "reason"),
    },
    table="w.decision",
)

HTTP = {
    "permit": (
        Request("GET", "/permits", ("number",), {"no": "{number}"}, many="comma", max_keys=3, rows="rows"),
        Request("GET", "/permits", ("type",), {"kind": "{type}"}, many="repeat", max_keys=2, rows="rows"),
        Request(
            "GET",
            "/permits",
            query={
                "status": "{status}",
                "sort": "{order}",
                "to": "{validTo.lte}",
                "offset": "{offset}",
                "size": "{size}",
            },
            rows="rows",
            order={"validTo": ("until", "-until"), "number": ("no", "-no")},
            paging=Paging(7, total="total"),
        ),
    ),
    "decision": (
        Request(
            "POST",
            "/decisions",
            ("transactionNumber", "sequence"),
            body={"wanted": [{"t": "{transactionNumber}", "s": "{sequence}"}]},
            many="body",
            max_keys=4,
        ),
        Request("GET", "/decisions"),
    ),
}


class World:
    """The rows, in the terms of the schema and in those of the agency."""

    def __init__(self, seed: int = 7) -> None:
        rng = random.Random(seed)
        self.permits: list[dict[str, Any]] = []
        self.native: list[dict[str, Any]] = []
        self.flags: list[RowFlag] = []
        for i in range(40):
            until = rng.choice([None, *(date(2026, 11, 1) + timedelta(days=n) for n in range(5))])
            fee = rng.choice([None, 0, 950, 1000, 123456])
            at = rng.choice([None, datetime(2026, 11, 24, tzinfo=UTC) + timedelta(hours=rng.randrange(4))])
            code = rng.choice([None, "A", "A", "R", "X"])
            row: dict[str, Any] = {
                "number": f"P{i * 7 % 40:03}",
                "type": rng.choice(["meat", "plant", "Plant", "é", None]),
                "status": CODES.values.get(code) if code else None,
                "holder.name": rng.choice([None, "Alpha", "Beta%", "Be_a"]),
                "validTo": until,
                "fee.amount": None if fee is None else f"{fee / 100:.2f}",
                "updatedAt": at,
                "held": rng.choice([None, True, False]),
                "lines": [
                    {"line": n, "hs": rng.choice(HS), "used.value": rng.choice(["9.5", "10", None])}
                    for n in range(rng.randrange(4))
                ],
            }
            until_text = f"{until:%Y%m%d}" if until else None
            if i in (3, 11):
                row["validTo"], until_text = None, "20261399"
                self.flags.append(RowFlag(i, "validTo", "?"))
            if i == 5:
                row["status"], code = None, "?"
                self.flags.append(RowFlag(i, "status", "?"))
            origins = list(ORIGINS)[i % len(ORIGINS)]
            row["originCountries"] = ORIGINS[origins]
            if "XXX" in (origins or ""):
                self.flags.append(RowFlag(i, "originCountries", "?"))
            row["holder.country"] = ("CA", "can", None)[i % 3]
            if row["holder.country"] == "can":
                self.flags.append(RowFlag(i, "holder.country", "?"))
            self.permits.append(row)
            self.native.append(
                {
                    "no": row["number"],
                    "kind": row["type"],
                    "st": code,
                    "holder": row["holder.name"],
                    "until": until_text,
                    "fee": fee,
                    "upd": at,
                    "held": row["held"],
                    "orig": origins,
                    "ctry": row["holder.country"],
                    "lines": [{"n": e["line"], "hs": e["hs"], "qty": e["used.value"]} for e in row["lines"]],
                }
            )
        self.decisions = [
            {"transactionNumber": f"T{i % 6}", "sequence": i // 6, "reasonCode": rng.choice([None, "x"])}
            for i in range(20)
        ]


WORLD = World()


def reference() -> MemorySource:
    """The world in memory."""
    data = {"permit": WORLD.permits, "decision": WORLD.decisions}
    return MemorySource("s", "FOOD", [PERMIT, DECISION], data, flags={"permit": WORLD.flags})
