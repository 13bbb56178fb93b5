"""Reading what the gateway answers."""

from __future__ import annotations

from typing import Any

from tests.kit.demo import RunningDemo
from tests.kit.truth import Row, exact

VERIFICATION = "verification { verdict checks { kind outcome } remaining { value unit } }"
CITED = f"citedPermits {{ issuer number permit {{ number status }} {VERIFICATION} }}"


def pages(demo: RunningDemo, persona: str, query: str, **variables: Any) -> tuple[list[Row], int]:
    """All nodes of ``shipments``, page by page, and its total."""
    nodes: list[Row] = []
    after = None
    while True:
        answer = demo.ask(persona, query, {"after": after, **variables})
        assert "errors" not in answer, answer["errors"]
        connection = answer["data"]["shipments"]
        assert answer["extensions"]["completeness"]["complete"]
        nodes += connection["nodes"]
        after = connection["pageInfo"]["endCursor"]
        if not connection["pageInfo"]["hasNextPage"]:
            return exact(nodes), connection["totalCount"]
