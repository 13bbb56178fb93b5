"""Ways to infer what may not be seen, tried by the demo's own personas: over links, by ids, by the words of errors."""

from __future__ import annotations

import re
from typing import Any

from tests.kit.demo import RunningDemo
from tests.kit.statements import RequestLog, StatementLog
from tests.kit.truth import Row

PEOPLE = '{ people(search: { familyName: "Eriksson" }, first: 1) { nodes { id } } }'


async def test_back_navigation(demo: RunningDemo, customs: StatementLog, world: dict[str, Any]) -> None:
    """From a permit to its holder's and its own shipments: customs is asked for this trader's alone."""
    query = """{ permits(first: 200) { nodes {
      holder { businessNumber organization { shipments(first: 3) { nodes { importer { businessNumber } } } } }
      shipments(first: 3) { nodes { importer { businessNumber } declarations { importer { businessNumber } } } }
    } } }"""
    answer = demo.ask("trader-acme", query)
    assert "errors" not in answer
    assert answer["data"]["permits"]["nodes"]
    assert set(re.findall(r"\d{9}R[A-Z]\d{4}", str(answer["data"]))) == {world["trader_bn"]}
    read = [one for one in customs.since() if re.search(r"ccd_hdr", one["text"])]
    assert read
    for statement in read:
        assert "imp_bn" in statement["text"], statement
        assert world["trader_bn"] in str(statement["parameters"]), statement


async def test_node_id(demo: RunningDemo, foreign: Row) -> None:
    """An id of a type outside the view asks nobody; one of a row outside it, only under the row's rule."""
    ids = demo.ask(
        "developer",
        "query ($c: CargoControlNumber!) { shipment(ccn: $c) { id holds { id agency } declarations { id } } }",
        {"c": foreign["ccn"]},
    )["data"]["shipment"]
    document = next(iter(demo.ask("developer", PEOPLE)["data"]["people"]["nodes"]))
    logs = [RequestLog(demo, name) for name in ("immigration", "police")]
    for log in logs:
        log.mark()
    query = "query ($id: ID!) { node(id: $id) { id __typename } }"
    assert demo.ask("officer-vancouver", query, {"id": document["id"]})["data"] == {"node": None}
    assert [log.since() for log in logs] == [[], []]
    customs = StatementLog(demo, "customs")
    customs.mark()
    for one in (ids["id"], ids["declarations"][0]["id"]):
        assert demo.ask("officer-vancouver", query, {"id": one})["data"] == {"node": None}
    read = customs.since()
    assert read
    assert all(re.search(r"port_(arr_)?no", one["text"]) for one in read)


async def test_error_text(demo: RunningDemo, customs: StatementLog) -> None:
    """What is hidden is refused in the words in which what does not exist is; an agency's own words stay inside."""
    for hidden, nonsense in (("invoiceTotal", "xnvoiceTotal"), ("duties", "xuties")):
        query = "{ shipments { nodes { declarations { %s { __typename } } } } }"
        one, other = (demo.ask("officer-vancouver", query % name) for name in (hidden, nonsense))
        assert one["errors"]
        assert str(one).replace(hidden, nonsense) == str(other)
    assert customs.since() == []
    demo.fault("food", status=500)
    try:
        answer = demo.ask("officer-vancouver", "{ holds(first: 3) { nodes { agency } } }")
    finally:
        demo.fault("food")
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"SOURCE_UNAVAILABLE"}
    assert {one["message"] for one in answer["errors"]} == {"FOOD cannot be reached"}
    assert not re.search(r"http|127\.0\.0\.1|/holds|Traceback|500", str(answer["errors"]))
