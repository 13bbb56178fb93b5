"""What the policy properties found, each as the smallest case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.errors import SourceUnavailable
from gateway.execution.node_ids import NodeIds
from gateway.policy import View
from gateway.policy.terms import terms_of
from gateway.request import Principal
from tests.kit.memory_world import COLLECTIONS, KEYS, World, codes, day
from tests.kit.policy.withholding import Agency, Withholding, policy

BN = "123456782RM0001"
CLAIMS = {"ports": ["CAVAN"], "bn": [BN], "agency": "FOOD"}


def world() -> World:
    """Two shipments, at Vancouver and elsewhere; each has a hold of food and one of trade controls."""
    ports = {1: "CAVAN", 2: "CAHAL"}
    hold = [
        {
            "key": f"h{n}",
            "shipment.ccn": f"1234PARS0000{n}",
            "reasonCode": f"why {n}",
            "place": port,
            "placedAt": day(n),
        }
        for n, port in ports.items()
    ]
    shipments = [
        {"ccn": f"1234PARS0000{n}", "portOfArrival": port, "importer.name": f"importer {n}", "eta": day(n)}
        | {"importer.businessNumber": BN if n == 1 else None}
        for n, port in ports.items()
    ]
    permits = [{"number": "F1", "holder.name": "holder", "holder.businessNumber": BN, "status": "ISSUED"}]
    organizations = [{"businessNumber": BN, "legalName": "Acme"}]
    return World(
        {
            "CUSTOMS": {"shipment": shipments},
            "FOOD": {"hold": hold, "permit": permits},
            "TRADE_CONTROLS": {"hold": hold},
            "REVENUE": {"organization": organizations},
        }
    )


async def seen(view: View, query: str) -> Any:
    return await world().data_of(query, view=view, claims=CLAIMS)


async def test_a_role_has_no_say_inside_an_object_that_it_does_not_show(tmp_path: Path) -> None:
    """``party`` shows business numbers of permits' holders; of a shipment's importer only the name is ``plain``'s."""
    roles = """
    [roles.plain]
    query = ["shipments"]
    [roles.plain.types]
    Shipment = { fields = ["ccn", "importer"], rows = { portOfArrival = { in = "claims.ports" } } }
    Party = { fields = ["name"] }
    [roles.party]
    query = ["shipments", "permits", "organization"]
    [roles.party.types]
    Shipment = { fields = ["ccn"] }
    Permit = { fields = ["number", "holder"] }
    Organization = { fields = ["legalName"] }
    """
    view = policy(tmp_path, roles).view_of(["plain", "party"])
    query = "{ shipments { nodes { ccn importer { name businessNumber organization { legalName } } } } }"
    nodes = (await seen(view, query))["shipments"]["nodes"]
    assert sorted(map(str, nodes)) == [
        "{'ccn': '1234PARS00001', 'importer': {'name': 'importer 1', 'businessNumber': None, 'organization': None}}",
        "{'ccn': '1234PARS00002', 'importer': None}",
    ]


async def test_an_agreement_leaves_no_link_to_what_it_takes_away(tmp_path: Path) -> None:
    """It leaves ``masked`` nothing of a party: its importers must not show the parties of ``plain``."""
    (tmp_path / "purposes.toml").write_text('[purposes.p]\ntitle = "P"\nbasis = "P"\nroles = ["plain", "masked"]\n')
    (tmp_path / "agreements.toml").write_text("""
    [agreements.a]
    title = "A"
    parties = ["X", "Y"]
    from = 2000-01-01
    status = "IN_FORCE"
    purposes = ["p"]
    retention_days = 1
    onward = "NEVER"
    caveat = "c"
    citation = "c"
    [agreements.a.types]
    Shipment = { fields = ["ccn", "importer"] }
    Permit = { fields = ["number", "holder"] }
    Party = { fields = ["name"] }
    """)
    roles = """
    [roles.plain]
    query = ["permits"]
    [roles.plain.types]
    Permit = { fields = ["number", "holder"], rows = { status = { eq = "ISSUED" } } }
    [roles.masked]
    query = ["shipments"]
    [roles.masked.types]
    Shipment = { fields = ["ccn", "importer"] }
    Party = { mask = { businessNumber = "PARTIAL" } }
    """
    found = policy(tmp_path, roles)
    who = Principal("s", "X", frozenset({"plain", "masked"}), frozenset({"shipments:read", "permits:read"}), "p", "a")
    answer = await world().ask("{ shipments { nodes { ccn importer { name } } } }", view=found.view(who))
    assert codes(answer) == ["GRAPHQL_VALIDATION_FAILED"]
    data = await seen(found.view(who), "{ permits { nodes { holder { name } } } shipments { totalCount } }")
    assert data == {"permits": {"nodes": [{"holder": {"name": "holder"}}]}, "shipments": {"totalCount": 2}}


