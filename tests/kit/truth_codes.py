"""The agencies' own codes, written out once more for the tests: nothing here comes from the product or its files."""

from __future__ import annotations

import re
from decimal import Decimal
from zoneinfo import ZoneInfo

TORONTO = ZoneInfo("America/Toronto")
STATUS = {"P": "PRE_ARRIVAL", "A": "ARRIVED", "R": "UNDER_REVIEW", "H": "HELD", "X": "EXAMINED", "L": "RELEASED"} | {
    "F": "REFUSED",
    "S": "SEIZED",
}
AGENCY = {"01": "CUSTOMS", "04": "FOOD", "07": "TRADE_CONTROLS", "11": "POLICE"}
SCOPE = {
    "S": "SHIPMENT",
    "C": "CONTAINER",
    "I": "ITEM",
    "lot": "ITEM",
    "shipment": "SHIPMENT",
    "container": "CONTAINER",
}
KIND = {"D": "DOCUMENT", "V": "NON_INTRUSIVE", "P": "PHYSICAL", "S": "SAMPLE", "F": "FUMIGATION"} | {
    "doc": "DOCUMENT",
    "phys": "PHYSICAL",
    "sample": "SAMPLE",
}
CUSTOMS_SAYS = {"4": "RELEASED", "5": "EXAM", "9": "MAY_PROCEED", "14": "REJECTED", "23": "HOLD"}
FOOD_SAYS = {"OK": "MAY_PROCEED", "REL": "RELEASED", "INSP": "EXAM", "MOV": "MOVE_DETAIN_AT_DESTINATION"} | {
    "DOC": "DOCUMENTS_REQUIRED",
    "REV": "UNDER_REVIEW",
    "REF": "REFUSED",
}
TRADE_SAYS = {"P": "MAY_PROCEED", "W": "UNDER_REVIEW", "D": "DOCUMENTS_REQUIRED", "N": "REFUSED"}
ZONES = {"CAVAN": "America/Vancouver", "CAPRR": "America/Vancouver", "CAMTR": "America/Toronto"} | {
    "CATOR": "America/Toronto",
    "CAWND": "America/Toronto",
    "CAHAL": "America/Halifax",
    "CACAL": "America/Edmonton",
}
ENTRIES = {"813": "CAVAN", "821": "CAVAN", "395": "CAMTR", "497": "CATOR", "9": "CAHAL", "453": "CAWND"} | {
    "824": "CAPRR",
    "701": "CACAL",
}
PERMIT_STATE = {"A": "ISSUED", "I": "ISSUED", "S": "SUSPENDED", "R": "REVOKED", "X": "EXHAUSTED", "E": "EXPIRED"}
FOOD_UNIT = {"KG": "KGM", "T": "TNE", "HD": "HEA"}
KILOGRAMS = {"KGM": Decimal(1), "TNE": Decimal(1000)}
LADDER = (
    "SEIZED",
    "REFUSED",
    "REJECTED",
    "HOLD",
    "DOCUMENTS_REQUIRED",
    "UNDER_REVIEW",
    "UNKNOWN",
    "MOVE_DETAIN_AT_DESTINATION",
    "MAY_PROCEED",
)
CHECKS = ("EXISTS", "STATUS", "HOLDER", "DATES", "HS", "ORIGIN", "UNIT", "BALANCE")
BUSINESS_NUMBER = re.compile(r"\d{9}R[CMPT]\d{4}")
AUTHORIZATION = {"ETA": "ETA", "V-1": "TRV", "S-1": "STUDY", "W-1": "WORK", "PR": "PR", "RF": "REFUGEE"}
ACTION = {"ARR": "ARREST", "SZR": "SEIZURE", "PEN": "PENALTY", "REM": "REMOVAL"}
