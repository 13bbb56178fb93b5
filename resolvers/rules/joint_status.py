"""Joint status: one state over every agency that must decide on a shipment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

JOINT_STATUS_NEEDS = """{
  status
  holds { agency canMove placedAt liftedAt }
  declarations {
    transactionNumber
    required { agency sequence }
    agencyDecisions { agency sequence status reasonCode at }
  }
}"""


def joint_status(rows: Sequence[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """One ``JointStatus`` per shipment."""
    raise NotImplementedError(f"{len(rows)} rows of {len(answers)} links")
