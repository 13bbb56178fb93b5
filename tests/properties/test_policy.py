"""Random policies, principals, data and queries: what leaves is what the grants say, by an account of its own.

``POLICY_EXAMPLES`` sets how many cases each property tries.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from json import loads
from pathlib import Path
from random import Random
from typing import Any

import pytest
from graphql import GraphQLSchema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.errors import SourceUnavailable
from gateway.errors import ConfigurationError, RequestRefused
from gateway.policy.view import View
from gateway.request import Answer
from tests.kit.memory_world import whole
from tests.kit.policy.marked import leaves, marked
from tests.kit.policy.policies import Case, case_of, narrower
from tests.kit.policy.queries import Printer, list_of, query_of
from tests.kit.policy.reference import Reference, expected, masked

EXAMPLES = int(os.environ.get("POLICY_EXAMPLES", "100"))
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
SEEDS = st.integers(0, 2**64)
pytestmark = pytest.mark.timeout(240 + 5 * EXAMPLES)  # as long as it takes on a busy machine


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def ask(loop: asyncio.AbstractEventLoop, case: Case, view: View, text: str) -> Answer:
    return loop.run_until_complete(case.marked.world.ask(text, view=view, claims=case.claims))


def settled(value: Any) -> Any:
    """Lists without their order: what may not be seen must not order them, so that they may differ in it."""
    if isinstance(value, dict):
        return {key: settled(below) for key, below in value.items()}
    return sorted(map(settled, value), key=repr) if isinstance(value, list) else value


class Asked:
    """One case, a view of it, and a query that the view allows, in two printings."""

    def __init__(self, seed: int, directory: Path) -> None:
        self.rng = Random(seed)
        self.case = case_of(self.rng, marked(self.rng))
        self.view = self.case.view(directory)
        self.roots = query_of(self.rng, self.view.schema, self.case.marked)
        self.text = Printer(self.rng, keyed=False).text(self.roots) if self.roots else "{ __typename }"
        self.keyed = Printer(self.rng, keyed=True).text(self.roots) if self.roots else "{ __typename }"

    def expected(self, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
        """By the reference, from what one who sees everything is answered."""
        full = ask(loop, self.case, whole(), self.keyed)
        assert full.errors == [], self.keyed
        assert full.data is not None
        return expected(self.case, self.roots, full.data) if self.roots else {"__typename": "Query"}


def everything(answer: Answer) -> list[Any]:
    return [answer.data, answer.errors, answer.extensions]


@PROFILE
@given(seed=SEEDS)
def test_the_answer_is_the_full_one_filtered(seed: int, loop: asyncio.AbstractEventLoop, tmp_path: Path) -> None:
    asked = Asked(seed, tmp_path)
    answer = ask(loop, asked.case, asked.view, asked.text)
    assert answer.errors == [], asked.text
    if asked.case.reads_persons_whole:
        assert settled(answer.data) == settled(asked.expected(loop)), asked.text
    else:
        assert asked.case.marked.found(answer.data) <= asked.case.marked.found(asked.expected(loop)), asked.text


@PROFILE
@given(seed=SEEDS)
def test_no_value_outside_the_grants_leaves_anywhere(
    seed: int, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """Not in data, errors or extensions; not when agencies fail."""
    asked = Asked(seed, tmp_path)
    case, made = asked.case, asked.case.marked
    may = made.found(asked.expected(loop)) | made.found(asked.text)
    assert made.found(everything(ask(loop, case, asked.view, asked.text))) <= may
    for code in asked.rng.sample(sorted(made.world.sources), 2):
        source = made.world.sources[code]
        source.fail(
            asked.rng.choice([None, *source.collections]), SourceUnavailable(f"at {sorted(map(str, made.made))}")
        )
    assert made.found(everything(ask(loop, case, asked.view, asked.text))) <= may


@PROFILE
@given(seed=SEEDS)
def test_what_a_view_lacks_is_refused_and_neither_asked_for_nor_named(
    seed: int, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """A query over the whole schema: names in the refusal are the caller's own, or those of the view."""
    asked = Asked(seed, tmp_path)
    case, world = asked.case, asked.case.marked.world
    roots = query_of(asked.rng, whole().schema, case.marked)
    text = Printer(asked.rng, keyed=False).text(roots)
    before = sum(len(source.calls) for source in world.sources.values())
    answer = ask(loop, case, asked.view, text)
    if not answer.errors:
        return
    assert {error["extensions"]["code"] for error in answer.errors} == {"GRAPHQL_VALIDATION_FAILED"}, answer.errors
    assert answer.data is None
    assert sum(len(source.calls) for source in world.sources.values()) == before
    known = names_of(asked.view.schema) | set(re.findall(r"\w+", text))
    named = {name for error in answer.errors for name in re.findall(r"'(\w+)'", error["message"])}
    assert named <= known, answer.errors


