"""What the hand-written endpoint asks: the same stores and APIs as the gateway, a statement or call a level."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

import aiohttp
import asyncpg
import orjson

_LIVE = "rec_typ = 'C' AND del_flg IN ('N', '')"
_DATED = "eta_dt ~ '^[0-9]{4}(0[1-9]|1[0-2])([0-2][0-9]|3[01])$' AND eta_tm ~ '^([01][0-9]|2[0-3])[0-5][0-9]$'"
_SHIPMENT = """
SELECT upper(trim(h.ccn_nbr)), h.eta_dt, h.eta_tm, h.port_arr_no, h.pkg_ct, h.imp_nm, h.imp_bn, h.sts_cd,
       ARRAY(SELECT e.eqp_nbr::text FROM cargo.ccd_eqp e WHERE e.ccd_id = h.ccd_id ORDER BY e.eqp_seq),
       ARRAY(SELECT e.iso_typ::text FROM cargo.ccd_eqp e WHERE e.ccd_id = h.ccd_id ORDER BY e.eqp_seq)
FROM ({page}) h
"""
_QUEUE_ORDER = "hld_flg DESC, eta_dt, eta_tm, ccn_nbr"
QUEUE = (
    _SHIPMENT.format(
        page="SELECT p.* FROM unnest($1::bpchar[]) AS port CROSS JOIN LATERAL (SELECT * FROM cargo.ccd_hdr "
        f"WHERE port_arr_no = port AND {_LIVE} AND {_DATED} AND (eta_dt, eta_tm) >= ($2, $3) "
        f"ORDER BY {_QUEUE_ORDER} LIMIT 50) p "
        f"ORDER BY {_QUEUE_ORDER} LIMIT 50"
    )
    + f"ORDER BY {_QUEUE_ORDER}"
)
ONE = _SHIPMENT.format(page=f"SELECT * FROM cargo.ccd_hdr WHERE ccn_nbr = $1 AND {_LIVE} LIMIT 1")
LONG_ROWS = 1000
LONG = f"""
SELECT upper(trim(ccn_nbr)), ucr_nbr, trn_mod, port_lad_no, port_arr_no, eta_dt, eta_tm, pkg_ct, carr_cd, carr_nm
FROM unnest($1::bpchar[]) AS port CROSS JOIN LATERAL (
    SELECT * FROM cargo.ccd_hdr WHERE port_arr_no = port AND {_LIVE} AND {_DATED} AND (eta_dt, eta_tm) >= ($2, $3)
    ORDER BY eta_dt, eta_tm, ccn_nbr LIMIT %(rows)s) p
ORDER BY eta_dt, eta_tm, ccn_nbr LIMIT %(rows)s
"""
_TXN = "left(regexp_replace({0}.txn_nbr, '[^0-9]', '', 'g'), 14)"
DECLARATIONS = f"""
SELECT upper(trim(d.ccn_nbr)), {_TXN.format("d")} AS txn, d.ver_nbr, d.drctn, d.acpt_ts AT TIME ZONE 'America/Toronto'
FROM rlse.b3_hdr d WHERE d.ccn_nbr = ANY($1)
AND NOT EXISTS (SELECT 1 FROM rlse.b3_hdr n WHERE {_TXN.format("n")} = {_TXN.format("d")} AND n.ver_nbr > d.ver_nbr)
ORDER BY d.acpt_ts DESC, txn
"""
ITEMS = f"""
SELECT {_TXN.format("i")}, i.line_nbr, i.hs_cd, i.gds_desc, i.org_ctry, i.qty::text, i.uom_cd,
       ARRAY(SELECT p.lpco_agy::text FROM rlse.b3_lpco p WHERE (p.txn_nbr, p.ver_nbr, p.line_nbr)
             = (i.txn_nbr, i.ver_nbr, i.line_nbr) ORDER BY p.lpco_seq),
       ARRAY(SELECT p.lpco_nbr::text FROM rlse.b3_lpco p WHERE (p.txn_nbr, p.ver_nbr, p.line_nbr)
             = (i.txn_nbr, i.ver_nbr, i.line_nbr) ORDER BY p.lpco_seq)
