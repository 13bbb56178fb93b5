"""Permits at their issuers, and the verification of a cited one: the domain's rule 2 written out once more."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from tests.kit.truth import Row, Truth, alpha2, plain
from tests.kit.truth_codes import AGENCY, CHECKS, FOOD_UNIT, KILOGRAMS, PERMIT_STATE, ZONES


class PermitTruth:
    """Permits of food and trade controls by (issuer, number)."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth

    @cached_property
    def permits(self) -> dict[tuple[str, str], Row]:
        return {(one["issuer"], one["number"]): one for one in [*self._food(), *self._trade()]}

    def _food(self) -> list[Row]:
        rows = self.truth.stores.rows
        hs = {row["code"]: row["hs"] or None for row in rows("food", "SELECT * FROM commodity")}
        lines: dict[str, list[Row]] = {}
        for row in rows("food", "SELECT * FROM permit_line ORDER BY no_key, n"):
            lines.setdefault(row["no_key"], []).append(
                _line(row["n"], hs.get(row["commodity"]), FOOD_UNIT.get(row["unit"]), row)
            )
        return [
            {
                "issuer": "FOOD",
                "number": plain(row["no"]),
                "type": row["kind"],
                "status": "SUSPENDED" if row["suspended"] else PERMIT_STATE[row["state"]],
                "holder": row["holder_bn"],
                "from": row["valid_from"],
                "to": row["expiry"],
                "origins": row["origins"].split(",") if row["origins"] else [],
                "lines": lines.get(row["no_key"], []),
            }
            for row in rows("food", "SELECT * FROM permit")
        ]

    def _trade(self) -> list[Row]:
        rows = self.truth.stores.rows
        lines: dict[int, list[Row]] = {}
        for row in rows("trade_controls", "SELECT * FROM lic.permit_line ORDER BY permit_id, line_no"):
            amounts = {"qty": row["qty_auth"], "reserved": row["qty_rsvd"], "used": row["qty_used"]}
            lines.setdefault(row["permit_id"], []).append(_line(row["line_no"], row["hs_prefix"], row["uom"], amounts))
        sql = """SELECT p.*,
                array(SELECT country::text FROM lic.permit_origin WHERE permit_id = p.id ORDER BY 1) AS origins
            FROM lic.permit p WHERE deleted_at IS NULL"""
        return [
            {
                "issuer": "TRADE_CONTROLS",
                "number": plain(row["permit_no"]),
                "type": row["permit_type"],
                "status": PERMIT_STATE[row["state"]],
                "holder": row["holder_bn"],
                "from": row["eff_date"].isoformat(),
                "to": row["exp_date"].isoformat(),
                "origins": row["origins"],
                "lines": lines.get(row["id"], []),
            }
            for row in rows("trade_controls", sql)
        ]

    def cited(self, shipment: Row, declaration: Row, line: Row) -> list[Row]:
        """What ``citedPermits { issuer number permit { … } verification { … } }`` says of one line of goods."""
        found = []
        for citation in self.truth.citations.get((declaration["txn"], line["line_nbr"]), ()):
            issuer, number = AGENCY.get(citation["lpco_agy"]), plain(citation["lpco_nbr"])
            permit = self.permits.get((issuer or "", number or ""))
            case = {
                "importer": declaration["imp_bn"],
                "hs": line["hs_cd"],
                "origin": alpha2(line["org_ctry"]),
                "value": line["qty"],
                "unit": line["uom_cd"],
                "arrival": arrival(shipment),
            }
            shown = {"number": permit["number"], "status": permit["status"]} if permit else None
            found.append(
                {"issuer": issuer, "number": number, "permit": shown, "verification": verify(issuer, permit, case)}
            )
        return found


def verify(issuer: str | None, permit: Row | None, case: Row) -> Row:
    """Verdict, outcome of each check, and what remains."""
    none = dict.fromkeys(CHECKS, "NOT_RUN")
    if permit is None:
        outcomes = {**none, "EXISTS": "NOT_RUN" if issuer is None else "FAILED"}
        return _verification(outcomes, None)
    day: date | None = case["arrival"]
    outcomes = {
        **none,
        "EXISTS": "PASSED",
        "STATUS": _said(permit["status"] == "ISSUED"),
        "HOLDER": _said(permit["holder"] == case["importer"]) if case["importer"] else "NOT_RUN",
        "DATES": _said(permit["from"] <= day.isoformat() <= permit["to"]) if day else "NOT_RUN",
        "ORIGIN": _said(not permit["origins"] or case["origin"] in permit["origins"]) if case["origin"] else "NOT_RUN",
    }
    covering = [line for line in permit["lines"] if line["hs"] and case["hs"].startswith(line["hs"])]
    assert len(covering) < 2, "the demo's permits have one line for a commodity"
    outcomes["HS"] = _said(bool(covering))
    remaining = None
    if covering:
        (line,) = covering
        remaining = {"value": line["authorized"] - line["reserved"] - line["used"], "unit": line["unit"]}
        asked = _convert(Decimal(case["value"]), case["unit"], line["unit"])
        outcomes["UNIT"] = _said(asked is not None)
        if asked is not None:
            outcomes["BALANCE"] = _said(asked <= remaining["value"])
    return _verification(outcomes, remaining)


def arrival(shipment: Row) -> date | None:
    """The day of arrival at the port of arrival, by its own clocks."""
    text = shipment["arrived"] or shipment["eta"]
    return datetime.fromisoformat(text).astimezone(ZoneInfo(ZONES[shipment["unlocode"]])).date() if text else None


def _verification(outcomes: Row, remaining: Row | None) -> Row:
    said = set(outcomes.values())
    verdict = "INVALID" if "FAILED" in said else "UNKNOWN" if "NOT_RUN" in said else "VALID"
    checks = [{"kind": kind, "outcome": outcomes[kind]} for kind in CHECKS]
    return {"verdict": verdict, "checks": checks, "remaining": remaining}


def _said(holds: bool) -> str:
    return "PASSED" if holds else "FAILED"


def _convert(value: Decimal, unit: str, wanted: str) -> Decimal | None:
    if unit == wanted:
        return value
    if unit in KILOGRAMS and wanted in KILOGRAMS:
        return value * KILOGRAMS[unit] / KILOGRAMS[wanted]
    return None


def _line(number: int, hs: str | None, unit: str | None, amounts: Row) -> dict[str, Any]:
    authorized, reserved, used = (Decimal(amounts[name] or 0) for name in ("qty", "reserved", "used"))
    return {"line": number, "hs": hs, "unit": unit, "authorized": authorized, "reserved": reserved, "used": used}
