"""Variables of the queries, read from the agencies' stores, so that no two requests in a row ask for the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

SETS = 240
_PORTS = 12
_ZONE = ZoneInfo("America/Toronto")
_LIVE = "rec_typ = 'C' AND del_flg IN ('N', '') AND eta_dt ~ '^20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])$'"
_CLOCK = "eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9]$'"
_BUSIEST = f"""
SELECT p.unlocode, array_agg(h.eta_dt || h.eta_tm ORDER BY h.eta_dt DESC, h.eta_tm DESC) AS etas
FROM cargo.ccd_hdr h JOIN ref.port_loc p ON p.port_no = h.port_arr_no WHERE {_LIVE} AND {_CLOCK}
GROUP BY p.unlocode ORDER BY count(*) DESC LIMIT {_PORTS}
"""
_CCNS = f"""
SELECT upper(trim(ccn_nbr)) FROM cargo.ccd_hdr h WHERE {_LIVE} AND imp_bn IS NOT NULL
AND EXISTS (SELECT 1 FROM rlse.b3_hdr d WHERE d.ccn_nbr = h.ccn_nbr) ORDER BY ccd_id * 7919 % 10007, ccd_id LIMIT {SETS}
"""

Variables = Mapping[str, Any]


async def variables(customs: str) -> dict[str, list[Variables]]:
    """Per query, at least 200 sets where the data has as many. ``customs``: DSN of the store."""
    connection = await asyncpg.connect(customs)
    try:
        ports = await connection.fetch(_BUSIEST)
        ccns = [row[0] for row in await connection.fetch(_CCNS)]
    finally:
        await connection.close()
    etas = {port: list(found) for port, found in ports}
    today = datetime.now(UTC).date()
    return {
        "q1": _pages(etas, 50),
        "q2": [{"ccn": ccn} for ccn in ccns],
        "q3": _pages(etas, 1000),
        "q4": [{"from": str(today + timedelta(days=day - SETS // 2))} for day in range(SETS)],
    }


def _pages(etas: Mapping[str, list[str]], size: int) -> list[Variables]:
    """Ports in turn, each from ever earlier moments on; every page is full where the port has as many rows."""
    each = SETS // len(etas)
    columns = []
    for port, found in etas.items():
        last = len(found) - 1
        first = min(size + 1, last)
        step = (last - first) / each
        columns.append([{"port": port, "since": _instant(found[int(first + step * turn)])} for turn in range(each)])
    return [one for row in zip(*columns, strict=True) for one in row]


def _instant(native: str) -> str:
    moment = datetime.strptime(native, "%Y%m%d%H%M").replace(tzinfo=_ZONE)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
