"""What is right: plain SQL on the agencies' own stores, and the domain's rules written out once more.

Nothing of the product is imported, so that an answer of the gateway is never checked against the gateway."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any

import asyncpg
import pycountry

from tests.kit.truth_codes import (
    AGENCY,
    CUSTOMS_SAYS,
    FOOD_SAYS,
    LADDER,
    SCOPE,
    STATUS,
    TORONTO,
    TRADE_SAYS,
)

Row = dict[str, Any]


def instant(moment: datetime | None, zone: tzinfo = TORONTO) -> str | None:
    """As the gateway prints it, from a time without a zone."""
    if moment is None:
        return None
    return moment.replace(tzinfo=zone).astimezone(UTC).isoformat().replace("+00:00", "Z")


def alpha2(alpha3: str | None) -> str | None:
    found = pycountry.countries.get(alpha_3=alpha3.strip()) if alpha3 else None
    return found.alpha_2 if found else None


def plain(text: str | None) -> str | None:
    return None if text is None else "".join(c for c in text.upper() if c.isalnum())


class Stores:
    """The stores of a running demo, past every proxy and API."""

    def __init__(self, agencies: Mapping[str, Mapping[str, Any]]) -> None:
        self._stores = {name: str(entry["store"]) for name, entry in agencies.items()}

    def rows(self, agency: str, sql: str, *values: Any) -> list[Row]:
        store = self._stores[agency]
        if store.startswith("postgres"):
            with asyncio.Runner() as runner:
                return runner.run(self._fetch(store, sql, values))
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    async def _fetch(self, dsn: str, sql: str, values: Sequence[Any]) -> list[Row]:
        connection = await asyncpg.connect(dsn)
        try:
            return [dict(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()


HEADERS = """
    SELECT h.*, trim(h.ccn_nbr) AS ccn, p.unlocode, s.newest_sts_cd, s.seiz_flg
    FROM cargo.ccd_hdr h JOIN ref.port_loc p ON p.port_no = h.port_arr_no
    LEFT JOIN LATERAL (
        SELECT sts_cd AS newest_sts_cd, seiz_flg FROM cargo.ccd_sts_hist WHERE ccd_id = h.ccd_id
        ORDER BY sts_ts DESC, sts_seq DESC LIMIT 1
    ) s ON true
    WHERE h.rec_typ = 'C' AND h.del_flg IN ('N', ' ') AND {condition} ORDER BY {order}
"""
NEWEST = """
    SELECT * FROM (
        SELECT DISTINCT ON (left(txn_nbr, 14)) *, left(txn_nbr, 14) AS txn, trim(ccn_nbr) AS ccn
        FROM rlse.b3_hdr ORDER BY left(txn_nbr, 14), ver_nbr DESC
    ) newest
