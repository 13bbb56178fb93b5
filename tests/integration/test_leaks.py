"""Each way to infer what may not be seen, by name; the agencies' own logs witness that nothing forbidden was asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.execution.node_ids import NodeIds
from tests.kit.demo import RunningDemo
from tests.kit.own_policy import OwnPolicy, own_policy
from tests.kit.statements import RequestLog, StatementLog
from tests.kit.truth import Row, Truth

ROLES = """
[roles.dim]
query = ["shipment", "shipments", "holds"]
[roles.dim.types.Shipment]
fields = ["ccn", "portOfArrival", "status", "holds"]
mask = { masterTransportDocument = "PARTIAL", carrierName = "PRESENCE" }
withhold = ["eta"]
rows = { portOfArrival = { in = "claims.ports" } }
[roles.dim.types.Hold]
fields = ["agency", "scope"]
mask = { container = "PARTIAL" }
withhold = ["placedAt", "liftedAt"]
[roles.other]
query = ["shipments"]
[roles.other.types.Shipment]
fields = ["ccn", "eta"]
rows = { portOfArrival = { in = "claims.ports" } }
"""
CLAIMS = {"ports": ["CAVAN"]}
ABSENT = "9999PARS9999999"
MOMENT = re.compile(rb'"\d{4}-\d\d-\d\dT[0-9:.]+Z"')
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dim(demo: RunningDemo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OwnPolicy]:
    """Masks, withheld and hidden fields, which the demo's own roles have none of."""
    directory: Path = tmp_path_factory.mktemp("policy")
    async with own_policy(demo, directory, ROLES) as made:
        yield made


@pytest.fixture(scope="module")
def vancouver(truth: Truth) -> dict[str, Row]:
    return {row["ccn"]: row for row in truth.shipments("p.unlocode = 'CAVAN'")}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("ShipmentFilter", {"eta": {"gte": "2020-01-01T00:00:00Z"}}),
        ("ShipmentFilter", {"not": {"eta": {"lt": "2020-01-01T00:00:00Z"}}}),
        ("ShipmentFilter", {"or": [{"arrivedAt": {"gte": "2020-01-01T00:00:00Z"}}]}),
        ("ShipmentFilter", {"importer": {"eq": "123456782RM0001"}}),
        ("HoldFilter", {"container": "MSCU1234566"}),
        ("HoldFilter", {"open": True}),
    ],
)
async def test_filter(dim: OwnPolicy, customs: StatementLog, type_: str, value: Row) -> None:
    """On a masked, withheld or hidden field: refused as a literal and as a variable."""
    root = type_.removesuffix("Filter").lower() + "s"
    literal = re.sub(r"'(\w+)':", r"\1:", str(value)).replace("'", '"').replace("True", "true")
    for query, variables in (
        (f"{{ {root}(filter: {literal}) {{ totalCount }} }}", {}),
        (f"query ($f: {type_}) {{ {root}(filter: $f) {{ totalCount }} }}", {"f": value}),
    ):
        answer = await dim.ask(["dim"], query, variables, claims=CLAIMS)
        assert answer.data is None
        assert {one["extensions"]["code"] for one in answer.errors} <= {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}
    assert customs.since() == []


@pytest.mark.parametrize(
    ("root", "type_", "field"),
    [("shipments", "Shipment", "ETA"), ("shipments", "Shipment", "ARRIVED_AT"), ("holds", "Hold", "PLACED_AT")],
)
async def test_sort(dim: OwnPolicy, customs: StatementLog, root: str, type_: str, field: str) -> None:
    for query, variables in (
        (f"{{ {root}(orderBy: [{{ field: {field} }}]) {{ totalCount }} }}", {}),
        (
            f"query ($o: [{type_}Order!]) {{ {root}(orderBy: $o) {{ totalCount }} }}",
            {"o": [{"field": field}]},
        ),
    ):
        assert (await dim.ask(["dim"], query, variables, claims=CLAIMS)).errors
    assert customs.since() == []


async def test_default_order_and_cursor(dim: OwnPolicy, customs: StatementLog) -> None:
    """A list that is otherwise ordered by a withheld field is not: customs is not asked for it, no cursor holds it."""
    query = "query ($a: String) { shipments(first: 3, after: $a) { nodes { ccn eta } pageInfo { endCursor } } }"
    first = await dim.ask(["dim"], query, claims=CLAIMS)
    assert first.errors == []
    assert first.data is not None
    cursor = first.data["shipments"]["pageInfo"]["endCursor"]
    second = await dim.ask(["dim"], query, {"a": cursor}, claims=CLAIMS)
    assert second.data is not None
    nodes = first.data["shipments"]["nodes"] + second.data["shipments"]["nodes"]
    assert len(nodes) == 6
    assert [one["ccn"] for one in nodes] == sorted(one["ccn"] for one in nodes)
    assert {one["eta"] for one in nodes} == {None}
    statements = [one["text"] for one in customs.since() if "ccd_hdr" in one["text"]]
    assert statements
    assert not [one for one in statements if "eta_dt" in one or "eta_tm" in one]
    customs.mark()
    for roles, claims in ((["other"], CLAIMS), (["dim"], {"ports": ["CAMTR"]})):
        answer = await dim.ask(roles, query.replace(" eta", ""), {"a": cursor}, claims=claims)
        assert [one["extensions"]["code"] for one in answer.errors] == ["BAD_USER_INPUT"]
    assert customs.since() == []