FROM rlse.b3_line i WHERE {_TXN.format("i")} = ANY($1)
AND NOT EXISTS (SELECT 1 FROM rlse.b3_line n
                WHERE {_TXN.format("n")} = {_TXN.format("i")} AND n.line_nbr = i.line_nbr AND n.ver_nbr > i.ver_nbr)
ORDER BY i.line_nbr
"""
PERMITS = """
SELECT replace(permit_no, '-', ''), permit_type, state, exp_date FROM lic.permit
WHERE deleted_at IS NULL AND permit_no = ANY($1)
"""
PORTS = "SELECT port_no::text, unlocode FROM ref.port_loc"
PERMITS_FROM = """
SELECT replace(permit_no, '-', ''), permit_type, state, eff_date, exp_date, holder_name, holder_bn FROM lic.permit
WHERE deleted_at IS NULL AND exp_date >= $1 ORDER BY exp_date, permit_no LIMIT 50
"""
FOOD_PAGE = 100
"""Rows of the food agency's list that a page of ours asks for."""


class Sources:
    """Pools of two databases, one HTTP session, and a token that is renewed in time. ``reset``: whether a connection is
    reset at its release, as asyncpg's pool does when nobody tells it otherwise."""

    def __init__(self, environment: dict[str, str], reset: bool = True) -> None:
        self.environment = environment
        self._pool_options = {} if reset else {"reset": _keep}
        self.ports: dict[str, str] = {}
        self.numbers: dict[str, list[str]] = {}
        self._token, self._token_ends = "", 0.0

    async def start(self) -> None:
        self.customs = await self._pool("CUSTOMS_DSN")
        self.trade = await self._pool("TRADE_DSN")
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit_per_host=16))
        rows = await self.customs.fetch(PORTS)
        self.ports = dict(rows)
        for number, code in rows:
            self.numbers.setdefault(code, []).append(number)

    async def close(self) -> None:
        await self.http.close()
        await self.customs.close()
        await self.trade.close()

    async def accounts(self, numbers: Sequence[str]) -> list[Any]:
        if time.monotonic() > self._token_ends:
            await self._renew()
        headers = {"Authorization": f"Bearer {self._token}"}
        return await self._all(
            f"{self.environment['REVENUE_URL']}/v1/accounts", "bn", numbers, 100, "accounts", headers
        )

    async def permits(self, numbers: Sequence[str]) -> list[Any]:
        return await self._all(f"{self._food}/permits", "no", numbers, 50, "permits", self._food_headers)

    async def permits_from(self, day: str) -> list[Any]:
        query = {"expiresFrom": day, "offset": "0", "limit": str(FOOD_PAGE), "sort": "expiry"}
        return await self._get(f"{self._food}/permits", query, "permits", self._food_headers)

    @property
    def _food(self) -> str:
        return self.environment["FOOD_URL"]

    @property
    def _food_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.environment['FOOD_TOKEN']}"}

    async def _all(
        self, url: str, name: str, keys: Sequence[str], size: int, rows: str, headers: dict[str, str]
    ) -> list[Any]:
        chunks = [keys[start : start + size] for start in range(0, len(keys), size)]
        if len(chunks) == 1:
            return await self._get(url, {name: ",".join(keys)}, rows, headers)
        parts: Iterable[list[Any]] = await asyncio.gather(
            *(self._get(url, {name: ",".join(chunk)}, rows, headers) for chunk in chunks)
        )
        return [row for part in parts for row in part]

    async def _get(self, url: str, query: dict[str, str], rows: str, headers: dict[str, str]) -> list[Any]:
        async with self.http.get(url, params=query, headers=headers) as answer:
            answer.raise_for_status()
            found: list[Any] = orjson.loads(await answer.read())[rows]
            return found

    async def _renew(self) -> None:
        client = aiohttp.BasicAuth("guichet", self.environment["REVENUE_SECRET"])
        form = {"grant_type": "client_credentials", "scope": "accounts.read"}
        async with self.http.post(self.environment["REVENUE_TOKEN_URL"], data=form, auth=client) as answer:
            told = await answer.json()
        self._token = told["access_token"]
        self._token_ends = time.monotonic() + told["expires_in"] * 0.8

    async def _pool(self, name: str) -> Any:
        return await asyncpg.create_pool(self.environment[name], min_size=1, max_size=10, **self._pool_options)


async def _keep(_: Any) -> None:
    """Sends no reset statement at release; the gateway's own pool sends none either."""
