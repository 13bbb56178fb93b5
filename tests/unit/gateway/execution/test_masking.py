"""What agencies withhold on their own rows is null there, also where something else needs the value and it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.execution.masking import kept_back
from tests.kit.memory_world import World, day
from tests.kit.policy.withholding import policy

OWNERS = ["FOOD", "POLICE", "FOOD"]


@pytest.mark.parametrize(
    ("withholding", "wanted"),
    [
        (set(), ["a", "b", "c"]),
        ({"FOOD"}, [None, "b", None]),
        ({"POLICE"}, ["a", None, "c"]),
        ({"FOOD", "POLICE"}, [None, None, None]),
        ({"CUSTOMS"}, ["a", "b", "c"]),
    ],
)
def test_a_value_is_kept_back_on_the_rows_of_those_who_withhold_it(withholding: set[str], wanted: list[Any]) -> None:
    assert kept_back(["a", "b", "c"], OWNERS, withholding) == wanted


def test_nothing_is_shown_where_nobody_knows_whose_the_rows_are() -> None:
    assert kept_back(["a", "b"], [], {"FOOD"}) == [None, None]
    with pytest.raises(ValueError, match="zip"):
        kept_back(["a", "b"], ["POLICE"], {"FOOD"})


ROLES = """
[roles.all]
query = ["permits", "person", "shipments"]
[roles.all.types]
Shipment = { fields = ["ccn", "holds"] }
Hold = { fields = ["agency", "placedAt", "container"] }
Permit = { fields = ["issuer", "number", "status"] }
Person = { fields = ["records"], rows = { records.familyName = { ne = "ROE" } } }
PersonRecord = { fields = ["agency", "familyName"] }
"""
CCN = "1234PARS00001"
PERMIT = {"status": "ISSUED"}
HOLD = {"key": "h", "placedAt": day(1), "container": "CSQU3054383", "shipment.ccn": CCN}
RECORD = {"key": "1", "familyName": "DOE", "document.issuer": "SE", "document.number": "P1"}


def world() -> World:
    return World(
        {
            "CUSTOMS": {"shipment": [{"ccn": CCN}]},
            "FOOD": {"permit": [PERMIT | {"number": "F1"}], "hold": [HOLD]},
            "TRADE_CONTROLS": {"permit": [PERMIT | {"number": "T1"}], "hold": [HOLD]},
            "IMMIGRATION": {"personrecord": [RECORD]},
            "POLICE": {"personrecord": [RECORD]},
        }
    )


async def test_a_key_is_read_and_kept_back(tmp_path: Path) -> None:
    """Merged lists are put in order by it."""
    here = world()
    view = policy(tmp_path, ROLES, {"FOOD": "Permit.number"}).view_of(["all"])
    data = await here.data_of("{ permits { nodes { issuer { code } number no: number } } }", view=view)
    assert sorted(map(str, data["permits"]["nodes"])) == [
        "{'issuer': {'code': 'FOOD'}, 'number': None, 'no': None}",
        "{'issuer': {'code': 'TRADE_CONTROLS'}, 'number': 'T1', 'no': 'T1'}",
    ]
    assert all("number" in one.spec.columns for one in here.sources["FOOD"].asked("permit"))


async def test_what_a_rule_of_persons_reads_is_kept_back(tmp_path: Path) -> None:
    here = world()
    view = policy(tmp_path, ROLES, {"POLICE": "PersonRecord.familyName"}).view_of(["all"])
    query = '{ person(document: { issuer: "SE", number: "P1" }) { records { agency familyName } } }'
    data = await here.data_of(query, view=view)
    assert sorted(map(str, data["person"]["records"])) == [
        "{'agency': 'IMMIGRATION', 'familyName': 'DOE'}",
        "{'agency': 'POLICE', 'familyName': None}",
    ]
    assert any("familyName" in one.spec.columns for one in here.sources["POLICE"].asked("personrecord"))


async def test_one_field_is_kept_back_beside_another_that_is_not(tmp_path: Path) -> None:
    """Each agency keeps back its own; the rows are those of one merged list."""
    view = policy(tmp_path, ROLES, {"FOOD": "Hold.container", "TRADE_CONTROLS": "Hold.placedAt"}).view_of(["all"])
    answer = await world().ask("{ shipments { nodes { holds { agency container placedAt } } } }", view=view)
    assert answer.errors == []
    assert answer.data is not None
    holds = answer.data["shipments"]["nodes"][0]["holds"]
    assert sorted(holds, key=lambda one: one["agency"]) == [
        {"agency": "FOOD", "container": None, "placedAt": day(1)},
        {"agency": "TRADE_CONTROLS", "container": "CSQU3054383", "placedAt": None},
    ]
    assert answer.extensions["withheld"] == ["Hold.container", "Hold.placedAt"]
