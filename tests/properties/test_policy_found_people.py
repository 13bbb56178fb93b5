"""What the policy properties found of what the gateway puts together itself, persons and containers: smallest cases."""

from __future__ import annotations

from pathlib import Path

from adapters.errors import SourceUnavailable
from tests.kit.memory_world import World
from tests.kit.policy.withholding import policy


async def test_a_record_of_a_person_keeps_its_agency_s_terms(tmp_path: Path) -> None:
    roles = """
    [roles.all]
    query = ["person"]
    [roles.all.types]
    Person = { fields = ["records"] }
    PersonRecord = { fields = ["agency", "givenNames"] }
    """
    records = [{"key": "1", "givenNames": "Anna", "document.issuer": "SE", "document.number": "P1"}]
    here = World({"IMMIGRATION": {"personrecord": records}, "POLICE": {"personrecord": records}})
    view = policy(tmp_path, roles, {"POLICE": "PersonRecord.givenNames"}).view_of(["all"])
    query = '{ person(document: { issuer: "SE", number: "P1" }) { records { agency givenNames } } }'
    found = (await here.data_of(query, view=view))["person"]["records"]
    assert sorted(map(str, found)) == [
        "{'agency': 'IMMIGRATION', 'givenNames': 'Anna'}",
        "{'agency': 'POLICE', 'givenNames': None}",
    ]
    assert all("givenNames" not in one.spec.columns for one in here.sources["POLICE"].asked("personrecord"))


PERSONS = """
[roles.crossings]
query = ["person"]
[roles.crossings.types]
Person = { fields = ["crossings"], rows = { documents.issuer = { eq = "SE" } } }
Crossing = { fields = ["place"] }
[roles.police]
query = ["person"]
[roles.police.types]
Person = { fields = ["records"], rows = { records.agency = { eq = "POLICE" } } }
PersonRecord = { fields = ["agency"], rows = { agency = { eq = "POLICE" } } }
"""


async def test_a_second_role_takes_no_person_from_one_that_shows_no_records(tmp_path: Path) -> None:
    """Records and documents lead to a person under each role alike; they are shown under those that grant them."""
    of_document = {"document.issuer": "SE", "document.number": "P1"}
    here = World(
        {
            "IMMIGRATION": {
                "personrecord": [{"key": "i", **of_document}],
                "traveldocument": [{"personKey": "i", "issuer": "SE", "number": n} for n in ("P1", "P2")],
            },
            "POLICE": {"personrecord": [{"key": "p", **of_document, "document.number": "P2"}]},
            "TRAVELLER": {"crossing": [{"key": "c", "place": "CAVAN", **of_document}]},
        }
    )
    query = '{ person(document: { issuer: "SE", number: "P1" }) { %s } }'
    found, crossings = policy(tmp_path, PERSONS), "crossings { totalCount nodes { place } }"
    alone = await here.data_of(query % crossings, view=found.view_of(["crossings"]))
    both = await here.data_of(query % f"{crossings} records {{ agency }}", view=found.view_of(["crossings", "police"]))
    assert alone["person"] == {"crossings": {"totalCount": 1, "nodes": [{"place": "CAVAN"}]}}
    assert both["person"] == {**alone["person"], "records": [{"agency": "POLICE"}]}


AGAIN = """
[roles.crossings]
query = ["person"]
[roles.crossings.types]
Person = { fields = ["crossings"], rows = { documents.issuer = { eq = "SE" } } }
Crossing = { fields = ["person"] }
[roles.records]
query = ["person"]
[roles.records.types]
Person = { fields = ["records"], rows = { records.agency = { eq = "POLICE" } } }
PersonRecord = { fields = ["agency"] }
"""


async def test_records_are_shown_by_who_shows_the_person_whoever_led_there(tmp_path: Path) -> None:
    """``crossings`` leads to a person again; ``records`` has a rule of its own that admits him."""
    of_document = {"document.issuer": "SE", "document.number": "P1"}
    here = World(
        {
            "POLICE": {"personrecord": [{"key": "p", **of_document}]},
            "TRAVELLER": {"crossing": [{"key": "c", **of_document}]},
        }
    )
    view = policy(tmp_path, AGAIN).view_of(["crossings", "records"])
    again = "crossings { nodes { person { records { agency } } } }"
    query = f'{{ person(document: {{ issuer: "SE", number: "P1" }}) {{ {again} }} }}'
    found = (await here.data_of(query, view=view))["person"]["crossings"]["nodes"]
    assert found == [{"person": {"records": [{"agency": "POLICE"}]}}]


CONTAINERS = """
[roles.food]
query = ["heldContainers"]
[roles.food.types]
HeldContainer = { fields = ["number", "agencies", "holds", "shipment"] }
Hold = { fields = ["agency"], rows = { agency = { eq = "FOOD" } } }
Shipment = { fields = ["ccn"] }
[roles.trade]
query = ["heldContainers"]
[roles.trade.types]
HeldContainer = { fields = ["place", "holds"], withhold = ["number"] }
Hold = { fields = ["reasonCode"], rows = { agency = { eq = "TRADE_CONTROLS" } } }
"""


async def test_a_container_is_told_of_by_the_holds_of_who_tells(tmp_path: Path) -> None:
    """Whether or not there are others' holds: neither another role nor an agency that is down changes that."""
    hold = {"key": "h", "container": "CSQU3054383", "place": "CAVAN", "reasonCode": "why", "shipment.ccn": "9QRT1"}
    here = World(
        {
            "CUSTOMS": {"shipment": [{"ccn": "9QRT1"}, {"ccn": "9QRT2"}]},
            "FOOD": {"hold": [hold]},
            "TRADE_CONTROLS": {"hold": [hold | {"shipment.ccn": "9QRT2"}]},
        }
    )
    view = policy(tmp_path, CONTAINERS).view_of(["food", "trade"])
    told = "number place agencies holds { agency reasonCode } shipment { ccn }"
    query = f'{{ heldContainers(place: "CAVAN", agencies: 1) {{ nodes {{ {told} }} }} }}'
    (both,) = (await here.data_of(query, view=view))["heldContainers"]["nodes"]
    assert (both["number"], both["place"], both["agencies"]) == ("CSQU3054383", "CAVAN", ["FOOD"])
    assert both["shipment"] == {"ccn": "9QRT1"}
    assert sorted(map(str, both["holds"])) == [
        "{'agency': 'FOOD', 'reasonCode': None}",
        "{'agency': None, 'reasonCode': 'why'}",
    ]
    for down, number in (("FOOD", None), ("TRADE_CONTROLS", "CSQU3054383")):
        here.sources[down].fail("hold", SourceUnavailable("x"))
        answer = await here.ask(query, view=view)
        assert answer.data is not None
        assert [one["number"] for one in answer.data["heldContainers"]["nodes"]] == [number]
        here.sources[down].fail("hold", None)