"""
QUEUE = "(h.hld_flg = 'Y') DESC, CASE WHEN h.eta_dt <> '20261399' THEN h.eta_dt || h.eta_tm END, h.ccn_nbr"


class Truth:
    """Whole tables, read once."""

    def __init__(self, agencies: Mapping[str, Mapping[str, Any]]) -> None:
        self.stores = Stores(agencies)

    def shipments(self, condition: str, *values: Any, order: str = QUEUE) -> list[Row]:
        """Header rows with ``ccn``, ``status``, ``eta`` and ``arrived`` as the gateway prints them."""
        rows = self.stores.rows("customs", HEADERS.format(condition=condition, order=order), *values)
        for row in rows:
            row["status"] = "SEIZED" if row["seiz_flg"] == "Y" else STATUS.get(row["newest_sts_cd"])
            row["eta"], row["arrived"] = _eta(row), instant(row["arr_ts"])
        return rows

    @cached_property
    def containers(self) -> dict[int, list[Row]]:
        return _grouped(self.stores.rows("customs", "SELECT * FROM cargo.ccd_eqp ORDER BY ccd_id, eqp_seq"), "ccd_id")

    @cached_property
    def declarations(self) -> dict[str, list[Row]]:
        """The newest versions, by shipment."""
        return _grouped(self.stores.rows("customs", NEWEST + " ORDER BY txn"), "ccn")

    @cached_property
    def lines(self) -> dict[str, list[Row]]:
        """Goods of the newest versions, by transaction."""
        sql = f"SELECT l.*, n.txn FROM rlse.b3_line l JOIN ({NEWEST}) n USING (txn_nbr, ver_nbr) ORDER BY line_nbr"
        return _grouped(self.stores.rows("customs", sql), "txn")

    @cached_property
    def citations(self) -> dict[tuple[str, int], list[Row]]:
        sql = f"SELECT c.*, n.txn FROM rlse.b3_lpco c JOIN ({NEWEST}) n USING (txn_nbr, ver_nbr) ORDER BY lpco_seq"
        found: dict[tuple[str, int], list[Row]] = {}
        for row in self.stores.rows("customs", sql):
            found.setdefault((row["txn"], row["line_nbr"]), []).append(row)
        return found

    @cached_property
    def required(self) -> dict[str, list[Row]]:
        return _grouped(self.stores.rows("customs", "SELECT *, left(txn_nbr, 14) AS txn FROM rlse.b3_ogd"), "txn")

    @cached_property
    def decisions(self) -> dict[str, list[Row]]:
        """The newest of each agency and item, by transaction: ``agency``, ``line``, ``status``, ``at``."""
        customs = """SELECT DISTINCT ON (left(txn_nbr, 14)) left(txn_nbr, 14) AS txn, NULL AS line, dcsn_cd AS code,
            dcsn_ts AS at, rsn_cd AS reason FROM rlse.rlse_dcsn ORDER BY left(txn_nbr, 14), dcsn_ts DESC"""
        trade = """SELECT DISTINCT ON (transaction_no, line_no) transaction_no AS txn, line_no AS line, outcome AS code,
            checked_at AS at, reason FROM lic.release_check ORDER BY transaction_no, line_no, checked_at DESC"""
        food = "SELECT txn, line, decision AS code, decided_at AS at, reason FROM decision"
        found = []
        for agency, sql, codes in (
            ("customs", customs, CUSTOMS_SAYS),
            ("trade_controls", trade, TRADE_SAYS),
            ("food", food, FOOD_SAYS),
        ):
            for row in self.stores.rows(agency, sql):
                at = row["at"] if isinstance(row["at"], str) else instant(row["at"])
                found.append({**row, "agency": agency.upper(), "status": codes.get(row["code"]), "at": at})
        return _grouped(found, "txn")

    @cached_property
    def holds(self) -> dict[str, list[Row]]:
        """By shipment, of customs and food: ``agency``, ``scope``, ``open``, ``container``, ``place``."""
        customs = """SELECT e.*, trim(ccn_nbr) AS ccn, unlocode FROM cargo.evt e LEFT JOIN ref.port_loc USING (port_no)
            WHERE evt_typ = 'HLD'"""
        found = [
            {
                "agency": "CUSTOMS",
                "ccn": row["ccn"],
                "scope": SCOPE.get(row["scope_cd"]),
                "reasonCode": row["rsn_cd"],
                "placedAt": instant(row["beg_ts"]),
                "liftedAt": instant(row["end_ts"]),
                "canMove": row["mv_flg"] == "Y",
                "place": row["unlocode"],
                "container": plain(row["eqp_nbr"]),
            }
            for row in self.stores.rows("customs", customs)
        ]
        found += [
            {
                "agency": "FOOD",
                "ccn": row["ccn"],
                "scope": SCOPE[row["scope"]],
                "reasonCode": row["reason"],
                "placedAt": row["placed"],
                "liftedAt": row["lifted"],
                "canMove": bool(row["may_move"]),
                "place": row["unlocode"],
                "container": row["container"],
            }
            for row in self.stores.rows("food", "SELECT * FROM hold")
        ]
        return _grouped(found, "ccn")

    def joint_status(self, shipment: Row) -> Row:
        """Domain rule 1, on the stores as they are: every agency answers."""
        steps, blocking, unknown = [], set(), set()

        def say(agency: str, step: str) -> None:
            steps.append(step)
            if LADDER.index(step) < LADDER.index("UNKNOWN"):
                blocking.add(agency)
            elif step == "UNKNOWN":
                unknown.add(agency)

        for declaration in self.declarations.get(shipment["ccn"], ()):
            decisions = self.decisions.get(declaration["txn"], ())
            for needed in self.required.get(declaration["txn"], ()):
                agency = AGENCY.get(needed["ogd_cd"])
                if agency is None:
                    steps.append("UNKNOWN")
                elif agency == "POLICE":  # gives no decisions: there is nobody to answer
                    say(agency, "UNKNOWN")
                else:
                    own = [one for one in decisions if one["agency"] == agency]
                    for one in own:
                        same = {"RELEASED": "MAY_PROCEED", "EXAM": "HOLD", None: "UNKNOWN"}
                        say(agency, same.get(one["status"]) or str(one["status"]))
                    if not any(
                        None in (needed["line_nbr"], one["line"]) or one["line"] == needed["line_nbr"] for one in own
                    ):
                        say(agency, "UNDER_REVIEW")
        for hold in self.holds.get(shipment["ccn"], ()):
            if hold["liftedAt"] is None:
                say(hold["agency"], "HOLD")
        own_step = {
            "UNDER_REVIEW": "UNDER_REVIEW",
            "HELD": "HOLD",
            "REFUSED": "REFUSED",
            "SEIZED": "SEIZED",
            None: "UNKNOWN",
        }
        if shipment["status"] in own_step:
            say("CUSTOMS", own_step[shipment["status"]])
        if not steps and shipment["status"] != "RELEASED":
            say("CUSTOMS", "UNDER_REVIEW")
        state = min(steps, key=LADDER.index, default="MAY_PROCEED")
        if shipment["status"] == "RELEASED" and state == "MAY_PROCEED":
            state = "RELEASED"
        return {"state": state, "blockingAgencies": sorted(blocking), "unknownAgencies": sorted(unknown)}


def _eta(row: Row) -> str | None:
    try:
        return instant(datetime.strptime(row["eta_dt"] + row["eta_tm"], "%Y%m%d%H%M"))
    except ValueError:
        return None


def _grouped(rows: Iterable[Row], key: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def exact(value: Any) -> Any:
    """An answer with its decimals as numbers: ``1.50`` is ``1.5``."""
    if isinstance(value, dict):
        return {
            name: Decimal(one) if name in ("amount", "value") and isinstance(one, str) else exact(one)
            for name, one in value.items()
        }
    return [exact(one) for one in value] if isinstance(value, list) else value


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows of a list whose order is not promised."""
    return sorted(rows, key=repr)
