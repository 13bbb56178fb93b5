"""What shapes, links and pages ask of the runner: the way back up that keeps rooms from importing it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from gateway.execution.cursors import Cursors
from gateway.execution.node_ids import NodeIds
from gateway.execution.nulls import Cause
from gateway.execution.run import Run
from gateway.execution.table import Table
from gateway.planning.calls import PageCall
from gateway.planning.catalog import Catalog
from gateway.planning.plan import Page
from gateway.planning.shapes import LinkField, Shape

PendingColumn = Coroutine[Any, Any, list[Any]]
"""One value per row, once it is awaited. Whoever only chooses who makes it is no coroutine of its own: each one is
a step more whenever an agency answers."""


class Services(Protocol):
    """``list_items``: where plain lists are cut. ``person_tag``: stands for a collection in a person's id."""

    catalog: Catalog
    ids: NodeIds
    cursors: Cursors
    list_items: int
    person_tag: bytes

    def build(self, run: Run, shape: Shape, table: Table) -> PendingColumn:
        """The objects of a shape over rows."""
        ...

    def link(self, run: Run, item: LinkField, table: Table) -> PendingColumn:
        """One value per row, masks and grants applied."""
        ...

    def follow(self, run: Run, item: LinkField, table: Table) -> PendingColumn:
        """One value per row, by the kind of link."""
        ...

    def page_call(self, run: Run, page: Page, node_type: str) -> PageCall:
        """A connection's arguments, settled. Raises ``ClientError``."""
        ...

    def partial(self, run: Run, causes: Sequence[Cause], at: Sequence[str]) -> None:
        """Notes that a list lacks some owners."""
        ...

    def agencies_seen(self, run: Run) -> list[str]:
        """Agencies that supply something in the view."""
        ...

    async def agency_objects(self, run: Run, shape: Shape, codes: Sequence[str]) -> list[Any]:
        """One agency object per code."""
        ...