@PROFILE
@given(seed=SEEDS)
def test_what_is_not_shown_on_every_row_can_be_neither_filtered_nor_ordered_by(
    seed: int, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """By literal and by variable alike; whatever is shown on every row still can."""
    asked = Asked(seed, tmp_path)
    case, reference = asked.case, Reference(asked.case)
    for (root, argument, name, value), path in asked.rng.sample(sorted(CHANNELS.items()), 4):
        if root not in asked.view.schema.query_type.fields:  # type: ignore[union-attr]  # there, or the test fails
            continue
        owner = f"{root[:-1].title()}{'Filter' if argument == 'filter' else 'Order'}"
        literal = f"{{ {name}: {value} }}"
        type_ = owner if argument == "filter" else f"[{owner}!]"
        variable = loads(re.sub(r"(\w+):", r'"\1":', re.sub(r": ([A-Z_]+) ", r': "\1" ', literal)))
        for query, variables in (
            (f"{{ {root}({argument}: {literal}) {{ totalCount }} }}", None),
            (f"query ($v: {type_}) {{ {root}({argument}: $v) {{ totalCount }} }}", {"v": variable}),
        ):
            before = sum(len(source.calls) for source in case.marked.world.sources.values())
            ask_ = case.marked.world.ask(query, variables, view=asked.view, claims=case.claims)
            answer = loop.run_until_complete(ask_)
            open_ = all(reference.clear(owner, field) for owner, field in path)
            assert (answer.errors == []) is open_, (query, answer.errors)
            asked_for = sum(len(source.calls) for source in case.marked.world.sources.values()) - before
            assert open_ or not asked_for, query


PARTY = ("Party", "businessNumber")
CHANNELS = {
    ("shipments", "filter", "portOfArrival", '{ eq: "CAVAN" }'): [("Shipment", "portOfArrival")],
    ("shipments", "filter", "ccn", '{ startsWith: "1234" }'): [("Shipment", "ccn")],
    ("shipments", "filter", "importer", '{ eq: "123456782RM0001" }'): [("Shipment", "importer"), PARTY],
    ("shipments", "filter", "held", "true"): [("Shipment", "status")],
    ("shipments", "orderBy", "field", "ETA "): [("Shipment", "eta")],
    ("shipments", "orderBy", "field", "HELD "): [("Shipment", "status")],
    ("shipments", "orderBy", "field", "CCN "): [("Shipment", "ccn")],
    ("holds", "filter", "place", '{ eq: "CAVAN" }'): [("Hold", "place")],
    ("holds", "filter", "open", "true"): [("Hold", "liftedAt")],
    ("holds", "orderBy", "field", "PLACED_AT "): [("Hold", "placedAt")],
    ("crossings", "filter", "place", '{ eq: "CAVAN" }'): [("Crossing", "place")],
    ("crossings", "orderBy", "field", "AT "): [("Crossing", "at")],
    ("permits", "filter", "holder", '{ eq: "123456782RM0001" }'): [("Permit", "holder"), PARTY],
    ("permits", "orderBy", "field", "NUMBER "): [("Permit", "number")],
}
"""Root, argument, name in it, value → the fields that it would tell of."""


@PROFILE
@given(seed=SEEDS)
def test_pages_hold_the_rows_of_the_view_and_no_others(
    seed: int, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    """Forward and backward; and nobody else can go on where they end."""
    asked = Asked(seed, tmp_path)
    rng, case, view = asked.rng, asked.case, asked.view
    root = list_of(rng, view.schema, case.marked)
    if root is None:
        return
    full = ask(loop, case, whole(), Printer(rng, keyed=True).page(root, "first: 100")).data
    assert full is not None
    wanted = Reference(case).answer([root], full)["q"]
    cursors = []
    for size, back in ((1, False), (3, False), (2, True)):
        nodes: list[Any] = []
        edge, place = ("startCursor", "before") if back else ("endCursor", "after")
        arguments = [f"{'last' if back else 'first'}: {size}"]
        more = True
        while more:
            answer = ask(loop, case, view, Printer(rng, keyed=False).page(root, *arguments))
            assert answer.errors == []
            assert answer.data is not None
            page = answer.data["q"]
            assert page["totalCount"] == wanted["totalCount"]
            nodes = page["nodes"] + nodes if back else nodes + page["nodes"]
            assert len(nodes) <= wanted["totalCount"]
            more = page["pageInfo"]["hasPreviousPage" if back else "hasNextPage"]
            cursors += [(place, page["pageInfo"][edge])] if more else []
            arguments = [arguments[0], f'{place}: "{page["pageInfo"][edge]}"']
        if not case.reads_persons_whole:
            assert case.marked.found(nodes) <= case.marked.found(wanted["nodes"]), root.arguments
            continue
        same = list if "orderBy" in root.arguments else settled
        assert same(nodes) == same(wanted["nodes"]), root.arguments
    for other in (narrower(rng, case), replace(case, claims={**case.claims, "ports": ["NOLDE"]})):
        try:
            theirs = other.view(tmp_path)
        except (ConfigurationError, RequestRefused):
            continue
        if cursors and (
            theirs.fingerprint != view.fingerprint or (other.claims != case.claims and PORTS in view.params)
        ):
            place, cursor = rng.choice(cursors)
            size = "last: 1" if place == "before" else "first: 1"
            answer = ask(loop, other, theirs, Printer(rng, keyed=False).page(root, size, f'{place}: "{cursor}"'))
            codes = {error["extensions"]["code"] for error in answer.errors}
            assert codes
            assert codes <= {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "FORBIDDEN"}


PORTS = "claims.ports"


@PROFILE
@given(seed=SEEDS)
def test_less_granted_never_reveals_more(seed: int, loop: asyncio.AbstractEventLoop, tmp_path: Path) -> None:
    asked = Asked(seed, tmp_path)
    less = narrower(asked.rng, asked.case)
    try:
        view = less.view(tmp_path)
    except (ConfigurationError, RequestRefused):  # what is left is no policy, or gives this token nothing
        return
    before, after = ask(loop, asked.case, asked.view, asked.text), ask(loop, less, view, asked.text)
    told, now = revealed(asked.case, before, asked.text), revealed(less, after, asked.text)
    assert now <= told, (sorted(map(str, now - told)), asked.text)
    if after.data is not None:
        assert before.data is not None
        for key, value in after.data.items():
            if isinstance(value, dict) and "totalCount" in value:
                assert value["totalCount"] <= before.data[key]["totalCount"], asked.text


def revealed(case: Case, answer: Answer, text: str) -> set[Any]:
    """Every mark that is told, and the masks that could be made of it: whoever sees it whole could tell those too. An
    error may repeat the caller's own words."""
    parts = partly(case)
    found = case.marked.found([answer.data, answer.extensions])
    found |= case.marked.found(answer.errors) - case.marked.found(text)
    texts = {one for one in leaves(answer.data) if isinstance(one, str)}
    return found | {parts[one] for one in found if one in parts} | (texts & set(parts.values()))


def partly(case: Case) -> dict[Any, str]:
    return {
        mark: masked("businessNumber" if mark in case.marked.business_numbers else "", mark, "PARTIAL")
        for mark in case.marked.made
        if isinstance(mark, str)
    }


def names_of(schema: GraphQLSchema) -> set[str]:
    names = set(schema.type_map)
    for named in schema.type_map.values():
        fields = getattr(named, "fields", {})
        names |= fields.keys() | {arg for one in fields.values() for arg in getattr(one, "args", ())}
        names |= getattr(named, "values", {}).keys()
    return names
