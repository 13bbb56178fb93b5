"""What the comparison found wrong once, small enough to read."""

from __future__ import annotations

from tests.kit.oracle.sides import sides


async def test_a_version_that_is_not_the_newest_is_not_there() -> None:
    world = sides(0)
    query = "query ($t: TransactionNumber!) { declaration(transactionNumber: $t) { version } }"
    number = "12345000000005"
    newest = (await world.gateway(query, {"t": number})).data
    assert newest is not None
    version = newest["declaration"]["version"]
    for other in range(5):
        compared = await world.both(query, {"t": f"{number}{other:05d}"})
        assert compared.differences == []
        assert (compared.data["declaration"] is not None) == (other == version)


async def test_rows_of_several_records_are_in_one_order() -> None:
    world = sides(1)
    query = """{ person(document: {issuer: "CA", number: "AB123456"}) {
      records { key } lookouts { reason expiresAt } authorizations { validFrom } documents { expiresOn number } } }"""
    compared = await world.both(query)
    assert compared.differences == []
    expiries = [one["expiresAt"] for one in compared.data["person"]["lookouts"]]
    known = [expiry for expiry in expiries if expiry is not None]
    assert known == sorted(known, reverse=True)
    assert len(known) > 1


async def test_an_object_without_a_key_is_not_touched_by_a_failure() -> None:
    """Only rows that lead somewhere lose what the failed agency might have had."""
    world = sides(0)
    world.fail("REVENUE.organization", "TRAVELLER.completed", "TRAVELLER.expected")
    compared = await world.both(
        """{ shipments(first: 20) { nodes { importer { businessNumber organization { legalName } } } }
        person(document: {issuer: "CA", number: "AB123456"}) { crossings { nodes { id } } } }"""
    )
    assert compared.differences == []
    nodes = compared.data["shipments"]["nodes"]
    assert any(node["importer"] for node in nodes)
    assert compared.answer.errors


async def test_rows_of_held_containers_are_the_holds_that_are_shown() -> None:
    """Not those of a container that too few agencies hold, or of another page."""
    query = """query ($p: Locode!, $n: Int!, $first: Int!) { heldContainers(place: $p, agencies: $n, first: $first) {
      nodes { holds { agency } } completeness { sources { agency rows } } } }"""
    told = 0
    for seed in range(4):
        for place in ("CATOR", "CAVAN", "CAMTR"):
            for least, first in ((1, 1), (1, 50), (2, 50)):
                compared = await sides(seed).both(query, {"p": place, "n": least, "first": first})
                assert compared.differences == []
                found = compared.data["heldContainers"]
                shown = [hold["agency"] for node in found["nodes"] for hold in node["holds"]]
                assert {one["agency"]: one["rows"] for one in found["completeness"]["sources"]} == {
                    agency: shown.count(agency) for agency in ("CUSTOMS", "FOOD")
                }
                told += len(shown)
    assert told
