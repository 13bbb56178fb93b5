"""The role that the cost of policy is measured against really narrows nothing."""

from __future__ import annotations

from pathlib import Path

from graphql import GraphQLSchema

from bench.policy_cost import EVERYTHING, everything
from gateway.policy import Policy
from tests.kit.places import ROOT


def test_everything_is_every_field_of_every_row(master: GraphQLSchema, tmp_path: Path) -> None:
    everything(ROOT / "policy", tmp_path)
    view = Policy.load(tmp_path, master).view_of([EVERYTHING])
    assert (view.rows, view.params, view.actions, view.cells, view.groups) == ({}, (), {}, {}, ())
    officer = {each.coordinate for each in Policy.load(ROOT / "policy", master).view_of(["border-officer"]).access}
    assert officer < {each.coordinate for each in view.access}
