"""The harmonised types as agency files see them: what each is keyed by, who may own it, what it publishes beyond the
schema. Names are paths of the schema."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_KEYS: Mapping[str, tuple[str, ...]] = {
    "Shipment": ("ccn",),
    "Declaration": ("transactionNumber",),
    "GoodsItem": ("transactionNumber", "sequence"),
    "RequiredDecision": ("transactionNumber", "agency"),
    "DutyAssessment": ("transactionNumber", "version", "sequence"),
    "RiskAssessment": ("ccn",),
    "AgencyDecision": ("transactionNumber", "sequence"),
    "Organization": ("businessNumber",),
    "Permit": ("number",),
    "TravelDocument": ("issuer", "number"),
    "CustomsOffice": ("code",),
    "Hold": ("key",),
    "Inspection": ("key",),
    "PersonRecord": ("key",),
    "Crossing": ("key",),
    "Authorization": ("key",),
    "Lookout": ("key",),
    "EnforcementAction": ("key",),
}
"""Key paths of every type that a collection can provide. Types with several owners add the agency outside of it."""

MULTI_OWNER = frozenset(
    {"Permit", "Hold", "Inspection", "AgencyDecision", "EnforcementAction", "PersonRecord", "Lookout"}
)
"""Types that several agencies own: the agency is part of the identity, lists fan out to every owner and are merged."""

LINKED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "Shipment": (("importer.businessNumber",),),
    "Declaration": (("shipment.ccn",),),
    "GoodsItem": (("transactionNumber",),),
    "RequiredDecision": (("transactionNumber",),),
    "DutyAssessment": (("transactionNumber",),),
    "AgencyDecision": (("transactionNumber",),),
    "Permit": (("holder.businessNumber",),),
    "TravelDocument": (("personKey",),),
    "Hold": (("shipment.ccn",), ("container",)),
    "Inspection": (("shipment.ccn",),),
    "PersonRecord": (("document.issuer", "document.number"),),
    "Crossing": (("document.issuer", "document.number"),),
    "Authorization": (("personKey",),),
    "Lookout": (("personKey",),),
    "EnforcementAction": (("document.issuer", "document.number"), ("personKey",)),
}
"""What links look a type up by, beside its key."""

PUBLISHED: Mapping[str, Mapping[str, str]] = {
    "Shipment": {"held": "Boolean"},
    "Declaration": {"shipment.ccn": "CargoControlNumber"},
    "GoodsItem": {"transactionNumber": "TransactionNumber"},
    "RequiredDecision": {"transactionNumber": "TransactionNumber", "sequence": "Int", "agency": "AgencyCode"},
    "DutyAssessment": {"transactionNumber": "TransactionNumber"},
    "RiskAssessment": {"ccn": "CargoControlNumber"},
    "AgencyDecision": {"transactionNumber": "TransactionNumber"},
    "Hold": {"key": "String", "shipment.ccn": "CargoControlNumber"},
    "Inspection": {"key": "String", "shipment.ccn": "CargoControlNumber"},
    "PersonRecord": {
        "key": "String",
        "searchName": "String",
        "birthYear": "Int",
        "document.issuer": "CountryCode",
        "document.number": "String",
        "caveat": "String",
        "originator": "String",
    },
    "TravelDocument": {"personKey": "String"},
    "Crossing": {"key": "String"},
    "Authorization": {"key": "String", "personKey": "String"},
    "Lookout": {"key": "String", "personKey": "String", "originator": "String"},
    "EnforcementAction": {
        "key": "String",
        "personKey": "String",
        "document.issuer": "CountryCode",
        "document.number": "String",
        "caveat": "String",
        "originator": "String",
    },
    "CustomsOffice": {"name.en": "String", "name.fr": "String"},
}
"""Attributes an agency file may bind that the schema does not show, with their scalar types."""
