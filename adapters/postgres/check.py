"""What ``guichet check`` asks a PostgreSQL source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapters.contract import Finding

if TYPE_CHECKING:
    from adapters.postgres.source import PostgresSource


async def check(source: PostgresSource) -> Sequence[Finding]:
    return []
