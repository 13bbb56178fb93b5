"""What masks, withheld fields and mixed grants come to in an answer, with the sources' call log as witness."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.policy import Policy, View
from gateway.policy.view import AgreementInForce
from tests.kit.memory_world import MASTER, NOW, World, day, whole

ROLES = """
[roles.west]
query = ["shipment", "shipments"]
[roles.west.types]
Shipment = { fields = ["ccn", "eta", "declarations", "importer"], rows = { portOfArrival = { eq = "CAVAN" } } }
Declaration = { fields = ["transactionNumber", "version"] }
[roles.east]
query = ["shipment", "shipments"]
[roles.east.types]
Shipment = { fields = ["ccn", "status", "declarations"], rows = { portOfArrival = { eq = "CAHAL" } } }
Declaration = { fields = ["transactionNumber", "acceptedAt"] }
[roles.masked]
query = ["shipments"]
[roles.masked.types.Shipment]
fields = ["ccn", "importer"]
mask = { carrierName = "PRESENCE", carrierCode = "PARTIAL", importer.businessNumber = "PARTIAL" }
withhold = ["eta", "containers"]
[roles.masked.types.TransportEquipment]
fields = ["number"]
"""


def view(tmp_path: Path, *roles: str) -> View:
    (tmp_path / "roles.toml").write_text(ROLES)
    return Policy.load(tmp_path, MASTER).view_of(roles)


def world() -> World:
    ports = {1: "CAVAN", 2: "CAHAL", 3: "CAMTR"}
    return World(
        {
            "CUSTOMS": {
                "shipment": [
                    {
                        "ccn": f"1234PARS0000{n}",
                        "status": "HELD",
                        "portOfArrival": port,
                        "eta": day(n),
                        "carrierCode": "ABCDEF",
                        "carrierName": "Abc" if n == 1 else None,
                        "importer.name": "Acme",
                        "importer.businessNumber": "123456782RM0001",
                        "containers": [{"number": "CSQU3054383"}],
                    }
                    for n, port in ports.items()
                ],
                "declaration": [
                    {
                        "transactionNumber": f"1234567890123{n}",
                        "version": 1,
                        "acceptedAt": day(n),
                        "shipment.ccn": f"1234PARS0000{n}",
                    }
                    for n in ports
                ],
            }
        }
    )


async def test_a_field_shows_only_on_rows_of_a_grant_that_includes_it(tmp_path: Path) -> None:
    query = """{ shipments { nodes { ccn eta status importer { name }
      declarations { transactionNumber version acceptedAt } } } }"""
    answer = await world().ask(query, view=view(tmp_path, "west", "east"))
    assert answer.errors == []
    assert answer.data is not None
    nodes = sorted(answer.data["shipments"]["nodes"], key=lambda one: one["ccn"])
    assert nodes == [
        {
            "ccn": "1234PARS00001",
            "eta": day(1),
            "status": None,
            "importer": {"name": "Acme"},
            "declarations": [{"transactionNumber": "12345678901231", "version": 1, "acceptedAt": None}],
        },
        {
            "ccn": "1234PARS00002",
            "eta": None,
            "status": "HELD",
            "importer": None,
            "declarations": [{"transactionNumber": "12345678901232", "version": None, "acceptedAt": day(2)}],
        },
    ]
    assert {"Shipment.eta", "Declaration.version"} <= set(answer.extensions["withheld"])


async def test_masks_apply_and_what_is_withheld_is_not_asked_for(tmp_path: Path) -> None:
    here = world()
    query = (
        "{ shipments { nodes { ccn eta carrierName carrierCode containers { number } importer { businessNumber } } } }"
    )
    answer = await here.ask(query, view=view(tmp_path, "masked"))
    assert answer.errors == []
    assert answer.data is not None
    nodes = sorted(answer.data["shipments"]["nodes"], key=lambda one: one["ccn"])
    assert nodes[0] == {
        "ccn": "1234PARS00001",
        "eta": None,
        "carrierName": "*",
        "carrierCode": "***DEF",
        "containers": None,
        "importer": {"businessNumber": "*****6782******"},
    }
    assert nodes[1]["carrierName"] is None
    assert answer.extensions["masked"] == {
        "Shipment.carrierName": "PRESENCE",
        "Shipment.carrierCode": "PARTIAL",
        "Party.businessNumber": "PARTIAL",
    }
    assert answer.extensions["withheld"] == ["Shipment.eta", "Shipment.containers"]
    (asked,) = here.sources["CUSTOMS"].asked("shipment")
    assert "eta" not in asked.spec.columns
    assert asked.spec.children == ()
    assert all(term.path != "eta" for term in asked.spec.order)


async def test_terms_of_an_agreement_travel_with_what_is_shared_under_it() -> None:
    told = AgreementInForce(
        "a", "A", ("X", "Y"), ("p",), NOW.date(), None, "For customs only.", retention_days=30, onward="NEVER"
    )
    shared = replace(whole(name="shared"), agreement=told, caveats=("For customs only.",))
    answer = await world().ask("{ shipments { totalCount } }", view=shared)
    assert answer.extensions["caveats"] == ["For customs only."]
    assert answer.extensions["agreement"] == {"id": "a", "onward": "NEVER", "retentionDays": 30}
    assert "agreement" not in (await world().ask("{ __typename }", view=shared)).extensions


async def test_filters_and_orders_on_what_is_dim_are_refused(tmp_path: Path) -> None:
    here, dim = world(), view(tmp_path, "masked")
    for argument in (
        "orderBy: [{ field: ETA }]",
        'filter: { importer: { eq: "123456782RM0001" } }',
        "filter: { eta: {} }",
    ):
        answer = await here.ask(f"{{ shipments({argument}) {{ nodes {{ ccn }} }} }}", view=dim)
        assert [error["extensions"]["code"] for error in answer.errors] == ["GRAPHQL_VALIDATION_FAILED"]
    assert here.sources["CUSTOMS"].calls == []
