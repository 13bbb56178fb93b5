"""Records of persons, as agencies in memory keep them."""

from __future__ import annotations

from typing import Any


def record(key: str, number: str | None = None, name: str = "DOE", **more: Any) -> dict[str, Any]:
    """Of someone with a Canadian passport, or of someone without a document."""
    issuer = None if number is None else "CA"
    return {
        "key": key,
        "familyName": name,
        "searchName": name,
        "document.issuer": issuer,
        "document.number": number,
        **more,
    }


def passports(key: str, *numbers: str) -> list[dict[str, Any]]:
    """What immigration knows of the documents of one record."""
    return [{"personKey": key, "issuer": "CA", "number": number} for number in numbers]
