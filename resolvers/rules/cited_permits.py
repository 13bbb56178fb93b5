"""Verification of the permits that goods cite, on columns of fetched rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VERIFICATION_NEEDS = """{
  issuer
  number
  permit {
    status
    holder { businessNumber }
    validFrom
    validTo
    originCountries
    lines { line hs authorized { value unit } reserved { value unit } used { value unit } }
  }
  item {
    hs
    originCountry
    quantity { value unit }
    declaration {
      importer { businessNumber }
      shipment { arrivedAt eta portOfArrival }
    }
  }
}"""


def verification(rows: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """One ``PermitVerification`` per cited permit."""
    raise NotImplementedError(f"{len(rows)} rows of {len(answers)} links")
