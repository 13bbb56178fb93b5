"""What the HTTP layer needs of whoever runs operations; ``gateway.execution`` has it, ``app`` passes it in."""

from __future__ import annotations

from typing import Any, Protocol

from gateway.policy import View
from gateway.request import Answer, RequestContext


class Engine(Protocol):
    async def execute(
        self,
        *,
        query: str,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        view: View,
        context: RequestContext,
    ) -> Answer:
        """Run one query against ``view``. Raises :class:`~gateway.errors.ClientError` when it is refused before
        execution; partial failures are errors of the answer. Anything else raised is an internal error."""
        ...