ORGANIZATION = """
[roles.trader]
query = ["shipments", "organization", "permits"]
[roles.trader.types]
Shipment = { fields = ["ccn"] }
Permit = { fields = ["number"], rows = { status = { eq = "ISSUED" } } }
Organization = { fields = ["legalName"] }
"""


async def test_a_root_field_that_scopes_close_does_not_open_its_type_to_ids(tmp_path: Path) -> None:
    here = world()
    (node_id,) = NodeIds(KEYS).column(here.owner("REVENUE", "Organization").tag, [BN])
    query = f'{{ node(id: "{node_id}") {{ id ... on Organization {{ legalName }} }} }}'
    found = policy(tmp_path, ORGANIZATION)
    whole = found.view_of(["trader"], ["shipments:read", "permits:read"])
    assert (await here.data_of(query, view=whole))["node"] == {"id": node_id, "legalName": "Acme"}
    answer = await here.ask(query, view=found.view_of(["trader"], ["permits:read"]))
    assert answer.data is None or answer.data == {"node": None}
    assert here.asked("REVENUE", "organization") == 1


CROSSING = """
[roles.trader]
query = ["shipments"]
[roles.trader.types]
Shipment = { fields = ["ccn", "holds"] }
Hold = { fields = ["reasonCode"], rows = { shipment.portOfArrival = { in = "claims.ports" } } }
[roles.officer]
query = ["shipments", "holds"]
[roles.officer.types]
Shipment = { fields = ["ccn", "holds"] }
Hold = { fields = ["agency"], rows = { agency = { eq = "claims.agency" } } }
"""


async def test_a_second_role_takes_no_row_from_one_whose_rule_leaves_its_source(tmp_path: Path) -> None:
    found = policy(tmp_path, CROSSING)
    query = "{ shipments { nodes { ccn holds { %s } } } }"
    alone = await seen(found.view_of(["trader"]), query % "reasonCode")
    both = await seen(found.view_of(["trader", "officer"]), query % "reasonCode agency")
    holds = {one["ccn"]: one["holds"] for one in both["shipments"]["nodes"]}
    assert {one["ccn"]: len(one["holds"]) for one in alone["shipments"]["nodes"]} == {
        "1234PARS00001": 2,
        "1234PARS00002": 0,
    }
    assert holds == {
        "1234PARS00001": [{"reasonCode": "why 1", "agency": "FOOD"}, {"reasonCode": "why 1", "agency": None}],
        "1234PARS00002": [{"reasonCode": None, "agency": "FOOD"}],
    }


async def test_in_a_list_such_a_rule_shows_more_of_rows_but_brings_none(tmp_path: Path) -> None:
    view = policy(tmp_path, CROSSING).view_of(["trader", "officer"])
    found = (await seen(view, "{ holds { totalCount nodes { reasonCode agency } } }"))["holds"]
    assert found == {
        "totalCount": 2,
        "nodes": [{"reasonCode": "why 1", "agency": "FOOD"}, {"reasonCode": None, "agency": "FOOD"}],
    }


async def test_when_the_other_source_is_down_the_rows_are_not_told_from_absent_ones(tmp_path: Path) -> None:
    """In a mixed view too."""
    here, view = world(), policy(tmp_path, CROSSING).view_of(["trader", "officer"])
    here.sources["CUSTOMS"].fail("shipment", SourceUnavailable("down"))
    ids = NodeIds(KEYS).column(here.owner("TRADE_CONTROLS", "Hold").tag, ["h1", "h2", "h9"])
    query = "query ($id: ID!) { node(id: $id) { ... on Hold { reasonCode } } }"
    answers = [await here.ask(query, {"id": each}, view=view, claims=CLAIMS) for each in ids]
    assert answers[0].data == {"node": None}
    assert [one["extensions"]["agency"] for one in answers[0].errors] == ["TRADE_CONTROLS"]
    told = [{**one.extensions, "data": one.data, "errors": one.errors} for one in answers]
    assert told[0] == told[1] == told[2]


