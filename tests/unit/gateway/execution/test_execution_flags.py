"""What was noticed in agency data is told of what is shown, once, and of nothing else."""

from __future__ import annotations

from adapters.contract import RowFlag
from tests.kit.memory_world import World

BN, WRONG = "123456782RM0001", "123456789RM0001"


def world() -> World:
    return World(
        {
            "CUSTOMS": {
                "shipment": [
                    {
                        "ccn": "1234PARS00001",
                        "importer.name": "X",
                        "importer.businessNumber": WRONG,
                        "containers": [{"number": "CSQU3054383"}, {"number": "CSQU3054384"}],
                    }
                ],
                "declaration": [{"transactionNumber": "12345678901231", "shipment.ccn": "1234PARS00001"}],
            }
        },
        flags={
            "CUSTOMS": {
                "shipment": [RowFlag(0, "importer.name", "unmapped"), RowFlag(0, "containers[1].sizeType", "unmapped")],
                "declaration": [RowFlag(0, "shipment.ccn", "pattern"), RowFlag(0, "importer.name", "unmapped")],
            }
        },
    )


async def test_flags_on_what_is_not_selected_are_nowhere() -> None:
    """The name is read to know whether there is an importer, and the declarations for the state."""
    answer = await world().ask(
        '{ shipment(ccn: "1234PARS00001") { ccn jointStatus { state } importer { __typename }'
        " containers { __typename dataFlags { field } } dataFlags { field } } }"
    )
    assert answer.data is not None
    assert answer.data["shipment"]["dataFlags"] == []
    assert answer.data["shipment"]["containers"] == [{"__typename": "TransportEquipment", "dataFlags": []}] * 2
    assert "dataFlags" not in answer.extensions


async def test_each_flag_is_on_the_nearest_object_and_counted_once_over_aliases() -> None:
    answer = await world().ask(
        '{ shipment(ccn: "1234PARS00001") { a: importer { name businessNumber } b: importer { businessNumber }'
        # A query is better read whole.
        " containers { number sizeType dataFlags { field problem } } dataFlags { field problem } again: dataFlags { field } } }"  # noqa: E501
    )
    assert answer.data is not None
    shipment = answer.data["shipment"]
    assert sorted(flag["field"] for flag in shipment["dataFlags"]) == ["importer.businessNumber", "importer.name"]
    assert [sorted(flag["field"] for flag in one["dataFlags"]) for one in shipment["containers"]] == [
        [],
        ["number", "sizeType"],
    ]
    assert answer.extensions["dataFlags"] == {
        "Shipment.importer.name": 1,
        "Shipment.importer.businessNumber": 1,
        "TransportEquipment.sizeType": 1,
        "TransportEquipment.number": 1,
    }


async def test_raw_values_are_shown_with_their_flag() -> None:
    data = await world().data_of('{ shipment(ccn: "1234PARS00001") { importer { businessNumber } } }')
    assert data["shipment"]["importer"]["businessNumber"] == WRONG
