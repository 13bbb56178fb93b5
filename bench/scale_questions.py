"""The questions of `bench.scale`, and the keys that they ask for, read from the agencies' own stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from demo.running import Demo
from demo.world.reference import ALPHA3

Facts = Mapping[str, Any]
_ALPHA2 = {alpha3: alpha2 for alpha2, alpha3 in ALPHA3.items()}

ROWS = 50
"""Of a page of the lists below."""

_LIST = "query($after:String){{{}(first:50,after:$after{}){{pageInfo{{endCursor}} edges{{node{{{}}}}}}}}}"
_SHIPMENT = "ccn status eta importer{businessNumber}"
RELEASE = _LIST.format("shipments", ",orderBy:[{field:HELD,direction:DESC},{field:ETA}]", _SHIPMENT)


@dataclass(frozen=True, slots=True)
class Question:
    """``variables``: the name of a fact for each. ``claims`` replace those of the persona's token."""

    name: str
    persona: str
    query: str
    variables: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)


def _shipments(arguments: str = "") -> str:
    return _LIST.format("shipments", arguments, _SHIPMENT)


_OFFICER, _ANALYST, _TRAVELLER = "officer-vancouver", "analyst", "traveller-officer"
_CROSSINGS = _LIST.format("crossings", ',filter:{place:{eq:"CAVAN"}}', "state direction at expectedAt")
_THREE = {"ports": ["CAVAN", "CAMTR", "CATOR"]}
_PERMITS = _LIST.format("permits", "", "issuer{code} number status validTo")
_HOLDS = _LIST.format("holds", "", "agency placedAt liftedAt")

PAGES = (
    Question("release queue", _OFFICER, RELEASE),
    Question("shipments of one port", _OFFICER, _shipments()),
    Question("shipments of every port", _ANALYST, _shipments()),
    Question("crossings at a place", _ANALYST, _CROSSINGS),
    Question("permits, merged", _ANALYST, _PERMITS),
)

QUESTIONS = (
    Question("release queue, 1 port", _OFFICER, RELEASE),
    Question("release queue, 3 ports", _OFFICER, RELEASE, claims=_THREE),
    Question("shipments, newest first, 1 port", _OFFICER, _shipments()),
    Question("shipments, newest first, 3 ports", _OFFICER, _shipments(), claims=_THREE),
    Question("shipments, newest first, every port", _ANALYST, _shipments()),
    Question("shipments by arrival, 1 port", _OFFICER, _shipments(",orderBy:[{field:ARRIVED_AT,direction:DESC}]")),
    Question("shipments, HELD, 1 port", _OFFICER, _shipments(",filter:{held:true}")),
    Question("shipments, status RELEASED, 1 port", _OFFICER, _shipments(",filter:{status:{eq:RELEASED}}")),
    Question("shipments, status EXAMINED, 1 port", _OFFICER, _shipments(",filter:{status:{eq:EXAMINED}}")),
    Question("shipments, status EXAMINED, every port", _ANALYST, _shipments(",filter:{status:{eq:EXAMINED}}")),
    Question(
        "shipments, status EXAMINED, with totalCount, every port",
        _ANALYST,
        _shipments(",filter:{status:{eq:EXAMINED}}").replace("pageInfo", "totalCount pageInfo"),
    ),
    Question("shipments with totalCount, 1 port", _OFFICER, _shipments().replace("pageInfo", "totalCount pageInfo")),
    Question(
        "one shipment", _OFFICER, "query($ccn:CargoControlNumber!){shipment(ccn:$ccn){ccn status}}", {"ccn": "ccn"}
    ),
    Question("crossings at a place", _TRAVELLER, _CROSSINGS),
    Question("crossings, every place", _ANALYST, _CROSSINGS.replace(',filter:{place:{eq:"CAVAN"}}', "")),
    Question("permits, merged", _ANALYST, _PERMITS),
    Question("holds, merged, 1 port", _OFFICER, _HOLDS),
    Question("holds, merged, every port", _ANALYST, _HOLDS),
    Question(
        "Organization.shipments of the heaviest importer",
        _ANALYST,
        "query($bn:BusinessNumber!){organization(businessNumber:$bn){shipments(first:50){edges{node{ccn status}}}}}",
        {"bn": "importer"},
    ),
    Question(
        "Permit.shipments",
        _ANALYST,
        'query($no:String!){permit(issuer:"TRADE_CONTROLS",number:$no){shipments(first:50){edges{node{ccn}}}}}',
        {"no": "permit"},
    ),
    Question(
        "person by document",
        _ANALYST,
        "query($d:TravelDocumentKey!){person(document:$d){records{agency familyName}}}",
        {"d": "document"},
    ),
    Question(
        "people by name",
        _ANALYST,
        "query($s:PersonSearch!){people(search:$s,first:20){edges{node{records{familyName}}}}}",
        {"s": "search"},
    ),
)


async def facts(demo: Demo) -> Facts:
    """Of each kind a usual one; of importers the one with most shipments."""
    dsns = {name: entry["dsn"] for name, entry in demo.info["agencies"].items() if "dsn" in entry}
    customs, traveller = await asyncpg.connect(dsns["customs"]), await asyncpg.connect(dsns["traveller"])
    try:
        importer = await customs.fetchval(
            "SELECT imp_bn FROM cargo.ccd_hdr WHERE imp_bn LIKE '_________RM____' GROUP BY 1"
            " ORDER BY count(*) DESC LIMIT 1"
        )
        ccn = await customs.fetchval(
            "SELECT trim(ccn_nbr) FROM cargo.ccd_hdr JOIN ref.port_loc ON port_no = port_arr_no"
            " WHERE unlocode = 'CAVAN' AND rec_typ = 'C' AND del_flg = 'N' ORDER BY ccd_id OFFSET 100 LIMIT 1"
        )
        permit = await customs.fetchval(
            "SELECT upper(regexp_replace(lpco_nbr, '[^0-9A-Za-z]', '', 'g')) FROM rlse.b3_lpco WHERE lpco_agy = '07'"
            " AND lpco_nbr LIKE 'GC%' ORDER BY txn_nbr OFFSET 100 LIMIT 1"
        )
        person = await traveller.fetchrow(
            "SELECT doc_iss, trim(doc_nbr) AS number, surnm, dob FROM ee.pax_last WHERE dob ~ '^[0-9]{8}$' "
            " AND doc_iss = 'CAN'"
            " ORDER BY doc_iss DESC, doc_nbr OFFSET 200 LIMIT 1"
        )
        assert person is not None
    finally:
        await customs.close()
        await traveller.close()
    return {
        "importer": importer,
        "ccn": ccn,
        "permit": permit,
        "document": {"issuer": _ALPHA2[person["doc_iss"]], "number": person["number"]},
        "search": {"familyName": person["surnm"], "birthDate": person["dob"][:4]},
    }