async def test_mask_and_withheld_column(dim: OwnPolicy, customs: StatementLog, vancouver: dict[str, Row]) -> None:
    """What a mask shows of a value is all that is told of it; a withheld or hidden column is not read."""
    query = "{ shipments(first: 1000) { nodes { ccn masterTransportDocument carrierName eta } } }"
    answer = await dim.ask(["dim"], query, claims=CLAIMS)
    assert answer.errors == []
    assert answer.data is not None
    shown = {one["ccn"]: one for one in answer.data["shipments"]["nodes"]}
    assert shown.keys() == vancouver.keys()
    for ccn, one in shown.items():
        number, name = vancouver[ccn]["mst_bl_awb"], vancouver[ccn]["carr_nm"]
        assert one["masterTransportDocument"] == (number and "*" * (len(number) - 3) + number[-3:])
        assert one["carrierName"] == (name and "*")
        assert one["eta"] is None
    assert answer.extensions["masked"] == {
        "Shipment.masterTransportDocument": "PARTIAL",
        "Shipment.carrierName": "PRESENCE",
    }
    assert answer.extensions["withheld"] == ["Shipment.eta"]
    text = " ".join(one["text"] for one in customs.since())
    assert "mst_bl_awb" in text
    assert not re.search(r"eta_dt|arr_ts|imp_nm|pkg_ct", text)


async def test_count(dim: OwnPolicy, customs: StatementLog, vancouver: dict[str, Row]) -> None:
    """Of the own rows, wherever one is told; rows of others are not even counted by the agency."""
    answer = await dim.ask(["dim"], "{ shipments(first: 1000) { totalCount nodes { ccn } } }", claims=CLAIMS)
    assert answer.data is not None
    found = answer.data["shipments"]
    assert found["totalCount"] == len(found["nodes"]) == len(vancouver)
    assert [one["rows"] for one in answer.extensions["completeness"]["sources"]] == [len(vancouver)]
    read = [one for one in customs.since() if "ccd_hdr" in one["text"]]
    assert read
    assert all("port_arr_no" in one["text"] for one in read)


async def test_aggregate(dim: OwnPolicy) -> None:
    """There is none, in any view: totals are counts of rows, never sums or extremes of a field."""
    names = {
        name.lower()
        for kind in dim.built.schema._schema.type_map.values()
        if not kind.name.startswith("__")
        for name in getattr(kind, "fields", {})
    }
    assert not [one for one in names if re.search(r"aggregate|groupby|distinct|average|sumof|minimum|maximum", one)]


@pytest.mark.parametrize(
    ("persona", "query", "variable"),
    [
        ("officer-vancouver", "query ($v: CargoControlNumber!) { shipment(ccn: $v) { ccn holds { agency } } }", "ccn"),
        (
            "officer-vancouver",
            "query ($v: TransactionNumber!) { declaration(transactionNumber: $v) { version } }",
            "txn",
        ),
        ("trader-acme", "query ($v: CargoControlNumber!) { shipment(ccn: $v) { ccn jointStatus { state } } }", "ccn"),
        ("trader-acme", "query ($v: ID!) { node(id: $v) { ... on Hold { placedAt } } }", "hold"),
    ],
)
async def test_timing(demo: RunningDemo, dim: OwnPolicy, foreign: Row, persona: str, query: str, variable: str) -> None:
    """A forbidden and an absent row are the same work: agencies are asked the same, and the same is said."""
    held = "query ($c: CargoControlNumber!) { shipment(ccn: $c) { holds { id agency } } }"
    holds = demo.ask("developer", held, {"c": foreign["ccn"]})["data"]["shipment"]["holds"]
    food = next(one["id"] for one in holds if one["agency"] == "FOOD")
    forbidden = {"ccn": foreign["ccn"], "txn": foreign["txn"], "hold": food}[variable]
    absent = {"ccn": ABSENT, "txn": "99999999999999", "hold": absent_hold(dim)}[variable]
    told = []
    for value in (forbidden, absent):
        statements, requests = StatementLog(demo, "customs"), RequestLog(demo, "food")
        statements.mark()
        requests.mark()
        response = demo.post(demo.token(persona), query, {"v": value})
        asked = [one["text"] for one in statements.since()], [one["path"].split("?")[0] for one in requests.since()]
        assert any(asked)
        told.append((response.status_code, MOMENT.sub(b'"now"', response.content), *asked))
    assert told[0] == told[1]


