"""The part of the schema that random policies and queries are made of, said by hand."""

from __future__ import annotations

from collections.abc import Mapping

TEXT, LEAF = "text", "leaf"
EMBEDDED, CHILDREN, LINK, LINKS, PAGE = "embedded", "children", "link", "links", "page"
COMPUTED = "computed"

FIELDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Shipment": {
        **dict.fromkeys(("ccn", "portOfArrival", "carrierCode", "carrierName"), (TEXT, "")),
        **dict.fromkeys(("status", "eta", "arrivedAt"), (LEAF, "")),
        "importer": (EMBEDDED, "Party"),
        "containers": (CHILDREN, "TransportEquipment"),
        "declarations": (LINKS, "Declaration"),
        "holds": (LINKS, "Hold"),
        "jointStatus": (COMPUTED, ""),
    },
    "TransportEquipment": {"number": (TEXT, ""), "sizeType": (TEXT, ""), "holds": (LINKS, "Hold")},
    "Party": {"name": (TEXT, ""), "businessNumber": (TEXT, ""), "organization": (LINK, "Organization")},
    "Declaration": {
        "transactionNumber": (TEXT, ""),
        "version": (LEAF, ""),
        "acceptedAt": (LEAF, ""),
        "importer": (EMBEDDED, "Party"),
        "items": (LINKS, "GoodsItem"),
        "shipment": (LINK, "Shipment"),
    },
    "GoodsItem": {"sequence": (LEAF, ""), "hs": (TEXT, ""), "description": (TEXT, "")},
    "Hold": {
        **dict.fromkeys(("reasonCode", "place", "container"), (TEXT, "")),
        **dict.fromkeys(("agency", "scope", "placedAt", "liftedAt", "canMove"), (LEAF, "")),
        "shipment": (LINK, "Shipment"),
    },
    "Permit": {
        **dict.fromkeys(("number", "type"), (TEXT, "")),
        **dict.fromkeys(("status", "validFrom", "validTo"), (LEAF, "")),
        "holder": (EMBEDDED, "Party"),
        "lines": (CHILDREN, "PermitLine"),
    },
    "PermitLine": {"hs": (TEXT, "")},
    "Organization": {"businessNumber": (TEXT, ""), "legalName": (TEXT, ""), "country": (TEXT, "")},
    "Person": {
        "records": (LINKS, "PersonRecord"),
        "documents": (LINKS, "TravelDocument"),
        "crossings": (PAGE, "Crossing"),
        "enforcement": (LINKS, "EnforcementAction"),
    },
    "PersonRecord": {"agency": (LEAF, ""), **dict.fromkeys(("key", "familyName", "givenNames"), (TEXT, ""))},
    "TravelDocument": dict.fromkeys(("type", "issuer", "number"), (TEXT, "")),
    "Crossing": {
        **dict.fromkeys(("state", "direction", "at"), (LEAF, "")),
        "place": (TEXT, ""),
        "document": (EMBEDDED, "TravelDocument"),
        "person": (LINK, "Person"),
    },
    "EnforcementAction": {"agency": (LEAF, ""), "kind": (LEAF, ""), "at": (LEAF, "")},
}
"""Type → field → its kind, and the type it leads to."""

ROOTS: Mapping[str, tuple[str, ...]] = {
    "Shipment": ("shipment", "shipments"),
    "Declaration": ("declaration",),
    "Hold": ("holds",),
    "Permit": ("permit", "permits"),
    "Organization": ("organization",),
    "Person": ("person",),
    "Crossing": ("crossings",),
}
PARENTS = {
    "GoodsItem": ("Declaration", "items"),
    "TransportEquipment": ("Shipment", "containers"),
    "PersonRecord": ("Person", "records"),
    "TravelDocument": ("Person", "documents"),
    "EnforcementAction": ("Person", "enforcement"),
}
IDENTIFIED = (*ROOTS, "EnforcementAction")
"""Types whose rows have a node id."""
MERGED = ("Hold", "Permit", "PersonRecord")
"""Types whose rows are of several agencies."""
SHOWN = {"jointStatus": "{ state }", "verifyPermit": "{ verdict checks { kind outcome } }"}
"""What is selected of a computed field."""
