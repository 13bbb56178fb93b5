"""Arguments → what is asked: a predicate without values, an order, a page."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import AllOf, AnyOf, Compare, Negation, Param
from gateway.errors import ClientError, ErrorCode
from gateway.planning.calls import FILTER_DEPTH, CallReader, PageCall, plain
from gateway.planning.rows import AGENCY
from resolvers.enums import ShipmentStatus
from tests.kit.memory_world import MASTER

READER = CallReader(MASTER, 25, 100)


def page(node_type: str = "Permit", **arguments: Any) -> PageCall:
    return READER.page(node_type, arguments)


@pytest.mark.parametrize(
    ("arguments", "size", "forward", "cursor"),
    [
        ({}, 25, True, None),
        ({"first": None, "after": None, "last": None, "before": None}, 25, True, None),
        ({"first": 3}, 3, True, None),
        ({"first": 0}, 0, True, None),
        ({"first": 100, "after": "c"}, 100, True, "c"),
        ({"after": "c"}, 25, True, "c"),
        ({"after": ""}, 25, True, ""),
        ({"last": 3}, 3, False, None),
        ({"last": 3, "before": "c"}, 3, False, "c"),
        ({"before": "c"}, 25, False, "c"),
    ],
)
def test_pages(arguments: dict[str, Any], size: int, forward: bool, cursor: str | None) -> None:
    call = page(**arguments)
    assert (call.size, call.forward, call.cursor) == (size, forward, cursor)


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 1, "last": 1},
        {"first": 1, "before": "c"},
        {"last": 1, "after": "c"},
        {"after": "c", "before": "c"},
        {"first": 1, "after": "c", "before": "c"},
        {"first": -1},
        {"last": -1},
    ],
)
def test_arguments_that_exclude_each_other(arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as told:
        page(**arguments)
    assert told.value.code is ErrorCode.BAD_USER_INPUT


@pytest.mark.parametrize("arguments", [{"first": 101}, {"last": 101, "before": "c"}])
def test_a_page_beyond_the_limit(arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as told:
        page(**arguments)
    assert (told.value.code, told.value.extensions) == (ErrorCode.PAGE_SIZE_LIMIT, {"limit": 100, "measured": 101})


@pytest.mark.parametrize(
    ("node_type", "given", "order", "terms"),
    [
        ("Permit", None, (("validTo", True), ("number", False)), 1),
        ("Permit", [], (("validTo", True), ("number", False)), 1),
        ("Permit", [{"field": "NUMBER", "direction": "DESC"}], (("number", True),), 1),
        (
            "Shipment",
            [{"field": "HELD", "direction": "DESC"}, {"field": "ETA", "direction": "ASC"}],
            (("held", True), ("eta", False), ("ccn", False)),
            2,
        ),
        (
            "Shipment",
            [{"field": "ETA", "direction": "ASC"}, {"field": "ETA", "direction": "DESC"}],
            (("eta", False), ("ccn", False)),
            1,
        ),
        ("CustomsOffice", None, (("code", False),), 0),
    ],
)
def test_orders_end_in_the_key(node_type: str, given: Any, order: Any, terms: int) -> None:
    call = page(node_type, orderBy=given)
    assert (call.order, call.terms) == (order, terms)


def test_a_filter_names_its_values_in_order_of_appearance() -> None:
    call = page(
        filter={
            "type": {"eq": "a", "ne": "b"},
            "or": [{"issuer": {"in": ["FOOD"]}}, {"not": {"holder": {"eq": "c"}}}],
        }
    )
    assert call.params == {"f0": "a", "f1": "b", "f2": ["FOOD"], "f3": "c"}
    assert call.filter == AllOf(
        (
            Compare("type", "eq", Param("f0")),
            Compare("type", "ne", Param("f1")),
            AnyOf(
                (
                    Compare(AGENCY, "in", Param("f2")),
                    Negation(Compare("holder.businessNumber", "eq", Param("f3"))),
                )
            ),
        )
    )


def test_two_requests_that_differ_in_values_share_a_shape() -> None:
    one, other = page(filter={"type": {"eq": "a"}}), page(filter={"type": {"eq": "secret"}})
    assert one.filter == other.filter
    assert hash(one.filter) == hash(other.filter)
    assert "secret" not in repr(other.filter)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, None),
        ({"and": []}, AllOf(())),
        ({"or": []}, AnyOf(())),
        ({"not": {}}, Negation(AllOf(()))),
        ({"and": [{}, {}]}, AllOf((AllOf(()), AllOf(())))),
        ({"type": {}}, None),
    ],
)
def test_empty_filters(given: Any, wanted: Any) -> None:
    assert page(filter=given).filter == wanted


@pytest.mark.parametrize("given", [{"open": True}, {"open": False}])
def test_a_bare_value_compares_as_its_field_says(given: dict[str, bool]) -> None:
    call = page("Hold", filter=given)
    assert call.filter == Compare("liftedAt", "null", Param("f0"))
    assert call.params == {"f0": given["open"]}
    assert page("Hold", filter={"container": "X"}).filter == Compare("container", "eq", Param("f0"))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"type": None}, "`type`"),
        ({"type": {"eq": None}}, "`type.eq`"),
        ({"or": None}, "`or`"),
        ({"not": None}, "`not`"),
    ],
)
def test_nulls_are_refused_by_name(given: Any, named: str) -> None:
    with pytest.raises(ClientError, match="cannot be null; leave it out") as told:
        page(filter=given)
    assert named in told.value.message


def test_a_null_operator_deep_inside_is_refused_too() -> None:
    with pytest.raises(ClientError, match=r"type\.in"):
        page(filter={"or": [{"not": {"and": [{"type": {"in": None}}]}}]})


def test_enum_members_are_their_names() -> None:
    member = ShipmentStatus.HELD
    assert plain([member, (member,), "x", None]) == ["HELD", ["HELD"], "x", None]


@pytest.mark.parametrize("wrap", [lambda one: {"not": one}, lambda one: {"or": [one]}, lambda one: {"and": [{}, one]}])
def test_a_filter_is_as_deep_as_sources_can_follow(wrap: Any) -> None:
    given: dict[str, Any] = {"type": {"eq": "a"}}
    for _ in range(FILTER_DEPTH - 1):
        given = wrap(given)
    assert page(filter=given).params == {"f0": "a"}
    with pytest.raises(ClientError, match="at most 20 levels") as told:
        page(filter=wrap(given))
    assert told.value.code is ErrorCode.BAD_USER_INPUT