def absent_hold(dim: OwnPolicy) -> str:
    """The id of a hold that food does not have."""
    owner = next(one for one in dim.built.engine.planner.catalog.owners("Hold") if one.agency == "FOOD")
    return NodeIds(dim.built.settings.opaque_key_bytes).column(owner.tag, ["H-0"])[0]


async def test_aliases(dim: OwnPolicy, customs: StatementLog) -> None:
    """A mask is the field's, whatever it is called; an alias asks nothing more."""
    query = """{ shipments(first: 1) { nodes {
      eta: ccn a: masterTransportDocument ccn: masterTransportDocument b: eta status: carrierName } } }"""
    answer = await dim.ask(["dim"], query, claims=CLAIMS)
    assert answer.data is not None
    (node,) = answer.data["shipments"]["nodes"]
    assert node["a"] == node["ccn"]
    assert re.fullmatch(r"\*+.{3}", node["ccn"])
    assert (node["b"], node["status"]) == (None, "*")
    (statement,) = [one for one in customs.since() if "ccd_hdr" in one["text"]]
    assert "eta_dt" not in statement["text"]
    refused = await dim.ask(["dim"], "{ shipments { nodes { ccn: importer { name } } } }", claims=CLAIMS)
    assert [one["extensions"]["code"] for one in refused.errors] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_fragments_on_interfaces(dim: OwnPolicy, customs: StatementLog) -> None:
    """A field that is hidden on a type is hidden below its interface; a hidden type is no possible type of it."""
    for below in ("... on Shipment { importer { name } }", "... on Declaration { version }", "... on Person { id }"):
        answer = await dim.ask(["dim"], f'{{ node(id: "x") {{ id ... on Node {{ {below} }} }} }}', claims=CLAIMS)
        assert {one["extensions"]["code"] for one in answer.errors} == {"GRAPHQL_VALIDATION_FAILED"}
    possible = await dim.ask(["dim"], '{ __type(name: "Node") { possibleTypes { name } } }', claims=CLAIMS)
    assert possible.data is not None
    assert {one["name"] for one in possible.data["__type"]["possibleTypes"]} == {"Shipment", "Hold"}
    assert customs.since() == []


async def test_caches_shared_between_roles(dim: OwnPolicy, customs: StatementLog) -> None:
    """The same text at the same time, of two ports and two roles: everyone's own answer, from statements of his own."""
    query = "{ shipments(first: 50) { nodes { ccn eta } } }"
    callers = [(role, port) for role in ("dim", "other") for port in ("CAVAN", "CAMTR")] * 5
    answers = await asyncio.gather(*(dim.ask([role], query, claims={"ports": [port]}) for role, port in callers))
    found: dict[tuple[str, str], list[Any]] = {}
    for caller, answer in zip(callers, answers, strict=True):
        assert answer.data is not None
        nodes = answer.data["shipments"]["nodes"]
        assert nodes == found.setdefault(caller, nodes)
    assert {one["eta"] for port in ("CAVAN", "CAMTR") for one in found["dim", port]} == {None}
    assert all(any(one["eta"] for one in found["other", port]) for port in ("CAVAN", "CAMTR"))
    for role in ("dim", "other"):
        here, there = ({one["ccn"] for one in found[role, port]} for port in ("CAVAN", "CAMTR"))
        assert here
        assert there
        assert not here & there
    read = [one for one in customs.since() if "ccd_hdr" in one["text"]]
    assert {"eta_dt" in one["text"] for one in read} == {True, False}


@pytest.mark.parametrize(
    ("near", "hidden"),
    [
        ("{ shipments { nodes { importe { name } } } }", "importer"),
        ("{ shipments { nodes { etaa arrivedA } } }", "arrivedAt"),
        ("{ declaratio { version } }", "declaration"),
        ('{ node(id: "x") { ... on Declaratio { id } } }', "Declaration"),
        ("{ shipments(orderBy: [{ field: ARRIVED_A }]) { totalCount } }", "ARRIVED_AT"),
        ("{ shipments(filter: { importr: {} }) { totalCount } }", "importer"),
    ],
)
async def test_did_you_mean(dim: OwnPolicy, customs: StatementLog, near: str, hidden: str) -> None:
    answer = await dim.ask(["dim"], near, claims=CLAIMS)
    assert answer.errors
    assert not [one for one in answer.errors if hidden in one["message"]], answer.errors
    assert customs.since() == []
