"""A document that was asked once is ready: the next request makes nothing that the thousandth does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.memory import MemorySource
from gateway.planning import operations
from gateway.planning.compile import Compiler
from tests.kit.oracle.sides import sides
from tests.kit.oracle.world import SHIPMENTS

QUEUE = (Path(__file__).parents[4] / "bench" / "queries" / "q1.graphql").read_text()
ONE = (Path(__file__).parents[4] / "bench" / "queries" / "q2.graphql").read_text()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each thing that is made once a document, or once a call shape, was made."""
    done: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            done[name] += 1
            return function(*args, **kwargs)

        return call

    for name in ("parse", "validate", "check_document"):
        monkeypatch.setattr(operations, name, counted(name, getattr(operations, name)))
    monkeypatch.setattr(Compiler, "plan", counted("plan", Compiler.plan))
    monkeypatch.setattr(MemorySource, "prepare", counted("prepare", MemorySource.prepare))
    return done


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (ONE, [{"ccn": ccn} for ccn in SHIPMENTS[:6]]),
        (QUEUE, [{"port": port, "since": "2026-11-01T00:00:00Z"} for port in ("CAVAN", "CAMTR", "CATOR")]),
    ],
    ids=["one shipment", "release queue"],
)
async def test_only_the_first_request_of_a_document_prepares(
    work: Counter[str], query: str, variables: list[dict[str, Any]]
) -> None:
    world = sides(1, clean=True)
    for one in variables:  # a link that no row follows prepares nothing: all that the document can ask is asked once
        await world.gateway(query, one)
    assert {"parse", "validate", "check_document", "plan", "prepare"} == set(work)
    assert work["parse"] == work["validate"] == work["plan"] == 1
    first = work.copy()
    for one in variables * 2:
        answer = await world.gateway(query, one)
        assert not answer.errors
    assert work == first
