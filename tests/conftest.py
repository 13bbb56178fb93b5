"""Fixtures for every test. ``demo`` is the real thing, started once for all tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import GraphQLSchema

from gateway.policy import Policy
from resolvers import schema as schemas
from tests.kit.demo import RunningDemo, running
from tests.kit.places import ROOT


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """``guichet demo`` at the small scale: its ``demo.json``, and tokens and clients of its personas."""
    with running(tmp_path_factory.mktemp("demo")) as started:
        yield started


@pytest.fixture(scope="session")
def master() -> GraphQLSchema:
    """The whole schema, as policy and planning know it."""
    return schemas.master()._schema


@pytest.fixture(scope="session")
def policy(master: GraphQLSchema) -> Policy:
    """The demo deployment's policy."""
    return Policy.load(ROOT / "policy", master)
