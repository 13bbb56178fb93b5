"""A row that may not be seen is as good as absent: same data, errors, counts, sources, status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Compare, Param
from adapters.errors import SourceUnavailable
from gateway.execution.node_ids import NodeIds
from gateway.policy import Policy, View
from tests.kit.memory_world import KEYS, MASTER, World, day, told, whole

BN, OTHER = "123456782RM0001", "987654321RM0001"
CLAIMS = {"bn": [BN]}
OWN = Compare("importer.businessNumber", "in", Param("claims.bn"))
TRADER = whole(
    {
        "Shipment": OWN,
        "Declaration": OWN,
        "Hold": Compare("shipment.importer.businessNumber", "in", Param("claims.bn")),
        "Permit": Compare("holder.businessNumber", "in", Param("claims.bn")),
    },
    ("claims.bn",),
    "trader",
)


def world(**more: Any) -> World:
    """Shipment 1 is ours, 2 another's; each has a hold with food and a declaration with an item under permit F1."""
    owners = {1: BN, 2: OTHER}
    return World(
        {
            "CUSTOMS": {
                "shipment": [
                    {"ccn": f"1234PARS0000{n}", "importer.businessNumber": bn, "status": "REPORTED", "eta": day(n)}
                    for n, bn in owners.items()
                ],
                "declaration": [
                    {
                        "transactionNumber": f"1234567890123{n}",
                        "version": 1,
                        "shipment.ccn": f"1234PARS0000{n}",
                        "importer.businessNumber": bn,
                    }
                    for n, bn in owners.items()
                ],
                "goodsitem": [
                    {
                        "transactionNumber": f"1234567890123{n}",
                        "sequence": 1,
                        "citedPermits": [{"issuer": "FOOD", "number": "F1"}],
                    }
                    for n in owners
                ],
                "requireddecision": [{"transactionNumber": "12345678901231", "agency": "FOOD"}],
            },
            "FOOD": {
                "permit": [{"number": "F1", "holder.businessNumber": BN}, {"number": "F2"}],
                "hold": [{"key": f"h{n}", "shipment.ccn": f"1234PARS0000{n}", "placedAt": day(n)} for n in owners],
                "agencydecision": [{"transactionNumber": "12345678901231", "status": "EXAM", "at": day(1)}],
            },
        },
        **more,
    )


async def same(world: World, query: str, forbidden: dict[str, Any], absent: dict[str, Any], view: View = TRADER) -> Any:
    one = told(await world.ask(query, forbidden, view=view, claims=CLAIMS))
    other = told(await world.ask(query, absent, view=view, claims=CLAIMS))
    assert one == other
    return one


def ids_of(world: World, agency: str, provides: str, *keys: str) -> list[str]:
    return NodeIds(KEYS).column(world.owner(agency, provides).tag, keys)


async def test_a_forbidden_shipment_is_an_absent_one() -> None:
    query = "query($c: CargoControlNumber!) { shipment(ccn: $c) { ccn holds { place } completeness { complete } } }"
    found = await same(world(), query, {"c": "1234PARS00002"}, {"c": "1234PARS00009"})
    assert found["data"] == {"shipment": None}


async def test_a_hold_forbidden_by_another_agencys_row_is_an_absent_one() -> None:
    """The rule asks customs whether food has such a hold or not, and nothing tells that it was asked."""
    here = world()
    mine, forbidden, absent = ids_of(here, "FOOD", "Hold", "h1", "h2", "h9")
    query = "query($i: ID!) { node(id: $i) { id ... on Hold { placedAt } } }"
    found = await same(here, query, {"i": forbidden}, {"i": absent})
    assert found["data"] == {"node": None}
    assert [one["agency"] for one in found["extensions"]["completeness"]["sources"]] == ["FOOD"]
    shown = await here.ask(query, {"i": mine}, view=TRADER, claims=CLAIMS)
    assert shown.data == {"node": {"id": mine, "placedAt": day(1)}}
    assert here.asked("CUSTOMS", "shipment") == 3


async def test_a_rule_that_cannot_be_asked_is_its_owners_failure() -> None:
    here = world()
    here.sources["CUSTOMS"].fail("shipment", SourceUnavailable("db.customs.internal refused"))
    answer = await here.ask(
        "query($i: ID!) { node(id: $i) { id } }",
        {"i": ids_of(here, "FOOD", "Hold", "h1")[0]},
        view=TRADER,
        claims=CLAIMS,
    )
    assert answer.data == {"node": None}
    assert [(one["message"], one["extensions"]["agency"]) for one in answer.errors] == [
        ("FOOD cannot be reached", "FOOD")
    ]
    assert "CUSTOMS" not in str(answer.extensions)