async def test_an_agency_withholds_its_own_values_and_no_other_s(tmp_path: Path) -> None:
    roles = """
    [roles.all]
    query = ["holds"]
    [roles.all.types]
    Shipment = { fields = ["ccn"] }
    Hold = { fields = ["agency", "reasonCode", "placedAt", "shipment"] }
    """
    query = "{ holds { nodes { agency reasonCode shipment { ccn } } } }"
    here = world()
    view = policy(tmp_path, roles, {"FOOD": "Hold.reasonCode"}).view_of(["all"])
    answer = await here.ask(query, view=view)
    assert answer.data is not None
    assert {(one["agency"], one["reasonCode"]) for one in answer.data["holds"]["nodes"]} == {
        ("FOOD", None),
        ("TRADE_CONTROLS", "why 1"),
        ("TRADE_CONTROLS", "why 2"),
    }
    assert answer.extensions["withheld"] == ["Hold.reasonCode"]
    columns = {code: here.sources[code].asked("hold")[0].spec.columns for code in ("FOOD", "TRADE_CONTROLS")}
    assert "reasonCode" not in columns["FOOD"]
    assert "reasonCode" in columns["TRADE_CONTROLS"]
    (access,) = [one for one in view.access if one.coordinate == "Hold.reasonCode"]
    assert (access.rule, access.rows) == ("role:all, agency:FOOD", "agency not in ['FOOD']")


async def test_a_withheld_link_is_not_followed_from_its_agency_s_rows(tmp_path: Path) -> None:
    roles = """
    [roles.all]
    query = ["holds"]
    [roles.all.types]
    Shipment = { fields = ["ccn", "eta"] }
    Hold = { fields = ["agency", "shipment"], rows = { agency = { in = ["FOOD"] } } }
    """
    here = world()
    view = policy(tmp_path, roles, {"FOOD": "Hold.shipment"}).view_of(["all"])
    data = await here.data_of("{ holds { nodes { agency shipment { eta } } } }", view=view)
    assert data["holds"]["nodes"] == [{"agency": "FOOD", "shipment": None}] * 2
    assert here.asked("CUSTOMS", "shipment") == 0


def test_what_is_not_plainly_an_agency_s_own_is_withheld_on_all_rows(tmp_path: Path) -> None:
    def of(code: str, coordinate: str) -> Agency:
        return Agency(code, Withholding((coordinate,)), tmp_path / code, COLLECTIONS[code])

    plain = [Agency(code, Withholding(), tmp_path / code, specs) for code, specs in COLLECTIONS.items()]
    others = [one for one in plain if one.code != "FOOD"]
    for coordinate in ("Party.name", "Shipment.risk", "AgencyDecision.status"):
        found = terms_of([of("FOOD", coordinate), *others])
        assert found.withheld[coordinate].agency == "FOOD"
        assert found.partly == {}
    both = [of(code, "Permit.type") for code in ("FOOD", "TRADE_CONTROLS")]
    assert "Permit.type" in terms_of([*both, *others]).withheld
    assert set(terms_of([both[0], *others]).partly["Permit.type"]) == {"FOOD"}


async def test_a_link_that_shows_no_more_than_its_row_names_is_answered_from_it(tmp_path: Path) -> None:
    """Whether the shipment that a hold names is there is not asked for the sake of a value that is withheld."""
    roles = """
    [roles.all]
    query = ["holds"]
    [roles.all.types]
    Shipment = { fields = ["ccn", "eta"], withhold = ["arrivedAt"] }
    Hold = { fields = ["shipment"] }
    """
    here, view = world(), policy(tmp_path, roles).view_of(["all"])
    here.sources["FOOD"].data["hold"] = [{"key": "h1", "shipment.ccn": "9999PARSNONE", "placedAt": day(1)}]
    here.sources["TRADE_CONTROLS"].data["hold"] = []
    query = "{ holds { nodes { shipment { %s } } } }"
    named = await here.data_of(query % "ccn arrivedAt", view=view)
    assert named["holds"]["nodes"] == [{"shipment": {"ccn": "9999PARSNONE", "arrivedAt": None}}]
    assert here.asked("CUSTOMS", "shipment") == 0
    found = await here.data_of(query % "ccn eta", view=view)
    assert found["holds"]["nodes"] == [{"shipment": None}]
