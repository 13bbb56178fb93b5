"""Permit verification: whether a permit covers an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

REMAINING_NEEDS = "{ authorized { value unit } reserved { value unit } used { value unit } }"


def remaining(rows: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """Authorized less reserved less used, one ``Quantity`` per permit line."""
    raise NotImplementedError(f"{len(rows)} rows of {len(answers)} links")