async def test_when_a_rule_cannot_be_asked_an_absent_row_fails_as_one_that_exists() -> None:
    here = world()
    here.sources["CUSTOMS"].fail("shipment", SourceUnavailable("down"))
    mine, forbidden, absent = ids_of(here, "FOOD", "Hold", "h1", "h2", "h9")
    query = "query($i: ID!) { node(id: $i) { id ... on Hold { placedAt } } }"
    found = await same(here, query, {"i": forbidden}, {"i": absent})
    assert await same(here, query, {"i": mine}, {"i": absent}) == found
    assert [one["extensions"]["agency"] for one in found["errors"]] == ["FOOD"]


async def test_permit_forbidden_or_absent() -> None:
    query = 'query($n: String!) { permit(issuer: "FOOD", number: $n) { number shipments { totalCount } } }'
    await same(world(), query, {"n": "F2"}, {"n": "F9"})


async def test_walking_to_shipments_counts_only_those_shown() -> None:
    """The other shipment's item cites the permit too."""
    answer = await world().ask(
        'query { permit(issuer: "FOOD", number: "F1") { shipments { totalCount nodes { ccn } pageInfo { hasNextPage }'
        " completeness { sources { agency rows } } } } }",
        view=TRADER,
        claims=CLAIMS,
    )
    assert answer.data is not None
    assert answer.data["permit"]["shipments"] == {
        "totalCount": 1,
        "nodes": [{"ccn": "1234PARS00001"}],
        "pageInfo": {"hasNextPage": False},
        "completeness": {"sources": [{"agency": "CUSTOMS", "rows": 1}]},
    }
    told_rows = {one["agency"]: one["rows"] for one in answer.extensions["completeness"]["sources"]}
    assert told_rows == {"CUSTOMS": 1, "FOOD": 1}


async def test_lists_and_totals_leave_out_forbidden_rows() -> None:
    answer = await world().ask(
        "{ shipments { totalCount nodes { ccn } edges { cursor } completeness { sources { agency rows } } } }",
        view=TRADER,
        claims=CLAIMS,
    )
    assert answer.data is not None
    found = answer.data["shipments"]
    assert (found["totalCount"], len(found["edges"])) == (1, 1)
    assert found["completeness"] == {"sources": [{"agency": "CUSTOMS", "rows": 1}]}


@pytest.mark.parametrize("fail", [False, True])
async def test_inputs_of_a_computed_field_never_leave(fail: bool) -> None:
    """Their rows are not counted, their failures no error of a field that was not selected."""
    here = world()
    if fail:
        here.sources["FOOD"].fail(None, SourceUnavailable("down"))
    answer = await here.ask('{ shipment(ccn: "1234PARS00001") { jointStatus { state } } }', view=TRADER, claims=CLAIMS)
    assert answer.errors == []
    assert answer.data == {"shipment": {"jointStatus": {"state": "UNKNOWN" if fail else "HOLD"}}}
    completeness = answer.extensions["completeness"]
    assert completeness["complete"] is not fail
    assert {one["agency"]: one["rows"] or 0 for one in completeness["sources"]} == {
        "CUSTOMS": 1,
        "FOOD": 0,
        "TRADE_CONTROLS": 0,
    }


async def test_an_agency_outside_the_view_is_not_named_by_what_a_computed_field_reads(carrier: View) -> None:
    """Nothing that police or food supply is in the view."""
    here = world()
    here.sources["FOOD"].fail(None, SourceUnavailable("down"))
    answer = await here.ask('{ shipment(ccn: "1234PARS00001") { ccn jointStatus { state } } }', view=carrier)
    assert answer.data is not None
    assert answer.data["shipment"]["jointStatus"]["state"] == "UNKNOWN"
    assert answer.extensions["completeness"]["complete"] is False
    assert [one["agency"] for one in answer.extensions["completeness"]["sources"]] == ["CUSTOMS"]
    assert "FOOD" not in str(told(answer))


@pytest.fixture
def carrier(tmp_path: Path) -> View:
    """A view without a type that food supplies."""
    (tmp_path / "roles.toml").write_text(
        '[roles.carrier]\nquery = ["shipment"]\n[roles.carrier.types]\nShipment = { fields = ["ccn", "jointStatus"] }\n'
        'Declaration = { fields = ["transactionNumber"] }\n'
    )
    return Policy.load(tmp_path, MASTER).view_of(["carrier"])
